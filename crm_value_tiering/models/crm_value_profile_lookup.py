from odoo import api, models


class CrmValueProfile(models.Model):
    """Which tier a customer has: the one place where it is looked up."""

    _inherit = "crm.value.profile"

    @api.model
    def _get_tiers(self, partners, companies):
        """Tiers of the commercial entities of ``partners`` in each of ``companies``.

        :return: dict (id of the commercial partner, id of the company) → tier; without an
            entry, or with an empty tier, there is none. Unsaved contacts count as what
            they were before.
        """
        customers = partners.commercial_partner_id._origin
        if not customers or not companies:
            return {}
        profiles = self.search_fetch(
            [("partner_id", "in", customers.ids), ("company_id", "in", companies.ids)],
            ["partner_id", "company_id", "tier_id"],
        )
        return {
            (profile.partner_id.id, profile.company_id.id): profile.tier_id
            for profile in profiles
        }
