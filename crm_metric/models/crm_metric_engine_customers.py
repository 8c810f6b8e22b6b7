from odoo import api, fields, models
from odoo.tools import SQL


class CrmMetricEngine(models.AbstractModel):
    """Metrics of the customer base: customers gained, kept and lost.

    A customer is a commercial partner who bought in the 12 months up to the end of the
    month. So the book always balances: customers at the end of a month = those of the
    month before + new + returned - lost.
    """

    _inherit = "crm.metric.engine"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_customers_sql(
        self, numerator, denominator=None, where=None, tier="tier_id"
    ):
        """Rows of ``crm_metric_customer`` as a metric; conditions count as 0 or 1.

        :param tier: the column with the tier. Who stayed and who left is told by the tier
            of before: the one of the end is made by it.
        """
        return SQL(
            """
            SELECT team_id, user_id, %(tier)s AS tier_id, SUM(%(numerator)s) AS numerator,
                   SUM(%(denominator)s::int) AS denominator
              FROM crm_metric_customer WHERE %(where)s
             GROUP BY team_id, user_id, %(tier)s
            """,
            tier=SQL.identifier(tier),
            numerator=numerator,
            denominator=denominator or SQL("NULL"),
            where=where or SQL("TRUE"),
        )

    @api.model
    def _collect_metric_customers(self, job):
        """Bought in the 12 months up to the end of the month."""
        return self._get_customers_sql(SQL("1"), where=SQL("first_in_year IS NOT NULL"))

    @api.model
    def _collect_metric_customers_new(self, job):
        """Bought for the first time in the month."""
        return self._get_customers_sql(
            SQL("1"), where=SQL("first_purchase >= %s", job.date_from)
        )

    @api.model
    def _collect_metric_customers_returned(self, job):
        """Bought in the month after 12 months or more without a purchase."""
        return self._get_customers_sql(
            SQL("1"),
            where=SQL(
                "last_purchase >= %s AND last_before < %s",
                job.date_from,
                fields.Date.subtract(job.date_from, years=1),
            ),
        )

    @api.model
    def _collect_metric_customers_lost(self, job):
        """Their last purchase became 12 months old in the month."""
        return self._get_customers_sql(
            SQL("1"),
            where=SQL(
                "last_purchase >= %s AND last_purchase < %s",
                fields.Date.subtract(job.date_from, years=1),
                fields.Date.subtract(job.end, years=1),
            ),
            tier="tier_before_id",
        )

    @api.model
    def _collect_metric_retention(self, job):
        """Of those who bought in the year before, the share that bought in this one."""
        return self._get_customers_sql(
            SQL("(first_in_year IS NOT NULL)::int"),
            SQL("1"),
            SQL("in_previous_year"),
            tier="tier_before_id",
        )

    @api.model
    def _collect_metric_churn(self, job):
        """Of those who bought in the year before, the share that did not since."""
        return self._get_customers_sql(
            SQL("(first_in_year IS NULL)::int"),
            SQL("1"),
            SQL("in_previous_year"),
            tier="tier_before_id",
        )

    @api.model
    def _collect_metric_repeat_purchase(self, job):
        """Of the customers, the share that bought on two days or more of the year."""
        return self._get_customers_sql(
            SQL("(last_purchase > first_in_year)::int"),
            SQL("1"),
            SQL("first_in_year IS NOT NULL"),
        )

    @api.model
    def _collect_metric_clv(self, job):
        """Mean predicted lifetime value of the customers, as computed last.

        Attributed as the number of customers is.
        """
        return SQL(
            """
            SELECT customer.team_id, customer.user_id, customer.tier_id,
                   SUM(profile.clv_predictive) AS numerator, COUNT(*) AS denominator
              FROM crm_metric_customer customer
              JOIN crm_value_profile profile
                ON profile.partner_id = customer.partner_id
               AND profile.company_id = %s
             WHERE customer.first_in_year IS NOT NULL
               AND profile.clv_predictive IS NOT NULL
             GROUP BY customer.team_id, customer.user_id, customer.tier_id
            """,
            job.company.id,
        )
