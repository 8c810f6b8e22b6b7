from . import test_goodwill
