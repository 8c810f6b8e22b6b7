from odoo import api, models
from odoo.exceptions import ValidationError


class LoyaltyRule(models.Model):
    _inherit = "loyalty.rule"

    @api.constrains("program_id")
    def _check_crm_ledger(self):
        if any(self.sudo().program_id.mapped("crm_ledger")):
            raise ValidationError(
                self.env._(
                    "A program with a points ledger has no conditional rules: they "
                    "would give points a second time."
                )
            )
