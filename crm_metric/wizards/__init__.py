from . import crm_metric_recompute
