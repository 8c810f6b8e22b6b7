from odoo import api, models
from odoo.tools import SQL


class CrmMetricEngine(models.AbstractModel):
    """CSS: customer satisfaction with support."""

    _inherit = "crm.metric.engine"

    @api.model
    def _collect_metric_css(self, job):
        """Satisfied answers about the service by all of them."""
        return SQL(
            """
            SELECT answer.team_id, answer.user_id,
                   COALESCE(answer.tier_id, tier.tier_id) AS tier_id,
                   COUNT(*) FILTER (WHERE answer.verdict = 'positive') AS numerator,
                   COUNT(*) AS denominator
              FROM crm_satisfaction_answer answer
              LEFT JOIN res_partner partner ON partner.id = answer.partner_id
              LEFT JOIN crm_metric_tier tier
                ON tier.partner_id = partner.commercial_partner_id
             WHERE answer.company_id = ANY(%(companies)s)
               AND answer.date >= %(start)s AND answer.date < %(end)s
               AND answer.kind = 'csat' AND answer.dimension = 'service'
               AND answer.is_withdrawn IS NOT TRUE
             GROUP BY 1, 2, 3
            """,
            companies=job.company._get_value_company_ids(),
            start=job.date_from,
            end=job.end,
        )
