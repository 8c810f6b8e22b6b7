from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import ComplaintCommon, utc

MONDAY = utc("2026-05-04T09:00")


@tagged("post_install", "-at_install")
class TestComplaintClock(ComplaintCommon):
    def _received(self, at=MONDAY, **vals):
        with freeze_time(at):
            return self._create_complaint(received_at=at, **vals)

    def _say(self, complaint, at, author=None, **vals):
        """A public message, by default of the agent."""
        with freeze_time(at):
            return complaint.with_context(mail_notify_force_send=False).message_post(
                **{
                    "body": "Hello",
                    "message_type": "comment",
                    "subtype_xmlid": "mail.mt_comment",
                    "author_id": (author or self.agent.partner_id).id,
                    **vals,
                }
            )

    def test_which_service_level(self):
        """The first that fits gives a target; later ones add what it has not."""
        self.policies.active = False
        rules = [
            ({"partner_ids": [(6, 0, self.customer.ids)]}, [("resolution", 1)]),
            ({"severity": "4"}, [("resolution", 2), ("first_response", 2)]),
            ({"channel": "chat"}, [("resolution", 3)]),
            (
                {"cause_ids": [(6, 0, self.cause.parent_id.ids)]},
                [("resolution", 4)],
            ),
            ({"tier_ids": [(6, 0, self.tier_high.ids)]}, [("resolution", 5)]),
            ({"type": "question"}, [("resolution", 6)]),
            ({}, [("resolution", 7), ("acknowledge", 7)]),
        ]
        for place, (vals, targets) in enumerate(rules):
            self._create_policy(targets, sequence=place, **vals)
        other = self._create_customer("Someone")
        contact = self._create_customer("Contact", parent_id=self.customer.id)
        for expected, vals in (
            (1, {}),
            (1, {"partner_id": contact.id}),
            (2, {"partner_id": other.id, "severity": "4"}),
            (3, {"partner_id": other.id, "channel": "chat"}),
            (4, {"partner_id": other.id, "cause_id": self.cause.id}),
            (6, {"partner_id": other.id, "type": "question"}),
            (7, {"partner_id": other.id}),
        ):
            with self.subTest(expected=expected):
                complaint = self._create_complaint(**vals)
                self.assertEqual(self._clock(complaint).target_hours, expected)
        urgent = self._create_complaint(severity="4")
        self.assertEqual(
            {one.target: one.target_hours for one in urgent.clock_ids},
            {"resolution": 1, "first_response": 2, "acknowledge": 7},
        )

    def test_other_company_s_service_level(self):
        other = self._create_company("Complaint Test Level")
        policy = self.env["crm.complaint.sla.policy"].search(
            [("company_id", "=", other.id)]
        )
        complaint = self._create_complaint()
        self.assertFalse(complaint.clock_ids.policy_id & policy)

    def test_another_tier_is_another_promise(self):
        """The peer defect: not evaluated again when the class changes."""
        self._create_policy([("resolution", 16)], severity="2")
        self._create_policy([("resolution", 4)], severity="4")
        complaint = self._received()
        clock = self._clock(complaint)
        self.assertEqual(clock.deadline, utc("2026-05-05T17:00"))
        with freeze_time(utc("2026-05-04T11:00")):
            complaint.with_user(self.agent).severity = "4"
        self.assertEqual(clock.deadline, utc("2026-05-04T13:00"))
        event = clock.event_ids.filtered(lambda one: one.event == "retarget")
        self.assertEqual(event.user_id, self.agent)
        self.assertIn("16", event.note)
        with freeze_time(utc("2026-05-04T12:00")):
            complaint.severity = "2"
        self.assertEqual(clock.deadline, utc("2026-05-05T17:00"))
        with freeze_time(utc("2026-05-05T12:00")):
            complaint.severity = "4"
        self.assertTrue(clock.reclassified)
        self.assertEqual(clock.breached_at, utc("2026-05-05T12:00"))

    def test_archived_service_level_keeps_its_word(self):
        policy = self._create_policy([("resolution", 16)])
        complaint = self._received()
        policy.active = False
        self.assertEqual(self._clock(complaint).deadline, utc("2026-05-05T17:00"))

    def test_first_response(self):
        """C06: a person's public word, or a call; nothing else."""
        self._create_policy([("first_response", 4)])
        complaint = self._received()
        clock = self._clock(complaint, "first_response")
        minute = timedelta(minutes=1)
        stranger = self._create_customer("Stranger", email="stranger@example.com")
        bot = self.env.ref("base.partner_root")
        self._say(complaint, MONDAY + 10 * minute, subtype_xmlid="mail.mt_note")
        self._say(complaint, MONDAY + 15 * minute, message_type="auto_comment")
        self._say(complaint, MONDAY + 20 * minute, bot)
        self._say(complaint, MONDAY + 25 * minute, stranger)
        self._say(complaint, MONDAY + 26 * minute, self.customer)
        self._say(complaint, MONDAY + 27 * minute, message_type="notification")
        self.assertEqual(clock.state, "running")
        self.assertFalse(complaint.first_response_at)
        with freeze_time(MONDAY + 30 * minute):
            self._call(complaint, is_reached=False)
        self.assertEqual(clock.state, "running", "nobody answered the call")
        with freeze_time(MONDAY + 40 * minute):
            self._call(complaint)
        self.assertEqual(clock.stopped_at, MONDAY + 40 * minute)
        self._say(complaint, MONDAY + 60 * minute)
        self.assertEqual(clock.stopped_at, MONDAY + 40 * minute)
        self.assertEqual(complaint.first_response_at, MONDAY + 40 * minute)

    def _call(self, complaint, **vals):
        wizard = self.env["crm.complaint.call"].with_user(self.agent)
        wizard.create({"complaint_id": complaint.id, **vals}).action_log()

    def test_a_response_is_no_resolution(self):
        """C07"""
        self._create_policy(
            [("first_response", 4), ("next_update", 2), ("resolution", 16)]
        )
        complaint = self._received()
        self.assertFalse(self._clock(complaint, "next_update"), "not yet")
        self.assertEqual(
            self._clock(complaint, "first_response").deadline, utc("2026-05-04T13:00")
        )
        self._say(complaint, utc("2026-05-04T12:00"))
        update = self._clock(complaint, "next_update")
        self.assertEqual(self._clock(complaint, "first_response").result, "met")
        self.assertEqual(update.deadline, utc("2026-05-04T14:00"))
        self.assertEqual(self._clock(complaint).deadline, utc("2026-05-05T17:00"))
        self._say(complaint, utc("2026-05-04T13:00"), self.customer)
        self.assertEqual(update.deadline, utc("2026-05-04T15:00"), "begun again")
        self._say(complaint, utc("2026-05-04T14:30"))
        self.assertEqual((update.state, update.result), ("stopped", "met"))
        self.assertEqual(self._clock(complaint).state, "running")

    def test_answered_outside_working_hours(self):
        """C12"""
        self._create_policy([("first_response", 4)])
        for received, answered, hours in (
            ("2026-05-09T14:00", "2026-05-11T09:30", 0.5),
            ("2026-05-08T15:00", "2026-05-11T11:00", 4),
            ("2026-05-09T10:00", "2026-05-10T11:00", 0),
        ):
            complaint = self._received(utc(received))
            self._say(complaint, utc(answered))
            clock = self._clock(complaint, "first_response")
            self.assertEqual(clock.consumed_hours, hours)

    def test_every_way_of_answering_wakes(self):
        """C05: mail, portal, a call; waiting and closed"""
        for state in ("waiting", "closed"):
            for way in ("email", "comment", "attachment", "call"):
                with self.subTest(state=state, way=way):
                    complaint = self._create_complaint(
                        stage_id=self._stage("classify").id
                    )
                    if state == "waiting":
                        now = fields.Datetime.now()
                        complaint._pause("customer", False, False, now)
                    else:
                        self._fill(complaint).stage_id = self._stage("archive")
                    self.assertEqual(complaint.state, state)
                    if way == "call":
                        self._call(complaint, direction="in", is_reached=False)
                    else:
                        self._answer(complaint, way)
                    self.assertEqual(complaint.state, "open")

    def _answer(self, complaint, way):
        complaint.message_post(
            body="" if way == "attachment" else "Here it is",
            attachments=[("a.txt", b"text")] if way == "attachment" else [],
            message_type="email" if way == "email" else "comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.customer.id,
        )

    def test_an_answer_long_after_is_a_repeat(self):
        complaint = self._fill(self._create_complaint())
        complaint.stage_id = self._stage("archive")
        complaint.closed_at = fields.Datetime.now() - timedelta(days=30)
        self._answer(complaint, "comment")
        self.assertEqual(complaint.state, "closed")
        repeat = complaint.repeat_ids
        self.assertEqual(len(repeat), 1)
        self.assertIn("Here it is", repeat.description)
        self.assertEqual(repeat.partner_id, self.customer)

    def test_history_is_never_changed(self):
        complaint = self._create_complaint()
        event = complaint.clock_ids.event_ids[0]
        with self.assertRaises(UserError):
            event.sudo().at = MONDAY
        for user in (self.agent, self.quality):
            for record in (event, complaint.clock_ids[0]):
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(record.with_user(user).has_access(operation))
        with self.assertRaises(AccessError):
            complaint.clock_ids.with_user(self.quality).write({"breached_at": False})

    def test_remaining(self):
        self._create_policy([("resolution", 8)])
        complaint = self._received()
        clock = self._clock(complaint)
        with freeze_time(utc("2026-05-04T12:00")):
            clock.invalidate_recordset(["remaining_hours"])
            self.assertEqual(clock.remaining_hours, 5)

    def test_the_promise_of_days(self):
        self._create_policy(
            [("acknowledge", 24, "elapsed"), ("resolution", 15, "business_days")]
        )
        complaint = self._received(utc("2026-05-08T16:00"))
        self.assertEqual(
            self._clock(complaint, "acknowledge").deadline, utc("2026-05-09T16:00")
        )
        self.assertEqual(self._clock(complaint).deadline, utc("2026-05-29T23:59:59"))
