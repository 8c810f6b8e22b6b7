from odoo import api, models


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "crm.named.mixin"]

    @api.model
    def _get_naming_fields(self):
        """Points are owed: the ledger is never deleted."""
        return [
            *super()._get_naming_fields(),
            *(
                (f"crm.loyalty.{name}", "company_id")
                for name in (
                    "member",
                    "lot",
                    "document",
                    "adjustment",
                    "move",
                    "referral",
                )
            ),
        ]
