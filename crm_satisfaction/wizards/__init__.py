from . import base_partner_merge_automatic_wizard
from . import crm_satisfaction_withdraw
from . import privacy_lookup_wizard_line
