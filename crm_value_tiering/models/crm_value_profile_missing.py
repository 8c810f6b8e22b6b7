from bisect import bisect_left
from dataclasses import dataclass, field
from decimal import Decimal
from math import floor

from odoo import models

from .crm_value_profile_explanation import EPOCH


@dataclass(slots=True)
class Prospect:
    """The score of a customer who buys more, with the scales as they are.

    :param weights: dimension → weight, of those that count for the customer, in the order
        in which the engine adds them
    :param shares: dimension → share of customers behind, with a purchase today
    :param limit: value score at which the next tier begins
    """

    weights: dict[str, int]
    limit: Decimal
    shares: dict[str, float] = field(default_factory=dict)

    def reaches(self, **shares: float) -> bool:
        """Whether these shares of dimensions lead to the limit: the engine's formula."""
        points = 0.0
        for code, weight in self.weights.items():  # sum() may add in another way
            points += weight * shares.get(code, self.shares[code])
        return round(1e4 * points / sum(self.weights.values())) >= 100 * self.limit


class CrmValueProfile(models.Model):
    """What is missing to the next tier, in words that say what to do."""

    _inherit = "crm.value.profile"  # pylint: disable=consider-merging-classes-inherited

    def _get_next_tier_sentences(self, run):
        return [
            *super()._get_next_tier_sentences(run),
            *self._get_missing_sentences(run),
        ]

    def _get_missing_sentences(self, run):
        """At most one sentence; none in the best tier or with a tier set by hand."""
        above = self._get_tier_above(run)
        if not above:
            return []
        tier = self.env["crm.value.tier"].browse(above["tier_id"]).name
        if run.calibration["measure"] == "clv_predictive":
            missing = float(above["limit"]) - self.clv_predictive
            if missing <= 0:
                return []
            return [
                self.env._(
                    "%(amount)s of predicted lifetime value are missing to %(tier)s.",
                    amount=self._format_money(missing),
                    tier=tier,
                )
            ]
        ways = self._get_missing_purchases(run, Decimal(above["limit"]))
        return [self._get_ways_sentence(tier, ways)] if ways else []

    def _get_ways_sentence(self, tier, ways):
        """:param ways: as :meth:`_get_missing_purchases` returns them"""
        (number, amount), *others = ways
        if others:
            return self.env._(
                "%(number)s more purchases, on different days, or one of %(amount)s lead "
                "to %(tier)s.",
                number=number,
                amount=self._format_money(others[0][1]),
                tier=tier,
            )
        values = {
            "number": number,
            "amount": self._format_money(amount),
            "tier": tier,
        }
        if number == 1:
            return (
                self.env._(
                    "One more purchase of %(amount)s leads to %(tier)s.", **values
                )
                if amount
                else self.env._("One more purchase leads to %(tier)s.", **values)
            )
        return (
            self.env._(
                "%(number)s more purchases, on different days, of %(amount)s in all lead "
                "to %(tier)s.",
                **values,
            )
            if amount
            else self.env._(
                "%(number)s more purchases, on different days, lead to %(tier)s.",
                **values,
            )
        )

    def _get_missing_purchases(self, run, limit):
        """The ways to a value score of ``limit`` by buying, as the scales are now.

        The latest purchase is one of today. Other dimensions stay as they are; a purchase
        lowers none, so what is said here is enough.

        :return: list of (number of purchases, amount of all of them, 0 for any): by
            number, and by the amount of a single one; only by both, when neither leads
            there alone; empty when buying does not lead there
        """
        engine = self.env["crm.value.engine"]
        scales = engine._get_scales(run.calibration)
        prospect = Prospect({}, limit)
        for dimension in engine._get_dimensions(run.parameters):
            code, weight = dimension.code, run.parameters[dimension.weight_field]
            if weight and code in scales and self[dimension.score_field]:
                measure = self._get_measure(dimension)
                if code == "recency":
                    measure = (self.as_of - EPOCH).days
                prospect.weights[code] = weight
                prospect.shares[code] = scales[code].share(measure)
        if not prospect.weights:
            return []
        numbers = self._get_steps(scales.get("frequency"), self.window_purchases, 1, 1)
        amounts = self._get_steps(
            scales.get("monetary"), self.revenue_window, 0, self.currency_id.rounding
        )

        def find_amount(number):
            """The first of ``amounts`` that is enough, with that step of ``numbers``."""
            return bisect_left(
                amounts,
                True,
                key=lambda step: prospect.reaches(
                    frequency=numbers[number][1], monetary=step[1]
                ),
            )

        by_number = bisect_left(
            numbers, True, key=lambda step: prospect.reaches(frequency=step[1])
        )
        by_amount = find_amount(0)
        ways = []
        if by_number < len(numbers):
            ways.append((numbers[by_number][0], 0))
        if by_amount < len(amounts) and amounts[by_amount][0]:
            ways.append((1, amounts[by_amount][0]))
        for number in range(1, 0 if ways else len(numbers)):
            amount = find_amount(number)
            if amount < len(amounts):
                return [(numbers[number][0], amounts[amount][0])]
        return ways

    @staticmethod
    def _get_steps(scale, measure, least, unit):
        """How much more of a measure leads past how many customers, ascending.

        :param least: what is added at least
        :param unit: what can be added, in multiples of it
        :return: list of (what is added, share of customers behind)
        """
        if not scale:
            return [(least, 0.0)]
        steps = [(least, scale.share(measure + least))]
        place = bisect_left(scale.limits, measure + least)
        for limit, share in zip(
            scale.limits[place:], scale.shares[place + 1 :], strict=True
        ):
            units = floor((limit - measure) / unit + 0.5)
            # more than the limit, not as much
            units += measure + units * unit - limit <= unit / 2
            steps.append((units * unit, share))
        return steps
