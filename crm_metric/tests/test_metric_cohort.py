from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import MetricCommon


@freeze_time("2026-06-30 04:00:00")
@tagged("post_install", "-at_install")
class TestMetricCohort(MetricCommon):
    """Who began in March and April, and who bought again.

    ========  ==========================================
    Ann       3 March, 20 March, 5 April, 6 June
    Ben       31 March, and 1 June (31 May, 16:00 UTC)
    Cleo      10 April
    Dana      2 June; a refund in May, before she began
    ========  ==========================================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cohorts = cls.env["crm.metric.cohort"]
        cls.ann, cls.ben, cls.cleo, cls.dana = cls.env["res.partner"].create(
            [{"name": f"Metric Test {name}"} for name in ("Ann", "Ben", "Cleo", "Dana")]
        )
        for customer, month, day, amount in (
            (cls.ann, 3, 3, 10),
            (cls.ann, 3, 20, 20),
            (cls.ann, 4, 5, 30),
            (cls.ann, 6, 6, 40.40),
            (cls.ben, 3, 31, 50),
            (cls.cleo, 4, 10, 60),
            (cls.dana, 5, 9, -5),
            (cls.dana, 6, 2, 70),
            (cls.dana, 6, 3, -7),
        ):
            cls._buy(customer, date(2026, month, day), amount)
        order = cls._buy(cls.ben, date(2026, 6, 1), 1)
        order.date_order = "2026-05-31 16:00:00"

    def _read(self, *fields):
        self.env.invalidate_all()
        rows = self.cohorts.search_read(
            [("company_id", "=", self.company.id)], ["date", "months", *fields]
        )
        return {
            (row["date"].month, row["months"]): tuple(row[name] for name in fields)
            for row in rows
        }

    def test_golden_table(self):
        self._measure()
        self.assertEqual(
            self._read("size", "buyers", "revenue", "share"),
            {
                (3, 0): (2, 2, 80, 100),
                (3, 1): (2, 1, 30, 50),
                (3, 2): (2, 0, 0, 0),
                (3, 3): (2, 2, 41.40, 100),
                (4, 0): (1, 1, 60, 100),
                (4, 1): (1, 0, 0, 0),
                (4, 2): (1, 0, 0, 0),
                (6, 0): (1, 1, 63, 100),
            },
        )

    def test_share_of_several_cohorts(self):
        """After a month: 1 of 3 bought again, not the mean of 50 % and 0 %."""
        self._measure()
        rows = self.cohorts.formatted_read_group(
            [("company_id", "=", self.company.id)],
            ["months"],
            ["share:avg", "share:sum", "new_customers:sum"],
        )
        shares = {row["months"]: row["share:avg"] for row in rows}
        self.assertAlmostEqual(shares[1], 100 / 3)
        self.assertEqual([row["share:sum"] for row in rows], list(shares.values()))
        self.assertEqual(rows[0]["new_customers:sum"], 4)
        self.assertEqual(sum(row["new_customers:sum"] for row in rows), 4)

    def test_again_writes_nothing(self):
        self._measure()
        before = self._read("share", "write_date")
        run = self._measure()
        self.assertEqual(run.counts["cohorts"], {"written": 0, "deleted": 0})
        self.assertEqual(self._read("share", "write_date"), before)

    def test_what_is_gone_is_deleted(self):
        self._measure()
        orders = self.env["sale.order"].search([("partner_id", "=", self.cleo.id)])
        orders._action_cancel()
        run = self._measure()
        self.assertEqual(run.counts["cohorts"], {"written": 0, "deleted": 3})

    def test_cohorts_are_those_of_today(self):
        """The computation of an older month leaves them alone."""
        run = self._measure(date(2026, 4, 1), date(2026, 4, 30))
        self.assertNotIn("cohorts", run.counts)
        self.assertFalse(self._read())

    def test_by_tier(self):
        self._set_model(
            min_customers=2,
            limits={
                self.tier_high: {"share": 25},
                self.tier_mid: {"share": 0},
                self.tier_low: {"share": 75},
            },
        )
        self._run()
        self._measure()
        march = self.cohorts.search(
            [
                ("company_id", "=", self.company.id),
                ("date", "=", date(2026, 3, 1)),
                ("months", "=", 1),
            ]
        )
        self.assertEqual(
            {row.tier_id: (row.size, row.buyers) for row in march},
            {
                self._profile(self.ann).tier_id: (1, 1),
                self._profile(self.ben).tier_id: (1, 0),
            },
        )

    def test_access(self):
        self._measure()
        own = [("company_id", "=", self.company.id)]
        self.assertTrue(self.cohorts.with_user(self.manager).search(own))
        self.assertFalse(self.cohorts.with_user(self.seller).search(own))
        with self.assertRaises(AccessError):
            self.cohorts.with_user(self.outsider).search(own)
        with self.assertRaises(AccessError):
            self.cohorts.with_user(self.manager).search(own, limit=1).size = 9
        other = self._create_company("Metric Test Other Company")
        foreigner = self._create_user(
            "cohort_foreigner",
            "sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        foreign = self.env(
            user=foreigner,
            context={**self.env.context, "allowed_company_ids": other.ids},
        )
        self.assertFalse(foreign["crm.metric.cohort"].search(own))
