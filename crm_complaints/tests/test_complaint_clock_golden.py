"""Published and hand-computed deadlines: see each case's source in the comments."""

from datetime import timedelta

import pytz

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..clock import Clock
from .common import STANDARD, ComplaintCommon, utc

HOUR = 3600
PARIS_LIKE = [(day, 8, 18) for day in range(5)]
EVERY_DAY = [(day, 0, 24) for day in range(7)]


@tagged("post_install", "-at_install")
class TestComplaintClockGolden(ComplaintCommon):
    def _schedule(self, attendances, tz="Europe/Brussels", leaves=(), low=None):
        calendar = self._create_calendar("Golden", attendances, tz, leaves)
        low = low or utc("2016-01-01T00:00")
        clocks = self.env["crm.complaint.clock"]
        return clocks._get_schedules(calendar, low, low)[calendar.id]

    def _check(self, attendances, start, hours, due, tz="Europe/Brussels", leaves=()):
        zone = pytz.timezone(tz)
        start, due = utc(start, zone), utc(due, zone)
        schedule = self._schedule(attendances, tz, leaves, low=start)
        self.assertEqual(schedule.moment(start, round(hours * HOUR)), due)
        if schedule.elapsed(start, due) != hours * HOUR:
            self.fail("what is consumed until the deadline is the target")

    def test_standard_week(self):
        self._check(STANDARD, "2026-05-08T16:50", 8, "2026-05-11T16:50")  # S01
        self._check(STANDARD, "2026-05-08T16:00", 2, "2026-05-11T10:00")  # S02
        self._check(STANDARD, "2026-05-04T09:00", 8, "2026-05-04T17:00")  # S07
        self._check(STANDARD, "2026-05-04T17:00", 8, "2026-05-05T17:00")  # S08

    def test_other_weeks_and_zones(self):
        # S03: GLPI PR 22678, S04: osTicket PR 4807
        self._check(
            PARIS_LIKE, "2026-01-12T17:00", 4, "2026-01-13T11:00", "Europe/Paris"
        )
        self._check(
            PARIS_LIKE, "2026-05-08T17:00", 4, "2026-05-11T11:00", "America/New_York"
        )
        # S05: zammad 390, two leaves
        self._check(
            [(day, 9, 21) for day in range(7)],
            "2016-11-09T23:00",
            48,
            "2016-11-15T21:00",
            "Europe/Berlin",
            [
                ("2016-11-11T00:00", "2016-11-11T23:59:59"),
                ("2016-11-13T00:00", "2016-11-13T23:59:59"),
            ],
        )
        # S11: Easter in London
        self._check(
            STANDARD,
            "2026-04-02T16:00",
            8,
            "2026-04-07T16:00",
            "Europe/London",
            [
                ("2026-04-03T00:00", "2026-04-03T23:59:59"),
                ("2026-04-06T00:00", "2026-04-06T23:59:59"),
            ],
        )

    def test_lunch(self):
        halves = [(day, *half) for day in range(5) for half in ((9, 12), (13, 17))]
        self._check(halves, "2026-05-04T11:30", 3, "2026-05-04T15:30")  # S06
        madrid = [(day, *half) for day in range(5) for half in ((9, 13), (14, 18))]
        self._check(madrid, "2026-05-04T12:30", 2, "2026-05-04T15:30", "Europe/Madrid")
        self._check(madrid, "2026-05-04T13:30", 1, "2026-05-04T15:00", "Europe/Madrid")

    def test_around_the_clock_to_the_second(self):
        """C11: stock loses a microsecond at each midnight."""
        self._check(EVERY_DAY, "2026-05-04T22:00", 4, "2026-05-05T02:00")
        self._check(EVERY_DAY, "2026-05-04T22:00", 240, "2026-05-14T22:00")

    def test_one_day_a_week(self):
        tuesdays = [(1, 8, 17)]
        self._check(
            tuesdays, "2026-05-06T10:00", 9, "2026-05-12T17:00", "Europe/London"
        )
        self._check(
            tuesdays, "2026-05-05T16:00", 10, "2026-05-12T17:00", "Europe/London"
        )
        fridays = [(4, 9, 13)]
        self._check(fridays, "2026-05-08T12:00", 8, "2026-05-22T12:00")

    def test_both_changes_of_the_clock(self):
        self._check(STANDARD, "2026-03-27T16:00", 8, "2026-03-30T16:00")  # S12
        self._check(STANDARD, "2026-10-23T16:00", 8, "2026-10-26T16:00")
        # 24/7 counts real hours: the night has one less, or one more
        self._check(EVERY_DAY, "2026-03-28T22:00", 8, "2026-03-29T07:00")
        self._check(EVERY_DAY, "2026-10-24T22:00", 8, "2026-10-25T05:00")

    def test_far_away(self):
        """More than the months that are loaded first."""
        self._check(STANDARD, "2026-01-05T09:00", 52 * 40, "2027-01-01T17:00")

    def test_no_working_time(self):
        """An emptied calendar gives no deadline, and no error."""
        schedule = self._schedule([])
        self.assertIsNone(schedule.moment(utc("2026-05-04T09:00"), HOUR))
        self.assertEqual(
            schedule.elapsed(utc("2026-05-04T09:00"), utc("2026-05-05T09:00")), 0
        )

    def test_nothing_left_is_due_now(self):
        schedule = self._schedule(STANDARD, low=utc("2026-05-04T00:00"))
        saturday = utc("2026-05-09T12:00")
        self.assertEqual(schedule.moment(saturday, 0), saturday)

    def test_what_no_clock_can_use_is_refused(self):
        flexible = self.env["resource.calendar"].create(
            {"name": "Flexible", "company_id": self.company.id, "flexible_hours": True}
        )
        with self.assertRaisesRegex(ValidationError, "flexible"):
            self._create_policy([("resolution", 8)], flexible)
        with self.assertRaisesRegex(ValidationError, "no working time"):
            self._create_policy([("resolution", 8)], self._create_calendar("Empty", []))
        for wrong in (0, -1, 1e9, float("nan"), float("inf")):
            with self.assertRaises(ValidationError):
                self._create_policy([("resolution", wrong)])

    # ----------------------------------------------------------- pauses, levels
    def _clock_at(self, start, hours, attendances=STANDARD):
        self.schedule = self._schedule(attendances, low=utc(start))
        return Clock.start(self.schedule, hours * HOUR, utc(start))

    def test_escalation_levels_are_working_time(self):
        """C01"""
        clock = self._clock_at("2026-01-12T17:00", 4, PARIS_LIKE)
        self.assertEqual(clock.deadline, utc("2026-01-13T11:00"))
        self.assertEqual(clock.moment_of(75), utc("2026-01-13T10:00"))
        self.assertEqual(clock.moment_of(50), utc("2026-01-13T09:00"))
        clock = self._clock_at("2026-05-08T16:00", 8)
        self.assertEqual(clock.moment_of(50), utc("2026-05-11T12:00"))
        self.assertEqual(clock.moment_of(75), utc("2026-05-11T14:00"))
        self.assertEqual(clock.deadline, utc("2026-05-11T16:00"))

    def test_pause(self):
        """C02, S10"""
        clock = self._clock_at("2026-05-04T10:00", 8)
        clock.pause(utc("2026-05-04T15:00"))
        self.assertIsNone(clock.deadline)
        self.assertEqual(clock.remaining(utc("2026-05-06T10:00")), 3 * HOUR)
        clock.resume(utc("2026-05-06T11:00"))
        self.assertEqual(clock.deadline, utc("2026-05-06T14:00"))

    def test_two_pauses(self):
        """C02"""
        clock = self._clock_at("2026-05-04T09:30", 16)
        clock.pause(utc("2026-05-04T11:00"))
        clock.resume(utc("2026-05-04T14:00"))
        clock.pause(utc("2026-05-05T10:00"))
        self.assertEqual(clock.consumed, 5.5 * HOUR)
        clock.resume(utc("2026-05-07T16:00"))
        self.assertEqual(clock.deadline, utc("2026-05-11T10:30"))

    def test_pause_outside_working_time_is_none(self):
        """C04"""
        clock = self._clock_at("2026-05-08T15:00", 8)
        clock.pause(utc("2026-05-08T17:00"))
        clock.resume(utc("2026-05-11T09:00"))
        self.assertEqual(clock.deadline, utc("2026-05-11T15:00"))
        clock = self._clock_at("2026-05-08T12:00", 8)
        clock.pause(utc("2026-05-09T10:00"))
        clock.resume(utc("2026-05-10T20:00"))
        self.assertEqual(clock.deadline, utc("2026-05-11T12:00"))

    def test_around_the_clock_pause(self):
        """S09: Znuny's manual"""
        clock = self._clock_at("2026-05-04T08:00", 2, EVERY_DAY)
        clock.pause(utc("2026-05-04T09:00"))
        clock.resume(utc("2026-05-04T10:05"))
        self.assertEqual(clock.deadline, utc("2026-05-04T11:05"))

    def test_other_target_while_paused(self):
        """C03"""
        clock = self._clock_at("2026-05-04T10:00", 8)
        clock.pause(utc("2026-05-04T11:00"))
        clock.retarget(utc("2026-05-05T12:00"), 4 * HOUR, self.schedule)
        clock.resume(utc("2026-05-06T11:00"))
        self.assertEqual(clock.deadline, utc("2026-05-06T14:00"))
        self.assertIsNone(clock.breached)

    def test_other_target_that_is_consumed_already(self):
        """C03: missed at the change, by the change"""
        clock = self._clock_at("2026-05-04T09:00", 16)
        self.assertEqual(clock.deadline, utc("2026-05-05T17:00"))
        clock.retarget(utc("2026-05-05T11:00"), 4 * HOUR, self.schedule)
        self.assertEqual(clock.deadline, utc("2026-05-04T13:00"))
        self.assertEqual(clock.breached, utc("2026-05-05T11:00"))
        self.assertTrue(clock.reclassified)

    def test_late_answer_stays_late(self):
        """C08"""
        clock = self._clock_at("2026-05-04T09:00", 2)
        clock.stop(utc("2026-05-04T13:30"))
        self.assertEqual(clock.breached, utc("2026-05-04T11:00"))
        self.assertEqual(clock.consumed - clock.target, 2.5 * HOUR)
        clock.reopen(utc("2026-05-06T10:00"))
        clock.pause(utc("2026-05-06T11:00"))
        clock.exclude(utc("2026-05-07T11:00"))
        self.assertEqual(clock.breached, utc("2026-05-04T11:00"))
        for at, missed in (("11:00:00", False), ("11:00:01", True)):
            clock = self._clock_at("2026-05-04T09:00", 2)
            clock.stop(utc(f"2026-05-04T{at}"))
            self.assertEqual(bool(clock.breached), missed)

    def test_closed_without_an_answer(self):
        """C06: what was closed consumes nothing until it is reopened"""
        clock = self._clock_at("2026-05-04T09:00", 4)
        clock.hold(utc("2026-05-04T09:05"))
        clock.reopen(utc("2026-05-08T14:00"))
        clock.stop(utc("2026-05-08T14:10"))
        self.assertEqual(clock.consumed, 15 * 60)

    # ---------------------------------------------------------------- regulators
    def _due(self, received, amount, clock):
        policy = self._create_policy([("resolution", amount, clock)])
        start = utc(received)
        low = start - timedelta(days=10)
        schedules = self.env["crm.complaint.clock"]._get_schedules(
            self.calendar, low, start
        )
        seconds = policy.target_ids._get_seconds(start, schedules[self.calendar.id])
        return start + timedelta(seconds=seconds)

    def test_eight_weeks(self):
        """R1: FCA DISP 1.6"""
        self.assertEqual(
            self._due("2026-03-02T10:00", 56, "calendar_days"),
            utc("2026-04-27T23:59:59"),
        )

    def test_third_business_day(self):
        """R2: FCA DISP 1.5.1"""
        for received in ("2026-04-10T10:00", "2026-04-11T10:00"):
            self.assertEqual(
                self._due(received, 3, "business_days"), utc("2026-04-15T23:59:59")
            )

    def test_thirty_days(self):
        """R3: RG 271"""
        self.assertEqual(
            self._due("2026-01-31T10:00", 30, "calendar_days"),
            utc("2026-03-02T23:59:59"),
        )

    def test_last_notice_of_a_day_that_is_none(self):
        """C13: due on a Saturday night, told on Friday at the latest"""
        policy = self._create_policy([("resolution", 30, "calendar_days")])
        start = utc("2026-12-31T10:00")
        clocks = self.env["crm.complaint.clock"]
        schedules = clocks._get_schedules(self.calendar, start, start)
        schedule = schedules[self.calendar.id]
        core = Clock.start(
            clocks._get_schedule("calendar_days", self.calendar, schedules),
            policy.target_ids._get_seconds(start, schedule),
            start,
            pausable=False,
        )
        moments = clocks._prepare_moments(core, "calendar_days", schedule)
        self.assertEqual(moments["deadline"], utc("2027-01-30T23:59:59"))
        self.assertEqual(moments["final_at"], utc("2027-01-29T09:00"))
