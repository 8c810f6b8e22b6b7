from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import (
    MAX_AMOUNT,
    MAX_DATE,
    MIN_DATE,
)


class CrmCampaignCost(models.Model):
    """Money spent on winning customers: an amount of a campaign over a period."""

    _name = "crm.campaign.cost"
    _inherit = ["crm.company.mixin", "crm.limits.mixin"]
    _description = "Campaign Cost"
    _order = "date_from desc, id desc"

    name = fields.Char(
        string="Description",
        help="For example “search advertising” or “fair, stand and travel”.",
    )
    campaign_id = fields.Many2one(
        "utm.campaign", required=True, index=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The team the campaign worked for. Empty: the whole company.",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: fields.Date.start_of(
            fields.Date.context_today(self), "month"
        ),
        limits=(MIN_DATE, MAX_DATE),
        help="First day over which the amount is spread.",
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: fields.Date.end_of(
            fields.Date.context_today(self), "month"
        ),
        limits=(MIN_DATE, MAX_DATE),
        help="Last day over which the amount is spread. Each month bears its days' "
        "share, exact to the cent.",
    )
    amount = fields.Monetary(required=True, limits=(0, MAX_AMOUNT))

    _period = models.Constraint(
        "CHECK (date_to >= date_from)",
        "A cost cannot end before it begins: correct one of the two days.",
    )
    _amount_positive = models.Constraint(
        "CHECK (amount >= 0)", "Enter the cost as a positive amount."
    )

    @api.depends("name", "campaign_id")
    def _compute_display_name(self):
        for cost in self:
            cost.display_name = cost.name or cost.campaign_id.display_name

    @api.model
    def _get_month_sql(self, company, date_from, end):
        """Rows of a metric: what of the costs falls on the days [date_from, end).

        Each day bears the same; what the days up to a date bear is rounded as a whole
        and the difference taken, so that the months of a cost sum to its amount.
        """
        return SQL(
            """
            SELECT cost.team_id, NULL::int AS user_id, NULL::int AS tier_id,
                   SUM(%(until_end)s - %(until_start)s) AS numerator,
                   NULL::numeric AS denominator
              FROM crm_campaign_cost cost
             WHERE cost.company_id = ANY(%(companies)s)
               AND cost.date_from < %(end)s AND cost.date_to >= %(start)s
             GROUP BY cost.team_id
            """,
            until_end=self._get_borne_sql(company, end),
            until_start=self._get_borne_sql(company, date_from),
            companies=company._get_value_company_ids(),
            start=date_from,
            end=end,
        )

    @api.model
    def _get_borne_sql(self, company, day):
        """What the days of ``cost`` before ``day`` bear."""
        return SQL(
            """
            ROUND(cost.amount * GREATEST(0, LEAST(cost.date_to + 1, %s::date)
                                            - cost.date_from)
                  / (cost.date_to + 1 - cost.date_from), %s)
            """,
            day,
            company.currency_id.decimal_places,
        )
