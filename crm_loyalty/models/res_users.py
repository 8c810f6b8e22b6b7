from odoo import api, models


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "crm.named.mixin"]

    @api.model
    def _get_naming_fields(self):
        """Whoever decided on points stays known."""
        return [
            *super()._get_naming_fields(),
            ("crm.loyalty.adjustment", "decided_by_id"),
            ("crm.loyalty.referral", "allowed_by_id"),
        ]
