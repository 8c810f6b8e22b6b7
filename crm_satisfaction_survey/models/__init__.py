from . import survey_question
from . import crm_satisfaction_plan
from . import crm_satisfaction_plan_asking
from . import crm_satisfaction_plan_result
from . import survey_user_input
from . import res_partner
