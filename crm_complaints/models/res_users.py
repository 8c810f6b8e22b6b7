from odoo import api, models


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "crm.named.mixin"]

    @api.model
    def _get_naming_fields(self):
        """Who owns an action, decided or heard a suggestion, stays known."""
        return [
            *super()._get_naming_fields(),
            ("crm.complaint.capa", "user_id"),
            ("crm.complaint.approval", "user_id"),
            ("crm.complaint", "gathered_by_id"),
            ("crm.complaint.idea", "decided_by_id"),
            ("crm.complaint.process", "user_id"),
        ]
