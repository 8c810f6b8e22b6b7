from odoo import api, models


class CrmValueProfile(models.Model):
    """A profile goes where its customer goes: merged, or somebody's contact now."""

    _inherit = "crm.value.profile"

    @api.model
    def _follow_customer(self, partners, customer):
        """Make ``customer`` the heir of the profiles of ``partners``, with their history.

        In each company the customer's own profile stays, with tier and figures as they
        are; without one it takes over the one with the most revenue. Whatever refers
        to another profile refers to that one afterwards, so that the history of all
        can be read; changes that were not its own are marked as merged. The figures
        follow with the next computation.

        :param partners: contacts that are customers of their own no more
        :param customer: the commercial partner that they belong to now
        """
        profiles = self.sudo().search(
            [("partner_id", "in", (partners | customer).ids)], order="id"
        )
        for siblings in profiles.grouped("company_id").values():
            heir = siblings.filtered(lambda p: p.partner_id == customer)
            heir = heir or max(siblings, key=lambda p: (p.revenue_total, -p.id))
            heir._absorb(siblings - heir)
            if heir.partner_id != customer:
                heir._get_transitions().partner_id = customer
                heir.partner_id = customer

    def _get_transitions(self):
        return self.env["crm.value.transition"].search([("profile_id", "in", self.ids)])

    def _absorb(self, others):
        """Take over all that refers to ``others``, and delete them."""
        self.ensure_one()
        if not others:
            return
        transitions = others._get_transitions()
        transitions.write({"is_merged": True, "partner_id": self.partner_id.id})
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._update_foreign_keys_generic(self._name, others, self)
        wizard._update_reference_fields_generic(self._name, others, self)
        others.unlink()
