"""The clock of a service level against an oracle that walks minute by minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_complaints.clock import Clock, Schedule

START = datetime(2026, 5, 4)
MINUTES = 4 * 24 * 60
MINUTE = timedelta(minutes=1)

# Working time as minutes: intervals in any order, touching and overlapping ones too.
INTERVALS = st.lists(
    st.tuples(st.integers(0, MINUTES - 2), st.integers(1, 600)), min_size=1, max_size=8
)
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 900),
        st.sampled_from(["pause", "resume", "hold", "stop", "reopen", "retarget"]),
        st.integers(1, 900),
    ),
    max_size=10,
)


def at(minute: int) -> datetime:
    return START + minute * MINUTE


class Oracle:
    """What the clock is said to do, one minute after the other."""

    def __init__(self, working: list[bool], target: int) -> None:
        self.working, self.target = working, target
        self.minute, self.consumed = 0, 0
        self.state = "running"
        self.breached: int | None = None
        self.due = 0

    def advance(self, minute: int) -> None:
        while self.minute < minute:
            # due is the moment up to and including which it is met
            if self.state == "running":
                works = self.minute < len(self.working) and self.working[self.minute]
                reached = self.consumed >= self.target
                if reached and self.breached is None:
                    self.breached = self.due
                self.consumed += works
                if works and self.consumed == self.target:
                    self.due = self.minute + 1
            self.minute += 1

    def apply(self, event: str, target: int) -> None:
        moves = {
            "pause": ({"running"}, "paused"),
            "resume": ({"paused"}, "running"),
            "hold": ({"running", "paused"}, "held"),
            "stop": ({"running", "paused", "held"}, "stopped"),
            "reopen": ({"stopped", "held"}, "running"),
        }
        if event == "retarget":
            if self.state != "stopped":
                self.target = target
                if self.consumed > target and self.breached is None:
                    self.breached = self.minute
                self.due = self.minute
        elif self.state in moves[event][0]:
            if moves[event][1] == "running":
                self.due = self.minute
            self.state = moves[event][1]


@tagged("standard", "post_install", "-at_install")
class TestComplaintClockProperties(BaseCase):
    @settings(max_examples=300, deadline=None)
    @given(INTERVALS, st.integers(1, 900), EVENTS)
    def test_against_minutes(self, intervals, target, events) -> None:
        working = [False] * MINUTES
        for start, length in intervals:
            for minute in range(start, min(start + length, MINUTES)):
                working[minute] = True
        schedule = Schedule(
            (at(start), min(at(start + length), at(MINUTES)))
            for start, length in intervals
        )
        clock = Clock.start(schedule, target * 60, START)
        oracle = Oracle(working, target)
        minute = 0
        for wait, event, value in events:
            minute += wait
            oracle.advance(minute)
            oracle.apply(event, value)
            if event == "retarget":
                clock.retarget(at(minute), value * 60, schedule)
            else:
                getattr(clock, event)(at(minute))
            self.assertEqual(clock.state, oracle.state)
            self.assertEqual(clock.consumed_at(at(minute)), oracle.consumed * 60)
            self.assertEqual(
                clock.remaining(at(minute)) + clock.consumed_at(at(minute)),
                clock.target,
            )
        end = minute + 300
        oracle.advance(end)
        clock.settle(at(end))
        self.assertEqual(clock.consumed, oracle.consumed * 60)
        expected = None if oracle.breached is None else at(oracle.breached)
        self.assertEqual(clock.breached, expected)

    @settings(max_examples=200, deadline=None)
    @given(INTERVALS, st.integers(0, MINUTES), st.integers(1, 900))
    def test_deadline_and_consumed_agree(self, intervals, start, seconds) -> None:
        """What is consumed until the deadline is the target, and no second earlier."""
        schedule = Schedule((at(a), at(a + length)) for a, length in intervals)
        due = schedule.moment(at(start), seconds)
        if due is None:
            left = schedule.elapsed(at(start), at(2 * MINUTES))
            self.assertLess(left, seconds)
        else:
            self.assertEqual(schedule.elapsed(at(start), due), seconds)
            before = due - timedelta(seconds=1)
            self.assertEqual(schedule.elapsed(at(start), before), seconds - 1)

    @settings(max_examples=100, deadline=None)
    @given(INTERVALS, st.lists(st.integers(0, MINUTES), min_size=2, max_size=2))
    def test_parts_add_up(self, intervals, moments) -> None:
        schedule = Schedule((at(a), at(a + length)) for a, length in intervals)
        first, last = sorted(moments)
        middle = (first + last) // 2
        self.assertEqual(
            schedule.elapsed(at(first), at(last)),
            schedule.elapsed(at(first), at(middle))
            + schedule.elapsed(at(middle), at(last)),
        )
