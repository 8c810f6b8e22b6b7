"""Are there more complaints than to be expected? Exact tests of weekly counts.

Without Odoo. A series is a list of weeks, each a count of complaints and its exposure
(orders, in our case). One-sided throughout: fewer complaints raise no alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, fsum, lgamma, log, log1p, sqrt

OUTLIER = 0.001  # a week that is so unlikely is no part of what is normal
LEAST_WEEKS = 8  # fewer say nothing about what is normal
LEAST_COUNT = 5  # nor do so few complaints in all of them
NEGLIGIBLE = 1e-18
Week = tuple[int, float]  # count, exposure


def _upper(first: int, mean: float, term: Callable[[int], float], last: int) -> float:
    """Sum of ``exp(term(k))`` from ``first`` on, until nothing more is added."""

    def terms() -> Iterator[float]:
        for k in range(first, last + 1):
            value = exp(term(k))
            yield value
            if k > mean and value < NEGLIGIBLE:
                return

    return min(fsum(terms()), 1.0)


def tail(count: int, expected: float) -> float:
    """Chance of ``count`` events or more where ``expected`` are normal (Poisson)."""
    if count <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    rate = log(expected)
    return _upper(count, expected, lambda k: k * rate - expected - lgamma(k + 1), 10**9)


def tail_spread(count: int, expected: float, spread: float) -> float:
    """As :func:`tail`, where weeks vary more than by chance (negative binomial).

    :param spread: variance by mean, above 1
    """
    if count <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    size = expected / (spread - 1)
    no, yes = -log(spread), log1p(-1 / spread)
    return _upper(
        count,
        expected,
        lambda k: lgamma(k + size) - lgamma(size) - lgamma(k + 1) + size * no + k * yes,
        10**9,
    )


def conditional(before: int, before_exposure: float, count: int, exposure: float):
    """Chance of ``count`` or more, when the normal rate is itself an estimate.

    Given all complaints, those of the new time are binomial with its share of the
    exposure: the exact test of two Poisson rates.
    """
    total = before + count
    if count <= 0 or not (before_exposure and exposure):
        return 1.0
    share = exposure / (before_exposure + exposure)
    yes, no = log(share), log1p(-share)
    ways = lgamma(total + 1)
    return _upper(
        count,
        total * share,
        lambda k: (
            ways - lgamma(k + 1) - lgamma(total - k + 1) + k * yes + (total - k) * no
        ),
        total,
    )


def limit(expected: float, level: float) -> int:
    """The smallest count that comes by chance in at most ``level`` of the weeks."""
    count = int(expected) + 1
    while tail(count, expected) > level:
        count += 1
    return count


def power(expected: float, level: float, times: float = 3, weeks: int = 2) -> float:
    """Chance to notice within ``weeks`` that there are ``times`` as many."""
    missed = 1 - tail(limit(expected, level), times * expected)
    return 1 - missed**weeks


def without_outliers(weeks: Sequence[Week]) -> list[Week]:
    """The weeks that are normal: what was an outbreak is no measure for the next one.

    The worst is left out first, against the rate of the others; at most a quarter.
    """
    kept = list(weeks)
    for _removed in range(len(weeks) // 4):
        count, exposure = _sum(kept)
        worst, chance = None, OUTLIER
        for place, (its_count, its_exposure) in enumerate(kept):
            others = exposure - its_exposure
            if others > 0:
                expected = (count - its_count) / others * its_exposure
                its_chance = tail(its_count, expected) if expected else 1.0
                if its_chance <= chance:
                    worst, chance = place, its_chance
        if worst is None:
            break
        del kept[worst]
    return kept


def spread(weeks: Sequence[Week]) -> float:
    """Variance by mean of the weeks, or 1 where chance explains it.

    Pearson's statistic against its 95 % point (Wilson and Hilferty's approximation).
    """
    count, exposure = _sum(weeks)
    freedom = len(weeks) - 1
    if freedom < 1 or not count:
        return 1.0
    rate = count / exposure
    found = fsum((one - rate * of) ** 2 / (rate * of) for one, of in weeks if of)
    normal = freedom * (1 - 2 / (9 * freedom) + 1.645 * sqrt(2 / (9 * freedom))) ** 3
    return found / freedom if found > normal else 1.0


@dataclass(frozen=True)
class Finding:
    """What the newest weeks of a series are, beside the normal ones.

    :param weeks: of how many weeks these are: the last one, or the last two together
    :param chance: how often chance gives as many or more, for the two looks together
    :param normal: how many weeks the normal rate was taken from
    """

    weeks: int
    count: int
    exposure: float
    expected: float
    chance: float
    normal: int
    spread: float


def judge(
    baseline: Sequence[Week], newest: Sequence[Week], season: Sequence[Week] = ()
) -> Finding | None:
    """Compare the last week, and the last two together, with what is normal.

    :param baseline: the weeks before ``newest``
    :param newest: the last weeks, the last one last
    :param season: the same time of last year; what was usual then is no alarm
    :return: None when too little is known to say what is normal
    """
    normal = without_outliers([week for week in baseline if week[1] > 0])
    count, exposure = _sum(normal)
    if len(normal) < LEAST_WEEKS or count < LEAST_COUNT:
        return None
    varies = spread(normal)
    then, then_exposure = _sum(season)
    found = []
    for weeks in (1, 2):
        now, of = _sum(newest[-weeks:])
        if not of:
            continue
        expected = count / exposure * of
        chance = conditional(count, exposure, now, of)
        if varies > 1:
            chance = max(chance, tail_spread(now, expected, varies))
        if then >= LEAST_COUNT and then_exposure:
            chance = max(chance, conditional(then, then_exposure, now, of))
            expected = max(expected, then / then_exposure * of)
        found.append(
            Finding(weeks, now, of, expected, min(2 * chance, 1), len(normal), varies)
        )
    return min(found, key=lambda one: one.chance, default=None)


def discoveries(chances: Sequence[float], rate: float) -> set[int]:
    """Which of many findings to believe (Benjamini and Hochberg 1995).

    Where everything is quiet, the chance of any alarm is at most ``rate``.

    :return: places in ``chances``
    """
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    believed = 0
    for place, index in enumerate(order, 1):
        if chances[index] <= rate * place / len(chances):
            believed = place
    return set(order[:believed])


def _sum(weeks: Sequence[Week]) -> tuple[int, float]:
    return sum(count for count, _of in weeks), fsum(of for _count, of in weeks)
