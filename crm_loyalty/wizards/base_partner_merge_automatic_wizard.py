from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merged contacts: the ledger brings their points together before Odoo does.

    Odoo's wizard updates every foreign key with SQL, and deletes all rows of a contact
    where one of them is in the way; its own merge of cards would add balances behind the
    ledger's back. Members and their cards belong to the contact that stays before either
    looks.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        members = self.env["crm.loyalty.member"].sudo()
        members.search([("partner_id", "in", src_partners.ids)])._move_partner(
            dst_partner
        )
        self.env.flush_all()
        return super()._update_foreign_keys(src_partners, dst_partner)
