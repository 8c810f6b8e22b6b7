"""How far a share or a score of a sample may be from that of all customers.

95 % intervals; without Odoo.
"""

from __future__ import annotations

from math import sqrt

Z = 1.959964


def nps(promoters: int, passives: int, detractors: int) -> float | None:
    """Net Promoter Score, -100 to 100; None without answers."""
    answers = promoters + passives + detractors
    return 100 * (promoters - detractors) / answers if answers else None


def nps_error(promoters: int, passives: int, detractors: int) -> float | None:
    """Standard error of the score, in points."""
    answers = promoters + passives + detractors
    if not answers:
        return None
    return 100 * sqrt(_variance(promoters, passives, detractors) / answers)


def nps_interval(
    promoters: int, passives: int, detractors: int
) -> tuple[float, float] | None:
    """Adjusted Wald interval of the score (Rocks 2016): three answers are added, ¾ to
    promoters and to detractors and 1½ to passives, so that few answers claim little.
    """
    if not promoters + passives + detractors:
        return None
    more = (promoters + 0.75, passives + 1.5, detractors + 0.75)
    answers = sum(more)
    middle = (more[0] - more[2]) / answers
    reach = Z * sqrt(_variance(*more) / answers)
    return max(100 * (middle - reach), -100.0), min(100 * (middle + reach), 100.0)


def share_interval(count: int, answers: int) -> tuple[float, float] | None:
    """Wilson's interval of a share, in percent."""
    if not answers:
        return None
    share = count / answers
    squared = Z * Z / answers
    middle = (share + squared / 2) / (1 + squared)
    reach = (
        Z / (1 + squared) * sqrt(share * (1 - share) / answers + squared / 4 / answers)
    )
    return 100 * max(middle - reach, 0.0), 100 * min(middle + reach, 1.0)


def _variance(promoters: float, passives: float, detractors: float) -> float:
    """Of one answer, counted as 1, 0 and -1."""
    answers = promoters + passives + detractors
    mean = (promoters - detractors) / answers
    return (promoters + detractors) / answers - mean * mean
