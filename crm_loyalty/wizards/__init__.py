from . import base_partner_merge_automatic_wizard
from . import crm_loyalty_measure_ask
from . import crm_loyalty_setup
