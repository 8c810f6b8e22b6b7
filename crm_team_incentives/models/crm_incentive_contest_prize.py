from odoo import api, fields, models

from .crm_incentive_case_mixin import LIMIT

KINDS = [
    ("travel", "Travel"),
    ("money", "Money"),
    ("training", "Training"),
    ("leave", "Leave"),
    ("event", "Team event"),
    ("other", "Other"),
]


class CrmIncentiveContestPrize(models.Model):
    """What a place wins: a trip with flight, hotel and meals, money or something else."""

    _name = "crm.incentive.contest.prize"
    _inherit = "crm.incentive.contest.part.mixin"
    _description = "Prize of a Contest"
    _order = "contest_id, place_from, id"

    name = fields.Char(required=True)
    kind = fields.Selection(KINDS, required=True, default="travel")
    place_from = fields.Integer(
        string="From Place",
        required=True,
        default=1,
        aggregator=None,
        limits=(1, 10_000),
    )
    place_to = fields.Integer(
        string="To Place",
        required=True,
        default=1,
        aggregator=None,
        limits=(1, 10_000),
        help="Where a share of all wins, everybody within the share gets the first "
        "prize, and the places play no part.",
    )
    flight_amount = fields.Monetary(string="Flight", limits=(0, LIMIT))
    hotel_amount = fields.Monetary(string="Hotel", limits=(0, LIMIT))
    meal_amount = fields.Monetary(string="Meals", limits=(0, LIMIT))
    other_amount = fields.Monetary(string="Other Value", limits=(0, LIMIT))
    amount = fields.Monetary(
        string="Value",
        compute="_compute_amount",
        help="Of each prize, for whoever wins it: one person, or one team.",
    )

    _places = models.Constraint(
        "CHECK (place_to >= place_from)", "The last place comes after the first one."
    )

    @api.depends("flight_amount", "hotel_amount", "meal_amount", "other_amount")
    def _compute_amount(self):
        for prize in self:
            prize.amount = (
                prize.flight_amount
                + prize.hotel_amount
                + prize.meal_amount
                + prize.other_amount
            )

    def _get_words(self):
        """The prize with its parts and its value."""
        self.ensure_one()
        texts = self.env["crm.explanation.mixin"]
        currency = self.currency_id
        parts = [
            f"{label} {texts._format_money(amount, currency)}"
            for label, amount in (
                (self.env._("flight"), self.flight_amount),
                (self.env._("hotel"), self.hotel_amount),
                (self.env._("meals"), self.meal_amount),
                (self.env._("other"), self.other_amount),
            )
            if amount
        ]
        if not parts:
            return self.name
        value = texts._format_money(self.amount, currency)
        return f"{self.name} ({value}: {', '.join(parts)})"
