from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merged contacts are one customer, with one profile and one history.

    Left alone the wizard would delete all profiles of the contacts that go, history
    included, as soon as a single one of them is in a company in which the contact that
    stays has a profile too.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        sources, heir = src_partners.sudo(), dst_partner.sudo()
        before = (sources | heir).commercial_partner_id
        customer = heir.commercial_partner_id
        if customer != heir:
            # merged into somebody's contact: the decision was not about that company
            overrides = self.env["crm.value.override"].sudo()
            overrides.search([("partner_id", "in", sources.ids)]).action_end()
        self.env["crm.value.profile"]._follow_customer(sources, customer)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        customers = (before - sources) | customer
        self.env["crm.value.override"].sudo()._update_leads(customers.ids)
        customers._mark_value_dirty()
        return result
