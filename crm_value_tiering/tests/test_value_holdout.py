from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 04:00:00")
class TestValueHoldout(ValueCommon):
    """The forecast measured against the past (the figures: tests of the suite)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.known = cls.as_of - timedelta(days=60)

    def _form(self):
        return Form(self.env["crm.value.holdout.check"].with_user(self.manager))

    def _check(self, known=None, until=None):
        wizard = self._form()
        if known:
            wizard.calibrate_until = known
        if until:
            wizard.until = until
        action = wizard.save().action_check()
        return self.env["crm.value.holdout"].browse(action["res_id"])

    def test_proposed_days(self):
        """180 days of a long history, a third of a short one, none of none."""
        customer = self._create_customer()
        self.assertFalse(self._form().calibrate_until)
        self._buy(customer, self.as_of - timedelta(days=10), 5)
        self.assertFalse(self._form().calibrate_until)
        self._buy(customer, self.as_of - timedelta(days=100), 5)
        form = self._form()
        self.assertEqual(form.until, self.as_of - timedelta(days=10))
        self.assertEqual(form.calibrate_until, self.as_of - timedelta(days=40))
        self._buy(customer, self.as_of - timedelta(days=1000), 5)
        self.assertEqual(
            self._form().calibrate_until, self.as_of - timedelta(days=10 + 180)
        )

    def test_measured(self):
        """Against the orders themselves, every pair of customers counted."""
        customers = self._population(150)
        holdout = self._check(self.known, self.as_of)
        orders = self.env["sale.order"].search([("partner_id", "in", customers.ids)])
        last, spent, year = {}, {}, {}
        for order in orders.sorted("date_order"):
            # Noon in Shanghai is the same day in UTC.
            day, partner = order.date_order.date(), order.partner_id
            if day > self.known:
                spent[partner] = spent.get(partner, 0) + order.amount_untaxed
            else:
                last[partner] = day
                if (self.known - day).days < 365:
                    year[partner] = year.get(partner, 0) + order.amount_untaxed
        back = [partner for partner in last if partner in spent]
        gone = [partner for partner in last if partner not in spent]
        self.assertRecordValues(
            holdout,
            [
                {
                    "state": "done",
                    "company_id": self.company.id,
                    "customer_count": len(last),
                    "horizon_days": 60,
                    "create_uid": self.manager.id,
                }
            ],
        )
        figures = holdout.figures
        self.assertEqual(figures["buyers"], len(back))
        total = sum(spent[partner] for partner in back)
        self.assertAlmostEqual(float(figures["spend"]), total, 2)
        pairs = [
            (last[one] > last[other]) + (last[one] == last[other]) / 2
            for one in back
            for other in gone
        ]
        self.assertAlmostEqual(figures["area"]["recency"], sum(pairs) / len(pairs), 9)
        best = sorted(last, key=lambda partner: -year.get(partner, 0))
        place = len(best) / 5
        captured = sum(
            spent.get(partner, 0) * max(0, min(1, place - number))
            for number, partner in enumerate(best)
        )
        self.assertAlmostEqual(figures["captured"]["revenue"], captured / total, 9)
        self.assertAlmostEqual(
            sum(row["customers"] * row["observed"] for row in figures["bins"]),
            len(back),
        )
        self.assertGreater(figures["area"]["forecast"], 0.6)
        summary = str(holdout.summary_html)
        self.assertIn(f"Of {len(last)} customers known on", summary)
        self.assertEqual(summary, str(holdout.policy_id.accuracy_html))

    def test_knows_nothing_of_later(self):
        """Neither later orders nor parameters of a later run change the prediction."""
        customers = self._population(150)
        before = self._check(self.known, self.as_of).figures
        self.assertEqual(before["forecast"], "fitted")
        self._run()
        self.assertEqual(self._check(self.known, self.as_of).figures, before)
        self._buy_many([(customer, self.as_of, 1) for customer in customers])
        again = self._check(self.known, self.as_of).figures
        self.assertEqual(again["expected"], before["expected"])
        self.assertEqual(again["buyers"], again["customers"])

    def test_no_parameters_from_the_future(self):
        """Too few repeat customers then: not measured, though a later run has a fit."""
        self._population(80)
        run = self._run()
        self.assertEqual(run.fit["purchases"]["method"], "fitted")
        holdout = self._check(self.as_of - timedelta(days=390), self.as_of)
        self.assertEqual(holdout.state, "thin")
        self.assertEqual(holdout.figures["forecast"], "rule")
        self.assertIn("the forecast could not be fitted", str(holdout.summary_html))
        self.assertFalse(holdout.area_forecast)

    def test_too_few_outcomes(self):
        """A forecast, but nothing to compare it with."""
        self._population(80)
        yesterday = self.as_of - timedelta(days=1)
        holdout = self._check(yesterday, self.as_of)
        self.assertEqual(
            (holdout.state, holdout.figures["forecast"]), ("thin", "fitted")
        )
        summary = str(holdout.summary_html)
        self.assertIn("Too little data to measure: of 80 customers", summary)
        self.assertIn("At least 20 who did and 20 who did not", summary)
        self.assertNotIn("<table", summary)

    def test_refused(self):
        wizard = self._form()
        with self.assertRaisesRegex(UserError, "Choose both days"):
            wizard.save().action_check()
        for known, until in ((0, 0), (0, 10), (10, -1)):
            with (
                self.subTest(known=known, until=until),
                self.assertRaisesRegex(UserError, "must come before"),
            ):
                self._check(
                    self.as_of - timedelta(days=known),
                    self.as_of - timedelta(days=until),
                )

    def test_profiles_stay(self):
        self._ladder()
        self._run()
        profiles = self.env["crm.value.profile"].search([])
        before = profiles.read()
        self._check(self.as_of - timedelta(days=100), self.as_of)
        profiles.invalidate_recordset()
        self.assertEqual(profiles.read(), before)

    def test_access(self):
        with self.assertRaises(AccessError):
            self.env["crm.value.holdout.check"].with_user(self.seller).create({})
        other = self._create_company("Value Test Other Company")
        check = self.env["crm.value.holdout.check"].with_user(self.manager)
        days = {
            "calibrate_until": self.as_of - timedelta(days=9),
            "until": self.as_of,
        }
        with self.assertRaisesRegex(AccessError, "your own companies"):
            check.create({"company_id": other.id, **days})
        mine = check.create(days)
        self.env.cr.execute(
            "UPDATE crm_value_holdout_check SET company_id = %s WHERE id = %s",
            [other.id, mine.id],
        )
        mine.invalidate_recordset()
        with self.assertRaisesRegex(AccessError, "your own companies"):
            mine.action_check()

    def test_looking_reveals_and_creates_nothing(self):
        """Not the last purchase of a company that is not ours, and no value model."""
        other = self._mirror_company(*self._ladder()[:2])
        empty = self._create_company("Value Test Empty Company")
        check = self.env["crm.value.holdout.check"].with_user(self.manager)
        fields = {"company_id": {}, "calibrate_until": {}, "until": {}}
        for company in (other, empty):
            with self.assertRaisesRegex(AccessError, "your own companies"):
                check.onchange({"company_id": company.id}, ["company_id"], fields)
        self.manager.company_ids += empty
        check = check.with_context(allowed_company_ids=empty.ids)
        self.assertFalse(check.create({}).until)
        self.assertFalse(
            self.env["crm.value.policy"].search([("company_id", "=", empty.id)])
        )

    def test_separate_by_company(self):
        self._ladder()
        holdout = self._check(self.as_of - timedelta(days=100), self.as_of)
        other = self._create_company("Value Test Other Company")
        foreigner = self._create_user(
            "value_foreigner",
            "sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        found = self.env["crm.value.holdout"]
        self.assertIn(holdout, found.with_user(self.manager).search([]))
        as_foreigner = self.env(
            user=foreigner, context={"allowed_company_ids": other.ids}
        )["crm.value.holdout"]
        self.assertNotIn(holdout, as_foreigner.search([]))
