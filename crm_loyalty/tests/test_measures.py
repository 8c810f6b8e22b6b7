from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..measures import newcombe
from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestMeasures(LoyaltyCommon):
    """What the program costs, as of any day (F5)."""

    def _measure(self, as_of=None):
        return self.env["crm.loyalty.measure"]._measure(
            self.program, as_of or self.today[0]
        )

    def _redeem(self, partner, points):
        member = self._member(partner)
        key = member._get_next_key("test")
        return member._redeem(100 * points, {"kind": "redeem", "key": key})

    def _measure_day(self):
        """When the day is over, so that later measures build on it."""
        day = self.today[0]
        self._travel(days=1)
        return self._measure(day)

    # ------------------------------------------------------------------- points
    def test_flows(self):
        """Bought 300, credited 100, granted 50 of which 20 expire, redeemed 100."""
        order = self._order(300)
        order.action_confirm()
        invoice = self._bill(order)
        self._grant(30)
        self._grant(20, days=5)
        self._post()
        self._travel(days=1)
        self._credit(invoice, share=1 / 3)
        self._post()
        self._travel(days=9)
        self._member()._lock()  # as the hourly job does
        other = self._order(50, claim=1)
        other.action_confirm()
        self._post()
        measure = self._measure()
        self.assertEqual(
            (measure.issued, measure.redeemed, measure.expired), (250, 100, 20)
        )
        self.assertEqual((measure.outstanding, measure.owed), (130, 0))
        self.assertEqual(self._balance(), (130, 0, 0))
        self.assertEqual((measure.member_count, measure.active_count), (1, 1))
        self.assertEqual((measure.reward_cost, measure.cost_per_point), (10, 0.1))
        self.assertEqual(measure.burn_rate, 40)
        text = measure.with_user(self.manager).explanation_html
        for words in ("Issued: Purchase", "200", "Issued: Granted", "Expired: Expired",
                      "-20", "130", "never"):  # fmt: skip
            self.assertIn(words, text)
        self.assertIn("They have 130 points, worth", measure.summary)

    def test_debts(self):
        """Used, then taken back: what is owed is no outstanding point."""
        order = self._order(100)
        order.action_confirm()
        invoice = self._bill(order)
        self._post()
        self._redeem(self.customer, 100)
        self._credit(invoice)
        self._post()
        measure = self._measure()
        self.assertEqual((measure.outstanding, measure.owed), (0, 100))
        self.assertEqual(measure.face_value, 0)
        self.assertEqual((measure.issued, measure.redeemed), (0, 100))

    def test_as_of_the_past(self):
        """LC28: the same as then, whatever came later: corrections and merges count when
        they are booked."""
        self._grant(100)
        self._grant(70, partner=self.other)
        first = self._measure()
        stored = first.read()[0]
        day = self.today[0]
        self._travel(days=40)
        self._redeem(self.customer, 60)
        self._grant(1000)
        self._member(self.other)._merge_into(self._member())
        self._assert_sound()
        again = self._measure(day)
        self.assertEqual(again, first)
        for name in ("outstanding", "issued", "redeemed", "face_value", "estimate"):
            self.assertEqual(again[name], stored[name], name)
        self.assertEqual(again.detail["cohorts"], stored["detail"]["cohorts"])
        self.assertEqual(self._measure().outstanding, 1110)

    def test_merged_points_keep_their_month(self):
        self._grant(70, partner=self.other)
        self._travel(days=40)
        self._grant(10)
        self._member(self.other)._merge_into(self._member())
        cohorts = self._measure().detail["cohorts"]
        self.assertEqual(
            [(one["month"], one["issued"], one["outstanding"]) for one in cohorts],
            [("2026-06", 7000, 7000), ("2026-08", 1000, 1000)],
        )

    # ---------------------------------------------------------------- liability
    def test_value_of_a_point(self):
        """The best fixed reward, 10.00 for 100; or what the manager says."""
        self._grant(250)
        measure = self._measure()
        self.assertEqual((measure.point_value, measure.face_value), (0.1, 25))
        self.program.crm_point_value = 0.07
        self.assertEqual(self._measure().face_value, 17.5)
        self.reward.write({"discount_mode": "percent", "discount": 10})
        self.program.crm_point_value = 0
        measure = self._measure()
        self.assertEqual(measure.face_value, 0)
        self.assertIn("no reward says", measure.summary)

    def test_too_little_history(self):
        """Nobody knows the breakage: none is assumed."""
        self._grant(250)
        measure = self._measure()
        self.assertFalse(measure.is_estimated)
        self.assertEqual(measure.estimate, measure.face_value)
        self.assertIn("nobody knows yet", measure.summary)

    def test_breakage(self):
        """G6, month by month: 857.52 of 4,290 points will still be redeemed."""
        issued = (1000, 1200, 1500, 2000)
        steps = ((100, 150, 90, 40), (132, 180, 108), (150, 240), (220,))
        people = [self._create_customer(f"Cohort {place}") for place in range(4)]
        for month in range(4):
            self.today[0] = date(2026, month + 1, 15)
            self._grant(issued[month], partner=people[month], days=0)
            for place in range(month + 1):
                self._redeem(people[place], steps[place][month - place])
        measure = self._measure(date(2026, 4, 30))
        self.assertTrue(measure.is_estimated)
        self.assertEqual(measure.outstanding, 4290)
        self.assertAlmostEqual(measure.expected_points, 857.52, 2)
        self.assertEqual(measure.breakage_rate, 60.22)
        self.assertEqual((measure.face_value, measure.estimate), (429, 85.75))
        self.assertIn("60.2", measure.summary)
        # ten days of May say nothing of a month
        self.assertAlmostEqual(
            self._measure(date(2026, 5, 10)).expected_points, 857.52, 2
        )
        text = measure.with_user(self.manager).explanation_html
        for words in ("Jan 2026", "608.66", "199.45", "49.41", "4,290"):
            self.assertIn(words, text)

    def test_revenue(self):
        """IFRS 15 example 52 as far as points and prices go: 8,675.80 allocated; kept,
        when the value of a point changes; gone, when the purchase is returned."""
        self.program.write({"crm_point_value": 0.95, "crm_rate_points": 0.1})
        order = self._order(100000)
        order.action_confirm()
        invoice = self._bill(order)
        self._post()
        first = self._measure_day()
        self.assertEqual(first.outstanding, 10000)
        self.assertEqual((first.allocated, first.recognised), (8675.80, 0))
        self.assertEqual(first.contract_liability, 8675.80)
        self._travel(days=31)
        self._redeem(self.customer, 4500)
        self.program.crm_point_value = 2
        second = self._measure_day()
        self.assertEqual(second.allocated, 8675.80)
        # 8,675.80 × 4,500 ÷ 10,000
        self.assertEqual((second.recognised, second.revenue), (3904.11, 3904.11))
        self.assertEqual(second.contract_liability, 4771.69)
        self._travel(days=31)
        self._credit(invoice, share=0.5)
        self._post()
        third = self._measure_day()
        # half the sale is gone: 4,337.90 × 4,500 ÷ 5,000
        self.assertEqual((third.allocated, third.recognised), (4337.90, 3904.11))
        self._credit(invoice, share=0.5)
        self._post()
        last = self._measure()
        self.assertEqual(last.allocated, 0)
        self.assertFalse(last.is_final)

    # ---------------------------------------------------------------------- effect
    def _customers(self, count, stay, joined, day=date(2025, 3, 10), before=()):
        """Customers who bought on ``day``, ``stay`` of them again after 300 days."""
        people = self.env["res.partner"].create(
            [{"name": f"Effect {joined} {place}"} for place in range(count)]
        )
        purchases = [(one, when, 10) for one in people for when in (*before, day)]
        purchases += [(one, date(2026, 1, 4), 10) for one in people[:stay]]
        self._buy_many(purchases)
        if joined:
            self.today[0] = day
            for one in people:
                self._member(one)
            self.today[0] = date(2026, 6, 30)
        return people

    def test_members_beside_others(self):
        """30 of 40 against 16 of 40; old customers without a like are left out."""
        self._customers(40, 30, joined=True)
        self._customers(40, 16, joined=False)
        self._customers(12, 12, joined=True, before=(date(2022, 1, 1),))
        measure = self._measure()
        self.assertTrue(measure.is_compared)
        self.assertEqual(measure.retention_rate, 75)
        self.assertEqual(measure.other_retention_rate, 40)
        found = measure.detail["effect"]["retention"]
        self.assertEqual(
            (found["members"], found["others"], found["left_out"]), (40, 40, 12)
        )
        _difference, low, high = newcombe(0.75, 40, 0.4, 40)
        self.assertAlmostEqual(found["low"], low)
        self.assertAlmostEqual(found["high"], high)
        # 10.00 each for those who bought again
        spend = measure.detail["effect"]["spend"]
        self.assertEqual((spend["share"], spend["other_share"]), (7.5, 4))
        self.assertIn("75.0 % of the members", measure.summary)
        self.assertIn("a difference of", measure.summary)
        text = measure.with_user(self.manager).explanation_html
        self.assertIn("does not prove that the program made it", text)
        self.assertIn("12 members without", text)

    def test_by_chance(self):
        """A difference that may be none is called so."""
        self._customers(40, 20, joined=True)
        self._customers(40, 19, joined=False)
        self.assertIn("this may be chance", self._measure().summary)

    def test_not_enough_data(self):
        self._customers(40, 30, joined=True)
        self._customers(29, 10, joined=False)
        measure = self._measure()
        self.assertFalse(measure.is_compared)
        self.assertIn("Not enough data", measure.summary)
        self.assertIn(
            "not enough data", measure.with_user(self.manager).explanation_html
        )

    def test_a_year_is_needed(self):
        """Who joined less than a year ago was not followed for a year."""
        self._customers(40, 0, joined=True, day=date(2025, 7, 1))
        found = self._measure().detail["effect"]["repeat"]
        self.assertEqual((found["members"], found["left_out"]), (0, 0))

    # ------------------------------------------------------------------ who and when
    def test_on_demand(self):
        """A manager measures any day until today, for their own company."""
        asks = self.env["crm.loyalty.measure.ask"].with_user(self.manager)
        form = Form(asks)
        self.assertEqual(form.program_id, self.program)
        form.as_of = date(2026, 3, 31)
        action = form.save().action_measure()
        measure = self.env["crm.loyalty.measure"].browse(action["res_id"])
        self.assertEqual(measure.as_of, date(2026, 3, 31))
        self.assertIn("0 members", measure.summary)
        with self.assertRaises(UserError):
            asks.create({"as_of": date(2026, 7, 1)}).action_measure()
        company = self._create_company("Loyalty Test Elsewhere")
        foreign = self._create_program(company_id=company.id, name="Foreign")
        with self.assertRaises(AccessError):
            asks.create({"program_id": foreign.id}).action_measure()
        with self.assertRaises(AccessError):
            self.env["crm.loyalty.measure"].with_user(self.seller).search([])

    def test_every_month(self):
        """Once, however often the job comes; late is the same."""
        measures = self.env["crm.loyalty.measure"]
        for day in (date(2026, 6, 30), date(2026, 7, 3), date(2026, 7, 4)):
            self.today[0] = day
            measures._measure_company(self.company)
        self.assertEqual(
            measures.search([("program_id", "=", self.program.id)]).mapped("as_of"),
            [date(2026, 6, 30), date(2026, 5, 31)],
        )

    def test_queries(self):
        """A few statements, however many members."""
        self._customers(60, 30, joined=True)
        self._measure()
        with self.assertQueryCount(40):
            self._measure()
