from odoo import api, models


class CrmValueTier(models.Model):
    _name = "crm.value.tier"
    _inherit = ["crm.value.tier", "crm.named.mixin"]

    @api.model
    def _get_naming_fields(self):
        return [*super()._get_naming_fields(), ("crm.incentive.weight", "tier_id")]
