from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm.models.crm_stage import AVAILABLE_PRIORITIES

NO_STARS = AVAILABLE_PRIORITIES[0][0]


class CrmLead(models.Model):
    """A lead without stars gets those of its tier, at the moment it gets the tier.

    That is when the lead is created, when its customer, company or salesperson changes,
    when the customer's tier is computed anew or set by hand. Stars that are there stay,
    and so does a lead whose stars somebody took away, until its tier changes again. Won
    and lost leads are left alone.
    """

    _inherit = "crm.lead"

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._raise_priority_to_tier()
        return leads

    def write(self, vals):
        if not {"partner_id", "company_id", "user_id"} & vals.keys():
            return super().write(vals)
        before = {lead: lead.value_tier_id for lead in self.sudo()}
        result = super().write(vals)
        self.sudo().filtered(
            lambda lead: lead.value_tier_id != before[lead]
        )._raise_priority_to_tier()
        return result

    def _raise_priority_to_tier(self):
        """Give open leads without stars those of their tier."""
        waiting = self.sudo().filtered(
            lambda lead: (
                (lead.priority or NO_STARS) == NO_STARS
                and lead.active
                and lead.won_status == "pending"
                and (lead.value_tier_id.lead_priority or NO_STARS) != NO_STARS
            )
        )
        for tier, leads in waiting.grouped("value_tier_id").items():
            leads.priority = tier.lead_priority

    @api.model
    def _get_priority_sql(self, lead, tier_id):
        """SQL: the priority of ``lead``, an alias, once it gets the tier ``tier_id``."""
        return SQL(
            """
            CASE WHEN COALESCE(%(priority)s, %(none)s) = %(none)s
                  AND %(active)s AND %(status)s = 'pending'
                 THEN COALESCE((SELECT tier.lead_priority FROM crm_value_tier tier
                                 WHERE tier.id = %(tier)s), %(priority)s)
                 ELSE %(priority)s END
            """,
            priority=SQL.identifier(lead, "priority"),
            active=SQL.identifier(lead, "active"),
            status=SQL.identifier(lead, "won_status"),
            none=NO_STARS,
            tier=tier_id,
        )
