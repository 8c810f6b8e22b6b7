from odoo import fields, models


class CrmLoyaltyMultiplier(models.Model):
    """How many points customers of a value tier get."""

    _name = "crm.loyalty.multiplier"
    _inherit = ["crm.line.mixin", "crm.limits.mixin"]
    _description = "Points by Value Tier"
    _order = "program_id, id"
    _line_of = "program_id"

    program_id = fields.Many2one(
        "loyalty.program", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="program_id.company_id", store=True, index=True
    )
    tier_id = fields.Many2one("crm.value.tier", required=True, ondelete="cascade")
    percent = fields.Integer(
        string="Points (%)",
        required=True,
        default=100,
        limits=(0, 10_000),
        help="100: as many as everybody. 150: one and a half times as many. 0: none.",
    )

    _tier_uniq = models.Constraint(
        "UNIQUE(program_id, tier_id)", "Each tier has one line."
    )
