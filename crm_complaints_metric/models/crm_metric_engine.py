from odoo import api, models
from odoo.tools import SQL

DAY = 86_400  # seconds


class CrmMetricEngine(models.AbstractModel):
    """Metrics of complaints and of the service that was promised.

    A request counts for the salesperson of the order that it is about, else for that of
    the customer; in the tier that the customer has in the month. Excluded requests count
    nowhere.
    """

    _inherit = "crm.metric.engine"

    @api.model
    def _flush_sources(self):
        self.env["crm.complaint"].flush_model()
        self.env["crm.complaint.clock"].flush_model()
        self.env["crm.complaint.idea"].flush_model()
        return super()._flush_sources()

    # ------------------------------------------------------------------ complaints
    @api.model
    def _collect_metric_complaints(self, job):
        """Complaints received in the month."""
        return self._get_requests_sql(
            job, "received_at", SQL("COUNT(*)"), SQL("NULL::numeric"), self._complains()
        )

    @api.model
    def _collect_metric_complaint_rate(self, job):
        """Complaints received in the month by orders of the month."""
        return SQL(
            """
            (%(complaints)s)
             UNION ALL
            SELECT event.team_id, event.user_id, tier.tier_id,
                   0, COUNT(DISTINCT event.document_id)
              FROM crm_metric_event event
              LEFT JOIN crm_metric_tier tier ON tier.partner_id = event.partner_id
             WHERE event.is_purchase AND event.day >= %(start)s AND event.day < %(end)s
             GROUP BY event.team_id, event.user_id, tier.tier_id
            """,
            complaints=self._get_requests_sql(
                job, "received_at", SQL("COUNT(*)"), SQL("0"), self._complains()
            ),
            start=job.date_from,
            end=job.end,
        )

    @api.model
    def _collect_metric_complaint_customers(self, job):
        """Customers who complained in the month by those active in the year up to it."""
        return SQL(
            """
            SELECT customer.team_id, customer.user_id, customer.tier_id,
                   COUNT(complaining.partner_id) AS numerator, COUNT(*) AS denominator
              FROM crm_metric_customer customer
              LEFT JOIN (
                   SELECT DISTINCT request.commercial_partner_id AS partner_id
                     FROM crm_complaint request
                    WHERE request.company_id = ANY(%(companies)s)
                      AND request.exclusion IS NULL AND %(complains)s
                      AND request.received_at >= %(start)s
                      AND request.received_at < %(stop)s
                   ) complaining ON complaining.partner_id = customer.partner_id
             WHERE customer.first_in_year IS NOT NULL
             GROUP BY customer.team_id, customer.user_id, customer.tier_id
            """,
            companies=job.company._get_value_company_ids(),
            complains=self._complains(),
            start=job.start,
            stop=job.stop,
        )

    @api.model
    def _collect_metric_complaint_repeat(self, job):
        """Complaints of the month that repeat an earlier one, by all of them."""
        return self._get_requests_sql(
            job,
            "received_at",
            SQL("COUNT(request.repeat_of_id)"),
            SQL("COUNT(*)"),
            self._complains(),
        )

    # --------------------------------------------------------------------- service
    @api.model
    def _collect_metric_first_response(self, job):
        """Days from receipt to the first answer, of requests answered in the month."""
        return self._get_duration_sql(job, "first_response_at")

    @api.model
    def _collect_metric_resolution(self, job):
        """Days from receipt to closing, of requests closed in the month."""
        return self._get_duration_sql(job, "closed_at")

    @api.model
    def _collect_metric_promises_kept(self, job):
        """Targets reached in time by all that were reached or missed in the month.

        A target that another service level made late at once was missed by nobody.
        """
        return SQL(
            """
            SELECT %(whose)s,
                   COUNT(*) FILTER (WHERE clock.breached_at IS NULL) AS numerator,
                   COUNT(*) AS denominator
              FROM crm_complaint_clock clock
              JOIN crm_complaint request ON request.id = clock.complaint_id
                   %(joins)s
             WHERE clock.company_id = ANY(%(companies)s)
               AND clock.result IN ('met', 'missed')
               AND clock.reclassified IS NOT TRUE AND request.exclusion IS NULL
               AND COALESCE(clock.breached_at, clock.stopped_at) >= %(start)s
               AND COALESCE(clock.breached_at, clock.stopped_at) < %(stop)s
             GROUP BY 1, 2, 3
            """,
            whose=self._get_whose(),
            joins=self._get_joins(),
            companies=job.company._get_value_company_ids(),
            start=job.start,
            stop=job.stop,
        )

    # ----------------------------------------------------------------- suggestions
    @api.model
    def _collect_metric_suggestions(self, job):
        """Suggestions received in the month, for who gathered them."""
        return self._get_suggestions_sql(
            job, SQL("request.received_at"), SQL("COUNT(*)"), SQL("NULL::numeric")
        )

    @api.model
    def _collect_metric_suggestion_adoption(self, job):
        """Suggestions adopted, by those adopted or not adopted, decided in the month."""
        return self._get_suggestions_sql(
            job,
            SQL("idea.decided_at"),
            SQL("COUNT(*) FILTER (WHERE idea.state = 'adopted')"),
            SQL("COUNT(*)"),
            SQL("idea.state IN ('adopted', 'declined')"),
        )

    # --------------------------------------------------------------------- helpers
    @api.model
    def _complains(self):
        """Only complaints count in the rates."""
        return SQL("request.type = 'complaint'")

    @api.model
    def _get_whose(self):
        return SQL(
            """
            CASE WHEN sale.id IS NULL THEN seller.sale_team_id
                 ELSE sale.team_id END AS team_id,
            CASE WHEN sale.id IS NULL THEN partner.user_id
                 ELSE sale.user_id END AS user_id,
            COALESCE(tier.tier_id, request.tier_id) AS tier_id
            """
        )

    @api.model
    def _get_joins(self):
        return SQL(
            """
              LEFT JOIN sale_order sale ON sale.id = request.order_id
              LEFT JOIN res_partner partner
                ON partner.id = request.commercial_partner_id
              LEFT JOIN res_users seller ON seller.id = partner.user_id
              LEFT JOIN crm_metric_tier tier ON tier.partner_id = partner.id
            """
        )

    @api.model
    def _get_requests_sql(self, job, moment, numerator, denominator, where=None):
        """Requests of which ``moment``, a field, lies in the month."""
        return SQL(
            """
            SELECT %(whose)s, %(numerator)s AS numerator, %(denominator)s AS denominator
              FROM crm_complaint request
                   %(joins)s
             WHERE request.company_id = ANY(%(companies)s)
               AND request.exclusion IS NULL AND %(where)s
               AND %(moment)s >= %(start)s AND %(moment)s < %(stop)s
             GROUP BY 1, 2, 3
            """,
            whose=self._get_whose(),
            numerator=numerator,
            denominator=denominator,
            joins=self._get_joins(),
            companies=job.company._get_value_company_ids(),
            where=where or SQL("TRUE"),
            moment=SQL.identifier("request", moment),
            start=job.start,
            stop=job.stop,
        )

    @api.model
    def _get_duration_sql(self, job, moment):
        """Days from receipt until ``moment``, a field; never less than none."""
        return self._get_requests_sql(
            job,
            moment,
            SQL(
                "SUM(ROUND(GREATEST(EXTRACT(EPOCH FROM %s - request.received_at), 0)"
                " / %s, 4))",
                SQL.identifier("request", moment),
                DAY,
            ),
            SQL("COUNT(*)"),
        )

    @api.model
    def _get_suggestions_sql(self, job, moment, numerator, denominator, where=None):
        """Suggestions of which ``moment`` lies in the month.

        They count for who gathered them, in that person's team; those that the customer
        wrote, for nobody.
        """
        return SQL(
            """
            SELECT gatherer.sale_team_id AS team_id, gatherer.id AS user_id,
                   COALESCE(tier.tier_id, request.tier_id) AS tier_id,
                   %(numerator)s AS numerator, %(denominator)s AS denominator
              FROM crm_complaint request
              LEFT JOIN crm_complaint_idea idea ON idea.id = request.idea_id
              LEFT JOIN res_users gatherer ON gatherer.id = request.gathered_by_id
              LEFT JOIN crm_metric_tier tier
                ON tier.partner_id = request.commercial_partner_id
             WHERE request.company_id = ANY(%(companies)s)
               AND request.type = 'suggestion' AND request.exclusion IS NULL
               AND %(where)s
               AND %(moment)s >= %(start)s AND %(moment)s < %(stop)s
             GROUP BY 1, 2, 3
            """,
            numerator=numerator,
            denominator=denominator,
            companies=job.company._get_value_company_ids(),
            where=where or SQL("TRUE"),
            moment=moment,
            start=job.start,
            stop=job.stop,
        )
