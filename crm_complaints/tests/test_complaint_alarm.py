from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .common_orders import OrdersCommon

NOW = datetime(2026, 7, 1, 12)  # a Wednesday
LAST = date(2026, 6, 22)  # Monday of the last week that is over
WEEK = timedelta(days=7)


@tagged("standard", "post_install", "-at_install")
class TestComplaintAlarm(OrdersCommon):
    """Early warning: what alarms, what does not, and what is done then (D7, C28)."""

    def setUp(self):
        super().setUp()
        clock = freeze_time(NOW)
        clock.start()
        self.addCleanup(clock.stop)
        self.price = self.env.ref("crm_complaints.crm_complaint_cause_price")

    def _live(self, newest=(3, 3), orders=(50, 50), **vals):
        """26 quiet weeks with 3 complaints in 50 orders, and the newest two."""
        for place in range(26):
            day = LAST - WEEK * (27 - place)
            self._complain(3, day, **vals)
            self._sell(50, day)
        for place, (count, sold) in enumerate(zip(newest, orders, strict=True)):
            day = LAST - WEEK * (1 - place)
            if count:
                self._complain(count, day + timedelta(days=3), **vals)
            if sold:
                self._sell(sold, day)

    def _watch(self, at=NOW):
        with freeze_time(at):
            return self.env["crm.complaint.alarm"]._watch_company(self.company)

    def _of(self, alarms, dimension):
        return alarms.filtered(lambda one: one.dimension == dimension)

    # -------------------------------------------------------------------- counting
    def test_quiet(self):
        self._live()
        self.assertFalse(self._watch())

    def test_spike(self):
        """15 where 3 are normal: one alarm, told once, though cause and team rise too."""
        self._live(newest=(3, 15))
        product = self._watch()
        self.assertEqual(product.dimension, "product")
        self.assertEqual(product.product_id, self.product)
        self.assertEqual((product.count, product.exposure), (15, 50))
        self.assertEqual((product.expected, product.weeks), (3, 1))
        self.assertEqual(product.week, LAST)
        self.assertEqual(product.limit, 11)
        self.assertLess(product.chance, 0.0001)
        self.assertEqual(product.activity_ids.user_id, self.leader)
        self.assertIn("15 complaints", product.activity_ids.summary)
        complaints = product.action_open_evidence()["domain"]
        self.assertEqual(self.env["crm.complaint"].search_count(complaints), 15)
        self.assertFalse(self._watch(), "told once")
        self.assertFalse(self._watch(NOW + timedelta(days=1)))

    def test_two_outbreaks(self):
        """A product, and a cause in all others: two alarms; the team's is neither."""
        other = {"product_id": self.other_product.id, "cause_id": self.price.id}
        for place in range(26):
            self._complain(2, LAST - WEEK * (27 - place), **other)
        self._live(newest=(3, 15))
        self._complain(2, LAST - WEEK, **other)
        self._complain(14, LAST, product_id=False, cause_id=self.price.id)
        alarms = self._watch()
        found = {(one.dimension, one.display_name) for one in alarms}
        self.assertEqual(found, {("product", "Lamp"), ("cause", "Price")})

    def test_the_narrowest(self):
        """Without products it is the sub-cause, not all that is above it."""
        self._live(newest=(3, 15), product_id=False)
        alarms = self._watch()
        self.assertEqual(alarms.cause_id, self.cause)
        self.assertFalse(self._watch(), "nor the next night")
        alarms.reason = "Known"
        alarms.action_close()
        self.assertFalse(self._watch(), "nor when it is closed")

    def test_more_sales(self):
        """Five times the orders, five times the complaints: no news."""
        self._live(newest=(3, 15), orders=(50, 250))
        self.assertFalse(self._watch())

    def test_fewer_sales(self):
        """As many complaints as ever, from a fifth of the orders, is news."""
        self._live(newest=(3, 6), orders=(50, 10))
        self.assertTrue(self._of(self._watch(), "product"))

    def test_nothing_sold(self):
        """No orders, no rate: nothing is divided by zero."""
        self._live(newest=(3, 15), orders=(0, 0))
        self.assertFalse(self._watch())

    def test_what_does_not_count(self):
        self._live(newest=(3, 3))
        self._complain(20, LAST, type="question")
        self._complain(20, LAST)._exclude("mistaken", note="Spam")
        self._complain(20, LAST + WEEK)  # the running week is judged when it is over
        self.assertFalse(self._watch())
        self.assertTrue(self._watch(NOW + WEEK))

    def test_too_new(self):
        """Seven weeks say nothing about what is normal."""
        for place in range(7):
            self._complain(3, LAST - WEEK * (8 - place))
            self._sell(50, LAST - WEEK * (8 - place))
        self._complain(30, LAST)
        self._sell(50, LAST)
        self.assertFalse(self._watch())

    def test_season(self):
        """It was so last year, too."""
        self._live(newest=(12, 15))
        for place in range(-2, 3):
            day = LAST - WEEK * (52 + place)
            self._complain(14, day)
            self._sell(50, day)
        self.assertFalse(self._watch())

    def test_import_of_the_past(self):
        """Old complaints enter the baseline; past weeks raise nothing (C19)."""
        self._live()
        self._complain(40, LAST - WEEK * 9)
        self.assertFalse(self._watch())

    def test_region(self):
        self.customer.state_id = self.env.ref("base.state_us_5")
        self._live(newest=(3, 15), product_id=False, cause_id=False)
        region = self._watch()
        self.assertEqual(region.dimension, "region", "more is known than the team")
        self.assertEqual(region.region_id, self.customer.state_id)
        self.assertEqual(region.exposure, 50)

    def test_local_weeks(self):
        """Weeks begin on Monday in Shanghai: Sunday 17:00 UTC is Monday there."""
        self._live(newest=(3, 0), orders=(50, 50))
        late = self._complain(15, LAST - timedelta(days=1))
        late.write({"received_at": datetime(2026, 6, 21, 17)})
        alarm = self._of(self._watch(), "product")
        self.assertEqual((alarm.week, alarm.count, alarm.weeks), (LAST, 15, 1))

    def test_set_based(self):
        """As many queries for eight products as for two."""
        self._live()

        def queries():
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env["crm.complaint.alarm"]._find(self.company, LAST)
            return self.env.cr.sql_log_count - before

        few = queries()
        for number in range(6):
            product = self.env["product.product"].create({"name": f"P{number}"})
            self._complain(1, LAST, product_id=product.id)
            self._sell(2, LAST, product=product)
        self.assertEqual(queries(), few)
        self.assertLessEqual(few, 20)

    # --------------------------------------------------------------- leading signs
    def test_questions_rise_first(self):
        self._live(type="question", newest=(3, 15))
        alarms = self._watch()
        self.assertEqual(alarms.mapped("dimension"), ["question"])
        self.assertEqual(alarms.product_id, self.product)
        model, domain = alarms._get_evidence()
        self.assertEqual(self.env[model].search_count(domain), 15)
        self.assertIn("15 questions", alarms._get_explanation()["summary"][0])
        with self.assertRaisesRegex(UserError, "what the cause is"):
            alarms.with_user(self.leader).action_corrective()
        self._complain(1, LAST)
        action = alarms.with_user(self.leader).action_corrective()
        capa = self.env["crm.complaint.capa"].browse(action["res_id"])
        self.assertEqual(capa.cause_id, self.cause)

    def test_credit_notes(self):
        self._set_up_accounting()
        for place in range(28):
            day = LAST - WEEK * (27 - place)
            self._sell(50, day)
            number = 9 if place == 27 else place % 2
            for _number in range(number):
                move = self._invoice(self.customer, day, 10, refund=True)
                self.env.flush_all()
                self.env.cr.execute(
                    SQL(
                        "UPDATE account_move_line SET product_id = %s"
                        " WHERE move_id = %s AND display_type = 'product'",
                        self.product.id,
                        move.id,
                    )
                )
        alarms = self._watch()
        self.assertEqual(alarms.mapped("dimension"), ["refund"])
        self.assertEqual((alarms.count, alarms.exposure), (9, 50))
        self.env.invalidate_all()
        model, domain = alarms._get_evidence()
        self.assertEqual(self.env[model].search_count(domain), 9)

    def test_low_marks(self):
        """One of ten was not satisfied; last week eight of ten."""
        for place in range(28):
            at = datetime.combine(LAST - WEEK * (27 - place), NOW.time())
            low = 8 if place == 27 else 1
            closed = self._complain(10, at.date(), type="praise", product_id=False)
            for number, complaint in enumerate(closed):
                self.env["rating.rating"].create(
                    {
                        "res_model_id": self.env["ir.model"]._get_id("crm.complaint"),
                        "res_id": complaint.id,
                        "rating": 1 if number < low else 5,
                        "consumed": True,
                    }
                )
            closed.marked_at = at
        alarms = self._watch()
        self.assertEqual(alarms.mapped("dimension"), ["mark"])
        self.assertEqual(alarms.team_id, self.team)
        self.assertEqual((alarms.count, alarms.exposure), (8, 10))
        self.env.invalidate_all()
        model, domain = alarms._get_evidence()
        self.assertEqual(self.env[model].search_count(domain), 8)

    # -------------------------------------------------------------------- handling
    def test_one_action(self):
        self._live(newest=(3, 15))
        alarm = self._of(self._watch(), "product").with_user(self.leader)
        action = alarm.action_corrective()
        capa = self.env["crm.complaint.capa"].browse(action["res_id"])
        self.assertEqual(capa.cause_id, self.cause, "what most complaints are about")
        self.assertEqual(capa.product_id, self.product)
        self.assertEqual(len(capa.complaint_ids), 15)
        self.assertEqual(capa.template_id.cause_id, self.cause.parent_id)
        self.assertEqual(alarm.state, "handled")
        self.assertFalse(alarm.activity_ids)
        self.assertEqual(alarm.action_corrective()["res_id"], capa.id)
        # the next bad week belongs to the same alarm
        self._complain(15, LAST + WEEK)
        self._sell(50, LAST + WEEK)
        later = self._watch(NOW + WEEK)
        self.assertFalse(self._of(later, "product"))
        self.assertEqual(alarm.week, LAST + WEEK)
        self.assertEqual(alarm.first_week, LAST)

    def test_snooze(self):
        self._live(newest=(3, 15))
        alarm = self._of(self._watch(), "product").with_user(self.leader)
        with self.assertRaisesRegex(UserError, "why"):
            alarm.action_snooze()
        alarm.reason = "A new series comes on Monday"
        with self.assertRaisesRegex(UserError, "until when"):
            alarm.action_snooze()
        alarm.snooze_until = date(2026, 7, 10)
        alarm.action_snooze()
        self.assertFalse(alarm.activity_ids)
        with self.assertRaisesRegex(UserError, "already"):
            alarm.action_snooze()
        found = []
        for week in (1, 2):
            with freeze_time(NOW + WEEK * week):
                self._complain(15, LAST + WEEK * week)
                self._sell(50, LAST + WEEK * week)
            found.append(self._of(self._watch(NOW + WEEK * week), "product"))
        self.assertFalse(found[0])
        again = found[1]
        self.assertTrue(again)
        self.assertNotEqual(again, alarm)

    def test_snoozed_again(self):
        """An old alarm that was snoozed anew does not take a week that has its own."""
        self._live(newest=(3, 15))
        old = self._of(self._watch(), "product")
        old.reason = "Known"
        old.action_close()
        with freeze_time(NOW + WEEK):
            self._complain(15, LAST + WEEK)
            self._sell(50, LAST + WEEK)
        new = self._of(self._watch(NOW + WEEK), "product")
        old.write({"state": "snoozed", "snooze_until": date(2027, 1, 1)})
        self.assertFalse(self._watch(NOW + WEEK))
        self.assertEqual((old.week, new.week), (LAST, LAST + WEEK))

    def test_no_action(self):
        self._live(newest=(3, 15))
        alarm = self._of(self._watch(), "product").with_user(self.leader)
        with self.assertRaisesRegex(UserError, "why"):
            alarm.action_close()
        alarm.reason = "A competitor's campaign"
        alarm.action_close()
        self.assertEqual(alarm.state, "closed")
        self.assertFalse(self._of(self._watch(), "product"), "not twice for a week")

    # --------------------------------------------------------------------- showing
    def test_explained(self):
        """The numbers add up by hand, in words, with a picture."""
        self._live(newest=(3, 15))
        alarm = self._of(self._watch(), "product").with_user(self.reader)
        why = alarm._get_explanation()
        self.assertIn("15 complaints in the week of 06/22/2026", why["summary"][0])
        self.assertIn("out of 50 orders: 3.0 were to be expected", why["summary"][0])
        rows = why["tables"][0]["rows"]
        self.assertEqual(len(rows), 5)
        self.assertEqual(
            rows[-1], {"week": "06/22/2026", "count": "15", "orders": "50"}
        )
        self.assertEqual({row["count"] for row in rows[:-1]}, {"3"})
        self.assertIn("in about 50 % of cases", why["notes"][2])
        chart = alarm._get_explanation_charts()[0]
        self.assertEqual(chart["bars"][-1]["height"], 100)
        self.assertIn("15 complaints", alarm.explanation_html)

    def test_rights(self):
        self._live(newest=(3, 15))
        alarm = self._of(self._watch(), "product")
        for vals in ({"count": 0}, {"state": "closed"}, {"chance": 1}, {"limit": 99}):
            with self.assertRaises(UserError, msg=vals):
                alarm.with_user(self.quality).write(vals)
        with self.assertRaises(AccessError):
            self.env["crm.complaint.alarm"].with_user(self.quality).create({})
        with self.assertRaises(AccessError):
            alarm.with_user(self.quality).unlink()
        for user in (self.agent, self.reader):
            self.assertEqual(alarm.with_user(user).count, 15)
            for call in ("action_corrective", "action_snooze", "action_close"):
                with self.assertRaises(AccessError):
                    getattr(alarm.with_user(user), call)()
        with self.assertRaises(AccessError):
            alarm.with_user(self.seller).read(["count"])
