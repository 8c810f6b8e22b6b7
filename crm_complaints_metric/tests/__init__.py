from . import test_metric_complaints
