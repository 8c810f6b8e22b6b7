"""Did a corrective action help? The exact test of two rates, without Odoo."""

from __future__ import annotations

from math import exp, fsum, lgamma, log, log1p

LEVEL = 0.05  # an effect is shown when chance explains it less often than this


def chance(before: int, before_orders: int, after: int, after_orders: int) -> float:
    """How often chance alone gives so few complaints afterwards, or fewer.

    The conditional exact test of two Poisson rates, one-sided (Przyborowski and
    Wilenski 1940): given all complaints together, those afterwards are binomial with
    the share of the orders that came afterwards.

    :param before: complaints before the action, in ``before_orders`` orders
    :param after: complaints since, in ``after_orders`` orders
    :return: probability, 0 to 1; 1 when there is nothing to compare
    """
    count = before + after
    orders = before_orders + after_orders
    if not (before_orders and after_orders) or after >= count:
        return 1.0
    yes, no = log(after_orders / orders), log1p(-after_orders / orders)
    terms = (
        lgamma(count + 1)
        - lgamma(hits + 1)
        - lgamma(count - hits + 1)
        + hits * yes
        + (count - hits) * no
        for hits in range(after + 1)
    )
    return min(fsum(exp(term) for term in terms), 1.0)


def judge(before: int, before_orders: int, after: int, after_orders: int) -> str:
    """What can be said: ``effective``, ``not_shown`` or ``too_early``.

    Too early: with so few orders since, not even a single complaint less could be told
    from chance.
    """
    if chance(before, before_orders, 0, after_orders) > LEVEL:
        return "too_early"
    shown = chance(before, before_orders, after, after_orders) <= LEVEL
    return "effective" if shown else "not_shown"
