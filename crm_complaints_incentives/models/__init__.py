from . import crm_incentive_contest
