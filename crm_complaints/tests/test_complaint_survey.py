from datetime import timedelta

from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_value_tiering.context import OURS

from .common import ComplaintCommon, utc

CLOSED = utc("2026-05-04T10:00")
DUE = CLOSED + timedelta(hours=24)


@tagged("post_install", "-at_install")
class TestComplaintSurvey(ComplaintCommon):
    """Acceptance 13: asked once after closing; a low mark never goes unheard."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policies.active = False
        cls.own = cls._closed()

    @classmethod
    def _closed(cls, at=CLOSED, **vals):
        with freeze_time(at):
            complaint = cls._create_complaint(received_at=at, **vals)
            cls._fill(cls, complaint).stage_id = cls._stage("archive")
            cls.env.flush_all()
        return complaint

    def _ask(self, at=DUE):
        self.env.flush_all()
        with freeze_time(at):
            return self.env["crm.complaint"].sudo()._ask_company(self.company, at)

    def _questions(self, complaint):
        return complaint.message_ids.filtered(
            lambda one: one.message_type == "auto_comment"
        )

    def _rate(self, complaint, mark, at=DUE, **vals):
        with freeze_time(at):
            kept = complaint.with_user(self.env.ref("base.public_user")).sudo()
            return kept._rate_from_portal(mark, "Still dark", **vals)

    def _tasks(self, complaint):
        return complaint.activity_ids.filtered(
            lambda one: "not satisfied" in one.summary
        )

    # -------------------------------------------------------------------- asking
    def test_once(self):
        self.assertEqual(self.own.survey_due_at, DUE)
        self.assertFalse(self._ask(DUE - timedelta(seconds=1)))
        self.assertEqual(self._ask(), self.own)
        self.assertFalse(self._ask(), "claimed")
        question = self._questions(self.own)
        self.assertEqual(len(question), 1)
        self.assertEqual(question.notified_partner_ids, self.customer)
        self.assertIn(self.own.get_portal_url(), question.body.replace("&amp;", "&"))
        self.assertEqual(self.own.surveyed_at, DUE)
        self.assertEqual(self.own.state, "closed")
        # CSAT asked again at each close is what customers complain about
        with freeze_time(DUE):
            self.own.action_reopen()
            self._fill(self.own).stage_id = self._stage("archive")
        self.assertFalse(self.own.survey_due_at)

    def test_the_sweep_asks(self):
        with freeze_time(DUE):
            self.env["crm.complaint.clock"]._sweep_company(self.company)
        self.assertTrue(self._questions(self.own))

    def test_who_opens_it_again_is_not_asked_yet(self):
        with freeze_time(CLOSED + timedelta(hours=2)):
            self.own.action_reopen()
        self.assertFalse(self.own.survey_due_at)
        self.assertFalse(self._ask())
        with freeze_time(DUE):
            self._fill(self.own).stage_id = self._stage("archive")
        self.assertEqual(self._ask(DUE + timedelta(hours=24)), self.own)

    def test_who_is_not_asked(self):
        """No address, a colleague, an opt-out, a forwarded address, a mark given."""
        self._rate(self.own, 5, CLOSED)
        nobody = self._closed(partner_id=self._create_customer(email=False).id)
        colleague = self._closed(partner_id=self.agent.partner_id.id)
        refuser = self._create_customer(email="no@example.com")
        self.env["mail.blacklist"]._add("no@example.com")
        refused = self._closed(partner_id=refuser.id)
        guessed = self._closed(partner_id=self._create_customer(email="g@g.example").id)
        guessed.proposed_email = "other@example.com"
        late = self._closed(partner_id=self._create_customer(email="l@l.example").id)
        excluded = self._closed(
            partner_id=self._create_customer(email="x@x.example").id
        )
        excluded._exclude("duplicate", self.own)
        everybody = self.own + nobody + colleague + refused + guessed + excluded
        self.assertEqual(self._ask(), late)
        self.assertFalse(any(map(self._questions, everybody)))

    def test_not_long_afterwards(self):
        """The job that stood still for weeks asks nobody about the past."""
        self.assertFalse(self._ask(CLOSED + timedelta(days=30, seconds=1)))
        self.assertFalse(self.own.survey_due_at)

    def test_a_contact_is_asked_once_in_a_while(self):
        later = CLOSED + timedelta(hours=3)
        second = self._closed(later)
        self.assertEqual(self._ask(later + timedelta(hours=24)), second, "the latest")
        again = later + timedelta(days=29)
        third = self._closed(again)
        self.assertFalse(self._ask(again + timedelta(hours=23)))
        self.assertFalse(self._ask(again + timedelta(hours=24, seconds=-1)))
        self.team.survey_pause_days = 0
        self.assertEqual(self._ask(again + timedelta(hours=24)), third)

    def test_without_a_partner(self):
        """Whoever wrote by mail alone is asked under that address."""
        self.env["crm.complaint.gate"].search([]).unlink()
        vals = {"partner_id": False, "email_from": "Ada <ada@example.com>"}
        later = CLOSED + timedelta(hours=1)
        complaints = self._closed(**vals) + self._closed(later, **vals)
        asked = self._ask(later + timedelta(hours=24))
        self.assertEqual(asked, self.own + complaints[1])
        self.assertEqual(
            self._questions(complaints[1]).outgoing_email_to, "ada@example.com"
        )

    @mute_logger("odoo.addons.crm_complaints.models.crm_complaint_survey")
    def test_a_broken_mail_stops_nobody(self):
        """Neither the questions of other teams nor the clocks."""
        template = self.team.survey_template_id
        other = self.team.copy({"name": "Other", "survey_template_id": template.id})
        self.team.survey_template_id = template.copy()
        # Odoo checks with one request when it is written; others may still fail
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_template SET subject = %s WHERE id = %s",
            [
                '{"en_US": "{{ object.no_such_field }}"}',
                self.team.survey_template_id.id,
            ],
        )
        self.env.invalidate_all()
        partner = self._create_customer(email="other@example.com")
        second = self._closed(partner_id=partner.id, team_id=other.id)
        self._create_policy([("resolution", 4)])
        with freeze_time(CLOSED):
            late = self._create_complaint(received_at=CLOSED)
            self.env.flush_all()
        with freeze_time(DUE):
            self.env["crm.complaint.clock"]._sweep_company(self.company)
        self.assertTrue(self._questions(second))
        self.assertTrue(self._clock(late).breached_at)
        self.assertFalse(self._questions(self.own))
        self.assertFalse(self.own.surveyed_at)
        self.assertIn("could not be asked", self.own.message_ids[0].body)

    def test_switched_off(self):
        self.team.survey_template_id = False
        self.assertFalse(self._closed().survey_due_at)

    def test_an_import_asks_nobody(self):
        """C19: the past does not wake the present."""
        done = self._create_complaint(
            stage_id=self._stage("archive").id,
            type="question",
            closed_at=CLOSED,
            first_response_at=CLOSED,
            received_at=CLOSED,
            user_id=self.agent.id,
        )
        self.assertEqual(done.state, "closed")
        self.assertFalse(done.survey_due_at)

    # --------------------------------------------------------------------- marks
    def test_a_low_mark_is_a_task(self):
        self.assertTrue(self._rate(self.own, 2))
        task = self._tasks(self.own)
        self.assertEqual(task.user_id, self.leader)
        self.assertIn("Mark 2 of 5", task.summary)
        with freeze_time(DUE):
            self.assertEqual(task.date_deadline, self.company._get_value_today())
        self.assertEqual(self.own.state, "closed")
        self.assertEqual(self.own.rating_last_value, 2)

    def test_a_low_mark_reopens(self):
        self.team.low_mark_action = "reopen"
        self.assertTrue(self._rate(self.own, 1))
        self.assertEqual(self.own.state, "open")
        self.assertFalse(self.own.follow_up_result)
        self.assertEqual(self._tasks(self.own).user_id, self.leader)
        self.assertIn("reopened", self._tasks(self.own).note)
        old = self._closed()
        late = CLOSED + timedelta(days=self.team.reopen_days, seconds=1)
        self.assertTrue(self._rate(old, 1, late))
        self.assertEqual(old.state, "closed", "closed too long ago")
        self.assertTrue(self._tasks(old))

    def test_a_good_mark_is_no_task(self):
        self.team.low_mark_action = "reopen"
        self.assertTrue(self._rate(self.own, 3))
        self.assertFalse(self.own.activity_ids)
        self.assertEqual(self.own.state, "closed")

    def test_who_is_told_without_a_leader(self):
        self.team.user_id = False
        self._rate(self.own, 1)
        self.assertEqual(self._tasks(self.own).user_id, self.agent)
        second = self._closed()
        self.env["crm.complaint.gate"].search([]).unlink()
        second.user_id = False
        self._rate(second, 1)
        user = self._tasks(second).user_id
        self.assertTrue(user.has_group("crm_complaints.group_complaint_manager"))
        self.assertIn(self.company, user.company_ids)

    def test_who_cannot_open_it_gets_no_task(self):
        """And the mark is kept, whoever leads the team."""
        self.leader.group_ids -= self.env.ref("crm_complaints.group_complaint_leader")
        self.assertFalse(self.own.with_user(self.leader).has_access("read"))
        self.assertTrue(self._rate(self.own, 1))
        self.assertEqual(self._tasks(self.own).user_id, self.agent)
        self.assertTrue(self.own._has_rating())

    def test_one_mark(self):
        """C24: the first counts; only the same browser corrects it, and only at once."""
        self.assertTrue(self._rate(self.own, 4))
        self.assertFalse(self._rate(self.own, 1))
        rating = self.own.rating_ids.filtered("consumed")
        self.assertEqual(rating.rating, 4)
        given = self.own.marked_at
        self.assertEqual(given, DUE)
        self.assertTrue(self._rate(self.own, 1, given, correct=True))
        self.assertEqual(self.own.rating_ids.mapped("rating"), [1])
        self.assertEqual(len(self._tasks(self.own)), 1)
        self.assertTrue(self._rate(self.own, 2, given, correct=True))
        self.assertEqual(len(self._tasks(self.own)), 1, "told before")
        late = given + timedelta(minutes=15, seconds=1)
        with freeze_time(late):
            # what we answer to a mark in public does not make it newer
            rating.publisher_comment = "We are sorry"
            self.env.flush_all()
        self.assertFalse(self._rate(self.own, 5, late, correct=True))
        self.assertEqual(self.own.marked_at, given)
        self.assertEqual(rating.rating, 2)

    def test_a_link_expires(self):
        """30 days after the question, or after closing where nobody asked."""
        late = CLOSED + timedelta(days=30, seconds=1)
        self.assertFalse(self._rate(self.own, 5, late))
        self._ask()
        self.assertTrue(self._rate(self.own, 5, late))

    def test_a_client_cannot_silence(self):
        """The context that keeps clocks still cannot be sent from outside."""
        self.assertNotEqual(OURS, True)
        self._rate(self.own.with_context(crm_complaint_silent=True), 1)
        self.assertTrue(self._tasks(self.own))
