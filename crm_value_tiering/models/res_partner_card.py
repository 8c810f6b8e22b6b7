from odoo import api, models

from .res_partner import VALUE_GROUP


class ResPartner(models.Model):
    """The customer card: one small question from forms of every kind."""

    _inherit = "res.partner"

    @api.readonly
    def get_value_card(self, company_id=False):
        """What the customer card shows of each contact, for the web client.

        The number of queries does not grow with the number of contacts, but for the
        reasons in words.

        :param company_id: id of the company whose value to show, as on a document of
            that company; default: the current one
        :return: list of dicts, in the order of ``self``: ``partner_id``, ``company``
            (its name, when the user works for several) and, with a profile, what
            ``crm.value.profile._get_card`` says; ``profile_id`` is False without one.
            Contacts that the user may not read, and all of them for a user without the
            right to customer value or to the company, are left out.
        """
        if not self.env.user.has_group(VALUE_GROUP):
            return []
        company = self.env["res.company"].browse(company_id or self.env.company.id)
        if company not in self.env.companies:
            return []
        partners = self.with_company(company)._filtered_access("read")
        several = len(self.env.user.company_ids) > 1
        cards = []
        for partner in partners:
            card = {"partner_id": partner.id, "profile_id": False}
            card["company"] = company.name if several else ""
            if partner.value_profile_id:
                card.update(partner.value_profile_id._get_card())
            cards.append(card)
        return cards

    def action_open_value_profile(self):
        """Open the value of the contact's commercial entity."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customer Value"),
            "res_model": "crm.value.profile",
            "res_id": self.value_profile_id.id,
            "views": [(False, "form")],
        }
