from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merged contacts: all answers are the heir's, and none comes in a second time."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        result = super()._update_foreign_keys(src_partners, dst_partner)
        answers = self.env["crm.satisfaction.answer"].sudo()
        answers.search([("partner_id", "=", dst_partner.id)])._renew_keys()
        return result
