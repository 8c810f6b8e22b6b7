from . import test_churn_record
from . import test_retention_access
from . import test_retention_branch
from . import test_retention_lock
from . import test_retention_uninstall
from . import test_value_contact
from . import test_value_outreach
from . import test_value_outreach_concurrency
