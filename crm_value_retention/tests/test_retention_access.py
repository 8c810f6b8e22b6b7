from odoo.tests import tagged

from odoo.addons.crm_value_tiering.tests.common import ALL, READ, ValueCommon


@tagged("post_install", "-at_install")
class TestRetentionAccess(ValueCommon):
    """Sellers read and record why a customer left, managers keep the reasons."""

    def test_rights_of_each_role(self):
        rights = {
            "crm.value.outreach": (READ, READ),
            "crm.churn.record": (("read", "create"), ("read", "create")),
            "crm.churn.reason": (READ, ALL),
        }
        self._check_rights("crm_value_retention", rights)

    def test_forgotten_with_the_contact(self):
        found = self._check_forgotten("crm_value_retention")
        self.assertEqual(found, {"crm.value.outreach", "crm.churn.record"})
