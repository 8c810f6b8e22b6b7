"""Where a customer stands among all others, on one measure: the percentile rank.

All customers are measured once and summed up in at most a hundred *steps*; anybody can
be placed on them later without looking at the others again. A step stands at each
measure at which another hundredth of the customers is reached, ties counted as one. At a
step the rank is exact: where many are equal there always is one. Between two steps it is
that of whoever has just more than the lower one: less than a hundredth of the customers
too low, and never too high.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from math import inf, nextafter

STEPS = 100
SCORES = 5


class Scale:
    """A measure of all customers; more is better.

    :param steps: rows of a measure, the number of customers below it, and the number of
        those that have it, ascending; the first and the last measure are among them
    """

    def __init__(self, steps: Sequence[Sequence[float]]) -> None:
        self.steps = steps
        self.customers = steps[-1][1] + steps[-1][2]
        self.neutral = len(steps) == 1

    # A customer's *place* is the number of limits strictly below its measure. Each step
    # is a place, and so is the room below, between and above them. The lists of shares
    # and scores go by place.
    @cached_property
    def limits(self) -> list[float]:
        """Measures that divide the places; empty when all customers are equal."""
        if self.neutral:
            return []
        measures = [float(step[0]) for step in self.steps]
        return [
            limit
            for measure in measures
            for limit in (nextafter(measure, -inf), measure)
        ]

    @cached_property
    def shares(self) -> list[float]:
        """By place: share of the *other* customers that have less, 0 to 1.

        So the best is 1 and the worst 0 in a small company, too. 0.5 when all are equal:
        there is nobody to be ahead of, or behind. 1 for whoever came after the measuring
        and has more than anybody had.
        """
        if self.neutral:
            return [0.5]
        others = self.customers - 1
        shares = [0.0]
        for _measure, below, equal in self.steps:
            shares += [below / others, min(1.0, (below + equal) / others)]
        return shares

    @cached_property
    def scores(self) -> list[int]:
        """By place: 1 to 5, the fifth of the customers; ties score down."""
        if self.neutral:
            return [(1 + SCORES) // 2]
        scores = [1, 1]
        for _measure, below, equal in self.steps:
            score = 1 + min(SCORES - 1, SCORES * (below + equal) // self.customers)
            scores += [score, score]
        return scores[:-1]

    def share(self, measure: float) -> float:
        """Share of the other customers that have less than ``measure``."""
        return self.shares[bisect_left(self.limits, measure)]
