"""Gamma-Gamma: how much a customer spends per purchase.

Fader, Hardie and Lee, "RFM and CLV: using iso-value curves for customer base analysis",
Journal of Marketing Research 42 (2005); Fader and Hardie, "The Gamma-Gamma model of
monetary value" (2013). A customer's mean spend per purchase, seen over x purchases, is
drawn towards the mean of all customers, the more so the fewer purchases there are.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import lgamma, log

from .optimize import estimate
from .special import digamma

START = (5.0, 4.0, 15.0)


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
    """Estimate over ``customers`` repeat buyers; ``prior`` as in :mod:`.mbg_nbd`."""

    parameters: Parameters
    log_likelihood: float
    customers: int
    converged: bool
    prior: bool


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


def fit(customers: Iterable[tuple[int, float]] | Mapping) -> Fit:
    """Fit by maximum likelihood on ``(x, mean spend)`` of repeat buyers.

    The amounts are scaled to a median of 35 first, so that the start is as good for yen
    as for euros; ``v`` and the log-likelihood are scaled back.
    """
    counted = Counter(customers)
    if not counted:
        raise ValueError("No repeat buyers to fit")
    if any(x < 1 or spend <= 0 for x, spend in counted):
        raise ValueError("Gamma-Gamma takes repeat buyers with a positive mean spend")
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
    number = sum(counted.values())
    return Fit(
        Parameters(p, q, v * scale),
        -minimum.value - number * log(scale),
        number,
        minimum.converged,
        minimum.prior,
    )


def expected_spend(parameters: Parameters, x: int, mean: float) -> float | None:
    """Expected spend per purchase of a customer with ``x`` repeat purchases of ``mean``.

    None where the model has no mean (p x + q <= 1).
    """
    p, q, v = parameters.p, parameters.q, parameters.v
    if p * x + q <= 1:
        return None
    return p * (v + x * mean) / (p * x + q - 1)
