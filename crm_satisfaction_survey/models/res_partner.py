from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def unlink(self):
        """What the person wrote in a survey goes with them."""
        inputs = self.env["survey.user_input"].sudo()
        inputs = inputs.search([("partner_id", "in", self.ids)])
        inputs._erase_satisfaction_person()
        return super().unlink()
