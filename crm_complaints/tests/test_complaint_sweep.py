from datetime import timedelta

from odoo.tests import freeze_time, tagged

from .common import ComplaintCommon, utc

MONDAY = utc("2026-05-04T09:00")


@tagged("post_install", "-at_install")
class TestComplaintSweep(ComplaintCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_policy([("resolution", 4)])
        cls.policies.active = False

    def _received(self, **vals):
        with freeze_time(MONDAY):
            complaint = self._create_complaint(
                received_at=MONDAY, user_id=self.agent.id, **vals
            )
            self.env.flush_all()
            return complaint

    def _sweep(self, at):
        self.env.flush_all()
        with freeze_time(at):
            return self.env["crm.complaint.clock"]._sweep_company(self.company)

    def _notices(self, user):
        return self.env["mail.message"].search(
            [
                ("message_type", "=", "user_notification"),
                ("partner_ids", "in", user.partner_id.ids),
            ]
        )

    def test_levels(self):
        """Half: the agent. Three quarters, and due: the leader as well. Each once."""
        complaint = self._received()
        clock = self._clock(complaint)
        self.assertFalse(self._sweep(utc("2026-05-04T10:59")))
        for at, level, agent, leader, state in (
            ("11:00", 50, 1, 0, "ok"),
            ("12:00", 75, 2, 1, "warning"),
            ("13:00", 100, 3, 2, "warning"),
        ):
            self.assertEqual(self._sweep(utc(f"2026-05-04T{at}")), {clock: level})
            self.assertFalse(self._sweep(utc(f"2026-05-04T{at}")), "once")
            self.assertEqual(len(self._notices(self.agent)), agent)
            self.assertEqual(len(self._notices(self.leader)), leader)
            self.assertEqual(complaint.sla_state, state)
        self._sweep(utc("2026-05-04T13:02"))
        self.assertEqual(clock.breached_at, utc("2026-05-04T13:00"))
        self.assertEqual(complaint.sla_state, "missed")
        levels = clock.event_ids.filtered(lambda one: one.event == "escalate")
        self.assertEqual(sorted(levels.mapped("level")), [50, 75, 100])

    def test_after_an_outage(self):
        """C09: each is missed as of its own time; one message per person."""
        early, late = self._received(), self._received()
        with freeze_time(utc("2026-05-04T10:00")):
            other = self._create_complaint(
                received_at=utc("2026-05-04T10:00"), user_id=self.agent.id
            )
        found = self._sweep(utc("2026-05-04T16:00"))
        self.assertEqual(set(found.values()), {100})
        self.assertEqual(len(found), 3)
        for complaint, due in ((early, "13:00"), (late, "13:00"), (other, "14:00")):
            self.assertEqual(
                self._clock(complaint).breached_at, utc(f"2026-05-04T{due}")
            )
        self.assertEqual(len(self._notices(self.agent)), 1)
        self.assertEqual(len(self._notices(self.leader)), 1)
        body = self._notices(self.leader).body
        for complaint in (early, late, other):
            self.assertIn(complaint.reference, body)

    def test_many_sweeps_tell_once(self):
        """C10"""
        clocks = self.env["crm.complaint.clock"]
        for _number in range(20):
            clocks |= self._clock(self._received())
        for minute in range(10):
            self._sweep(utc("2026-05-04T14:00") + timedelta(minutes=minute))
        events = clocks.event_ids.filtered(lambda one: one.event == "escalate")
        self.assertEqual(len(events), 20)
        self.assertEqual(len(self._notices(self.agent)), 1)

    def test_what_stands_is_not_told(self):
        paused = self._received(stage_id=self._stage("classify").id)
        closed, excluded = self._received(), self._received()
        with freeze_time(utc("2026-05-04T10:00")):
            paused._pause("customer", False, False, utc("2026-05-04T10:00"))
            self._fill(closed).stage_id = self._stage("archive")
            excluded._exclude("cancelled", note="x")
        self.assertFalse(self._sweep(utc("2026-05-04T16:00")))
        clocks = self._clock(paused) | self._clock(closed) | self._clock(excluded)
        self.assertFalse(any(clocks.mapped("breached_at")))

    def test_pause_ends_by_itself(self):
        complaint = self._received(stage_id=self._stage("classify").id)
        start, until = utc("2026-05-04T10:00"), utc("2026-05-05T09:00")
        with freeze_time(start):
            complaint._pause("appointment", until, False, start)
        self._sweep(utc("2026-05-05T10:00"))
        self.assertEqual(complaint.state, "open")
        self.assertEqual(self._clock(complaint).deadline, utc("2026-05-05T12:00"))

    def test_another_service_level_is_told_again(self):
        complaint = self._received()
        self._sweep(utc("2026-05-04T11:00"))
        self._create_policy([("resolution", 2)], severity="4", sequence=0)
        with freeze_time(utc("2026-05-04T11:30")):
            complaint.severity = "4"
        clock = self._clock(complaint)
        self.assertEqual(self._sweep(utc("2026-05-04T11:31")), {clock: 100})

    def test_cron(self):
        """C09: also while nobody is looking, over all companies."""
        complaint = self._received()
        cron = self.env.ref("crm_complaints.ir_cron_crm_complaint_sweep")
        self.env.flush_all()
        with self.enter_registry_test_mode(), freeze_time(utc("2026-05-04T15:00")):
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._clock(complaint).breached_at, utc("2026-05-04T13:00"))
