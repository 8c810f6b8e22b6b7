from odoo import models


class ResPartner(models.Model):
    """A contact that joins, leaves or changes its company takes its value along."""

    _inherit = "res.partner"

    def write(self, vals):
        if not {"parent_id", "is_company", "active"} & vals.keys():
            return super().write(vals)
        partners = self.sudo()
        before = partners.commercial_partner_id
        result = super().write(vals)
        partners._move_value(before)
        return result

    def _move_value(self, before):
        """Bring profiles in line with the customers that these contacts belong to now.

        :param before: the commercial partners that they belonged to
        """
        after = self.commercial_partner_id
        if before != after:
            joined = self.filtered(lambda p: p.commercial_partner_id != p)
            # what somebody decided about a person is not meant for a company
            overrides = self.env["crm.value.override"]
            overrides.search([("partner_id", "in", joined.ids)]).action_end()
            for customer, partners in joined.grouped("commercial_partner_id").items():
                self.env["crm.value.profile"]._follow_customer(partners, customer)
            overrides._update_leads(after.ids)
        (before | after)._mark_value_dirty()

    def _mark_value_dirty(self):
        """The figures of these customers are no longer those of their orders.

        Called with commercial partners whose orders became more or fewer without any
        order being touched: merged, moved to another company, archived, taken back.
        """
        self.env["crm.value.dirty"]._mark(self.ids)
