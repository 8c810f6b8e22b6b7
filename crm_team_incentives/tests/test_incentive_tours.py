from datetime import date

from odoo.tests import HttpCase, tagged

from .common import IncentiveCommon

VERSIONS = "/odoo/action-crm_team_incentives.crm_incentive_version_action"


@tagged("post_install", "-at_install")
class TestIncentiveTours(IncentiveCommon, HttpCase):
    def test_plan_and_month(self):
        """The manager sets a plan and closes a month; somebody else approves both."""
        plan = self.plan.create({"name": "Tour Plan", "company_id": self.company.id})
        self.start_tour(VERSIONS, "crm_incentive_plan", login="incentive_m")
        self.env.invalidate_all()
        version = plan.version_ids
        self.assertEqual(version.reviewed_by_id, self.boss)
        self.start_tour(
            f"{VERSIONS}/{version.id}",
            "crm_incentive_approve_plan",
            login="incentive_a",
        )
        self.env.invalidate_all()
        self.assertEqual(version.approved_by_id, self.approver)
        today = self.company._get_value_today()
        self.env["crm.incentive.assignment"].create(
            {
                "plan_id": plan.id,
                "company_id": self.company.id,
                "user_id": self.rep.id,
                "date_from": today,
            }
        )
        self.env["crm.incentive.event"]._collect_all(self.company)
        self._create_quotation(
            self.customer, 1000, user_id=self.rep.id, team_id=False
        ).action_confirm()
        self.env.flush_all()
        self.env["crm.incentive.event"]._collect_marked()
        period = self._current()
        self.start_tour(
            f"/odoo/incentive-periods/{period.id}",
            "crm_incentive_month",
            login="incentive_m",
        )
        self.env.invalidate_all()
        self.assertEqual(period.reviewed_by_id, self.boss)
        self.assertEqual(self._pay(period), "20.00")

    def test_simulation(self):
        """A draft of half the rate, against March."""
        self._set_plan(self._percent(10))
        self._period(3)
        self._sell(date(2024, 3, 10), 1000)
        self._compute()
        draft = self._draft(self._percent(5))
        self.start_tour(
            f"{VERSIONS}/{draft.id}", "crm_incentive_simulation", login="incentive_m"
        )
        simulation = self.env["crm.incentive.simulation"].search(
            [("version_id", "=", draft.id)]
        )
        self.assertEqual(
            (simulation.paid_amount, simulation.simulated_amount), (100, 50)
        )
        self.assertEqual(simulation.computed_by_id, self.boss)
