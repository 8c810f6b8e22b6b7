from . import crm_incentive_try
from . import crm_value_export
