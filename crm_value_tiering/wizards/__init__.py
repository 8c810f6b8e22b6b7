from . import base_partner_merge
from . import crm_value_override_set
from . import crm_value_recompute
