from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.crm_complaints.tests.common import ComplaintCommon
from odoo.addons.crm_metric.tests.common import MetricCommon


@tagged("post_install", "-at_install")
class TestComplaintMarks(ComplaintCommon, MetricCommon):
    """Marks after service: answers about the service, and the CSS (D8, E1)."""

    def _mark(self, value, at="2026-06-10 12:00:00", feedback="Fine", **vals):
        """A request that was closed and got a mark from its customer."""
        with freeze_time(at):
            complaint = self._create_complaint(
                received_at=at, user_id=self.agent.id, **vals
            )
            self._fill(complaint)
            complaint.stage_id = self._stage("archive")
            complaint._rate_from_portal(value, feedback)
        return complaint

    def _record(self, at="2026-06-12 12:00:00"):
        with freeze_time(at):
            self.assertTrue(self.env["crm.complaint"]._record_marks(self.company))

    def _answers(self):
        return self.env["crm.satisfaction.answer"].search(
            [("company_id", "=", self.company.id)]
        )

    def test_mark_becomes_an_answer(self):
        complaint = self._mark(2, "2026-06-10 17:00:00", "Took too long")
        self._record()
        answer = self._answers()
        self.assertEqual((answer.answer, answer.kind), (2, "csat"))
        self.assertEqual(answer.dimension, "service")
        self.assertEqual(answer.date, date(2026, 6, 11), "01:00 in Shanghai")
        self.assertEqual(answer.partner_id, self.customer)
        self.assertEqual(answer.user_id, self.agent)
        self.assertEqual(answer.comment, "Took too long")
        self.assertEqual(answer.document, complaint)
        self._record()
        self.assertEqual(len(self._answers()), 1, "once")

    def test_not_while_it_can_be_corrected(self):
        self._mark(2, "2026-06-12 11:46:00")
        self._record()
        self.assertFalse(self._answers())
        self._record("2026-06-12 12:01:00")
        self.assertEqual(self._answers().answer, 2)

    def test_what_is_no_answer(self):
        """Excluded requests, and those of nobody who is known."""
        self._mark(2)._exclude("mistaken", note="No")
        unknown = self._mark(2)
        for table, column in (("crm_complaint", "id"), ("rating_rating", "res_id")):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET partner_id = NULL WHERE %s = %s",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    unknown.id,
                )
            )
        self._record()
        self.assertFalse(self._answers())

    @mute_logger("odoo.addons.crm_complaints_satisfaction.models.crm_complaint")
    def test_one_that_is_wrong(self):
        """A mark that cannot be recorded stops no other one, and says so once."""
        wrong, right = self._mark(2), self._mark(4)
        other = self._create_company("Value Test Other")
        self.env.cr.execute(
            SQL(
                "UPDATE res_partner SET company_id = %s WHERE id = %s",
                other.id,
                self.customer.id,
            )
        )
        second = self._create_customer(email="second@example.com")
        self.env.cr.execute(
            SQL(
                "UPDATE rating_rating SET partner_id = %s WHERE res_id = %s",
                second.id,
                right.id,
            )
        )
        self.env.invalidate_all()
        self._record()
        self.assertEqual(self._answers().partner_id, second)
        self.assertIn("could not become", wrong.message_ids[0].body)
        notes = len(wrong.message_ids)
        self._record()
        self.assertEqual(len(wrong.message_ids), notes)

    def test_css(self):
        """Three of four marks are 4 or 5: 75 %; the CSAT has none of them."""
        for value in (5, 4, 4, 1):
            self._mark(value)
        self._record()
        self._measure(date(2026, 6, 1), date(2026, 6, 30))
        self.assertEqual(self._figure("css", date(2026, 6, 1)), 75)
        self.assertFalse(self._figure("csat", date(2026, 6, 1)))

    def test_erased(self):
        """What was said goes with the request; the number stays, and comes not twice."""
        complaint = self._mark(1, feedback="Mr. Smith was rude")
        self._record()
        complaint.with_user(self.quality).action_erase()
        answer = self._answers()
        self.assertFalse(answer.comment or answer.document)
        self.assertEqual(answer.answer, 1)
        self._record()
        self.assertEqual(len(self._answers()), 1)

    def test_nobody_says_it_is_recorded(self):
        complaint = self._mark(1)
        with self.assertRaises(UserError):
            complaint.with_user(self.quality).mark_recorded = True

    def test_set_based(self):
        """As many queries for ten marks as for two."""

        def queries(count):
            for _number in range(count):
                self._mark(3)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self._record()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(1)
        few = queries(2)
        self.assertLessEqual(queries(10), few + 2)

    def test_late_marks_of_the_past(self):
        """Those given before the add-on came are recorded for their own day."""
        self._mark(5, "2026-01-10 12:00:00")
        self._record()
        self.assertEqual(self._answers().date, date(2026, 1, 10))
