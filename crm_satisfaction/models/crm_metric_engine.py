"""Metrics of satisfaction.

CSAT is the share of satisfied answers, 4 and 5 on the scale of 5, among all answers (the
"top two boxes" of https://en.wikipedia.org/wiki/Customer_satisfaction and of
https://www.qualtrics.com/articles/customer-experience/what-is-csat/). NPS is the share of
promoters, 9 and 10, less that of detractors, 0 to 6, from -100 to 100 (Frederick F.
Reichheld, "The One Number You Need to Grow", Harvard Business Review, December 2003).
"""

from odoo import api, models
from odoo.tools import SQL


class CrmMetricEngine(models.AbstractModel):
    """CSAT, NPS and number of answers, for the salesperson whose work was rated."""

    _inherit = "crm.metric.engine"

    @api.model
    def _flush_sources(self):
        self.env["crm.satisfaction.answer"].flush_model()
        return super()._flush_sources()

    @api.model
    def _get_answers_sql(self, job, numerator, denominator, kind=None):
        """Overall answers of the month, with the tier of the customer on that day.

        Customers without a tier on that day count for theirs at the end of the month.
        """
        return SQL(
            """
            SELECT answer.team_id, answer.user_id,
                   COALESCE(answer.tier_id, tier.tier_id) AS tier_id,
                   %(numerator)s AS numerator, %(denominator)s AS denominator
              FROM crm_satisfaction_answer answer
              LEFT JOIN res_partner partner ON partner.id = answer.partner_id
              LEFT JOIN crm_metric_tier tier
                ON tier.partner_id = partner.commercial_partner_id
             WHERE answer.company_id = ANY(%(companies)s)
               AND answer.date >= %(start)s AND answer.date < %(end)s
               AND %(counted)s AND %(kind)s
             GROUP BY 1, 2, 3
            """,
            numerator=numerator,
            denominator=denominator,
            companies=job.company._get_value_company_ids(),
            start=job.date_from,
            end=job.end,
            counted=self.env["crm.satisfaction.answer"]._get_counted_sql(),
            kind=SQL("answer.kind = %s", kind) if kind else SQL("TRUE"),
        )

    @api.model
    def _collect_metric_csat(self, job):
        """Satisfied answers by all CSAT answers."""
        return self._get_answers_sql(
            job,
            SQL("COUNT(*) FILTER (WHERE answer.verdict = 'positive')"),
            SQL("COUNT(*)"),
            "csat",
        )

    @api.model
    def _collect_metric_csat_mean(self, job):
        """Sum of the CSAT answers by their number."""
        return self._get_answers_sql(
            job, SQL("SUM(answer.answer)"), SQL("COUNT(*)"), "csat"
        )

    @api.model
    def _collect_metric_nps(self, job):
        """100 for each promoter, -100 for each detractor, by all NPS answers."""
        return self._get_answers_sql(
            job, SQL("SUM(answer.nps_points)"), SQL("COUNT(*)"), "nps"
        )

    @api.model
    def _collect_metric_satisfaction_answers(self, job):
        """Number of answers of all kinds."""
        return self._get_answers_sql(job, SQL("COUNT(*)"), SQL("NULL::numeric"))
