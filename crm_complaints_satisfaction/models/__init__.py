from . import crm_complaint
from . import crm_metric_engine
