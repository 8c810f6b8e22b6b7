"""Gamma-Gamma: how much a customer spends per purchase.

Fader, Hardie and Lee, "RFM and CLV: using iso-value curves for customer base analysis",
Journal of Marketing Research 42 (2005); Fader and Hardie, "The Gamma-Gamma model of
monetary value" (2013). A customer's mean spend per purchase, seen over x purchases, is
drawn towards the mean of all customers, the more so the fewer purchases there are.

The papers count repeat purchases only. The likelihood does not mind: x may as well be all
purchases, so that the single one of a one-time buyer says something, too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, lgamma, log

from .optimize import estimate
from .special import digamma

START = (5.0, 4.0, 15.0)
# The population has a mean for q > 1 only, and near 1 a handful of customers makes it.
SMALLEST_Q = 1.5
# Mean spends this many spreads from the median are not of the same kind, and distort the
# fit: a bar code in the price field. A spread is that of a normal distribution, by the
# median of the distances from the median, on logarithms.
OUTLYING_SPREADS = 10.0
SPREAD_BY_DISTANCE = 1.4826
# Where nearly all spend the same, a hundred times as much is the least that stands out.
OUTLYING_FACTOR = 100.0


@dataclass(frozen=True)
class Parameters:
    """Spend is Gamma(p, nu) within a customer, nu is Gamma(q, v) between customers.

    ``v`` is in the currency of the amounts.
    """

    p: float
    q: float
    v: float

    @property
    def mean(self) -> float | None:
        """Mean spend per purchase of the population; None where it does not exist."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else None


@dataclass(frozen=True)
class Fit:
    """Estimate over ``customers`` buyers; ``prior`` as in :mod:`.mbg_nbd`.

    :ivar bounded: whether ``q`` was held at :data:`SMALLEST_Q`
    """

    parameters: Parameters
    log_likelihood: float
    customers: int
    converged: bool
    prior: bool
    bounded: bool


def negative_log_likelihood(parameters: Parameters, customers: Mapping) -> float:
    """-log L of ``customers``, a mapping (x, mean spend > 0) -> number of them."""
    return _objective(parameters, _by_count(customers))[0]


def _by_count(customers: Mapping) -> dict:
    """x -> list of (spend in all, log of the mean spend, number of customers)."""
    groups: dict[int, list] = {}
    for (x, spend), count in customers.items():
        groups.setdefault(x, []).append((x * spend, log(spend), count))
    return groups


def _objective(parameters: Parameters, groups: dict) -> tuple[float, tuple[float, ...]]:
    """-log L and its derivatives by p, q and v."""
    p, q, v = parameters.p, parameters.q, parameters.v
    log_v, psi_q = log(v), digamma(q)
    constant = q * log_v - lgamma(q)
    total = by_p = by_q = by_v = 0.0
    for x, members in groups.items():
        px = p * x
        number = log_means = log_sums = inverses = 0.0
        for spent, log_mean, count in members:
            number += count
            log_means += count * log_mean
            log_sums += count * log(spent + v)
            inverses += count / (spent + v)
        fixed = constant + lgamma(px + q) - lgamma(px) + px * log(x)
        psi = digamma(px + q)
        total += number * fixed + (px - 1) * log_means - (px + q) * log_sums
        by_p += x * (number * (psi - digamma(px) + log(x)) + log_means - log_sums)
        by_q += number * (psi - psi_q + log_v) - log_sums
        by_v += number * q / v - (px + q) * inverses
    return -total, (-by_p, -by_q, -by_v)


def split_outliers(customers: Mapping) -> tuple[Counter, tuple[float, float]]:
    """Leave out mean spends that are out of all proportion.

    :param customers: (x, mean spend > 0) -> number of customers
    :return: the others, and the lowest and highest mean spend that is one of them
    """
    logs = Counter()
    for (_x, spend), count in customers.items():
        logs[log(spend)] += count
    middle = _median(logs)
    distances = Counter()
    for value, count in logs.items():
        distances[abs(value - middle)] += count
    reach = max(
        OUTLYING_SPREADS * SPREAD_BY_DISTANCE * _median(distances),
        log(OUTLYING_FACTOR),
    )
    low, high = exp(middle - reach), exp(min(middle + reach, 700))
    usual = Counter(
        {
            (x, spend): count
            for (x, spend), count in customers.items()
            if low <= spend <= high
        }
    )
    return usual, (low, high)


def _median(values: Mapping) -> float:
    """Lower median of a mapping value -> how often."""
    half, seen = (sum(values.values()) + 1) // 2, 0
    for value in sorted(values):
        seen += values[value]
        if seen >= half:
            break
    return value


def fit(customers: Iterable[tuple[int, float]] | Mapping) -> Fit:
    """Fit by maximum likelihood on ``(x, mean spend)`` of buyers, q at least 1.5.

    The amounts are scaled to a median of 35 first, so that the start is as good for yen
    as for euros; ``v`` and the log-likelihood are scaled back.
    """
    counted = Counter(customers)
    if not counted:
        raise ValueError("No buyers to fit")
    if any(x < 1 or spend <= 0 for x, spend in counted):
        raise ValueError("Gamma-Gamma takes buyers with a positive mean spend")
    spends = sorted(spend for _x, spend in counted)
    scale = spends[len(spends) // 2] / 35.0
    scaled = Counter()
    for (x, spend), count in counted.items():
        scaled[x, spend / scale] += count
    minimum = estimate(
        lambda point, groups: _objective(Parameters(*point), groups),
        scaled,
        _by_count,
        START,
    )
    p, q, v = minimum.point
    bounded = q < SMALLEST_Q
    if bounded:
        minimum = estimate(_objective_at_smallest_q, scaled, _by_count, START[::2])
        (p, v), q = minimum.point, SMALLEST_Q
    number = sum(counted.values())
    return Fit(
        Parameters(p, q, v * scale),
        -minimum.value - number * log(scale),
        number,
        minimum.converged,
        minimum.prior,
        bounded,
    )


def _objective_at_smallest_q(point, groups) -> tuple[float, tuple[float, float]]:
    """-log L and its derivatives by p and v, with q held at its bound."""
    value, (by_p, _by_q, by_v) = _objective(
        Parameters(point[0], SMALLEST_Q, point[1]), groups
    )
    return value, (by_p, by_v)


def expected_spend(parameters: Parameters, x: int, mean: float) -> float | None:
    """Expected spend per purchase of a customer with ``x`` purchases of ``mean``.

    ``x`` counts what the parameters were fitted on: repeat purchases, or all.

    None where the model has no mean (p x + q <= 1).
    """
    p, q, v = parameters.p, parameters.q, parameters.v
    if p * x + q <= 1:
        return None
    return p * (v + x * mean) / (p * x + q - 1)
