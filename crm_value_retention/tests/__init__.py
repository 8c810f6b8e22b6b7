from . import test_value_outreach
from . import test_value_outreach_concurrency
from . import test_value_contact
from . import test_value_contact_tour
from . import test_value_lock
