from odoo import fields, models


class CrmValueModelTier(models.Model):
    """Where a tier begins, in one version of a company's value model."""

    _name = "crm.value.model.tier"
    _description = "Tier Limit"
    _inherit = "crm.value.tier.limit"
    _order = "sequence, id"

    model_id = fields.Many2one(
        "crm.value.model", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="model_id.company_id", store=True)

    _tier_uniq = models.Constraint(
        "UNIQUE (model_id, tier_id)", "A tier can stand in a value model only once."
    )
