"""Arithmetic of points: whole hundredths, without Odoo and without a float.

Amounts of money come in as Odoo's floats and leave as integers of the currency's
smallest unit at once; everything after that is exact.
"""

from decimal import ROUND_HALF_UP, Decimal

MAX_POINTS = 10**9


def to_units(value, decimals=2):
    """``value`` in whole units of the last of ``decimals`` places, half up.

    :raise ValueError: when it is no number (NaN, infinite, text)
    """
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"not a number: {value}")
    return int(number.scaleb(decimals).to_integral_value(ROUND_HALF_UP))


def to_points(hundredths):
    """Points as Odoo's floats have them, for ``loyalty.card`` and screens only."""
    return hundredths / 100


def share(whole, part, total):
    """``whole × part / total``, half up, never more than ``whole``; 0 of nothing."""
    if total <= 0 or part <= 0:
        return 0
    return whole if part >= total else (2 * whole * part + total) // (2 * total)


def earn(base, points, amount, multiplier=100, *, steps=False, unit=1, half_up=False):
    """Hundredths of points for a base.

    :param base: what counts, in the smallest units of the currency
    :param points: hundredths of points for each ``amount``
    :param amount: in the smallest units of the currency
    :param multiplier: percent
    :param steps: for each full ``amount`` only
    :param unit: round to this many hundredths, down unless ``half_up``
    """
    if base <= 0:
        return 0
    if steps:
        base = base // amount * amount
    above, below = base * points * multiplier, amount * 100 * unit
    found = (2 * above + below) // (2 * below) if half_up else above // below
    return found * unit


def net_base(lines):
    """What counts of a document.

    A discount is shared by all goods, whether they count or not, in proportion.

    :param lines: list of tuples (role, amount): role is ``counts``, ``goods`` (bought,
        but does not count) or ``discount``; amounts in the smallest units, discounts
        negative
    """
    total = dict.fromkeys(("counts", "goods", "discount"), 0)
    for role, amount in lines:
        total[role] += amount
    counts = max(total["counts"], 0)
    return counts - share(counts, -total["discount"], counts + max(total["goods"], 0))
