import json
from datetime import date
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, tagged, users, warmup

from ..models import crm_metric_fact
from .common import MetricCommon


class ExplanationCommon(MetricCommon):
    """Retention of June, by hand: 1 of 4 of the seller, 1 of 1 of the colleague."""

    month = date(2026, 6, 1)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team, cls.other_team = cls.env["crm.team"].create(
            [
                {"name": "Metric Test Team", "company_id": cls.company.id},
                {"name": "Metric Test Other Team", "company_id": cls.company.id},
            ]
        )
        cls.team.crm_team_member_ids = [Command.create({"user_id": cls.seller.id})]
        cls.colleague = cls._create_user(
            "metric_colleague", "sales_team.group_sale_salesman"
        )
        for number in range(4):
            cls._sell(f"S{number}", cls.seller, cls.team, kept=number == 0)
        cls._sell("C", cls.colleague, cls.other_team, kept=True)
        cls._measure(fields.Date.subtract(cls.month, months=1), cls.month)

    @classmethod
    def _sell(cls, name, user, team, kept):
        customer = cls._create_customer(f"Metric Test {name}")
        sold_by = {"user_id": user.id, "team_id": team.id}
        cls._buy(customer, fields.Date.subtract(cls.month, months=15), 100, **sold_by)
        if kept:
            day = fields.Date.subtract(cls.month, months=1).replace(day=3)
            cls._buy(customer, day, 50, **sold_by)

    def _fact(self, code, month=None, **owner):
        facts = self._get_facts(code, month)
        for name, record in owner.items():
            facts = facts.filtered(lambda f, n=name, r=record: f[n] == r)
        return facts.ensure_one()

    def _why(self, fact, user=None):
        """The explanation, with plain spaces."""
        why = fact.with_user(user or self.manager)._get_explanation()
        return json.loads(json.dumps(why).replace("\\u00a0", " "))


@tagged("post_install", "-at_install")
class TestMetricExplanation(ExplanationCommon):
    """Why a figure is what it is, and who may read it."""

    # ------------------------------------------------------------------ by hand
    def test_ratio(self):
        why = self._why(self._fact("retention", user_id=self.seller))
        self.assertEqual(
            why["summary"][:2],
            [
                "Retention Rate: 1 (customers who bought again) ÷ 4 (customers of the "
                "year before) = 25.0 %",
                f"June 2026 · Metric Test Team · {self.seller.name}",
            ],
        )
        self.assertIn("share that bought again", why["summary"][2])
        [table] = why["tables"]
        self.assertEqual(table["title"], "All figures of June 2026")
        self.assertEqual(
            [column["label"] for column in table["columns"]],
            [
                "Sales Team · Salesperson",
                "Customers who bought again",
                "Customers of the year before",
                "Retention Rate",
            ],
        )
        self.assertEqual(
            [
                [row[column["name"]] for column in table["columns"]]
                for row in table["rows"]
            ],
            [
                [f"Metric Test Team · {self.seller.name}", "1", "4", "25.0 %"],
                [
                    f"Metric Test Other Team · {self.colleague.name}",
                    "1",
                    "1",
                    "100.0 %",
                ],
            ],
        )
        self.assertEqual(
            table["total"],
            {
                "whose": "Total",
                "numerator": "2",
                "denominator": "5",
                "value": "40.0 %",
            },
        )
        self.assertIn("not the average", table["note"])
        self.assertEqual(why["notes"], [])

    def test_the_explained_one_comes_first(self):
        [table] = self._why(self._fact("retention", user_id=self.colleague))["tables"]
        self.assertIn(self.colleague.name, table["rows"][0]["whose"])

    def test_sum(self):
        """An amount; the figures add up without a numerator of their own."""
        why = self._why(self._fact("revenue", date(2026, 5, 1), user_id=self.seller))
        self.assertEqual(why["summary"][0], "Revenue: 50.00 V")
        [table] = why["tables"]
        self.assertEqual(
            table["rows"],
            [
                {"whose": f"{team.name} · {user.name}", "value": "50.00 V"}
                for team, user in (
                    (self.team, self.seller),
                    (self.other_team, self.colleague),
                )
            ],
        )
        self.assertEqual(table["total"], {"whose": "Total", "value": "100.00 V"})
        self.assertEqual(
            [column["name"] for column in table["columns"]], ["whose", "value"]
        )

    def test_stock(self):
        why = self._why(self._fact("customers", user_id=self.seller))
        self.assertEqual(why["summary"][0], "Customers: 1")
        [table] = why["tables"]
        self.assertEqual(table["total"]["value"], "2")
        self.assertIn("average", table["note"])

    def test_one_figure_needs_no_table(self):
        other = self._create_company("Metric Test Small Company")
        self._buy(self._create_customer(), self.as_of, 10, company=other)
        self._measure(company=other)
        fact = self.facts.search(
            [("company_id", "=", other.id), ("metric_id.code", "=", "customers_new")]
        )
        why = fact._get_explanation()
        self.assertEqual(why["tables"], [])
        self.assertEqual(why["summary"][0], "New Customers: 1")

    def test_many_figures(self):
        """The rest of a long list is one row, so that it still adds up."""
        teams = self.env["crm.team"].create(
            [
                {"name": f"Metric Test {n}", "company_id": self.company.id}
                for n in range(3)
            ]
        )
        for amount, team in enumerate(teams, 1):
            self._buy(
                self._create_customer(), self.as_of, amount, team_id=team.id,
                user_id=False,
            )  # fmt: skip
        self._measure()
        fact = self._fact("revenue", team_id=teams[0])
        with patch.object(crm_metric_fact, "LISTED", 2):
            [table] = self._why(fact)["tables"]
            self.assertNotIn("others", str(table), "no row for one other figure")
            self.assertEqual(len(table["rows"]), 3)
        with patch.object(crm_metric_fact, "LISTED", 1):
            [table] = self._why(fact)["tables"]
        self.assertEqual(
            [(row["whose"], row["value"]) for row in table["rows"]],
            [("Metric Test 0", "1.00 V"), ("2 others", "5.00 V")],
        )
        self.assertEqual(table["total"]["value"], "6.00 V")

    def test_unknown(self):
        """A team without costs has new customers, but no figure; no zero is shown."""
        self._buy(
            self._create_customer(), self.as_of, 10, team_id=self.team.id,
            user_id=self.seller.id,
        )  # fmt: skip
        self.env["crm.campaign.cost"].create(
            {
                "campaign_id": self.env["utm.campaign"].create({"title": "X"}).id,
                "company_id": self.company.id,
                "team_id": self.other_team.id,
                "date_from": self.as_of,
                "date_to": self.as_of,
                "amount": 30,
            }
        )
        self._measure()
        why = self._why(self._fact("cac", team_id=self.team))
        self.assertEqual(
            why["summary"][0],
            "Acquisition Cost per Customer: – (campaign costs) ÷ 1 (new customers) = –",
        )
        self.assertIn("no figure", why["notes"][0])
        [table] = why["tables"]
        self.assertEqual(
            [table["rows"][1][n] for n in ("numerator", "denominator", "value")],
            ["30.00 V", "–", "–"],
        )
        self.assertEqual(
            [table["total"][n] for n in ("numerator", "denominator", "value")],
            ["30.00 V", "1", "30.00 V"],
        )

    def test_a_metric_without_words(self):
        """Of a module that does not say what it counts: the plain names."""
        fact = self._fact("retention", user_id=self.seller)
        fact.metric_id.write(
            {"numerator_label": False, "denominator_label": "", "description": False}
        )
        why = self._why(fact)
        self.assertEqual(
            why["summary"][0],
            "Retention Rate: 1 (Numerator) ÷ 4 (Denominator) = 25.0 %",
        )
        self.assertIn("June 2026", why["summary"][1])

    # --------------------------------------------------------------------- when
    def test_when_computed(self):
        run = self.metric_runs.search([("company_id", "=", self.company.id)], limit=1)
        run.finished_at = "2026-07-01 16:30:00"
        self.seller.tz = "Asia/Shanghai"
        why = self._why(self._fact("retention", user_id=self.seller), self.seller)
        self.assertRegex(why["summary"][3], r"Last computed: 7/2/26, 12:30\sAM\.")
        self.metric_runs.search([]).unlink()
        why = self._why(self._fact("retention", user_id=self.seller))
        self.assertEqual(len(why["summary"]), 3)

    def test_while_the_month_is_running(self):
        fact = self._fact("retention", user_id=self.seller)
        with freeze_time("2026-06-30 15:59:00"):  # 23:59 in Shanghai
            self.assertIn("not over", self._why(fact)["notes"][0])
        with freeze_time("2026-06-30 16:01:00"):
            self.assertEqual(self._why(fact)["notes"], [])

    def test_of_the_present_only(self):
        self._run()
        with freeze_time("2026-06-30 12:00:00"):
            self._measure()
        fact = self._fact("clv", user_id=self.seller)
        why = self._why(fact)
        self.assertIn("present only", why["notes"][0])
        self.assertIn(" V (predicted lifetime value) ÷ ", why["summary"][0])

    # ------------------------------------------------------------------- access
    def test_a_seller_is_told_of_the_own_team_only(self):
        fact = self._fact("retention", user_id=self.seller)
        why = self._why(fact, self.seller)
        self.assertTrue(why["summary"][0].endswith("= 25.0 %"))
        self.assertEqual(why["tables"], [])
        self.assertIn("1 more are in that of the company", why["notes"][0])
        self.assertNotIn(self.colleague.name, json.dumps(why))
        foreign = self._fact("retention", user_id=self.colleague)
        with self.assertRaises(AccessError):
            foreign.with_user(self.seller).read(["explanation_html"])
        with self.assertRaises(AccessError):
            foreign.read()  # into the cache, where nobody checks a right
            foreign.with_user(self.seller)._get_explanation()

    def test_who_is_told_nothing(self):
        fact = self._fact("retention", user_id=self.seller)
        reader = self._create_user("metric_reader", "crm_value_tiering.group_value_bi")
        self.assertTrue(fact.with_user(reader).read(["value"]))
        for user in (
            self.outsider,
            self.portal,
            self.env.ref("base.public_user"),
            reader,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                fact.with_user(user).read(["explanation_html"])

    def test_other_companies(self):
        """Neither shown to users of other companies, nor added to the total."""
        other = self._create_company("Metric Test Other Company")
        self._buy(self._create_customer(), self.as_of, 10, company=other)
        self._measure(date(2026, 5, 1), date(2026, 6, 30), company=other)
        both = self._create_user(
            "metric_both",
            "sales_team.group_sale_salesman_all_leads",
            company_ids=[Command.set((self.company + other).ids)],
        )
        allowed = {"allowed_company_ids": (self.company + other).ids}
        fact = self._fact("revenue", date(2026, 5, 1), user_id=self.seller)
        why = self._why(fact.with_context(**allowed), both)
        self.assertIn(f"May 2026 · {self.company.name} · ", why["summary"][1])
        self.assertEqual(why["tables"][0]["total"]["value"], "100.00 V")
        foreign = self.facts.search(
            [("company_id", "=", other.id), ("metric_id.code", "=", "revenue")]
        )
        for user in (self.seller, both, self.manager):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    foreign[0].with_user(user).read(["explanation_html"])
                with self.assertRaises(AccessError):
                    foreign.read()
                    foreign[0].with_user(user)._get_explanation()

    # ---------------------------------------------------------------- as a page
    def test_escaped(self):
        self.team.name = "<script>alert(1)</script>"
        fact = self._fact("retention", user_id=self.seller)
        fact.metric_id.description = "<b>Bold</b>"
        page = str(fact.with_user(self.manager).explanation_html)
        self.assertNotIn("<script>", page)
        self.assertNotIn("<b>", page)
        self.assertIn("&lt;b&gt;Bold&lt;/b&gt;", page)
        self.assertEqual(page.count("&lt;script&gt;alert(1)&lt;/script&gt;"), 2)

    def test_in_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        fact = self._fact("retention", user_id=self.seller)
        fact.metric_id.with_context(lang="zh_CN").numerator_label = "再次购买的客户"
        why = self._why(fact.with_context(lang="zh_CN"))
        self.assertIn("2026年6月", why["summary"][1])
        self.assertIn("再次购买的客户", why["summary"][0])
        self.assertEqual(why["tables"][0]["columns"][1]["label"], "再次购买的客户")

    def test_every_shipped_metric_says_what_it_divides(self):
        for metric in self.env["crm.metric"].with_context(active_test=False).search([]):
            with self.subTest(metric=metric.code):
                ratio = metric.aggregation == "ratio"
                self.assertEqual(bool(metric.numerator_label), ratio)
                self.assertEqual(bool(metric.denominator_label), ratio)

    @users("value_seller")
    @warmup
    def test_cost(self):
        fact = self._fact("retention", user_id=self.seller).with_user(self.env.user)
        with self.assertQueryCount(12):
            fact.read(["explanation_html"])


@tagged("post_install", "-at_install")
class TestMetricExplanationUi(ExplanationCommon, HttpCase):
    """From the list of figures, in a browser; it shows the last twelve months."""

    @classmethod
    def setUpClass(cls):
        cls.month = fields.Date.today().replace(day=1)
        super().setUpClass()

    def test_why(self):
        self.start_tour(
            "/odoo/customer-metrics?view_type=list",
            "crm_metric_why",
            login="value_manager",
        )
