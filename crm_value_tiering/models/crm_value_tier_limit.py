from odoo import fields, models

from .crm_limits_mixin import MAX_AMOUNT


class CrmValueTierLimit(models.AbstractModel):
    """Where a tier begins, by each of the rules there are."""

    _name = "crm.value.tier.limit"
    _inherit = "crm.limits.mixin"
    _description = "Tier Limit"
    _order = "sequence, id"
    tier_id = fields.Many2one("crm.value.tier", required=True, ondelete="restrict")
    sequence = fields.Integer(related="tier_id.sequence", store=True)
    share = fields.Float(
        string="Share (%)",
        limits=(0, 100),
        help="Share of the customers, or of the revenue, in this tier, in "
        "percent. The last tier takes the rest.",
    )
    min_score = fields.Float(
        string="Minimum Score",
        limits=(0, 100),
        help="Value score (0 to 100) at which the tier begins.",
    )
    min_clv = fields.Float(
        string="Minimum Lifetime Value",
        limits=(0, MAX_AMOUNT),
        help="Predicted lifetime value, in company currency, at which the tier begins.",
    )
    _share_range = models.Constraint(
        "CHECK (share >= 0 AND share <= 100)", "A share is between 0 % and 100 %."
    )
    _score_range = models.Constraint(
        "CHECK (min_score >= 0 AND min_score <= 100)",
        "The value score is between 0 and 100.",
    )
    _clv_positive = models.Constraint(
        "CHECK (min_clv >= 0)", "A minimum lifetime value cannot be negative."
    )
