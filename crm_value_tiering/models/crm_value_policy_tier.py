from odoo import fields, models


class CrmValuePolicyTier(models.Model):
    """Where a tier begins, in one version of a company's value model."""

    _name = "crm.value.policy.tier"
    _description = "Tier Limit"
    _inherit = "crm.value.tier.limit"
    _order = "sequence, id"
    policy_id = fields.Many2one(
        "crm.value.policy", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="policy_id.company_id", store=True)
    _tier_uniq = models.Constraint(
        "UNIQUE (policy_id, tier_id)", "A value model can contain a tier only once."
    )
