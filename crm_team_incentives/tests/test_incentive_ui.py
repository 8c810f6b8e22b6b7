from odoo.tests import HttpCase, tagged

from .common import IncentiveCommon


@tagged("post_install", "-at_install")
class TestIncentiveUi(IncentiveCommon, HttpCase):
    """A manager sets a plan and closes a month; a salesperson looks at what it pays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.today = cls.company._get_value_today()

    def test_plan_and_month(self):
        self.start_tour(
            "/odoo/incentive-plans", "crm_incentive_plan", login="incentive_m"
        )
        version = self.plan.version_ids
        self.assertEqual(version.state, "reviewed")
        version.with_user(self.approver).action_approve()
        self.assertEqual(self.plan.current_version_id, version)
        self.env["crm.incentive.assignment"].create(
            {
                "plan_id": self.plan.id,
                "company_id": self.company.id,
                "user_id": self.rep.id,
                "date_from": self.today.replace(day=1),
            }
        )
        self._sell(self.today, 100000)
        self.start_tour(
            "/odoo/incentive-periods", "crm_incentive_close", login="incentive_m"
        )
        period = self.env["crm.incentive.period"]._get_at(self.company, self.today)
        self.assertEqual(period.state, "review")
        period.with_user(self.approver).action_approve()
        self.start_tour("/odoo/my-earnings", "crm_incentive_mine", login="incentive_r1")

    def test_estimate(self):
        self._set_plan(self._percent(2))
        order = self._create_quotation(
            self.customer, 62000, user_id=self.rep.id, team_id=False
        )
        self.start_tour(
            f"/odoo/sales/{order.id}", "crm_incentive_estimate", login="incentive_r1"
        )
