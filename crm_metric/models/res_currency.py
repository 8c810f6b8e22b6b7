from odoo import api, models


class ResCurrency(models.Model):
    _name = "res.currency"
    _inherit = ["res.currency", "crm.named.mixin"]

    @api.model
    def _get_naming_fields(self):
        """Of a company that changed its currency, the earlier figures name the old one."""
        return [
            *super()._get_naming_fields(),
            ("crm.metric.fact", "currency_id"),
            ("crm.metric.cohort", "currency_id"),
        ]
