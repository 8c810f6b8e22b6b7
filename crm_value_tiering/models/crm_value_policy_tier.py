from odoo import api, fields, models

from ..context import OURS


class CrmValuePolicyTier(models.Model):
    """Where a tier begins, in one version of a company's value model."""

    _name = "crm.value.policy.tier"
    _description = "Tier Limit"
    _inherit = ["crm.line.mixin", "crm.value.tier.limit"]
    _order = "sequence, id"
    _line_of = "policy_id"
    policy_id = fields.Many2one(
        "crm.value.policy", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="policy_id.company_id", store=True)
    _tier_uniq = models.Constraint(
        "UNIQUE (policy_id, tier_id)", "A value model can contain a tier only once."
    )

    @api.constrains("tier_id", "share", "min_score", "min_clv")
    def _check_with_the_others(self):
        """A line changed alone; together with others, their model is checked at last."""
        if self.env.context.get("crm_value_lines") is not OURS:
            self.policy_id._check_tier_lines()

    def unlink(self):
        policies = self.policy_id
        result = super().unlink()
        if self.env.context.get("crm_value_lines") is not OURS:
            policies.exists()._check_tier_lines()
        return result
