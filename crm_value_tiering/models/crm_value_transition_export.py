from odoo import api, models


class CrmValueTransition(models.Model):
    """What changed, as an Excel file."""

    _inherit = "crm.value.transition"

    def action_export_xlsx(self):
        """Download the selected changes, or all that the list shows."""
        return self.env["crm.value.export"]._request(self)

    @api.model
    def _get_export_columns(self, with_reasons=True):
        """Hook: list of (header, kind, function of a change), in order."""
        return self.env["crm.value.export"]._get_columns(
            self,
            [
                "date",
                "partner_id",
                "company_id",
                "user_id",
                "kind",
                "direction",
                "from_tier_id",
                "to_tier_id",
                "from_lifecycle",
                "to_lifecycle",
                "from_score",
                "to_score",
                "reason",
                "note",
            ],
        )
