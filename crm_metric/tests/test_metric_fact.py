from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.crm_value_tiering.tests.common import ALL, NOTHING, READ

from .common import MetricCommon


@tagged("post_install", "-at_install")
class TestMetricFact(MetricCommon):
    """Totals, and who sees what."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team, cls.other_team = cls.env["crm.team"].create(
            [
                {"name": "Metric Test Team", "company_id": cls.company.id},
                {"name": "Metric Test Other Team", "company_id": cls.company.id},
            ]
        )
        cls.colleague = cls._create_user(
            "metric_colleague", "sales_team.group_sale_salesman"
        )
        cls.all_leads = cls._create_user(
            "metric_all_leads", "sales_team.group_sale_salesman_all_leads"
        )
        cls.team.crm_team_member_ids = [Command.create({"user_id": cls.seller.id})]
        # Kept: 1 of 4 of the seller, 1 of 1 of the colleague.
        for number in range(4):
            cls._sell(f"S{number}", cls.seller, cls.team, kept=number == 0)
        cls._sell("C", cls.colleague, cls.other_team, kept=True)
        cls._measure(date(2026, 5, 1), date(2026, 6, 30))

    @classmethod
    def _sell(cls, name, user, team, kept):
        customer = cls._create_customer(f"Metric Test {name}")
        sold_by = {"user_id": user.id, "team_id": team.id}
        cls._buy(customer, date(2025, 3, 1), 100, **sold_by)
        if kept:
            cls._buy(customer, date(2026, 5, 3), 50, **sold_by)

    def _total(self, code, *domain, groupby=(), user=None, aggregate="value:avg"):
        facts = self.facts.with_user(user) if user else self.facts
        return facts.formatted_read_group(
            [
                ("metric_id.code", "=", code),
                ("company_id", "=", self.company.id),
                *domain,
            ],
            groupby,
            [aggregate],
        )

    # -------------------------------------------------------------------- totals
    def test_ratio_is_a_ratio_of_sums(self):
        """2 of 5, not the mean of 25 % and 100 %; the same for sum and average."""
        june = ("date", "=", date(2026, 6, 1))
        for aggregate in ("value:sum", "value:avg"):
            (total,) = self._total("retention", june, aggregate=aggregate)
            self.assertEqual(total[aggregate], 40)
        groups = self._total("retention", june, groupby=["user_id"])
        self.assertEqual(
            {group["user_id"][0]: group["value:avg"] for group in groups},
            {self.seller.id: 25, self.colleague.id: 100},
        )
        (total,) = self._total("retention")  # both months
        self.assertEqual(total["value:avg"], 40)

    def test_level_is_summed_within_and_averaged_over_months(self):
        june = ("date", "=", date(2026, 6, 1))
        self.assertEqual(self._total("customers", june)[0]["value:avg"], 2)
        self.assertEqual(self._total("customers")[0]["value:avg"], 2)

    def test_sum_is_summed(self):
        self.assertEqual(self._total("revenue")[0]["value:avg"], 100)
        months = self._total("revenue", groupby=["date:month"])
        self.assertEqual([month["value:avg"] for month in months], [100, 0])

    def test_pivot_totals(self):
        """What a pivot asks for: several groupings at once."""
        sets = self.facts._read_grouping_sets(
            [("metric_id.code", "=", "retention"), ("date", "=", date(2026, 6, 1))]
            + [("company_id", "=", self.company.id)],
            [["user_id"], []],
            ["value:avg"],
        )
        self.assertCountEqual([float(row[-1]) for row in sets[0]], [25, 100])
        self.assertEqual(float(sets[1][0][-1]), 40)

    def test_no_total_over_different_things(self):
        """Neither of customers and revenue, nor of two currencies."""
        own = [("company_id", "=", self.company.id)]
        read = self.facts.formatted_read_group
        self.assertIs(read(own, [], ["value:avg"])[0]["value:avg"], False)
        euro = self._create_company(
            "Metric Test Euro Company", currency_id=self.env.ref("base.EUR").id
        )
        self._buy(self._create_customer(), self.as_of, 10, company=euro)
        self._measure(date(2026, 5, 1), date(2026, 6, 30), company=euro)
        both = [("company_id", "in", (self.company + euro).ids)]
        revenue = [*both, ("metric_id.code", "=", "revenue")]
        self.assertIs(read(revenue, [], ["value:avg"])[0]["value:avg"], False)
        by_company = read(revenue, ["company_id"], ["value:avg"])
        self.assertCountEqual([row["value:avg"] for row in by_company], [100, 10])
        customers = [*both, ("metric_id.code", "=", "customers_new")]
        self.assertEqual(read(customers, [], ["value:avg"])[0]["value:avg"], 1)

    def test_having_and_order(self):
        rows = self.facts._read_group(
            [
                ("metric_id.code", "=", "retention"),
                ("company_id", "=", self.company.id),
            ],
            ["user_id"],
            ["value:avg"],
            having=[("value:avg", ">", 20)],
            order="value:avg desc",
        )
        self.assertEqual([row[0] for row in rows], [self.colleague, self.seller])

    def test_value_in_words(self):
        fact = self.facts.search(
            [
                ("metric_id.code", "=", "retention"),
                ("user_id", "=", self.seller.id),
                ("date", "=", date(2026, 6, 1)),
            ]
        )
        self.assertEqual((fact.value, fact.value_text), (25, "25.0 %"))
        formatted = self.facts._format_value
        self.assertEqual(formatted(1234, "count", self.currency), "1,234")
        self.assertEqual(formatted(1.26, "days", self.currency), "1.3 days")
        self.assertIn("1,234.50", formatted(1234.5, "money", self.currency))

    # -------------------------------------------------------------------- access
    def test_rights_of_each_role(self):
        rights = {
            "crm.metric": (READ, ("read", "write")),
            "crm.metric.fact": (READ, READ),
            "crm.metric.cohort": (READ, READ),
            "crm.metric.target": (READ, ALL),
            "crm.metric.plan": (("read", "write"), ALL),
            "crm.metric.measure": (ALL, ALL),
            "crm.metric.run": (NOTHING, READ),
            "crm.metric.recompute": (NOTHING, ALL),
            "crm.campaign.cost": (READ, ALL),
        }
        self._check_rights("crm_metric", rights)

    def test_own_team_and_all(self):
        """A seller sees the own figures, a leader the team's; who sees all leads, all."""
        for user, revenue in (
            (self.seller, 50),
            (self.colleague, 50),
            (self.all_leads, 100),
            (self.manager, 100),
        ):
            with self.subTest(user=user.login):
                (total,) = self._total("revenue", user=user)
                self.assertEqual(total["value:avg"], revenue)
        self.team.crm_team_member_ids = [Command.create({"user_id": self.colleague.id})]
        (total,) = self._total("revenue", user=self.colleague)
        self.assertEqual(total["value:avg"], 50, "a member sees no other member's")
        self.other_team.user_id = self.seller  # as the leader
        (total,) = self._total("revenue", user=self.seller)
        self.assertEqual(total["value:avg"], 100)

    def test_other_companies_stay_hidden(self):
        other = self._create_company("Metric Test Other Company")
        foreigner = self._create_user(
            "metric_foreigner",
            "sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.env["crm.campaign.cost"].create(
            {
                "campaign_id": self.env["utm.campaign"].create({"title": "X"}).id,
                "company_id": self.company.id,
                "amount": 1,
            }
        )
        foreign = self.env(
            user=foreigner,
            context={**self.env.context, "allowed_company_ids": other.ids},
        )
        for model in ("crm.metric.fact", "crm.metric.run", "crm.campaign.cost"):
            own = [("company_id", "=", self.company.id)]
            with self.subTest(model=model):
                self.assertTrue(self.env[model].with_user(self.manager).search(own))
                self.assertFalse(foreign[model].search(own))
        with self.assertRaisesRegex(AccessError, "own companies"):
            foreign["crm.metric.run"].recompute(self.company.ids)

    def test_who_may_compute(self):
        runs = self.metric_runs
        run = runs.with_user(self.manager).recompute(self.company.ids)
        self.assertEqual((run.state, run.env.user), ("done", self.manager))
        for user in (self.seller, self.outsider, self.portal):
            with (
                self.subTest(user=user.login),
                self.assertRaisesRegex(AccessError, "Only managers"),
            ):
                runs.with_user(user).recompute(self.company)

    # ------------------------------------------------------------------- metrics
    def test_a_metric_needs_its_method(self):
        for code in ("no_such_thing", "", "Revenue", "x; DROP", "__class__"):
            with (
                self.subTest(code=code),
                self.assertRaisesRegex(ValidationError, "come with the module"),
                self.env.cr.savepoint(),
            ):
                self.env["crm.metric"].create({"name": "X", "code": code or " "})

    def test_what_a_metric_means_stays(self):
        """It is common to all companies: no manager of one of them redefines it."""
        metric = self.env.ref("crm_metric.crm_metric_retention").with_user(self.manager)
        for vals in (
            {"code": "revenue"},
            {"unit": "count"},
            {"aggregation": "sum"},
            {"higher_is_better": False},
            {"is_snapshot": True, "name": "Mine"},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(UserError, "comes with"),
            ):
                metric.write(vals)
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                metric.with_user(self.seller).write(vals)
        with self.assertRaisesRegex(AccessError, "All companies share this"):
            metric.active = False
        self.manager.company_ids = self.env["res.company"].search([])
        metric.write({"name": "Loyalty", "description": "Ours", "sequence": 1})
        self.assertEqual(metric.display_name, "Loyalty (%)")

    def test_every_metric_says_what_it_counts(self):
        for metric in self.env["crm.metric"].with_context(active_test=False).search([]):
            with self.subTest(metric=metric.code):
                self.assertTrue(metric.description)
        retention = self.env.ref("crm_metric.crm_metric_retention")
        self.assertEqual(retention.display_name, "Retention Rate (%)")
        self.assertEqual(
            retention.with_user(self.seller).action_open_facts()["domain"],
            [("metric_id", "=", retention.id)],
        )
