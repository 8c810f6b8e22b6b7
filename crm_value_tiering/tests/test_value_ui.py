from odoo.tests import HttpCase, tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueUi(ValueCommon, HttpCase):
    """What people do with it, in a browser."""

    def test_read_why(self):
        customers = self._ladder()
        self._run()
        self.env["crm.lead"].create(
            {
                "name": "Value Test Deal",
                "type": "opportunity",
                "partner_id": customers[0].id,
                "company_id": self.company.id,
                "user_id": self.seller.id,
            }
        )
        self.start_tour("/odoo", "crm_value_read_why", login="value_seller")

    def test_setup(self):
        """From the empty list to the first tiers, with a mistake on the way."""
        self._ladder()
        self.start_tour(
            "/odoo/customer-value", "crm_value_setup", login="value_manager"
        )
        model = self.env["crm.value.policy"]._get_for_company(
            self.company, self.company._get_value_today()
        )
        self.assertEqual(model.weight_monetary, 50)
        run = self.env["crm.value.run"].search([("company_id", "=", self.company.id)])
        self.assertRecordValues(run, [{"state": "done", "policy_id": model.id}])

    def test_compute_now(self):
        self._ladder()
        self.start_tour("/odoo", "crm_value_compute_now", login="value_manager")
        run = self.env["crm.value.run"].search([("company_id", "=", self.company.id)])
        self.assertRecordValues(
            run, [{"state": "done", "as_of": self.company._get_value_today()}]
        )
        self.assertEqual(run.create_uid, self.manager)
