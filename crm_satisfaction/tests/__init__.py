from . import test_metric_satisfaction
from . import test_satisfaction
from . import test_satisfaction_bi
from . import test_satisfaction_concurrency
from . import test_satisfaction_refused
from . import test_satisfaction_value
from . import test_value_privacy
