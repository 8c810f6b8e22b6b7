"""A special function that the standard library lacks."""

from math import log


def digamma(x: float) -> float:
    """Derivative of ``math.lgamma`` for x > 0, to about 12 digits.

    Recurrence to x >= 8, then the asymptotic series (Abramowitz and Stegun, 6.3.5 and
    6.3.18).
    """
    total = 0.0
    while x < 8:
        total -= 1 / x
        x += 1
    y = 1 / (x * x)
    series = y * (
        1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y * (1 / 132))))
    )
    return total + log(x) - 0.5 / x - series
