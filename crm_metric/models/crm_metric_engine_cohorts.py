from odoo import api, models
from odoo.tools import SQL


class CrmMetricEngine(models.AbstractModel):
    """Cohorts: all of a company's at once, in one statement."""

    _inherit = "crm.metric.engine"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _compute_cohorts(self, job):
        """Write what changed of the company's cohorts, as of the end of the job.

        A refund from before the first purchase belongs to no cohort.

        :return: dict ``written``, ``deleted``: numbers of rows
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH customer AS (
                    SELECT event.partner_id, tier.tier_id,
                           DATE_TRUNC('month', MIN(event.day))::date AS date
                      FROM crm_metric_event event
                      LEFT JOIN crm_metric_tier tier USING (partner_id)
                     WHERE event.is_purchase AND event.day < %(end)s
                     GROUP BY event.partner_id, tier.tier_id
                ), activity AS (
                    SELECT partner_id, DATE_TRUNC('month', day)::date AS month,
                           BOOL_OR(is_purchase) AS bought, SUM(amount) AS revenue
                      FROM crm_metric_event
                     WHERE day < %(end)s
                     GROUP BY partner_id, DATE_TRUNC('month', day)
                ), active AS (
                    SELECT customer.date, customer.tier_id, activity.month,
                           COUNT(*) FILTER (WHERE activity.bought) AS buyers,
                           SUM(activity.revenue) AS revenue
                      FROM activity
                      JOIN customer ON customer.partner_id = activity.partner_id
                       AND customer.date <= activity.month
                     GROUP BY customer.date, customer.tier_id, activity.month
                ), result AS MATERIALIZED (
                    SELECT cohort.date, cohort.tier_id,
                           (EXTRACT(YEAR FROM AGE(month.month, cohort.date)) * 12
                            + EXTRACT(MONTH FROM AGE(month.month, cohort.date)))::int
                               AS months,
                           cohort.size::int AS size,
                           (CASE WHEN month.month = cohort.date THEN cohort.size
                                 ELSE 0 END)::int AS new_customers,
                           COALESCE(active.buyers, 0)::int AS buyers,
                           COALESCE(active.revenue, 0) AS revenue,
                           ROUND(100.0 * COALESCE(active.buyers, 0) / cohort.size, 6)
                               AS share
                      FROM (SELECT date, tier_id, COUNT(*) AS size FROM customer
                             GROUP BY date, tier_id) cohort
                      CROSS JOIN LATERAL (
                           SELECT GENERATE_SERIES(cohort.date, %(month)s::date,
                                                  INTERVAL '1 month')::date AS month
                      ) month
                      LEFT JOIN active
                        ON active.date = cohort.date AND active.month = month.month
                       AND active.tier_id IS NOT DISTINCT FROM cohort.tier_id
                ), gone AS (
                    DELETE FROM crm_metric_cohort cohort
                     WHERE cohort.company_id = %(company)s
                       AND NOT EXISTS (
                           SELECT FROM result
                            WHERE result.date = cohort.date
                              AND result.months = cohort.months
                              AND COALESCE(result.tier_id, 0)
                                = COALESCE(cohort.tier_id, 0))
                    RETURNING 1
                ), written AS (
                    INSERT INTO crm_metric_cohort AS cohort
                           (company_id, currency_id, date, tier_id, months, size,
                            new_customers, buyers, revenue, share,
                            create_uid, create_date, write_uid, write_date)
                    SELECT %(company)s, %(currency)s, date, tier_id, months, size,
                           new_customers, buyers, revenue, share,
                           %(uid)s, %(now)s, %(uid)s, %(now)s
                      FROM result
                    ON CONFLICT (company_id, date, months, (COALESCE(tier_id, 0)))
                    DO UPDATE SET size = EXCLUDED.size, buyers = EXCLUDED.buyers,
                           new_customers = EXCLUDED.new_customers,
                           revenue = EXCLUDED.revenue, share = EXCLUDED.share,
                           currency_id = EXCLUDED.currency_id,
                           write_uid = EXCLUDED.write_uid,
                           write_date = EXCLUDED.write_date
                     WHERE (cohort.size, cohort.buyers, cohort.revenue,
                            cohort.currency_id)
                        IS DISTINCT FROM (EXCLUDED.size, EXCLUDED.buyers,
                            EXCLUDED.revenue, EXCLUDED.currency_id)
                    RETURNING 1
                )
                SELECT (SELECT COUNT(*) FROM written), (SELECT COUNT(*) FROM gone)
                """,
                company=job.company.id,
                currency=job.company.currency_id.id,
                end=job.end,
                month=job.date_from,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        return dict(zip(("written", "deleted"), rows[0], strict=True))
