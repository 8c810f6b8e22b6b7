from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_record_churn(self):
        """Open the dialog that records why the customer left."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why Did They Leave?"),
            "res_model": "crm.churn.record",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": self.commercial_partner_id.id,
                "default_company_id": self.env.company.id,
            },
        }
