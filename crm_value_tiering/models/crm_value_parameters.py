from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import format_list

from .crm_limits_mixin import MAX_DAYS

MAX_COUNT = 10**6


class CrmValueParameters(models.AbstractModel):
    """The decisions about value: fields, their limits, and what a run keeps of them.

    The value model stores the decisions; the guided set-up tries them. Both have a
    ``company_id`` and ``tier_line_ids``, lines with ``crm.value.tier.limit``. A module that
    adds a dimension adds its weight here, for both.
    """

    _name = "crm.value.parameters"
    _inherit = "crm.limits.mixin"
    _description = "Value Parameters"

    # What counts as a purchase
    source = fields.Selection(
        [("sale", "Confirmed sales orders"), ("invoice", "Posted invoices")],
        required=True,
        default="sale",
        help="Where revenue comes from. Orders count on the day of the order; invoices "
        "on the invoice date, with credit notes deducted.",
    )
    include_zero = fields.Boolean(
        string="Count Free Orders",
        help="Orders and invoices of zero count as purchases. If off, free samples and "
        "warranty replacements do not make a customer look active.",
    )
    window_days = fields.Integer(
        string="Observation Window (Days)",
        required=True,
        default=365,
        limits=(0, MAX_DAYS),
        help="Frequency, monetary value and variety count over this many days, up to "
        "the day of the computation. 0: over the whole history.",
    )

    # Score
    weight_recency = fields.Integer(
        string="Recency (%)",
        default=30,
        limits=(0, 100),
        help="Weight of purchase recency, in percent.",
    )
    weight_frequency = fields.Integer(
        string="Frequency (%)",
        default=30,
        limits=(0, 100),
        help="Weight of purchase frequency, in percent.",
    )
    weight_monetary = fields.Integer(
        string="Monetary Value (%)",
        default=30,
        limits=(0, 100),
        help="Weight of the revenue in the observation window, in percent.",
    )
    weight_variety = fields.Integer(
        string="Variety (%)",
        default=10,
        limits=(0, 100),
        help="Weight of product variety, in percent.",
    )
    min_customers = fields.Integer(
        string="Minimum Number of Customers",
        required=True,
        default=20,
        limits=(2, MAX_COUNT),
        help="With fewer customers than this, scores and tiers stay empty: comparing a "
        "handful of customers says nothing.",
    )

    # Tiers
    tier_rule = fields.Selection(
        [
            ("share_customers", "Share of customers, best score first"),
            ("share_revenue", "Share of revenue, best score first"),
            ("score", "Minimum score"),
            ("clv", "Minimum lifetime value"),
        ],
        string="Tiers By",
        required=True,
        default="share_customers",
        help="How customers are divided among the tiers.",
    )
    hysteresis = fields.Float(
        string="Downgrade Tolerance (%)",
        default=5.0,
        limits=(0, 100),
        help="Customers keep their tier until they are more than this many percent below "
        "its limit, so that nobody changes tier back and forth (hysteresis).",
    )

    # Lifetime value
    margin_rate = fields.Float(
        string="Margin (%)",
        default=30.0,
        limits=(0, 100),
        help="Share of revenue that is left after the cost of the goods, in percent. "
        "The predicted lifetime value is a margin, not a revenue.",
    )
    discount_rate = fields.Float(
        string="Discount per Year (%)",
        default=10.0,
        limits=(0, 1000),
        help="An amount a year from now is worth this many percent less than today.",
    )
    horizon_years = fields.Integer(
        string="Horizon (Years)",
        required=True,
        default=3,
        limits=(1, 10),
        help="The predicted lifetime value looks this many years ahead.",
    )
    min_repeaters = fields.Integer(
        string="Minimum Number of Repeat Customers",
        required=True,
        default=30,
        limits=(10, MAX_COUNT),
        help="Customers with at least two purchases that the forecast needs. With fewer, "
        "the parameters of an earlier computation or a rule of thumb are used, and "
        "the contact says so.",
    )

    # Lifecycle and churn
    new_days = fields.Integer(
        string="New for (Days)",
        required=True,
        default=90,
        limits=(1, MAX_DAYS),
        help="A customer is new for this many days after the first purchase.",
    )
    lost_days = fields.Integer(
        string="Lost after (Days)",
        required=True,
        default=365,
        limits=(1, MAX_DAYS),
        help="A customer without a purchase for longer than this is lost.",
    )
    growth_rate = fields.Float(
        string="Growing from (%)",
        default=20.0,
        limits=(0, 1000),
        help="A customer grows when the revenue of the last 365 days is this many "
        "percent above that of the 365 days before.",
    )
    decline_rate = fields.Float(
        string="Declining from (%)",
        default=30.0,
        limits=(0, 100),
        help="A customer declines when the revenue of the last 365 days is this many "
        "percent below that of the 365 days before.",
    )
    churn_medium = fields.Float(
        string="Medium Risk from (%)",
        default=30.0,
        limits=(0, 100),
        help="Probability of having left, in percent, from which the risk is medium.",
    )
    churn_high = fields.Float(
        string="High Risk from (%)",
        default=60.0,
        limits=(0, 100),
        help="Probability of having left, in percent, from which the risk is high.",
    )

    # Schedule
    schedule = fields.Selection(
        [
            ("daily", "Every day"),
            ("weekly", "Every week"),
            ("monthly", "Every month"),
        ],
        string="Computed",
        required=True,
        default="monthly",
        help="How often the tiers of all customers are computed automatically: in the "
        "night of each day, to Monday, or to the first of the month.",
    )

    @api.model
    def _default_tier_line_ids(self):
        return [
            Command.create(
                {
                    "tier_id": tier.id,
                    "share": tier.default_share,
                    "min_score": tier.default_min_score,
                    "min_clv": tier.default_min_clv,
                }
            )
            for tier in self.env["crm.value.tier"].search([])
        ]

    @api.constrains(lambda self: self._get_dimension_weight_fields())
    def _check_weights(self):
        names = self._get_dimension_weight_fields()
        for policy in self:
            weights = [policy[name] for name in names]
            if min(weights) < 0 or sum(weights) != 100:
                raise ValidationError(
                    self.env._(
                        "The weights must not be negative and must sum to 100 %%; they "
                        "sum to %(total)s %%. Change one of: %(names)s.",
                        total=sum(weights),
                        names=format_list(
                            self.env,
                            [
                                self._fields[name]._description_string(self.env)
                                for name in names
                            ],
                        ),
                    )
                )

    @api.constrains("new_days", "lost_days")
    def _check_lifecycle(self):
        for policy in self:
            if policy.lost_days <= policy.new_days:
                raise ValidationError(
                    self.env._(
                        "A customer must be new for at least one day, and lost only "
                        "after that: “Lost after” must be larger than “New for”."
                    )
                )

    @api.constrains("churn_medium", "churn_high")
    def _check_churn_levels(self):
        for policy in self:
            if policy.churn_medium >= policy.churn_high:
                raise ValidationError(
                    self.env._(
                        "High risk must begin above medium risk: raise “High Risk from” "
                        "or lower “Medium Risk from”."
                    )
                )

    @api.constrains("tier_rule", "tier_line_ids")
    def _check_tier_lines(self):
        for policy in self:
            lines = policy.tier_line_ids.sorted()
            if len(lines) < 2:
                raise ValidationError(
                    self.env._("A value model needs at least two tiers.")
                )
            if (
                policy.tier_rule.startswith("share")
                and sum(lines.mapped("share")) > 100.001
            ):
                raise ValidationError(
                    self.env._(
                        "The shares of the tiers sum to %(total)s %%: reduce one, they "
                        "cannot exceed 100 %%.",
                        total=round(sum(lines.mapped("share")), 2),
                    )
                )
            limit = {"score": "min_score", "clv": "min_clv"}.get(policy.tier_rule)
            if limit:
                limits = lines[:-1].mapped(limit)
                if any(
                    lower >= upper
                    for upper, lower in zip(limits, limits[1:], strict=False)
                ):
                    raise ValidationError(
                        self.env._(
                            "The tiers overlap: each must begin below the one before "
                            "it. The best tier has the highest minimum."
                        )
                    )

    @api.model
    def _get_dimension_weight_fields(self):
        """Names of the weight fields, one per dimension. They sum to 100."""
        dimensions = self.env["crm.value.engine"]._get_all_dimensions()
        return [dimension.weight_field for dimension in dimensions]

    @api.model
    def _get_parameter_fields(self):
        """Hook: names of the fields that a computation depends on, tiers aside."""
        return [
            "source", "include_zero", "window_days", "min_customers", "tier_rule",
            "hysteresis", "margin_rate", "discount_rate", "horizon_years",
            "min_repeaters", "new_days", "lost_days", "growth_rate", "decline_rate",
            "churn_medium", "churn_high", *self._get_dimension_weight_fields(),
        ]  # fmt: skip

    def _get_parameters(self):
        """What a run keeps of the model, so that it can be read after a change.

        :return: dict of plain values by field name, and ``tiers``: the limits, best first
        """
        self.ensure_one()
        return {
            **{name: self[name] for name in self._get_parameter_fields()},
            "tiers": [
                {
                    "tier_id": line.tier_id.id,
                    "share": line.share,
                    "min_score": line.min_score,
                    "min_clv": line.min_clv,
                }
                for line in self.tier_line_ids.sorted()
            ],
        }
