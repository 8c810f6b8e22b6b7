from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MetricCommon


@tagged("post_install", "-at_install")
class TestMetricRelease(MetricCommon):
    """Teams, users and tiers that are deleted: what becomes of their figures."""

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
        with self.assertRaisesRegex(UserError, "archive them instead"):
            (unused + used).with_user(self.manager).unlink()
        unused.with_user(self.manager).unlink()
        self.assertFalse(unused.exists())
        self.env["crm.value.policy.tier"].search([("tier_id", "in", used.ids)]).unlink()
        used.with_user(self.manager).action_archive()
        self.assertTrue(self._figure("customers", tier_id=used[0]))
