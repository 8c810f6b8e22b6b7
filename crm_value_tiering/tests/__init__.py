from . import test_stats
from . import test_value_facts
from . import test_value_scoring
from . import test_value_tiers
