from odoo import api, models
from odoo.tools import SQL


class CrmMetricEngine(models.AbstractModel):
    """Sales metrics: revenue, acquisition cost, won and lost leads."""

    _inherit = "crm.metric.engine"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _collect_metric_revenue(self, job):
        """Untaxed revenue less refunds, for the salesperson of the sale."""
        return SQL(
            """
            SELECT event.team_id, event.user_id, tier.tier_id,
                   SUM(event.amount) AS numerator, NULL::numeric AS denominator
              FROM crm_metric_event event
              LEFT JOIN crm_metric_tier tier ON tier.partner_id = event.partner_id
             WHERE event.day >= %s AND event.day < %s
             GROUP BY event.team_id, event.user_id, tier.tier_id
            """,
            job.date_from,
            job.end,
        )

    @api.model
    def _collect_metric_cac(self, job):
        """Costs of the month by new customers of the month.

        Per team only: a cost belongs to a team or to the whole company, never to a
        person or a tier. A team without costs has customers but no known numerator:
        its figure stays empty instead of zero.
        """
        return SQL(
            """
            (%(costs)s)
             UNION ALL
            SELECT team_id, NULL, NULL, NULL::numeric, numerator::numeric
              FROM (%(customers)s) customer
            """,
            costs=self.env["crm.campaign.cost"]._get_month_sql(
                job.company, job.date_from, job.end
            ),
            customers=self._collect_metric_customers_new(job),
        )

    @api.model
    def _get_closed_leads_sql(self, job, numerator, denominator, where=None):
        """Leads closed in the month, for their salesperson, with the customer's tier.

        A lead without a company counts for that of its salesperson, else for the first
        company.
        """
        return SQL(
            """
            SELECT lead.team_id, lead.user_id, tier.tier_id,
                   SUM(%(numerator)s) AS numerator, SUM(%(denominator)s) AS denominator
              FROM crm_lead lead
              LEFT JOIN res_users seller ON seller.id = lead.user_id
              LEFT JOIN res_partner partner ON partner.id = lead.partner_id
              LEFT JOIN crm_metric_tier tier
                ON tier.partner_id = partner.commercial_partner_id
             WHERE lead.date_closed >= %(start)s AND lead.date_closed < %(end)s
               AND lead.won_status IN ('won', 'lost')
               AND COALESCE(lead.company_id, seller.company_id, %(main)s)
                   = ANY(%(companies)s)
               AND %(where)s
             GROUP BY lead.team_id, lead.user_id, tier.tier_id
            """,
            numerator=numerator,
            denominator=denominator,
            start=job.start,
            end=job.stop,
            main=self.env["crm.lead"]._get_default_value_company().id,
            companies=job.company._get_value_company_ids(),
            where=where or SQL("TRUE"),
        )

    @api.model
    def _collect_metric_conversion(self, job):
        """Won leads by all leads closed in the month, won or lost."""
        return self._get_closed_leads_sql(
            job, SQL("(lead.won_status = 'won')::int"), SQL("1")
        )

    @api.model
    def _collect_metric_sales_cycle(self, job):
        """Days from creation to closing, of the leads won in the month.

        An imported one that was closed before it was created here says nothing about
        the time it took. (Odoo closes to the second, and creates to the microsecond.)
        """
        return self._get_closed_leads_sql(
            job,
            SQL(
                "ROUND(EXTRACT(EPOCH FROM lead.date_closed - lead.create_date) / 86400,"
                " 4)"
            ),
            SQL("1"),
            SQL(
                "lead.won_status = 'won'"
                " AND lead.date_closed >= date_trunc('second', lead.create_date)"
            ),
        )
