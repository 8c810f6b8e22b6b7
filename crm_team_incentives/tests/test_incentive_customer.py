from datetime import date, timedelta

import psycopg2

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import IncentiveCommon

BANDS = [(0, 80), (2, 100), (4, 125)]


@tagged("post_install", "-at_install")
class TestIncentiveCustomer(IncentiveCommon):
    """Steps by the customer's lifetime value, and bands by how often they order."""

    @classmethod
    def _lifetime(cls, *steps, **vals):
        return cls._stepped(*steps, by_lifetime=True, **vals)

    @classmethod
    def _bands(cls, *bands):
        return [
            Command.create({"orders_from": orders, "factor": factor})
            for orders, factor in bands
        ]

    @classmethod
    def _worth(cls, value, as_of, partner=None):
        """What the customer is worth, by the orders until that day."""
        partner = (partner or cls.customer).commercial_partner_id
        profile = cls.env["crm.value.profile"].search(
            [("partner_id", "=", partner.id), ("company_id", "=", cls.company.id)]
        )
        vals = {"as_of": as_of, "clv_predictive": value}
        if profile:
            profile.write(vals)
        else:
            vals |= {"partner_id": partner.id, "company_id": cls.company.id}
            profile = profile.create(vals)
        profile.flush_recordset()
        return profile

    def _check_refused(self, statement):
        """The trigger refuses what Python never saw."""
        with (
            self.assertRaises(psycopg2.Error),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(statement)

    # ------------------------------------------------------------- lifetime value
    def test_reached_step_counts_for_the_document(self):
        version = self._draft(self._lifetime((0, 1), (50000, 2), (100000, 3)))
        expected = {
            -10: "100.00", 0: "100.00", 49999.99: "100.00", 50000: "200.00",
            99999: "200.00", 100000: "300.00", 10**9: "300.00",
        }  # fmt: skip
        for value, pay in expected.items():
            with self.subTest(value):
                self.assertEqual(
                    self._case(version, [10000], lifetime_value=value), [pay]
                )

    def test_side_of_a_limit(self):
        version = self._draft(self._lifetime((0, 1), (50000, 2), step_side="lower"))
        case = self._case(version, [10000], lifetime_value=50000)
        self.assertEqual(case, ["100.00"])
        self.assertEqual(self._case(version, [10000], lifetime_value=0), ["100.00"])
        self.assertIn("the lower rate exactly at a limit", version.rule_ids.sentence)

    def test_months_total_plays_no_part(self):
        version = self._draft(self._lifetime((0, 1), (50000, 2)))
        case = self._case(version, [60000, 60000], lifetime_value=10)
        self.assertEqual(case, ["600.00", "600.00"])

    def test_unknown_value_is_the_first_step(self):
        version = self._draft(self._lifetime((0, 1), (50000, 2)))
        self.assertEqual(self._case(version, [10000]), ["100.00"])

    def test_value_of_the_day(self):
        """A later value changes nothing, and an old event gets no value of today."""
        self._set_plan(self._lifetime((0, 1), (50000, 2)))
        march = self._period(3)
        self._worth(60000, date(2024, 3, 9))
        order = self._sell(date(2024, 3, 10), 10000)
        self.env["crm.incentive.event"]._collect_all(self.company)
        self._worth(10, date(2024, 3, 20))
        self._sell(date(2024, 3, 15), 10000)  # known only when the value is newer
        self._compute()
        lines = self.env["crm.incentive.line"].search([("period_id", "=", march.id)])
        by_day = {line.day: line for line in lines}
        first, second = by_day[date(2024, 3, 10)], by_day[date(2024, 3, 15)]
        self.assertEqual((first.amount, first.step_rate), (200, 2))
        self.assertEqual((second.amount, second.step_rate), (100, 1))
        self.assertEqual(first.document_name, order.name)
        self.assertEqual(first.event_id.lifetime_value, 60000)
        self.assertEqual(first.event_id.lifetime_day, date(2024, 3, 9))
        self.assertFalse(second.event_id.lifetime_day)
        self.assertIn("60,000.00", first.explanation_html)
        self.assertIn("the step of 2", first.explanation_html)
        self.assertIn("No lifetime value", second.explanation_html)

    def test_value_cannot_be_changed(self):
        self._set_plan(self._lifetime((0, 1)))
        self._sell(date(2024, 3, 10), 10000)
        self.env["crm.incentive.event"]._collect_all(self.company)
        event = self.env["crm.incentive.event"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        for column in ("lifetime_value", "recent_orders"):
            with self.subTest(column):
                self._check_refused(
                    SQL(
                        "UPDATE crm_incentive_event SET %s = 1 WHERE id = %s",
                        SQL.identifier(column),
                        event.id,
                    )
                )

    def test_taken_back_by_the_stored_line(self):
        version = self._draft(self._lifetime((0, 1), (50000, 2)))
        case = self._case(version, [10000, -5000], lifetime_value=60000)
        self.assertEqual(case, ["200.00", "-100.00"])

    def test_curve_draws_the_rate(self):
        version = self._draft(self._lifetime((0, 1), (1000, 4)))
        curve = version.rule_ids._get_curve()
        points = [point.split(",") for point in curve["line"].split()]
        self.assertEqual([y for _x, y in points], ["117.5", "117.5", "20.0", "20.0"])
        self.assertIn("4", curve["top"])

    # ------------------------------------------------------------------ frequency
    def test_bands(self):
        version = self._draft(
            self._percent(10, by_frequency=True), frequency_ids=self._bands(*BANDS)
        )
        for orders, pay in ((0, "80.00"), (1, "80.00"), (2, "100.00"), (9, "125.00")):
            with self.subTest(orders):
                self.assertEqual(
                    self._case(version, [1000], recent_orders=orders), [pay]
                )
        self.assertIn("how often the customer orders", version.rule_ids.sentence)

    def test_steps_and_weights_and_bands(self):
        """Tier weight and frequency multiply what counts, before the steps."""
        version = self._draft(
            self._stepped((0, 5), (10000, 10), by_frequency=True, is_weighted=True),
            weights={self.tier_mid: 45, self.tier_high: 65},
            weight_reading="relative",
            frequency_ids=self._bands((0, 50), (1, 150)),
        )
        # 9,000 × 65 ÷ 45 × 150 % = 19,500
        case = self._case(version, [9000], tier=self.tier_high, recent_orders=3)
        self.assertEqual(case, ["1450.00"])

    def test_only_rules_that_say_so(self):
        version = self._draft(self._percent(10), frequency_ids=self._bands((0, 50)))
        self.assertEqual(self._case(version, [1000]), ["100.00"])
        self.assertIn("change nothing", version.warning)

    def test_orders_of_a_year(self):
        """Days with an order in the 12 months before; the day itself never counts."""
        self._set_plan(
            self._percent(10, by_frequency=True), frequency_ids=self._bands(*BANDS)
        )
        self._period(3)
        day = date(2024, 3, 10)
        for ordered in (
            date(2023, 3, 9),  # a day too old
            date(2023, 3, 10),
            day - timedelta(days=1),
            day - timedelta(days=1),  # an order that was split
            day,
        ):
            self._sell(ordered, 1000, user=self.other)
        self._sell(day - timedelta(days=2), 100)._action_cancel()
        self._sell(day, 2000)
        self._compute()
        line = self.env["crm.incentive.line"].search([("user_id", "=", self.rep.id)])
        self.assertEqual(line.event_id.recent_orders, 2)
        self.assertEqual((line.frequency, line.amount), (100, 200))
        self.assertIn("12 months before: 2", line.explanation_html)

    def test_moving_an_order_changes_no_band(self):
        """IC14: what was noted counts, not the date that somebody writes."""
        self._set_plan(
            self._percent(10, by_frequency=True), frequency_ids=self._bands(*BANDS)
        )
        self._period(3)
        old = self._sell(date(2022, 1, 5), 1000)
        self.env["crm.incentive.event"]._collect_all(self.company)
        old.date_order = "2024-03-01 10:00:00"
        self._sell(date(2024, 3, 10), 1000)
        self._compute()
        line = self.env["crm.incentive.line"].search(
            [("user_id", "=", self.rep.id), ("amount", "!=", 0)]
        )
        self.assertEqual(line.event_id.recent_orders, 0)

    def test_same_in_any_batch(self):
        self._set_plan(
            self._percent(10, by_frequency=True), frequency_ids=self._bands(*BANDS)
        )
        events = self.env["crm.incentive.event"]
        found = []
        for at_once in (True, False):
            partner = self._create_customer(f"Batch {at_once}")
            for month in range(1, 7):
                self._sell(date(2024, month, 5), 1000, partner=partner)
                if not at_once:
                    events._collect_all(self.company)
            events._collect_all(self.company)
            mine = events.search([("partner_id", "=", partner.id)], order="day")
            found.append(mine.mapped("recent_orders"))
        self.assertEqual(found, [[0, 1, 2, 3, 4, 5]] * 2)

    # ------------------------------------------------------------------- as people
    def test_bands_begin_at_zero(self):
        version = self._draft(
            self._percent(10, by_frequency=True), frequency_ids=self._bands((1, 120))
        )
        with self.assertRaisesRegex(UserError, "begin at 0 orders"):
            version.rule_ids._check_complete()

    def test_limits(self):
        for vals in (
            {"orders_from": -1},
            {"orders_from": 10**6},
            {"orders_from": 0, "factor": 0},
            {"orders_from": 0, "factor": float("nan")},
            {"orders_from": 0, "factor": 1001},
        ):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self._draft(self._percent(1), frequency_ids=[Command.create(vals)])

    def test_frozen_with_the_version(self):
        version = self._set_plan(
            self._percent(10, by_frequency=True), frequency_ids=self._bands((0, 100))
        )
        with self.assertRaises(UserError):
            version.frequency_ids.factor = 200
        self._check_refused(SQL("UPDATE crm_incentive_frequency SET factor = 200"))

    def test_terms(self):
        """The fingerprint says both; a version without them keeps the one it had."""
        plain = self._draft(self._percent(10))
        terms = plain.rule_ids._get_terms()
        self.assertNotIn("by_frequency", terms)
        self.assertNotIn("by_lifetime", terms)
        before = plain._get_fingerprint()
        plain.frequency_ids = self._bands((0, 90))
        self.assertNotEqual(plain._get_fingerprint(), before)

    def test_new_version_keeps_the_bands(self):
        version = self._set_plan(
            self._lifetime((0, 1), (10, 2), by_frequency=True),
            frequency_ids=self._bands(*BANDS),
        )
        action = version.with_user(self.boss).action_new_version()
        draft = version.browse(action["res_id"])
        self.assertEqual(draft.frequency_ids.mapped("factor"), [80, 100, 125])
        self.assertTrue(draft.rule_ids.by_lifetime)
        self.assertEqual(draft._get_fingerprint(), version.fingerprint)

    def test_estimate(self):
        """A quotation says what the value and orders of today would pay."""
        self._set_plan(
            self._lifetime((0, 1), (50000, 2), by_frequency=True),
            frequency_ids=self._bands((0, 100), (1, 150)),
        )
        self._current()
        today = self.company._get_value_today()
        self._worth(60000, today - timedelta(days=1))
        self._sell(today - timedelta(days=30), 500)
        quotation = self._create_quotation(
            self.customer, 10000, user_id=self.rep.id, team_id=False
        )
        estimate = quotation.with_user(self.rep).get_incentive_estimate()
        self.assertIn("300.00", estimate)
        self.assertIn("150", estimate)
