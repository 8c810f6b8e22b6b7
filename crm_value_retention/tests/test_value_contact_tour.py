from datetime import timedelta

from odoo.tests import HttpCase, tagged

from .test_value_outreach import ActionCommon


@tagged("post_install", "-at_install")
class TestValueContactTour(ActionCommon, HttpCase):
    """From the list of who is due to the next date."""

    def test_contact_due(self):
        self.company.write({"crm_value_save": False, "crm_value_winback": False})
        self.company.crm_value_contact = True
        self.tier_high.write(
            {
                "contact_days": 30,
                "contact_activity_type_id": False,
                "contact_plan_id": False,
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_value_profile SET create_date = %s WHERE company_id = %s",
            [self.today - timedelta(days=40), self.company.id],
        )
        self.env.invalidate_all()
        best = self.customers[0]
        action = self._schedule().filtered(lambda one: one.partner_id == best)
        self.assertEqual(action.user_id, self.seller)
        self.start_tour("/odoo", "crm_value_contact_due", login="value_seller")
        self.actions._update_contact_outcomes(self.company, self.today)
        self.assertEqual(action.outcome, "contacted")
        self.assertEqual(
            self._profile(best).next_contact_date, self.today + timedelta(days=30)
        )
