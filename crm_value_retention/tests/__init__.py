from . import test_value_action
from . import test_value_action_concurrency
from . import test_value_contact
from . import test_value_contact_tour
from . import test_value_lock
