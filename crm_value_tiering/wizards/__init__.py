from . import base_partner_merge
from . import crm_value_bi_key
from . import crm_value_export
from . import crm_value_override_set
from . import crm_value_recompute
from . import crm_value_holdout_check
from . import crm_value_setup
from . import crm_value_setup_preview
