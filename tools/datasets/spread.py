"""Beginnings spread over the whole period: for the demo, which shows a living shop.

CDNOW's customers all bought first within three months and were watched for eighteen: as
a shop of today it would have won nobody for over a year, and it would be dying.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from tools.datasets.cdnow import LAST_DAY, Purchase

# The golden ratio's fraction: whatever customers there are, they are evenly spaced.
_STEP = 0.6180339887498949


def spread(purchases: Sequence[Purchase], last: date = LAST_DAY) -> list[Purchase]:
    """Let each customer begin on a day of the period that follows from their number.

    All purchases of a customer move together, so how often and how much they buy stays
    real; what would lie after the last day has not happened yet and is left out. Nobody
    is lost, as each first purchase stays.
    """
    firsts: dict[str, date] = {}
    for purchase in purchases:
        known = firsts.setdefault(purchase.customer, purchase.day)
        firsts[purchase.customer] = min(known, purchase.day)
    start = min(firsts.values())
    length = (last - start).days + 1
    moved = []
    for purchase in purchases:
        place = int(int(purchase.customer) * _STEP % 1 * length)
        begins = start + timedelta(days=place)
        day = begins + (purchase.day - firsts[purchase.customer])
        if day <= last:
            moved.append(purchase._replace(day=day))
    return sorted(moved, key=lambda purchase: (purchase.day, purchase.key))
