"""Arithmetic of what a program costs and does; without Odoo.

Points are whole hundredths, money is ``Decimal``.
"""

from decimal import Decimal
from math import sqrt

Z = 1.959964
MIN_COHORTS = 3  # with fewer, nobody can say how points develop


# ------------------------------------------------------------------------ breakage
def chain_ladder(triangle):
    """How many points will have been redeemed in the end.

    :param triangle: list of cohorts, the oldest first; each a list of what was redeemed
        until the end of each period, as far as it is known
    :return: tuple of the factors from one age to the next, and the ultimates
    """
    ages = max(map(len, triangle), default=0)
    factors = []
    for age in range(ages - 1):
        both = [row for row in triangle if len(row) > age + 1]
        before = sum(row[age] for row in both)
        factors.append(sum(row[age + 1] for row in both) / before if before else 1.0)
    ultimates = []
    for row in triangle:
        ultimate = float(row[-1]) if row else 0.0
        for factor in factors[max(len(row) - 1, 0) :]:
            ultimate *= factor
        ultimates.append(ultimate)
    return factors, ultimates


def run_off(outstanding, redeemed, ultimate):
    """Points that will still be redeemed: never more than there are, never below 0."""
    return min(max(ultimate - redeemed, 0), outstanding)


def expect(cohorts):
    """What is still to come of each cohort, and the rate of redemption in the end.

    A cohort of which nothing was redeemed yet says nothing about itself: it gets the
    rate of the others.

    :param cohorts: list of dicts ``issued``, ``outstanding`` and ``redeemed``, the
        cumulative list by age; the oldest first. ``so_far`` is what was redeemed until
        now, when the last period is not over: half a period says nothing of a whole one
    :return: tuple of the list of points to come, and the rate; None when there is too
        little to say anything
    """
    known = [one for one in cohorts if one["redeemed"] and one["redeemed"][-1] > 0]
    if len(cohorts) < MIN_COHORTS or len(known) < MIN_COHORTS - 1:
        return None
    _factors, ultimates = chain_ladder([one["redeemed"] for one in cohorts])
    pooled = [
        (ultimate, one["issued"])
        for one, ultimate in zip(cohorts, ultimates, strict=True)
        if one in known
    ]
    rate = min(sum(u for u, _i in pooled) / max(sum(i for _u, i in pooled), 1), 1.0)
    to_come, total = [], 0.0
    for one, ultimate in zip(cohorts, ultimates, strict=True):
        so_far = one.get("so_far", one["redeemed"][-1] if one["redeemed"] else 0)
        if one not in known:
            ultimate = rate * one["issued"]
        future = run_off(one["outstanding"], so_far, ultimate)
        to_come.append(future)
        total += so_far + future
    issued = sum(one["issued"] for one in cohorts)
    return to_come, min(total / issued, 1.0) if issued else 0.0


# ----------------------------------------------------------------------- liability
def allocate(sales, stand_alone):
    """The part of ``sales`` that was paid for points, by relative stand-alone prices
    (IFRS 15.74)."""
    whole = sales + stand_alone
    return sales * stand_alone / whole if whole else Decimal(0)


def recognise(allocated, redeemed, expected):
    """Revenue until now: in proportion to the pattern of redemption (IFRS 15 B46)."""
    if expected <= 0:
        return Decimal(0)
    return allocated * min(Decimal(redeemed), Decimal(expected)) / Decimal(expected)


# -------------------------------------------------------------------------- effect
def wilson(share, count):
    """Wilson's interval of a share; ``count`` may be a fraction."""
    squared = Z * Z / count
    middle = (share + squared / 2) / (1 + squared)
    reach = Z / (1 + squared) * sqrt(share * (1 - share) / count + squared / 4 / count)
    return middle - reach, middle + reach


def newcombe(one, count, other, others):
    """Difference of two shares and its 95 % interval: Newcombe's hybrid score method."""
    low, high = wilson(one, count)
    low_other, high_other = wilson(other, others)
    difference = one - other
    return (
        difference,
        difference - sqrt((one - low) ** 2 + (high_other - other) ** 2),
        difference + sqrt((high - one) ** 2 + (other - low_other) ** 2),
    )


def compare(strata, distinct, minimum):
    """Members beside non-members of the same kind.

    Non-members are weighted so that they are made up like the members. Members of a
    stratum without non-members are left out.

    :param strata: list of tuples (members, of them with the outcome, others, of them
        with the outcome)
    :param distinct: how many different customers the others are: one may stand in
        several strata, which says no more than one does
    :param minimum: below so many on either side there is no answer
    :return: dict ``members``, ``others``, ``share``, ``other_share``, ``difference``,
        ``low``, ``high``, ``left_out``; the shares are None below the minimum
    """
    matched = [row for row in strata if row[0] and row[2]]
    members = sum(row[0] for row in matched)
    left_out = sum(row[0] for row in strata if not row[2])
    others = min(sum(row[2] for row in matched), distinct)
    found = {
        "members": members, "others": others, "left_out": left_out, "share": None,
        "other_share": None, "difference": None, "low": None, "high": None,
    }  # fmt: skip
    if min(members, others) < minimum:
        return found
    share = sum(row[1] for row in matched) / members
    other_share = variance = 0.0
    for count, _with, group, group_with in matched:
        weight, rate = count / members, group_with / group
        other_share += weight * rate
        variance += weight**2 * rate * (1 - rate) / group
    effective = others
    if variance:
        effective = min(other_share * (1 - other_share) / variance, others)
    difference, low, high = newcombe(share, members, other_share, effective)
    return found | {
        "share": share, "other_share": other_share, "difference": difference,
        "low": low, "high": high,
    }  # fmt: skip


def compare_means(strata, distinct, minimum):
    """As :func:`compare`, of an amount for each customer.

    :param strata: list of tuples (members, sum of their amounts, sum of the squares,
        others, sum, sum of the squares)
    :return: the same dict; the shares are means. Unequal variances (Welch).
    """
    matched = [row for row in strata if row[0] and row[3]]
    members = sum(row[0] for row in matched)
    rows = sum(row[3] for row in matched)
    others = min(rows, distinct)
    found = {
        "members": members, "others": others,
        "left_out": sum(row[0] for row in strata if not row[3]), "share": None,
        "other_share": None, "difference": None, "low": None, "high": None,
    }  # fmt: skip
    if min(members, others) < minimum:
        return found
    own = [sum(row[place] for row in matched) for place in range(3)]
    pooled = _variance(rows, *(sum(row[p] for row in matched) for p in (4, 5)))
    mean, error = own[1] / members, _variance(*own) / members
    other_mean = other_error = 0.0
    for count, _sum, _squares, group, total, squares in matched:
        weight = count / members
        variance = _variance(group, total, squares) if group > 1 else pooled
        other_mean += weight * total / group
        # one who stands in several strata says no more than one does
        other_error += weight**2 * variance / group * rows / others
    difference, reach = mean - other_mean, Z * sqrt(error + other_error)
    return found | {
        "share": mean, "other_share": other_mean, "difference": difference,
        "low": difference - reach, "high": difference + reach,
    }  # fmt: skip


def _variance(count, total, squares):
    """Of a sample."""
    if count < 2:
        return 0.0
    return max(squares - total * total / count, 0.0) / (count - 1)
