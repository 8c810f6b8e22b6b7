from odoo import fields, models


class CrmValueSetupTier(models.TransientModel):
    """Where a tier would begin, while it is being tried."""

    _name = "crm.value.setup.tier"
    _description = "Tier Limit in Set-up"
    _inherit = ["crm.line.mixin", "crm.value.tier.limit"]
    _order = "sequence, id"
    _line_of = "setup_id"
    tier_id = fields.Many2one(ondelete="cascade")  # a try must not keep a tier
    setup_id = fields.Many2one("crm.value.setup", required=True, ondelete="cascade")
    _tier_uniq = models.Constraint(
        "UNIQUE (setup_id, tier_id)", "A value model can contain a tier only once."
    )
