from . import crm_metric_engine
