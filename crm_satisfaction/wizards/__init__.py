from . import base_partner_merge
from . import crm_satisfaction_withdraw
from . import privacy_lookup
