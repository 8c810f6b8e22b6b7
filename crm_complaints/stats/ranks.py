"""Are times shorter than before? The rank test of two groups, without Odoo."""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, sqrt

ENOUGH = 8  # of each group: with fewer the normal approximation is not to be trusted


def median(values: Sequence[float]) -> float | None:
    """The middle value, or the mean of the two in the middle; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def chance(before: Sequence[float], after: Sequence[float]) -> float:
    """How often two groups that do not differ look as different as these, or more.

    Wilcoxon's rank sum test (Mann and Whitney 1947), two-sided, by the normal
    approximation with the correction for ties. It asks whether times of one group tend
    to be longer, whatever their distribution: a few very long ones decide nothing.

    :return: probability, 0 to 1; 1 when a group is empty or all times are equal
    """
    count, other = len(before), len(after)
    total = count + other
    if not (count and other):
        return 1.0
    merged = sorted([(value, 0) for value in before] + [(value, 1) for value in after])
    ranks = 0.0  # of the first group
    ties = 0
    start = 0
    while start < total:
        end = start
        while end < total and merged[end][0] == merged[start][0]:
            end += 1
        rank = (start + 1 + end) / 2  # the mean of the places that are tied
        ranks += rank * sum(1 for place in range(start, end) if not merged[place][1])
        ties += (end - start) ** 3 - (end - start)
        start = end
    variance = count * other / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    difference = ranks - count * (total + 1) / 2
    return erfc(abs(difference) / sqrt(2 * variance))
