from . import base_partner_merge
from . import base_partner_merge_profile
from . import crm_value_override_set
from . import crm_metric_recompute
from . import crm_value_recompute
from . import crm_value_setup
from . import crm_value_setup_preview
from . import crm_value_setup_tier
