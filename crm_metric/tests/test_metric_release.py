import re
from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..hooks import uninstall_hook
from .common import MetricCommon


@tagged("post_install", "-at_install")
class TestMetricRelease(MetricCommon):
    """What is deleted, and what becomes of its figures, costs and targets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.teams = cls.env["crm.team"].create(
            [
                {"name": f"Metric Test Team {number}", "company_id": cls.company.id}
                for number in range(2)
            ]
        )
        cls.colleague = cls._create_user(
            "metric_colleague", "sales_team.group_sale_salesman"
        )
        # Kept: 1 of 3 of the first team, 1 of 1 of the second, none of no team's 1.
        # Odoo lets go of a team with less than five orders.
        for number in range(3):
            cls._sell(f"S{number}", cls.seller, cls.teams[0], kept=number == 0)
        cls._sell("C", cls.colleague, cls.teams[1], kept=True)
        cls._sell("N", cls.seller, cls.env["crm.team"], kept=False)
        cls._measure(date(2026, 5, 1), date(2026, 6, 30))

    @classmethod
    def _sell(cls, name, user, team, kept):
        customer = cls._create_customer(f"Metric Test {name}")
        sold_by = {"user_id": user.id, "team_id": team.id}
        cls._buy(customer, date(2025, 3, 1), 100, **sold_by)
        if kept:
            cls._buy(customer, date(2026, 5, 3), 50, **sold_by)

    def _read_totals(self):
        """Each metric's total of each month, as a dashboard shows it."""
        return self.facts.formatted_read_group(
            [("company_id", "=", self.company.id)],
            ["metric_id", "date:month"],
            ["value:sum", "__count"],
        )

    def _assert_totals(self, before):
        after = self._read_totals()
        self.assertEqual(
            [total["value:sum"] for total in after],
            [total["value:sum"] for total in before],
        )
        return sum(total["__count"] for total in after)

    def test_team(self):
        """Its figures go to those without a team, as its orders do."""
        before = self._read_totals()
        self.teams[0].unlink()
        self._assert_totals(before)
        self.assertEqual(self._figure("retention", team_id=self.env["crm.team"]), 25)
        self.assertEqual(self._figure("retention", team_id=self.teams[1]), 100)
        run = self._measure(date(2026, 5, 1), date(2026, 6, 30))
        self.assertEqual(
            (run.written_count, run.deleted_count), (0, 0), "as if measured anew"
        )
        self.teams[1].unlink()
        self._assert_totals(before)
        facts = self.facts.search([("company_id", "=", self.company.id)])
        self.assertFalse(facts.team_id)

    def test_teams_at_once(self):
        before = self._read_totals()
        self.teams.unlink()
        self._assert_totals(before)
        (fact,) = self._get_facts("retention").filtered(
            lambda fact: fact.user_id == self.colleague
        )
        self.assertRecordValues(
            fact, [{"numerator": 1, "denominator": 1, "value": 100, "team_id": False}]
        )

    def test_user(self):
        before = self._read_totals()
        self.colleague.unlink()
        self._assert_totals(before)
        self.assertEqual(self._figure("retention", user_id=self.env["res.users"]), 100)

    def test_by_whom(self):
        """Who may delete a team, needs no right to figures."""
        self.teams[1].with_user(self.manager).unlink()
        self.assertEqual(self._figure("retention", team_id=self.env["crm.team"]), 50)

    def test_tier(self):
        """What customers had is history; a tier that nobody had can go."""
        self._ladder()
        self._run()
        self._measure()
        unused = self.env["crm.value.tier"].create({"name": "Value Test Unused"})
        used = self._get_facts("customers").tier_id
        self.assertEqual(used, self.tier_high + self.tier_mid + self.tier_low)
        # all companies share the tiers
        admin = self._create_user(
            "metric_tiers", "base.group_system,crm_value_tiering.group_value_manager"
        )
        with self.assertRaisesRegex(UserError, "archive them instead"):
            (unused + used).with_user(admin).unlink()
        unused.with_user(admin).unlink()
        self.assertFalse(unused.exists())
        lines = self.env["crm.value.policy.tier"]
        lines.search([("tier_id", "=", self.tier_mid.id)]).unlink()
        self.tier_mid.with_user(admin).action_archive()  # no model gives it now
        self.assertTrue(self._figure("customers", tier_id=self.tier_mid))

    # ------------------------------------------------------ refused, in a sentence
    def _create_cost(self, **vals):
        campaign = self.env["utm.campaign"].create({"title": "Metric Test Fair"})
        return self.env["crm.campaign.cost"].create(
            {
                "campaign_id": campaign.id,
                "amount": 900,
                "date_from": date(2026, 6, 1),
                "date_to": date(2026, 6, 30),
                **vals,
            }
        )

    def _create_target(self, **vals):
        return self.env["crm.metric.target"].create(
            {
                "metric_id": self.env.ref("crm_metric.crm_metric_retention").id,
                "date_from": date(2025, 1, 1),
                "date_to": date(2026, 1, 1),
                "target": 50,
                **vals,
            }
        )

    def _assert_refused(self, records, kind):
        name = re.escape(records.display_name)
        with self.assertRaisesRegex(
            UserError, f"{name} cannot be deleted.*“{kind}”.*Archive it instead"
        ):
            records.unlink()
        records.action_archive()
        self.assertFalse(records.active)

    def test_campaign(self):
        """What it cost is part of reported figures."""
        cost = self._create_cost()
        admin = self._create_user("metric_admin", "base.group_system")
        self._measure()
        self.assertEqual(sum(self._get_facts("cac").mapped("numerator")), 900)
        self._assert_refused(cost.campaign_id.with_user(admin), "Campaign Cost")
        self._measure()
        self.assertEqual(sum(self._get_facts("cac").mapped("numerator")), 900)
        unused = self.env["utm.campaign"].create({"title": "Metric Test Nothing"})
        unused.with_user(admin).unlink()
        self.assertFalse(unused.exists())

    def test_campaign_of_another_company(self):
        """Whoever deletes it need not see the cost."""
        other = self._create_company("Metric Test Other Company")
        cost = self._create_cost(company_id=other.id)
        admin = self._create_user("metric_admin", "base.group_system")
        self._assert_refused(cost.campaign_id.with_user(admin), "Campaign Cost")

    def test_team_with_costs(self):
        self._create_cost(team_id=self.teams[0].id)
        self._assert_refused(self.teams[0], "Campaign Cost")

    def test_targets(self):
        """They were entered by somebody, and are what was agreed on."""
        self._create_target(team_id=self.teams[0].id)
        self._create_target(user_id=self.colleague.id)
        self._assert_refused(self.teams[0], "Metric Target")
        self._assert_refused(self.colleague, "Metric Target")
        tier = self.env["crm.value.tier"].create({"name": "Metric Test Aim"})
        self._create_target(tier_id=tier.id)
        with self.assertRaisesRegex(UserError, "Metric Test Aim.*archive them instead"):
            tier.unlink()

    def test_currency(self):
        """That of a company which changed its currency since."""
        former = self.env["res.currency"].create({"name": "XVO", "symbol": "O"})
        self._get_facts("retention").currency_id = former
        self._assert_refused(former, "Metric Figure")

    def test_uninstall(self):
        """Costs go with the module, and do not keep the demo's campaign."""
        campaign = self._create_cost().campaign_id
        uninstall_hook(self.env)
        campaign.unlink()
        self.assertFalse(campaign.exists())
