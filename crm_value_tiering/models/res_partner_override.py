from odoo import fields, models

from .res_partner import VALUE_GROUP


class ResPartner(models.Model):
    _inherit = "res.partner"

    value_override_id = fields.Many2one(
        "crm.value.override",
        string="Tier Set by Hand",
        compute="_compute_value_fields",
        groups=VALUE_GROUP,
    )

    def _get_value_fields(self):
        return super()._get_value_fields() | {"value_override_id": "override_id"}

    def action_set_value_tier(self):
        """Open the wizard that sets the tier of the customer by hand."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Tier"),
            "res_model": "crm.value.override.set",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": self.commercial_partner_id.id,
                "default_company_id": self.env.company.id,
            },
        }

    def action_record_value_loss(self):
        """Open the dialog that records why the customer left."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why Did They Leave?"),
            "res_model": "crm.value.loss",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": self.commercial_partner_id.id,
                "default_company_id": self.env.company.id,
            },
        }

    def action_end_value_override(self):
        """Return the customer to the tier that the figures give."""
        self.ensure_one()
        self.value_override_id.action_end()
