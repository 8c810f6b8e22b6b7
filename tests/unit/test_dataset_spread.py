from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

from tools.datasets.cdnow import LAST_DAY, Purchase
from tools.datasets.spread import spread

START = date(1997, 1, 1)
GAPS = (0, 40, 130)  # days after the first purchase


def _purchases() -> list[Purchase]:
    """A thousand customers who begin within twelve weeks, as CDNOW's do."""
    return [
        Purchase(
            f"{customer:05}",
            number,
            START + timedelta(days=customer % 84 + gap),
            number,
            Decimal(10 + number),
        )
        for customer in range(1, 1001)
        for number, gap in enumerate(GAPS, start=1)
    ]


def test_customers_begin_all_over_the_period() -> None:
    moved = spread(_purchases())
    firsts = {each.customer: each.day for each in moved if each.number == 1}
    assert len(firsts) == 1000, "nobody is lost"
    assert (min(firsts.values()) - START).days < 3
    assert (LAST_DAY - max(firsts.values())).days < 3
    months = Counter((day.year, day.month) for day in firsts.values())
    assert len(months) == 18
    assert max(months.values()) - min(months.values()) <= 8, "evenly"


def test_what_a_customer_does_stays_together() -> None:
    known = {each.key: each for each in _purchases()}
    days: defaultdict[str, list[int]] = defaultdict(list)
    for each in spread(_purchases()):
        assert each == known[each.key]._replace(day=each.day)
        days[each.customer].append(each.day.toordinal())
        assert each.day <= LAST_DAY
    for customer, found in days.items():
        gaps = tuple(day - found[0] for day in found)
        assert gaps == GAPS[: len(gaps)], "the last ones may not have happened yet"
        if len(gaps) < len(GAPS):
            begins = date.fromordinal(found[0])
            assert begins + timedelta(days=GAPS[len(gaps)]) > LAST_DAY, customer


def test_the_same_again() -> None:
    everybody = spread(_purchases())
    assert spread(list(reversed(_purchases()))) == everybody
    days = [each.day for each in everybody]
    assert days == sorted(days), "documents made in this order get growing numbers"
