from . import test_intervals
from . import test_satisfaction_plan
