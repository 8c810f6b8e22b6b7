"""MBG/NBD: how often customers buy, and whether they still do.

Batislam, Denizel and Filiztekin, "Empirical validation and comparison of models for
customer base analysis", International Journal of Research in Marketing 24 (2007); Hoppe
and Wagner, "Customer base analysis: the case for a central variant of the Betageometric/NBD
model", Marketing - Journal of Research and Management 3 (2007).

Active customers buy at rate lambda; after *every* purchase, the first included, they
leave with probability p. lambda is Gamma(r, alpha) over the customers, p is Beta(a, b).
(In the BG/NBD they cannot leave after the first purchase, so one-time buyers count as
active for ever; here they do not.)

A customer is ``(x, t_x, T)``: repeat purchases, time from first to last purchase, time from
first purchase to today. Time is in weeks everywhere in this module.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, expm1, isfinite, lgamma, log, log1p

from .optimize import estimate
from .special import digamma

DAYS_PER_WEEK = 7.0
MOST_TERMS = 5000  # of the series of expected purchases
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
    """Maximum-likelihood estimate, with a weak prior where the data need one.

    :ivar log_likelihood: at the estimate, over the ``customers`` it was fitted on
    :ivar prior: whether they needed it, see :func:`.optimize.estimate`
    """

    parameters: Parameters
    log_likelihood: float
    customers: int
    converged: bool
    prior: bool


def negative_log_likelihood(parameters: Parameters, customers: Mapping) -> float:
    """-log L of ``customers``, a mapping (x, t_x, T) -> number of such customers.

    With C = Gamma(r+x) alpha^r / Gamma(r), the likelihood of a customer is
    C B(a, b+x+1)/B(a,b) (alpha+T)^-(r+x)  +  C B(a+1, b+x)/B(a,b) (alpha+t_x)^-(r+x):
    still active, or gone right after the last purchase.
    """
    return _objective(parameters, _by_count(customers))[0]


def _by_count(customers: Mapping) -> dict:
    """x -> list of (t_x, T, number of customers)."""
    groups: dict[int, list] = {}
    for (x, t_x, big_t), count in customers.items():
        groups.setdefault(x, []).append((t_x, big_t, count))
    return groups


def _objective(parameters: Parameters, groups: dict) -> tuple[float, tuple[float, ...]]:
    """-log L and its derivatives by r, alpha, a and b.

    ``gone`` is the log-odds that the customer has left, ``left`` their probability:
    log L = constant(x) - (r+x) log(alpha+T) + log(1 + e^gone).
    """
    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    log_alpha = log(alpha)
    constant = r * log_alpha - lgamma(r) - lgamma(b) + lgamma(a + b)
    psi_r, psi_b, psi_ab = digamma(r), digamma(b), digamma(a + b)
    logs: dict[float, float] = {}
    total = by_r = by_alpha = by_a = by_b = 0.0
    for x, members in groups.items():
        shape = r + x
        base = log(a / (b + x))
        number = leaving = tails = log_ts = drifts = 0.0
        slopes = 0.0
        for t_x, big_t, count in members:
            log_t = logs.get(big_t)
            if log_t is None:
                log_t = logs[big_t] = log(alpha + big_t)
            log_tx = logs.get(t_x)
            if log_tx is None:
                log_tx = logs[t_x] = log(alpha + t_x)
            drift = log_t - log_tx
            gone = base + shape * drift
            # log(1 + e^gone) and e^gone / (1 + e^gone) without overflow
            odds = exp(-abs(gone))
            if gone > 0:
                tail, left = gone + log1p(odds), 1 / (1 + odds)
            else:
                tail, left = log1p(odds), odds / (1 + odds)
            number += count
            tails += count * tail
            log_ts += count * log_t
            leaving += count * left
            drifts += count * left * drift
            slopes += count * ((1 - left) / (alpha + big_t) + left / (alpha + t_x))
        psi_abx = digamma(a + b + x + 1)
        fixed = constant + lgamma(shape) + lgamma(b + x + 1) - lgamma(a + b + x + 1)
        total += number * fixed - shape * log_ts + tails
        by_r += number * (digamma(shape) - psi_r + log_alpha) - log_ts + drifts
        by_alpha += number * r / alpha - shape * slopes
        by_a += number * (psi_ab - psi_abx) + leaving / a
        by_b += number * (psi_ab - psi_b + digamma(b + x + 1) - psi_abx) - leaving / (
            b + x
        )
    return -total, (-by_r, -by_alpha, -by_a, -by_b)


def fit(customers: Iterable[tuple[int, float, float]] | Mapping) -> Fit:
    """Fit by maximum likelihood, see :func:`.optimize.estimate`.

    :param customers: ``(x, t_x, T)`` in weeks, or a mapping of such to their number
    """
    counted = Counter(customers)  # takes an iterable as well as a mapping
    if not counted:
        raise ValueError("No customers to fit")
    minimum = estimate(
        lambda point, groups: _objective(Parameters(*point), groups),
        counted,
        _by_count,
        START,
    )
    return Fit(
        Parameters(*minimum.point),
        -minimum.value,
        sum(counted.values()),
        minimum.converged,
        minimum.prior,
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


class ExpectedPurchases:
    """Expected number of future purchases of customers who are active.

    It does not depend on t_x; times :func:`probability_alive` it is the unconditional
    expectation. The published form has a Gauss hypergeometric function and is singular
    at a = 1. Euler's transformation takes it to a series in z = t/(alpha+T+t) that
    converges the faster the larger x is, and in which the singularity cancels:

    (a+b+x) { [1 - q^(a-1)]/(a-1) - q^(a-1) S },  q = 1 - z,
    S = sum over n >= 1 of (a+b-r)_n (a)_(n-1) / ((a+b+x)_n n!) z^n

    The coefficients depend on x alone, so they are kept for the next customer.

    The sum ends with a term of less than 1e-14 of the first one, or after 5,000 terms.
    Each term is at most z (1 + max(a - 2, 0)/n) times the one before, so what is left out
    then is at most the last term times w/(1 - w), w = z (1 + max(a - 2, 0)/5000): for
    a <= 2 the last term times t/(alpha+T). Only who has just bought for the first time,
    with a tiny alpha and a long horizon, comes there.
    """

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self._coefficients: dict[int, list[float]] = {}

    def if_alive(self, x: int, big_t: float, weeks: float) -> float:
        """Of a customer with ``x`` repeat purchases and age ``big_t``, in ``weeks``."""
        if weeks <= 0:
            return 0.0
        p = self.parameters
        z = weeks / (p.alpha + big_t + weeks)
        log_q = log1p(-z)
        exponent = (p.a - 1) * log_q
        first = -expm1(exponent) / (p.a - 1) if abs(p.a - 1) > 1e-9 else -log_q
        tail = exp(exponent) * self._sum(x, z)
        # With an absurdly large ``a`` q^(a-1) vanishes while the series overflows.
        c = p.a + p.b + x
        return max(0.0, c * (first - tail)) if isfinite(tail) else c * first

    def _sum(self, x: int, z: float) -> float:
        """S, to about twelve digits where 5,000 terms suffice."""
        p = self.parameters
        c, upper = p.a + p.b + x, p.a + p.b - p.r
        coefficients = self._coefficients.setdefault(x, [upper / c])
        smallest = 1e-14 * abs(coefficients[0]) * z
        total, power = 0.0, 1.0
        for coefficient in coefficients:
            power *= z
            term = coefficient * power
            total += term
            if -smallest <= term <= smallest:
                return total
        for n in range(len(coefficients), MOST_TERMS):
            coefficient *= (upper + n) * (p.a + n - 1) / ((c + n) * (n + 1))
            coefficients.append(coefficient)
            power *= z
            term = coefficient * power
            total += term
            if -smallest <= term <= smallest:
                break
        return total


def expected_purchases_if_alive(
    p: Parameters, x: int, big_t: float, weeks: float
) -> float:
    """See :class:`ExpectedPurchases`, for a single customer."""
    return ExpectedPurchases(p).if_alive(x, big_t, weeks)
