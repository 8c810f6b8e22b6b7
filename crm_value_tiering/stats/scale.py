"""Where a customer stands among all others, on one measure: the percentile rank.

All customers are measured once and summed up in at most a hundred *steps*; anybody can
be placed on them later without looking at the others again. A step stands at each
measure at which another hundredth of the customers is reached, ties counted as one, so
whoever is placed is never off by a hundredth of the customers or more, and exactly right
at a step: where many are equal there always is one.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

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

    # A customer's *place* is the number of limits strictly below its measure: equal
    # customers share the lower place. The lists of shares and scores go by place.
    @cached_property
    def limits(self) -> list[float]:
        """Measures that divide the places; empty when all customers are equal."""
        return [] if self.neutral else [float(step[0]) for step in self.steps]

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
        return [below / others for _measure, below, _equal in self.steps] + [1.0]

    @cached_property
    def scores(self) -> list[int]:
        """By place: 1 to 5, the fifth of the customers; ties score down."""
        if self.neutral:
            return [(1 + SCORES) // 2]
        return [1] + [
            1 + min(SCORES - 1, SCORES * (below + equal) // self.customers)
            for _measure, below, equal in self.steps
        ]

    def share(self, measure: float) -> float:
        """Share of the other customers that have less than ``measure``."""
        return self.shares[bisect_left(self.limits, measure)]
