from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import ComplaintCommon, utc

MONDAY = "2026-05-04T09:00"


@tagged("post_install", "-at_install")
class TestComplaintFlow(ComplaintCommon):
    def test_seven_steps(self):
        """Each step says what it needs; with it, the request moves on."""
        complaint = self._create_complaint(severity=False).with_user(self.agent)
        complaint.sudo().team_id.member_ids |= self.agent
        expected = [
            ("Classify", "", {}),
            ("Investigate Cause", ",user,severity,", {"user_id": 1, "severity": "3"}),
            ("Plan Solution", ",cause,root_cause,", {"root_cause": "x", "cause_id": 1}),
            ("Carry Out", ",solution,", {"solution": "x"}),
            ("Follow Up", ",carried_out,", {"carried_out_date": "2026-01-01"}),
        ]
        values = {"user_id": self.agent.id, "cause_id": self.cause.id}
        for name, missing, vals in expected:
            self.assertEqual(complaint.next_stage_id.name, name)
            self.assertEqual(complaint.missing or "", missing)
            if missing:
                with self.assertRaises(ValidationError) as error:
                    complaint.action_next_stage()
                self.assertIn(name, str(error.exception))
            complaint.write({key: values.get(key, one) for key, one in vals.items()})
            complaint.action_next_stage()
            self.assertEqual(complaint.stage_id.name, name)
        self.assertEqual(complaint.missing, ",answered,follow_up,")
        complaint.follow_up_result = "accepted"
        complaint.message_post(
            body="Did it help?", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        complaint.action_next_stage()
        self.assertEqual(complaint.state, "closed")
        self.assertTrue(complaint.closed_at)
        self.assertFalse(complaint.next_stage_id)
        with self.assertRaises(UserError):
            complaint.action_next_stage()

    def test_steps_cannot_be_skipped(self):
        complaint = self._create_complaint(
            root_cause="x", solution="x", carried_out_date="2026-01-01"
        )
        with self.assertRaisesRegex(ValidationError, "The cause is set"):
            complaint.stage_id = self._stage("follow_up")
        with self.assertRaises(ValidationError):
            self._create_complaint(stage_id=self._stage("plan").id)

    def test_back_is_always_possible(self):
        complaint = self._fill(self._create_complaint())
        complaint.stage_id = self._stage("carry_out")
        complaint.stage_id = self._stage("classify")
        self.assertEqual(complaint.state, "open")

    def test_what_the_step_needs_cannot_be_emptied(self):
        complaint = self._fill(self._create_complaint())
        complaint.stage_id = self._stage("carry_out")
        with self.assertRaises(ValidationError) as error:
            complaint.solution = False
        self.assertIn("A solution is planned", str(error.exception))
        complaint.carried_out_date = False  # of a later step

    def test_conditions_by_team_and_type(self):
        other = self.env["crm.complaint.team"].create(
            {"name": "Other", "company_id": self.company.id}
        )
        gate = self.env["crm.complaint.gate"].create(
            {
                "stage_id": self._stage("classify").id,
                "requirement": "product",
                "team_ids": [(6, 0, other.ids)],
            }
        )
        classify = self._stage("classify")
        self._create_complaint(stage_id=classify.id)
        self._create_complaint(stage_id=classify.id, team_id=other.id, type="question")
        with self.assertRaisesRegex(ValidationError, "product"):
            self._create_complaint(stage_id=classify.id, team_id=other.id)
        gate.active = False
        self._create_complaint(stage_id=classify.id, team_id=other.id)

    def test_a_question_needs_no_cause(self):
        question = self._create_complaint(type="question", user_id=self.agent.id)
        question._note_answer(fields.Datetime.now())
        question.stage_id = self._stage("archive")
        self.assertEqual(question.state, "closed")

    # ------------------------------------------------------------------ waiting
    @freeze_time("2026-05-04 08:00:00")
    def test_wait_and_go_on(self):
        self._create_policy([("resolution", 8)])
        complaint = self._create_complaint(
            received_at=utc("2026-05-04T10:00"), stage_id=self._stage("classify").id
        )
        clock = self._clock(complaint)
        self.assertEqual(clock.deadline, utc("2026-05-05T10:00"))
        with freeze_time(utc("2026-05-04T15:00")):
            wizard = self.env["crm.complaint.pause"].with_user(self.agent)
            wizard = wizard.create({"complaint_id": complaint.id, "note": "Photo?"})
            wizard.action_pause()
        self.assertEqual(complaint.state, "waiting")
        self.assertEqual(complaint.sla_state, "paused")
        self.assertFalse(clock.deadline)
        self.assertEqual(
            complaint.waiting_until, utc("2026-05-04T15:00") + timedelta(days=30)
        )
        with freeze_time(utc("2026-05-06T11:00")):
            complaint.with_user(self.agent).action_resume()
        self.assertEqual(clock.deadline, utc("2026-05-06T14:00"))
        self.assertEqual(complaint.waited_seconds, 44 * 3600)
        events = clock.event_ids.sorted("id")
        self.assertEqual(events.mapped("event"), ["start", "pause", "resume"])
        self.assertEqual(events[1].note, "Photo?")

    def test_waiting_is_limited(self):
        policy = self._create_policy([("resolution", 8)], max_pause_days=5)
        complaint = self._create_complaint(stage_id=self._stage("classify").id)
        now = fields.Datetime.now()
        complaint._pause("customer", now + timedelta(days=30), False, now)
        self.assertEqual(complaint.waiting_until, now + timedelta(days=5))
        complaint._wake(self.company, now + timedelta(days=6))
        self.assertEqual(complaint.state, "open")
        self.assertEqual(
            complaint.waited_seconds, 5 * 24 * 3600, "as of when it was due"
        )
        with self.assertRaisesRegex(UserError, "as long as"):
            complaint._pause("customer", False, False, now)
        self.assertEqual(policy.max_pause_days, 5)

    def test_where_it_may_not_wait(self):
        complaint = self._create_complaint()
        with self.assertRaisesRegex(UserError, "cannot wait"):
            complaint._pause("customer", False, False, fields.Datetime.now())

    def test_regulatory_clocks_never_pause(self):
        self._create_policy([("resolution", 30, "calendar_days")])
        complaint = self._create_complaint(stage_id=self._stage("classify").id)
        clock = self._clock(complaint)
        due = clock.deadline
        complaint._pause("customer", False, False, fields.Datetime.now())
        self.assertEqual(clock.deadline, due)

    # --------------------------------------------------------- closing, reopening
    def _close(self, complaint):
        self._fill(complaint).stage_id = self._stage("archive")
        return complaint

    def test_reopening_goes_on(self):
        """C06 and the peer defect: the closed date does not stay."""
        self._create_policy([("resolution", 16)])
        received = utc(MONDAY)
        with freeze_time(utc("2026-05-04T12:00")):
            complaint = self._close(self._create_complaint(received_at=received))
        clock = self._clock(complaint)
        self.assertEqual((clock.result, clock.consumed_hours), ("met", 3))
        with freeze_time(utc("2026-05-06T10:00")):
            complaint.with_user(self.agent).action_reopen()
        self.assertEqual(complaint.state, "open")
        self.assertFalse(complaint.closed_at)
        self.assertEqual(complaint.stage_id, self._stage("carry_out"))
        self.assertEqual(clock.deadline, utc("2026-05-07T15:00"), "13 of 16 h are left")
        self.assertEqual(clock.result, "open")

    def test_reopening_too_late(self):
        complaint = self._close(self._create_complaint())
        complaint.closed_at = fields.Datetime.now() - timedelta(days=15)
        with self.assertRaisesRegex(UserError, "too long ago"):
            complaint.action_reopen()

    def test_created_closed(self):
        """As an import does: the clocks run in the past."""
        self._create_policy([("resolution", 8)])
        with freeze_time(utc("2026-06-01T12:00")):
            complaint = self._create_complaint(
                received_at=utc(MONDAY),
                closed_at=utc("2026-05-04T14:00"),
                first_response_at=utc("2026-05-04T10:00"),
                stage_id=self._stage("archive").id,
                user_id=self.agent.id,
                type="question",
            )
        clock = self._clock(complaint)
        self.assertEqual((clock.result, clock.consumed_hours), ("met", 5))
        self.assertEqual(complaint.sla_state, "done")

    # ---------------------------------------------------------------- exclusion
    def test_excluded_is_never_reached(self):
        complaint = self._create_complaint()
        with self.assertRaisesRegex(AccessError, "team leaders"):
            complaint.with_user(self.agent)._exclude("cancelled", note="x")
        wizard = self.env["crm.complaint.exclude"].with_user(self.leader)
        wizard = wizard.create(
            {"complaint_ids": [(6, 0, complaint.ids)], "exclusion": "cancelled"}
        )
        with self.assertRaisesRegex(ValidationError, "why"):
            wizard.action_exclude()
        wizard.note = "Called by mistake"
        wizard.action_exclude()
        self.assertEqual(set(complaint.clock_ids.mapped("result")), {"excluded"})
        self.assertFalse(complaint.deadline)
        with self.assertRaisesRegex(UserError, "excluded"):
            complaint.stage_id = self._stage("classify")
        with self.assertRaises(AccessError):
            complaint.with_user(self.agent).action_take_back()
        complaint.with_user(self.leader).action_take_back()
        self.assertEqual(complaint.state, "open")
        self.assertTrue(complaint.deadline)

    def test_duplicates_in_a_chain(self):
        """C21"""
        first, second, third = (self._create_complaint() for _n in range(3))
        third.with_user(self.agent)._exclude("duplicate", second)
        second.with_user(self.agent)._exclude("duplicate", first)
        self.assertEqual(third._get_original(), first)
        with self.assertRaises(ValidationError):
            first._exclude("duplicate", third)
        token = first._portal_ensure_token()
        first.with_user(self.leader)._exclude("cancelled", note="x")
        self.assertNotEqual(first.access_token, token, "the old link opens nothing")
