from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm.models.crm_stage import AVAILABLE_PRIORITIES

NO_STARS = AVAILABLE_PRIORITIES[0][0]


class CrmLead(models.Model):
    _inherit = "crm.lead"

    # Stored, unlike on contacts: predictive lead scoring reads the raw column.
    value_tier_id = fields.Many2one(
        "crm.value.tier",
        compute="_compute_value_tier_id",
        store=True,
        index="btree_not_null",
        ondelete="set null",
        groups="crm_value_tiering.group_value_user",
        help="Tier of the customer in the company of the lead; without one, only while "
        "there is a single company. Won and lost leads keep the tier of the day they "
        "were closed.",
    )
    # Not as superuser: the colour names the tier, and can be searched and sorted by.
    value_tier_color = fields.Integer(
        related="value_tier_id.color",
        related_sudo=False,
        groups="crm_value_tiering.group_value_user",
    )
    value_company_id = fields.Many2one(
        "res.company",
        compute="_compute_value_company_id",
        compute_sudo=True,
        groups="crm_value_tiering.group_value_user",
        help="Company whose value the customer card shows: that of the tier.",
    )

    @api.depends("partner_id", "company_id", "won_status")
    def _compute_value_tier_id(self):
        """Tier of the commercial entity, when the lead gets its customer, when it is
        closed, when it is taken up again. A computation of tiers updates open leads in
        SQL."""
        companies = {
            lead: lead._get_value_company() for lead in self if lead.partner_id
        }
        tiers = self.env["crm.value.profile"]._get_tiers(
            self.partner_id,
            self.env["res.company"].union(*companies.values()),
        )
        for lead in self:
            company = companies.get(lead)
            partner = lead.partner_id.commercial_partner_id
            key = (partner._origin.id, company.id) if company else None
            lead.value_tier_id = tiers.get(key)

    @api.depends("company_id")
    @api.depends_context("allowed_company_ids")
    def _compute_value_company_id(self):
        """The card shows the same company as the tier beside it; on a lead that belongs
        to all companies, or to one that the user does not work in, the current one."""
        for lead in self:
            company = lead._get_value_company()
            allowed = company in self.env.companies
            lead.value_company_id = company if allowed else self.env.company

    @api.model
    def _get_open_lead_sql(self, lead):
        """Hook: SQL, whether the tier of ``lead``, an alias, still follows the customer.

        Won and lost leads keep the tier of the day they were closed, so that predictive
        lead scoring learns what was known then: a customer is better *because* a lead
        was won. Taken up again, a lead gets the present tier, and follows.
        """
        field = self._fields["won_status"]
        return SQL("%s = 'pending'", SQL.identifier(lead, "won_status", to_flush=field))

    def _get_value_company(self):
        """The company whose tiers apply to the lead.

        A lead without a company is seen by all of them: the tier that one of them gives
        the customer is not for the others, so it has none unless there is a single one.
        """
        self.ensure_one()
        company = self.company_id or self._get_only_company()
        return company._get_value_root()

    @api.model
    def _get_only_company(self):
        """The company of a database that has no other, but for branches; else none."""
        main = [("parent_id", "=", False)]
        companies = self.env["res.company"].sudo().search(main, limit=2)
        return companies if len(companies) == 1 else companies.browse()

    @api.model
    def _get_default_value_company(self):
        """The first company: leads without a company and a salesperson count for it."""
        return self.env["res.company"].sudo().search([], order="id", limit=1)

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
