from datetime import date

import psycopg2

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import MetricCommon


@tagged("post_install", "-at_install")
class TestMetricLeads(MetricCommon):
    """Conversion and length of the sales cycle."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer()
        cls.won = cls.env["crm.stage"].create(
            {"name": "Metric Test Won", "is_won": True}
        )
        # Shanghai's June: 31 May, 16:00 to 30 June, 16:00 UTC.
        cls._close("2026-05-31 15:59:59", won=True)
        cls._close("2026-05-31 16:00:00", won=True, created="2026-05-21 16:00:00")
        cls._close("2026-06-30 15:59:59", won=True, created="2026-06-30 03:59:59")
        cls._close("2026-06-10 10:00:00", won=False)
        cls._close("2026-06-30 16:00:00", won=False)
        cls._create_lead(name="Still open")

    @classmethod
    def _create_lead(cls, **vals):
        return cls.env["crm.lead"].create(
            {
                "name": "Metric Test Lead",
                "type": "opportunity",
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
                "user_id": cls.seller.id,
                "team_id": False,
                **vals,
            }
        )

    @classmethod
    def _close(cls, closed, won, created="2026-01-01 00:00:00", **vals):
        lead = cls._create_lead(**vals)
        if won:
            lead.stage_id = cls.won
        else:
            lead.action_set_lost()
        lead.date_closed = closed
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id = %s", [created, lead.id]
        )
        return lead

    def test_golden_book(self):
        self._measure()
        self.assertAlmostEqual(self._figure("conversion"), 100 * 2 / 3)
        self.assertEqual(self._figure("sales_cycle"), (10 + 0.5) / 2)
        self.assertEqual(
            self._figure("conversion", groupby="user_id"),
            {self.seller.id: self._figure("conversion")},
        )

    def test_imported_after_it_was_closed(self):
        """Nobody knows how long it took; won on the spot is known: no time at all."""
        self._measure()
        before = self._get_facts("sales_cycle").numerator
        self._close("2026-06-01 09:00:00", won=True, created="2026-06-25 09:00:00")
        self._measure()
        fact = self._get_facts("sales_cycle")
        self.assertEqual((fact.numerator, fact.denominator), (before, 2))
        self._close(
            "2026-06-25 09:00:00", won=True, created="2026-06-25 09:00:00.700000"
        )
        self._measure()
        fact = self._get_facts("sales_cycle")
        self.assertEqual((fact.numerator, fact.denominator), (before, 3))
        self.assertEqual(self._figure("conversion"), 100 * 4 / 5)

    def test_reopened_lead_leaves_the_month(self):
        self._measure()
        lead = self._close("2026-06-20 10:00:00", won=False)
        self._measure()
        self.assertEqual(self._figure("conversion"), 50)
        lead.action_unarchive()
        run = self._measure()
        self.assertAlmostEqual(self._figure("conversion"), 100 * 2 / 3)
        self.assertEqual(run.written_count, 1)

    def test_lead_without_company_counts_for_its_salesperson(self):
        self._close("2026-06-11 10:00:00", won=False, company_id=False)
        other = self._create_company("Metric Test Other Company")
        self._measure(company=self.company + other)
        self.assertEqual(self._figure("conversion"), 50)
        self.assertFalse(self._figure("conversion", company=other))


@tagged("post_install", "-at_install")
class TestMetricCost(MetricCommon):
    """What a new customer costs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign = cls.env["utm.campaign"].create({"title": "Metric Test Fair"})
        cls.team = cls.env["crm.team"].create(
            {"name": "Metric Test Team", "company_id": cls.company.id}
        )
        for number, day in enumerate((3, 4, 5)):
            cls._buy(
                cls._create_customer(f"Metric Test Visitor {number}"),
                date(2026, 6, day),
                10,
                team_id=cls.team.id,
            )

    @classmethod
    def _create_cost(cls, amount, date_from, date_to, **vals):
        return cls.env["crm.campaign.cost"].create(
            {
                "campaign_id": cls.campaign.id,
                "company_id": cls.company.id,
                "amount": amount,
                "date_from": date_from,
                "date_to": date_to,
                **vals,
            }
        )

    def _cost_of(self, month):
        self._measure(month, month)
        return sum(self._get_facts("cac", month).mapped("numerator"))

    def test_cost_by_new_customers(self):
        self._create_cost(100, date(2026, 6, 1), date(2026, 6, 30))
        self._create_cost(0.01, date(2026, 6, 30), date(2026, 6, 30))
        self._measure()
        self.assertAlmostEqual(self._figure("cac"), 100.01 / 3)

    def test_unknown_is_not_zero(self):
        """Without costs there is no figure; a team without costs has none of its own."""
        self._measure()
        self.assertIs(self._figure("cac"), False)
        self.assertEqual(self._get_facts("cac").mapped("value_text"), [False])
        self._create_cost(90, date(2026, 6, 1), date(2026, 6, 30))
        self._measure()
        self.assertEqual(self._figure("cac"), 30)
        by_team = self._figure("cac", groupby="team_id")
        self.assertFalse(any(by_team.values()))
        self._create_cost(30, date(2026, 6, 1), date(2026, 6, 30), team_id=self.team.id)
        self._measure()
        self.assertEqual(self._figure("cac"), 40)
        self.assertEqual(self._figure("cac", team_id=self.team), 10)
        self.assertFalse(self._get_facts("cac").user_id)

    def test_months_of_a_cost_sum_to_it(self):
        """100.00 over 15 May to 14 August, 92 days: 17, 30, 31 and 14 of them."""
        self._create_cost(100, date(2026, 5, 15), date(2026, 8, 14))
        months = [date(2026, month, 1) for month in range(4, 10)]
        self.assertEqual(
            [round(self._cost_of(month), 2) for month in months],
            [0, 18.48, 32.61, 33.69, 15.22, 0],
        )

    def test_another_companys_cost(self):
        other = self._create_company("Metric Test Other Company")
        self._create_cost(50, date(2026, 6, 1), date(2026, 6, 30), company_id=other.id)
        self._measure()
        self.assertFalse(self._figure("cac"))

    def test_entered_on_the_campaign(self):
        with Form(self.campaign.with_user(self.manager)) as campaign:
            with campaign.campaign_cost_ids.new() as cost:
                cost.name = "Stand"
                cost.date_from = date(2026, 6, 10)
                cost.date_to = date(2026, 6, 12)
                cost.amount = 12.30
        self.assertRecordValues(
            self.campaign.campaign_cost_ids,
            [
                {
                    "display_name": "Stand",
                    "company_id": self.company.id,
                    "currency_id": self.currency.id,
                    "amount": 12.30,
                }
            ],
        )
        self.assertEqual(self._cost_of(date(2026, 6, 1)), 12.30)

    @mute_logger("odoo.sql_db")
    def test_refused(self):
        for amount, first, error in (
            (-1, date(2026, 6, 1), ValidationError),
            (1, date(2026, 6, 2), psycopg2.errors.CheckViolation),
        ):
            vals = {"amount": amount, "date_from": first, "date_to": date(2026, 6, 1)}
            with (
                self.subTest(vals=vals),
                self.assertRaises(error),
                self.env.cr.savepoint(),
            ):
                self._create_cost(**vals)
