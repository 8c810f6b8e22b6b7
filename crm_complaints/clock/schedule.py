"""Working time, as a clock needs it: how much of it passed, and when it will have."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta, tzinfo

Interval = tuple[datetime, datetime]
# As far ahead as a moment is looked for: four years hold any sensible target.
LIMIT = timedelta(days=4 * 366)


def to_second(moment: datetime) -> datetime:
    """The nearest whole second: a calendar's day may end at 23:59:59.999999."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


class Schedule:
    """Working time as a list of intervals."""

    def __init__(self, intervals: Iterable[Interval]) -> None:
        self._fill(intervals)

    def _fill(self, intervals: Iterable[Interval]) -> None:
        self.starts: list[datetime] = []
        self.ends: list[datetime] = []
        for start, end in sorted((to_second(a), to_second(b)) for a, b in intervals):
            if end <= start:
                continue
            if self.ends and start <= self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)
        # worked seconds until the end of each interval
        self.totals: list[int] = []
        total = 0
        for start, end in zip(self.starts, self.ends, strict=True):
            total += int((end - start).total_seconds())
            self.totals.append(total)

    def worked_until(self, moment: datetime) -> int:
        """Working seconds from the first interval until the moment."""
        place = bisect_right(self.starts, moment)
        if not place:
            return 0
        beyond = max(self.ends[place - 1] - moment, timedelta())
        return self.totals[place - 1] - int(beyond.total_seconds())

    def elapsed(self, start: datetime, end: datetime) -> int:
        """Working seconds between two moments."""
        return self.worked_until(end) - self.worked_until(start)

    def moment(self, start: datetime, seconds: int) -> datetime | None:
        """When so many working seconds after ``start`` have passed.

        Nothing left is due now, not at the next opening. What is negative lies as far
        back in working time. None: there is not so much working time.
        """
        if not seconds:
            return start
        wanted = self.worked_until(start) + seconds
        place = bisect_left(self.totals, wanted)
        if place == len(self.totals) or wanted < 0:
            return None
        return self.ends[place] - timedelta(seconds=self.totals[place] - wanted)

    def opening_before(self, moment: datetime) -> datetime | None:
        """The moment itself in working time, else the start of the last interval before.

        None: there is none before.
        """
        place = bisect_right(self.starts, moment)
        if not place:
            return None
        return moment if moment <= self.ends[place - 1] else self.starts[place - 1]


class GrowingSchedule(Schedule):
    """Working time that is loaded further and further ahead, when it is asked for."""

    def __init__(
        self,
        load: Callable[[datetime, datetime], Iterable[Interval]],
        low: datetime,
        high: datetime,
    ) -> None:
        """Call ``load(low, high)`` for the intervals in between."""
        self._load = load
        self._low, self._high = low, high + timedelta(days=100)
        self._limit = high + LIMIT
        super().__init__(load(self._low, self._high))

    def _grow(self, high: datetime) -> None:
        self._high = min(high, self._limit)
        self._fill(self._load(self._low, self._high))

    def moment(self, start: datetime, seconds: int) -> datetime | None:
        found = super().moment(start, seconds)
        while found is None and seconds > 0 and self._high < self._limit:
            self._grow(self._high + 4 * (self._high - self._low))
            found = super().moment(start, seconds)
        return found

    def opening_before(self, moment: datetime) -> datetime | None:
        if moment > self._high < self._limit:
            self._grow(moment + timedelta(days=1))
        return super().opening_before(moment)


class WallSchedule:
    """Time that always passes: around the clock, every day."""

    def elapsed(self, start: datetime, end: datetime) -> int:
        return int((end - start).total_seconds())

    def moment(self, start: datetime, seconds: int) -> datetime:
        return start + timedelta(seconds=seconds)


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The last second of a local day, in UTC."""
    local = datetime.combine(day, time(23, 59, 59))
    if hasattr(zone, "localize"):  # pytz, which Odoo has
        moment = zone.localize(local)
    else:
        moment = local.replace(tzinfo=zone)
    return (moment - moment.utcoffset()).replace(tzinfo=None)
