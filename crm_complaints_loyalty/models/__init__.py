from . import crm_complaint_remedy
from . import crm_complaint_solution
