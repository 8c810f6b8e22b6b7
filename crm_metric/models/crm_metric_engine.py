import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from odoo import api, fields, models
from odoo.tools import SQL, date_utils

CODE_PATTERN = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class MetricJob:
    """A company's month to measure. Days are local days of the company.

    :param company: res.company
    :param source: key of ``crm.value.source``: where money comes from
    :param include_zero: whether documents of zero count as purchases
    :param date_from: first day of the month
    :param date_to: first day of the month after
    :param end: the first day that does not count: ``date_to``, or tomorrow while the
        month is running
    :param start: UTC timestamp at which ``date_from`` begins
    :param stop: UTC timestamp at which ``end`` begins: timestamps in [start, stop) count
    :param is_current: whether the month is running
    """

    company: models.BaseModel
    source: str
    include_zero: bool
    date_from: date
    date_to: date
    end: date
    start: datetime
    stop: datetime
    is_current: bool


class CrmMetricEngine(models.AbstractModel):
    """Fills ``crm.metric.fact``: one statement per metric, month and company.

    A metric of code ``x`` is measured by ``_collect_metric_x(job)``. It returns SQL for
    rows ``team_id, user_id, tier_id, numerator, denominator`` of the job's company and
    month; rows of one key are added up, the denominator is NULL unless the metric is a
    ratio, and a NULL numerator means "unknown", which is not zero. No row at all of a sum
    or a stock is zero, and kept as that: the month was measured.

    The job is a :class:`MetricJob`. Working tables of the transaction that the methods
    may read:

    - ``crm_metric_event``: the company's documents (see ``crm.value.source``) with the
      ``user_id`` and ``team_id`` of the sale
    - ``crm_metric_tier``: ``partner_id, tier_id``, as of the end of the month
    - ``crm_metric_tier_before``: the same, as of twelve months before
    - ``crm_metric_customer``: see :meth:`_collect_customers`
    """

    _name = "crm.metric.engine"
    _description = "Metric Engine"

    @api.model
    def _get_collector(self, code):
        """The method that measures metric ``code``, or None."""
        if not code or not CODE_PATTERN.fullmatch(code):
            return None
        return getattr(self, f"_collect_metric_{code}", None)

    # -------------------------------------------------------------------- stages
    @api.model
    def _prepare_company(self, company, until):
        """Read the documents of ``company`` up to the local day ``until``, once.

        What counts as a purchase is what the value model says now, also for past
        months: a change of the definition would show as a change of the business.
        """
        self._flush_sources()
        policy = self.env["crm.value.policy"].sudo()._get_for_company(company, until)
        source = self.env["crm.value.source"]
        self.env["crm.value.engine"]._create_working_table(
            "crm_metric_event",
            SQL(
                """
                SELECT event.partner_id, event.day, event.amount, event.is_purchase,
                       event.document_id, seller.user_id, seller.team_id
                  FROM (%(events)s) event
                  JOIN (%(sellers)s) seller USING (document_id)
                 WHERE event.amount IS NOT NULL
                """,
                events=source._get_events_sql(
                    policy.source, company, until, policy.include_zero
                ),
                sellers=source._get_sellers_sql(policy.source, company),
            ),
        )
        return {"source": policy.source, "include_zero": policy.include_zero}

    @api.model
    def _prepare_month(self, company, month, parameters):
        """The job of a month; fills the working tables that its metrics share."""
        today = company._get_value_today()
        date_from = date_utils.start_of(month, "month")
        date_to = fields.Date.add(date_from, months=1)
        end = min(date_to, today + timedelta(days=1))
        job = MetricJob(
            **parameters,
            company=company,
            date_from=date_from,
            date_to=date_to,
            end=end,
            start=company._get_value_day_start(date_from),
            stop=company._get_value_day_start(end),
            is_current=date_from <= today < date_to,
        )
        self._collect_tiers(job)
        self._collect_customers(job)
        return job

    @api.model
    def _compute_metric(self, metric, job):
        """Write what changed of a metric's month.

        :return: dict ``written``, ``deleted``: numbers of rows
        """
        engine = self.env["crm.metric.engine"]
        collect = engine._get_collector(metric.code)
        rows = self.env.execute_query(
            SQL(
                """
                WITH measured AS MATERIALIZED (
                    SELECT team_id::int, user_id::int, tier_id::int,
                           SUM(numerator)::numeric AS numerator,
                           SUM(denominator)::numeric AS denominator
                      FROM (%(relation)s) relation
                     GROUP BY team_id, user_id, tier_id
                ), result AS MATERIALIZED (
                    SELECT * FROM measured
                     UNION ALL
                    SELECT NULL, NULL, NULL, 0, NULL
                     WHERE %(is_ratio)s IS NOT TRUE AND NOT EXISTS (SELECT FROM measured)
                ), gone AS (
                    DELETE FROM crm_metric_fact fact
                     WHERE fact.metric_id = %(metric)s AND fact.company_id = %(company)s
                       AND fact.date = %(date)s
                       AND NOT EXISTS (
                           SELECT FROM result
                            WHERE COALESCE(result.team_id, 0) = COALESCE(fact.team_id, 0)
                              AND COALESCE(result.user_id, 0) = COALESCE(fact.user_id, 0)
                              AND COALESCE(result.tier_id, 0) = COALESCE(fact.tier_id, 0))
                    RETURNING 1
                ), written AS (
                    INSERT INTO crm_metric_fact AS fact
                           (metric_id, company_id, date, currency_id,
                            team_id, user_id, tier_id, numerator, denominator, value,
                            create_uid, create_date, write_uid, write_date)
                    SELECT %(metric)s, %(company)s, %(date)s, %(currency)s,
                           team_id, user_id, tier_id, numerator, denominator,
                           %(value)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                      FROM result
                    ON CONFLICT (metric_id, company_id, date, (COALESCE(team_id, 0)),
                                 (COALESCE(user_id, 0)), (COALESCE(tier_id, 0)))
                    DO UPDATE SET numerator = EXCLUDED.numerator,
                           denominator = EXCLUDED.denominator, value = EXCLUDED.value,
                           currency_id = EXCLUDED.currency_id,
                           write_uid = EXCLUDED.write_uid,
                           write_date = EXCLUDED.write_date
                     WHERE (fact.numerator, fact.denominator, fact.value,
                            fact.currency_id)
                        IS DISTINCT FROM (EXCLUDED.numerator, EXCLUDED.denominator,
                            EXCLUDED.value, EXCLUDED.currency_id)
                    RETURNING 1
                )
                SELECT (SELECT COUNT(*) FROM written), (SELECT COUNT(*) FROM gone)
                """,
                relation=collect(job),
                is_ratio=metric.aggregation == "ratio",
                metric=metric.id,
                company=job.company.id,
                date=job.date_from,
                currency=job.company.currency_id.id,
                value=self.env["crm.metric.fact"]._get_value_sql(
                    SQL("%s", metric.aggregation),
                    SQL("%s", metric.unit),
                    SQL("numerator"),
                    SQL("denominator"),
                ),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        return dict(zip(("written", "deleted"), rows[0], strict=True))

    @api.model
    def _flush_sources(self):
        """Hook: write what the ORM still holds of what the metrics read."""
        self.env["crm.value.source"]._flush_source()
        for name in (
            "crm.value.profile",
            "crm.value.transition",
            "crm.campaign.cost",
            "crm.lead",
            "res.users",
        ):
            self.env[name].flush_model()

    # ------------------------------------------------------------ working tables
    @api.model
    def _collect_tiers(self, job):
        """Create ``crm_metric_tier``: the tier that each customer had in the month.

        Of the current month the present tier; of a past one the last change up to its
        end. Before the first computation nobody had a tier: there the first one ever
        given stands, so that history from before the installation can be compared.

        And ``crm_metric_tier_before``: the one at the beginning of the twelve months. It
        takes no later one instead: whoever stayed is in a better tier for it.
        """
        if job.is_current:
            query = SQL(
                """
                SELECT partner_id, tier_id FROM crm_value_profile
                 WHERE company_id = %s AND tier_id IS NOT NULL
                """,
                job.company.id,
            )
        else:
            query = self._get_tiers_sql(job, job.end)
        engine = self.env["crm.value.engine"]
        engine._create_working_table("crm_metric_tier", query)
        begin = fields.Date.subtract(job.end, years=1)
        engine._create_working_table(
            "crm_metric_tier_before",
            SQL(
                "SELECT partner_id, tier_id FROM (%s) tier WHERE date < %s",
                self._get_tiers_sql(job, begin),
                begin,
            ),
        )

    @api.model
    def _get_tiers_sql(self, job, end):
        """SQL: ``partner_id, tier_id, date`` of the last change of tier before the day
        ``end``; the first one after it for customers without one before."""
        return SQL(
            """
            SELECT DISTINCT ON (partner_id) partner_id, to_tier_id AS tier_id, date
              FROM crm_value_transition
             WHERE company_id = %(company)s AND kind = 'tier'
               AND is_merged IS NOT TRUE
             ORDER BY partner_id, date >= %(end)s,
                      CASE WHEN date < %(end)s THEN date END DESC,
                      CASE WHEN date < %(end)s THEN id END DESC, date, id
            """,
            company=job.company.id,
            end=end,
        )

    @api.model
    def _collect_customers(self, job):
        """Create ``crm_metric_customer``: who bought in the two years before ``end``.

        Columns: ``partner_id``; ``team_id``, ``user_id``, ``tier_id``; ``tier_before_id``,
        the tier of twelve months before ``end``, NULL when none is known;
        ``first_purchase`` and ``last_purchase`` of all times up to ``end``;
        ``last_before``, the last one before the month; ``first_in_year``, the first of
        the 12 months up to ``end``; ``in_previous_year``, whether they bought in the 12
        months before those.

        A customer counts for the salesperson of the contact, else for that of the
        last sale. The team is that of the last sale, unless another user is responsible
        for the contact: then it is that person's team.
        """
        self.env["crm.value.engine"]._create_working_table(
            "crm_metric_customer",
            SQL(
                """
                SELECT customer.partner_id, customer.first_purchase,
                       customer.last_purchase, customer.last_before,
                       customer.first_in_year,
                       COALESCE(customer.in_previous_year, FALSE) AS in_previous_year,
                       COALESCE(partner.user_id, last_user.id) AS user_id,
                       CASE WHEN partner.user_id IS NULL OR partner.user_id = last_user.id
                            THEN NULLIF(customer.last_sale[4], 0)
                            ELSE responsible.sale_team_id END::int AS team_id,
                       tier.tier_id, before.tier_id AS tier_before_id
                  FROM (SELECT partner_id,
                               MIN(day) AS first_purchase,
                               MAX(day) AS last_purchase,
                               MAX(day) FILTER (WHERE day < %(date_from)s) AS last_before,
                               MIN(day) FILTER (WHERE day >= %(year)s) AS first_in_year,
                               BOOL_OR(day < %(year)s AND day >= %(previous)s)
                                   AS in_previous_year,
                               -- the latest sale: arrays compare from their head
                               MAX(ARRAY[day - DATE '1970-01-01', document_id,
                                         COALESCE(user_id, 0), COALESCE(team_id, 0)])
                                   AS last_sale
                          FROM crm_metric_event
                         WHERE is_purchase AND day < %(end)s
                         GROUP BY partner_id
                        HAVING MAX(day) >= %(previous)s) customer
                  JOIN res_partner partner ON partner.id = customer.partner_id
                  LEFT JOIN res_users responsible ON responsible.id = partner.user_id
                  LEFT JOIN res_users last_user
                    ON last_user.id = customer.last_sale[3]
                  LEFT JOIN crm_metric_tier tier
                    ON tier.partner_id = customer.partner_id
                  LEFT JOIN crm_metric_tier_before before
                    ON before.partner_id = customer.partner_id
                """,
                date_from=job.date_from,
                end=job.end,
                year=fields.Date.subtract(job.end, years=1),
                previous=fields.Date.subtract(job.end, years=2),
            ),
        )
