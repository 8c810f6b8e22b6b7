from . import crm_complaint_call
from . import crm_complaint_exclude
from . import crm_complaint_pause
