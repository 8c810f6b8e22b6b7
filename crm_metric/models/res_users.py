from odoo import api, models


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "crm.named.mixin"]

    @api.model
    def _get_naming_fields(self):
        """Targets were set for the person; figures are added to others."""
        return [
            *super()._get_naming_fields(),
            ("crm.metric.target", "user_id"),
            ("crm.metric.plan", "user_id"),
            ("crm.metric.measure", "user_id"),
        ]

    def unlink(self):
        self.env["crm.metric.fact"].sudo()._release("user_id", self.ids)
        return super().unlink()
