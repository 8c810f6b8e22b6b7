"""MBG/NBD: how often a customer buys, and whether he still does.

Batislam, Denizel and Filiztekin, "Empirical validation and comparison of models for
customer base analysis", International Journal of Research in Marketing 24 (2007); Hoppe
and Wagner, "Customer base analysis: the case for a central variant of the Betageometric/NBD
model", Marketing - Journal of Research and Management 3 (2007).

While active a customer buys at rate lambda; after *every* purchase, the first included, he
leaves with probability p. lambda is Gamma(r, alpha) over the customers, p is Beta(a, b).
(In the BG/NBD he cannot leave after the first purchase, so every one-time buyer counts as
active for ever; here he does not.)

A customer is ``(x, t_x, T)``: repeat purchases, time from first to last purchase, time from
first purchase to today. Time is in weeks everywhere in this module.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, expm1, isfinite, lgamma, log, log1p

from .optimize import minimize_positive_sum

DAYS_PER_WEEK = 7.0
# First guess: a purchase every ten weeks, a third of the customers leave.
START = (0.5, 5.0, 1.0, 2.0)


@dataclass(frozen=True)
class Parameters:
    """Gamma(r, alpha) purchase rates per week and Beta(a, b) leaving probabilities."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class Fit:
    """Maximum-likelihood estimate.

    :ivar log_likelihood: at the estimate, over the ``customers`` it was fitted on
    """

    parameters: Parameters
    log_likelihood: float
    customers: int
    converged: bool


def negative_log_likelihood(parameters: Parameters, customers: Mapping) -> float:
    """-log L of ``customers``, a mapping (x, t_x, T) -> number of such customers.

    With C = Gamma(r+x) alpha^r / Gamma(r), the likelihood of a customer is
    C B(a, b+x+1)/B(a,b) (alpha+T)^-(r+x)  +  C B(a+1, b+x)/B(a,b) (alpha+t_x)^-(r+x):
    still active, or gone right after the last purchase.
    """
    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    constant = r * log(alpha) - lgamma(r) - (lgamma(a) + lgamma(b) - lgamma(a + b))
    by_count: dict[int, tuple[float, float]] = {}
    logs: dict[float, float] = {}
    total = 0.0
    for (x, t_x, big_t), count in customers.items():
        terms = by_count.get(x)
        if terms is None:
            still = lgamma(a) + lgamma(b + x + 1) - lgamma(a + b + x + 1)
            terms = by_count[x] = (constant + lgamma(r + x) + still, log(a / (b + x)))
        log_t = logs.get(big_t)
        if log_t is None:
            log_t = logs[big_t] = log(alpha + big_t)
        log_tx = logs.get(t_x)
        if log_tx is None:
            log_tx = logs[t_x] = log(alpha + t_x)
        gone = terms[1] + (r + x) * (log_t - log_tx)
        # log(1 + e^gone) without overflow
        tail = gone + log1p(exp(-gone)) if gone > 0 else log1p(exp(gone))
        total += count * (terms[0] - (r + x) * log_t + tail)
    return -total


def fit(customers: Iterable[tuple[int, float, float]] | Mapping) -> Fit:
    """Fit by maximum likelihood.

    :param customers: ``(x, t_x, T)`` in weeks, or a mapping of such to their number
    """
    counted = Counter(customers)  # takes an iterable as well as a mapping
    if not counted:
        raise ValueError("No customers to fit")
    minimum = minimize_positive_sum(
        lambda point, terms: negative_log_likelihood(Parameters(*point), terms),
        counted,
        START,
    )
    return Fit(
        Parameters(*minimum.point),
        -minimum.value,
        sum(counted.values()),
        minimum.converged,
    )


def probability_alive(p: Parameters, x: int, t_x: float, big_t: float) -> float:
    """P(alive today). The SQL of the value engine computes the same; tests compare."""
    odds = log(p.a / (p.b + x)) + (p.r + x) * (
        log(p.alpha + big_t) - log(p.alpha + t_x)
    )
    return 1 / (1 + exp(odds)) if odds < 700 else 0.0


def probability_buy(
    p: Parameters, x: int, t_x: float, big_t: float, weeks: float
) -> float:
    """P(at least one purchase in the next ``weeks``)."""
    silent = (p.r + x) * (log(p.alpha + big_t) - log(p.alpha + big_t + weeks))
    return probability_alive(p, x, t_x, big_t) * -expm1(silent)


def expected_purchases_if_alive(
    p: Parameters, x: int, big_t: float, weeks: float
) -> float:
    """Expected number of purchases in the next ``weeks`` of a customer who is active.

    It does not depend on t_x; times :func:`probability_alive` it is the unconditional
    expectation. The published form has a Gauss hypergeometric function and is singular
    at a = 1. Euler's transformation takes it to a series in z = t/(alpha+T+t) that
    converges the faster the larger x is, and in which the singularity cancels:

    (a+b+x) { [1 - q^(a-1)]/(a-1) - q^(a-1) S },  q = 1 - z,
    S = sum over n >= 1 of (a+b-r)_n (a)_(n-1) / ((a+b+x)_n n!) z^n
    """
    if weeks <= 0:
        return 0.0
    z = weeks / (p.alpha + big_t + weeks)
    log_q = log1p(-z)
    exponent = (p.a - 1) * log_q
    first = -expm1(exponent) / (p.a - 1) if abs(p.a - 1) > 1e-9 else -log_q
    c = p.a + p.b + x
    upper = p.a + p.b - p.r
    term = upper / c * z
    series = term
    n = 1
    while abs(term) > 1e-13 * (abs(series) + 1e-300) and n < 5000:
        term *= (upper + n) * (p.a + n - 1) / ((c + n) * (n + 1)) * z
        series += term
        n += 1
    tail = exp(exponent) * series
    # With an absurdly large ``a`` q^(a-1) vanishes while the series overflows.
    return max(0.0, c * (first - tail)) if isfinite(tail) else c * first
