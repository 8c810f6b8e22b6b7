from odoo import fields, models


class CrmIncentiveWeight(models.Model):
    """What a tier weighs in a version of a plan: the bounds, and the value in between."""

    _name = "crm.incentive.weight"
    _inherit = [
        "crm.incentive.part.mixin",
        "crm.guard.mixin",
        "crm.limits.mixin",
    ]
    _description = "Weight of a Tier"
    _order = "version_id, tier_id"
    _rec_name = "tier_id"

    tier_id = fields.Many2one("crm.value.tier", required=True, ondelete="restrict")
    weight_low = fields.Float(
        string="From (%)",
        digits=(7, 2),
        required=True,
        default=0,
        aggregator=None,
        limits=(0, 1000),
    )
    weight_high = fields.Float(
        string="To (%)",
        digits=(7, 2),
        required=True,
        default=100,
        aggregator=None,
        limits=(0, 1000),
    )
    weight = fields.Float(
        string="Weight (%)",
        digits=(7, 2),
        required=True,
        aggregator=None,
        limits=(0.01, 1000),
        help="The value that counts, within the bounds.",
    )
    is_reference = fields.Boolean(
        string="Reference",
        help="The tier that the others are compared with, and that customers without a "
        "tier are taken for.",
    )

    _tier_once = models.Constraint(
        "UNIQUE(version_id, tier_id)", "Each tier has one weight."
    )
    _weight_in_bounds = models.Constraint(
        "CHECK (weight >= weight_low AND weight <= weight_high)",
        "A weight is within its bounds.",
    )
