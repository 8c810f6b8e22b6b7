"""A branch's orders, leads and costs are its main company's."""

from datetime import date

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import MetricCommon


@tagged("post_install", "-at_install")
class TestMetricBranch(MetricCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls._create_company(
            "Metric Test Branch", tz="UTC", parent_id=cls.company.id
        )
        cls.customers = cls._ladder()
        cls._run()
        cls.best = cls.customers[0]

    def test_counted_together(self):
        self._buy(self.best, self.as_of, 60, company=self.branch)
        new = self._create_customer("Metric Test New")
        self._buy(new, self.as_of, 40, company=self.branch)
        self._measure()
        revenue = self._figure("revenue")
        self.assertEqual(self._figure("customers"), 11)
        self.assertEqual(self._figure("customers_new"), 2)
        self.assertEqual(revenue, 1000 + 60 + 40)
        self.assertEqual(self._figure("revenue", tier_id=self.tier_high), 1060)
        self.assertFalse(self.facts.search([("company_id", "=", self.branch.id)]))
        due = self.metric_runs._get_companies_to_measure()
        self.assertIn(self.company, due)
        self.assertNotIn(self.branch, due)

    def test_leads(self):
        won = self.env["crm.stage"].create({"name": "Metric Test Won", "is_won": True})
        lead = self.env["crm.lead"].create(
            {
                "name": "Metric Test Lead",
                "type": "opportunity",
                "partner_id": self.best.id,
                "company_id": self.branch.id,
            }
        )
        lead.stage_id = won
        lead.date_closed = "2026-06-15 10:00:00"
        self._measure()
        self.assertEqual(self._figure("conversion"), 100)
        self.assertEqual(self._figure("conversion", tier_id=self.tier_high), 100)
        # a company that only closes leads, in a branch
        main = self._create_company("Metric Test Holding")
        lead.copy({"company_id": self._create_company("Shop", parent_id=main.id).id})
        closed = self.env["crm.lead"].search([], order="id desc", limit=1)
        closed.date_closed = "2026-06-15 10:00:00"
        self.env.flush_all()
        self.assertIn(main, self.metric_runs._get_companies_to_measure())

    def test_costs(self):
        campaign = self.env["utm.campaign"].create({"title": "Metric Test Fair"})
        for company, amount in ((self.company, 100), (self.branch, 20)):
            self.env["crm.campaign.cost"].create(
                {
                    "campaign_id": campaign.id,
                    "company_id": company.id,
                    "amount": amount,
                    "date_from": date(2026, 6, 1),
                    "date_to": date(2026, 6, 30),
                }
            )
        self._measure()
        self.assertEqual(sum(self._get_facts("cac").mapped("numerator")), 120)

    def test_a_branch_may_have_begun_first(self):
        """Its documents are the company's: figures begin with the first of them all."""
        self._buy(self.best, date(2019, 3, 8), 50, company=self.branch)
        run = self.metric_runs._request(self.company, "1990-01-01", "2026-06-30")
        self.assertEqual(run.date_from, date(2019, 3, 1))

    def test_targets_and_figures_in_a_branch(self):
        """Entered there, a target is the company's; sellers see their own figures."""
        seller = self._create_user(
            "metric_local",
            "sales_team.group_sale_salesman",
            company_id=self.branch.id,
            company_ids=[Command.set(self.branch.ids)],
        )
        self.best.user_id = seller
        target = self.env["crm.metric.target"].create(
            {
                "metric_id": self.env.ref("crm_metric.crm_metric_customers").id,
                "company_id": self.branch.id,
                "user_id": seller.id,
                "target": 1,
                "date_from": date(2026, 6, 1),
                "date_to": date(2026, 7, 1),
            }
        )
        self.assertEqual(target.company_id, self.company)
        local_team, far_team = self.env["crm.team"].create(
            [
                {"name": "Metric Test Team", "company_id": company.id}
                for company in (self.branch, self._create_company("Far"))
            ]
        )
        target.team_id = local_team
        with self.assertRaisesRegex(ValidationError, "team of another company"):
            target.team_id = far_team
        target.team_id = False
        self._measure()
        local = {"allowed_company_ids": self.branch.ids}
        target = target.with_user(seller).with_context(**local)
        self.assertEqual((target.actual, target.status), (1, "on_track"))
        facts = self.facts.with_user(seller).with_context(**local)
        self.assertEqual(facts.search([]).user_id, seller)
        self.assertTrue(facts.search([], limit=1).explanation_html)
