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

from .optimize import minimize_positive_sum

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
    """Maximum-likelihood estimate over ``customers`` repeat buyers."""

    parameters: Parameters
    log_likelihood: float
    customers: int
    converged: bool


def negative_log_likelihood(parameters: Parameters, customers: Mapping) -> float:
    """-log L of ``customers``, a mapping (x, mean spend > 0) -> number of them."""
    p, q, v = parameters.p, parameters.q, parameters.v
    constant = q * log(v) - lgamma(q)
    by_count: dict[int, float] = {}
    total = 0.0
    for (x, spend), count in customers.items():
        fixed = by_count.get(x)
        if fixed is None:
            px = p * x
            fixed = constant + lgamma(px + q) - lgamma(px) + px * log(x)
            by_count[x] = fixed
        px = p * x
        total += count * (fixed + (px - 1) * log(spend) - (px + q) * log(x * spend + v))
    return -total


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
    minimum = minimize_positive_sum(
        lambda point, terms: negative_log_likelihood(Parameters(*point), terms),
        scaled,
        START,
    )
    p, q, v = minimum.point
    number = sum(counted.values())
    return Fit(
        Parameters(p, q, v * scale),
        -minimum.value - number * log(scale),
        number,
        minimum.converged,
    )


def expected_spend(parameters: Parameters, x: int, mean: float) -> float | None:
    """Expected spend per purchase of a customer with ``x`` repeat purchases of ``mean``.

    None where the model has no mean (p x + q <= 1).
    """
    p, q, v = parameters.p, parameters.q, parameters.v
    if p * x + q <= 1:
        return None
    return p * (v + x * mean) / (p * x + q - 1)
