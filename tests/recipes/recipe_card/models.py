from odoo import models


class CrmValueProfile(models.Model):
    _inherit = "crm.value.profile"

    def _get_card_figures(self):
        quotations = self.env["sale.order"].search_count(
            [
                ("partner_id", "child_of", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "in", ("draft", "sent")),
            ]
        )
        return super()._get_card_figures() + [
            {
                "name": "open_quotations",
                "label": self.env._("Open Quotations"),
                "value": str(quotations),
            }
        ]
