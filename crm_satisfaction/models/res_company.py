from odoo import api, models


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "crm.named.mixin"]

    @api.model
    def _get_naming_fields(self):
        """Answers are never deleted: reported figures would change."""
        return [
            *super()._get_naming_fields(),
            ("crm.satisfaction.answer", "company_id"),
        ]
