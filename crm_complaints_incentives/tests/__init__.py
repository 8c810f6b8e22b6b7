from . import test_service_contest
