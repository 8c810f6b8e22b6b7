from . import crm_value_recompute
