from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merged contacts: the remaining contact has all answers, each counted once."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        result = super()._update_foreign_keys(src_partners, dst_partner)
        answers = self.env["crm.satisfaction.answer"].sudo()
        answers.search([("partner_id", "=", dst_partner.id)])._renew_keys()
        return result
