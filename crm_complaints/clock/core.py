"""One target's clock: what it has consumed, when it is due, whether it was missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

RUNNING, PAUSED, HELD = "running", "paused", "held"
STOPPED, EXCLUDED = "stopped", "excluded"


class TimeSchedule(Protocol):
    def elapsed(self, start: datetime, end: datetime) -> int: ...

    def moment(self, start: datetime, seconds: int) -> datetime | None: ...


@dataclass
class Clock:
    """Runs until it is stopped; may be paused, held by a closing, and reopened.

    - It consumes working time while it runs, and nothing while it is paused or held.
    - A clock that cannot be paused (regulatory) counts from its start, always.
    - It is missed when it runs beyond its deadline. That stays, whatever comes later.
    - A target that is already consumed when it is set was missed *by the change*.

    Events come in the order of time; one that means nothing in the present state
    (pausing what is stopped) changes nothing.
    """

    schedule: TimeSchedule
    target: int
    started: datetime
    pausable: bool = True
    state: str = RUNNING
    consumed: int = 0
    since: datetime | None = None
    breached: datetime | None = None
    reclassified: bool = False
    stopped: datetime | None = None

    @classmethod
    def start(
        cls,
        schedule: TimeSchedule,
        target: int,
        at: datetime,
        pausable: bool = True,
    ) -> Clock:
        return cls(schedule, target, at, pausable, since=at)

    @property
    def deadline(self) -> datetime | None:
        """The moment up to and including which the target is met; None: it stands."""
        return self.moment_of(100)

    def moment_of(self, percent: int) -> datetime | None:
        """When so much of the target will be consumed; None while nothing is."""
        if self.state != RUNNING:
            return None
        left = self.target * percent // 100 - self.consumed
        return self.schedule.moment(self.since, left)

    def remaining(self, at: datetime) -> int:
        """Seconds left; negative beyond the target."""
        return self.target - self.consumed_at(at)

    def consumed_at(self, at: datetime) -> int:
        if self.state != RUNNING:
            return self.consumed
        return self.consumed + self.schedule.elapsed(self.since, at)

    # ------------------------------------------------------------------- events
    def settle(self, at: datetime) -> None:
        """Note what happened until now; the clock goes on."""
        if self.state != RUNNING:
            return
        deadline = self.deadline
        if deadline is not None and deadline < at and self.breached is None:
            self.breached = deadline
        self.consumed = self.consumed_at(at)
        self.since = at

    def pause(self, at: datetime) -> None:
        """Wait for the customer: nothing is consumed, no deadline."""
        if self.pausable:
            self._leave(RUNNING, PAUSED, at)

    def hold(self, at: datetime) -> None:
        """Closed before the target was reached: neither met nor consuming."""
        if self.state == PAUSED:
            self.state = HELD
        self._leave(RUNNING, HELD, at)

    def resume(self, at: datetime) -> None:
        """Go on after a pause."""
        if self.state == PAUSED:
            self._run(at)

    def stop(self, at: datetime) -> None:
        """The target is reached, in time or not."""
        if self.state in (RUNNING, PAUSED, HELD):
            self.settle(at)
            self.state, self.since, self.stopped = STOPPED, None, at

    def reopen(self, at: datetime) -> None:
        """Go on with what was consumed."""
        if self.state in (STOPPED, HELD):
            self.stopped = None
            self._run(at)

    def restart(self, at: datetime) -> None:
        """Begin from nothing, as after each answer; an earlier miss stays."""
        if self.state != EXCLUDED:
            self.settle(at)
            self.consumed, self.stopped, self.started = 0, None, at
            self._run(at)

    def retarget(self, at: datetime, target: int, schedule: TimeSchedule) -> None:
        """Another service level applies; what was consumed stays consumed."""
        if self.state in (STOPPED, EXCLUDED):
            return
        self.settle(at)
        self.target, self.schedule = target, schedule
        if self.consumed > target and self.breached is None:
            self.breached, self.reclassified = at, True

    def exclude(self, at: datetime) -> None:
        """It does not count: cancelled, a duplicate, no complaint."""
        self.settle(at)
        self.state, self.since = EXCLUDED, None

    def _leave(self, state: str, other: str, at: datetime) -> None:
        if self.state == state:
            self.settle(at)
            self.state, self.since = other, None

    def _run(self, at: datetime) -> None:
        self.state, self.since = RUNNING, at
        if not self.pausable:
            self.consumed = self.schedule.elapsed(self.started, at)
