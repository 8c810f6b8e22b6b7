from odoo import api, models
from odoo.tools import SQL

YEAR_DAYS = 365
# For each sort of the computation, of the database server, while it runs.
WORK_MEMORY = "128MB"


class CrmValueEngine(models.AbstractModel):
    """From documents to value profiles, in a handful of set-based statements.

    The stages, each a method on a *job* (a dict that the stages fill, see
    :meth:`_prepare_job`): facts per customer → scales → fitted forecast → scores and
    lifetime values → tier limits → profiles, history, leads. This file holds the order
    of the stages, the dimensions and the facts; calibration, forecast, scoring and
    storage follow in files of their own.

    Working tables are temporary and end with the transaction: a run that is killed
    leaves the last good result.
    """

    _name = "crm.value.engine"
    _description = "Value Engine"

    @api.model
    def _run(self, company, policy, as_of, hysteresis=True, scope=None, base=None):
        """Compute all profiles of ``company`` as of its local day ``as_of``.

        The caller holds the company's lock and has the right to do so: this runs in
        superuser mode because no user may write profiles.

        :param hysteresis: whether the tiers of the previous computation hold a customer
            back from falling
        :param scope: SQL of the commercial partners to compute; default: all customers
        :param base: the run whose scales, forecast and tier limits to apply instead
            of learning them from all customers. With the same base a computation of some
            customers gives them what a computation of all would.
        :return: the job, with ``counts``, ``calibration`` and ``fit`` filled
        """
        engine = self.sudo().with_company(company)
        job = engine._prepare_job(company, policy, as_of, hysteresis, scope)
        engine._tune_session()
        engine.env["crm.value.source"]._flush_source()
        engine._flush_targets()
        engine._collect_facts(job)
        if base:
            job.update(calibration=base.calibration, fit=base.fit)
        else:
            engine._calibrate_dimensions(job)
            engine._calibrate_forecast(job)
        engine._score(job)
        if not base:
            engine._calibrate_tiers(job)
        engine._store_profiles(job)
        engine._update_leads(job)
        engine._invalidate_targets()
        return job

    @api.model
    def _prepare_job(self, company, policy, as_of, hysteresis, scope=None):
        return {
            "company": company,
            "as_of": as_of,
            "scope": scope,
            "hysteresis": hysteresis,
            "run_id": self.env.context.get("crm_value_run_id"),
            "parameters": policy._get_parameters(),
            "calibration": {},
            "fit": {},
            "counts": {},
        }

    @api.model
    def _flush_targets(self):
        for name in (
            "crm.value.profile",
            "crm.value.transition",
            "crm.value.override",
            "crm.value.tier",
            "crm.lead",
            "res.users",
        ):
            self.env[name].flush_model()

    @api.model
    def _invalidate_targets(self):
        for name in ("crm.value.profile", "crm.value.transition"):
            self.env[name].invalidate_model()
        self.env["crm.lead"].invalidate_model(["value_tier_id", "priority"])
        partners = self.env["res.partner"]
        partners.invalidate_model(["value_profile_id", *partners._get_value_fields()])
        self.env["sale.order"].invalidate_model(["value_tier_id", "value_tier_color"])

    # -------------------------------------------------------------- dimensions
    @api.model
    def _get_dimensions(self, parameters=None):
        """Hook: what the value score is made of.

        :param parameters: those of a computation (see ``_get_parameters`` of the value
            policy): a dimension that costs something to measure is left out when its
            weight is 0; None: all dimensions that there are
        :return: list of dicts, in the order shown to users:

            - ``code``: ``<code>``; the profile has a field ``score_<code>`` (1 to 5) and
              the model a field ``weight_<code>``
            - ``measure``: SQL of a number over the facts ``f`` (see
              :meth:`_collect_facts`), more is better, NULL when unknown; an unknown
              dimension is left out and the weights of the others take its place
            - ``field``: field of the profile that keeps the measure, unrounded, so that
              the explanation can say where the customer stands; a date counts in days
              since 1970
            - ``join`` (optional): SQL that joins further facts to ``f.partner_id``; one
              that the profile keeps is also added to ``_get_place_columns``, where what
              is joined is at hand, and to ``_get_profile_columns``
        """
        return [
            {
                "code": "recency",
                "measure": SQL("(f.last_purchase - DATE '1970-01-01')"),
                "field": "last_purchase",
            },
            {
                "code": "frequency",
                "measure": SQL("f.window_purchases"),
                "field": "window_purchases",
            },
            {
                "code": "monetary",
                "measure": SQL("f.revenue_window"),
                "field": "revenue_window",
            },
            {
                "code": "variety",
                "measure": SQL("f.product_count"),
                "field": "product_count",
            },
        ]

    @api.model
    def _get_dimension_joins(self, parameters):
        """SQL: the joins that the measures of the dimensions need."""
        dimensions = self._get_dimensions(parameters)
        return SQL(" ").join(d["join"] for d in dimensions if d.get("join"))

    # ------------------------------------------------------------------- facts
    @api.model
    def _collect_facts(self, job):
        """Create ``crm_value_fact``: one row per customer of the company.

        A customer is a commercial partner that is not archived and has a document up to
        the as-of date, or has a profile already (its last order may have been
        cancelled). Amounts are NUMERIC in company currency: sums are exact and do not
        depend on the order of the rows.

        Columns: ``partner_id``; ``first_purchase``, ``last_purchase`` (days, NULL if
        there is none); ``purchase_days``, ``window_purchases`` (days with a purchase, in
        all and in the period); ``revenue_total``, ``revenue_year``,
        ``revenue_previous_year``, ``revenue_window`` (signed); ``refund_total`` (>= 0);
        ``spend_total``, ``repeat_spend`` (without refunds; all purchases, all but those
        of the first day); ``product_count`` (distinct products in the period); and of the
        present profile ``profile_id`` (NULL: there is none) and ``from_<column>`` for
        each of ``_get_present_columns``.
        """
        company, as_of, scope = job["company"], job["as_of"], job["scope"]
        parameters = job["parameters"]
        source = self.env["crm.value.source"]
        window = parameters["window_days"]
        in_window = SQL("day > %s::date - %s", as_of, window) if window else SQL("TRUE")
        job["counts"]["documents_without_rate"] = source._count_without_rate(
            parameters["source"], company, as_of, scope
        )
        # One sort by customer and day serves the running first day, the distinct days
        # and the sums; hashing as many groups as there are orders takes three times as
        # long. On the rows of the first day the running minimum is that day.
        self._create_working_table(
            "crm_value_fact",
            SQL(
                """
                WITH by_customer AS (
                    SELECT partner_id,
                           MIN(day) FILTER (WHERE is_purchase) AS first_purchase,
                           MAX(day) FILTER (WHERE is_purchase) AS last_purchase,
                           COUNT(DISTINCT day) FILTER (WHERE is_purchase)
                               AS purchase_days,
                           COUNT(DISTINCT day) FILTER (WHERE is_purchase AND %(in_window)s)
                               AS window_purchases,
                           SUM(amount) AS revenue_total,
                           SUM(amount) FILTER (WHERE day > %(as_of)s::date - %(year)s)
                               AS revenue_year,
                           SUM(amount) FILTER (
                               WHERE day > %(as_of)s::date - 2 * %(year)s
                                 AND day <= %(as_of)s::date - %(year)s
                           ) AS revenue_previous_year,
                           SUM(amount) FILTER (WHERE %(in_window)s) AS revenue_window,
                           -SUM(amount) FILTER (WHERE amount < 0) AS refund_total,
                           SUM(amount) FILTER (WHERE is_purchase) AS spend_total,
                           SUM(amount) FILTER (WHERE is_purchase AND day > first_day)
                               AS repeat_spend
                      FROM (SELECT partner_id, day, amount, is_purchase,
                                   MIN(day) FILTER (WHERE is_purchase) OVER (
                                       PARTITION BY partner_id ORDER BY day
                                       ROWS UNBOUNDED PRECEDING) AS first_day
                              FROM (%(events)s OFFSET 0) event
                             WHERE amount IS NOT NULL) event
                     GROUP BY partner_id
                ), variety AS (
                    SELECT partner_id, COUNT(DISTINCT product_id) AS product_count
                      FROM (%(products)s) product
                     WHERE %(in_window)s
                     GROUP BY partner_id
                ), profile AS (
                    SELECT * FROM crm_value_profile
                     WHERE company_id = %(company)s %(in_scope)s
                )
                SELECT COALESCE(c.partner_id, profile.partner_id) AS partner_id,
                       c.first_purchase,
                       c.last_purchase,
                       COALESCE(c.purchase_days, 0)::int AS purchase_days,
                       COALESCE(c.window_purchases, 0)::int AS window_purchases,
                       COALESCE(c.revenue_total, 0) AS revenue_total,
                       COALESCE(c.revenue_year, 0) AS revenue_year,
                       COALESCE(c.revenue_previous_year, 0) AS revenue_previous_year,
                       COALESCE(c.revenue_window, 0) AS revenue_window,
                       COALESCE(c.refund_total, 0) AS refund_total,
                       COALESCE(c.spend_total, 0) AS spend_total,
                       COALESCE(c.repeat_spend, 0) AS repeat_spend,
                       COALESCE(variety.product_count, 0)::int AS product_count,
                       profile.id AS profile_id,
                       %(present)s
                  FROM by_customer c
                  FULL JOIN profile ON profile.partner_id = c.partner_id
                  LEFT JOIN variety
                    ON variety.partner_id = COALESCE(c.partner_id, profile.partner_id)
                 WHERE NOT EXISTS (
                       SELECT FROM res_partner archived
                        WHERE archived.id = COALESCE(c.partner_id, profile.partner_id)
                          AND archived.active IS NOT TRUE)
                """,
                as_of=as_of,
                company=company.id,
                in_window=in_window,
                in_scope=SQL("AND partner_id IN (%s)", scope) if scope else SQL(),
                present=SQL(", ").join(
                    SQL(
                        "%s AS %s",
                        SQL.identifier("profile", name),
                        SQL.identifier(f"from_{name}"),
                    )
                    for name in self._get_present_columns()
                ),
                events=source._get_events_sql(
                    parameters["source"],
                    company,
                    as_of,
                    parameters["include_zero"],
                    scope,
                ),
                products=source._get_products_sql(
                    parameters["source"], company, as_of, scope
                ),
                year=YEAR_DAYS,
            ),
        )
        job["counts"]["customers"] = self._fetch_value(
            SQL("SELECT COUNT(*) FROM crm_value_fact WHERE purchase_days > 0")
        )

    @api.model
    def _get_present_columns(self):
        """Hook: columns of the present profile on which tier and history depend."""
        return [
            "tier_id", "override_id", "earned_tier_id", "lifecycle", "value_score",
        ]  # fmt: skip

    # ------------------------------------------------------------------- tools
    @api.model
    def _tune_session(self):
        """Let this transaction sort and hash in memory, and not compile: the statements
        are few and wide, so compiling them takes longer than it saves."""
        self.env.cr.execute("SET LOCAL jit = off")
        # The planner takes the rows that workers hand over for dearer than they are.
        self.env.cr.execute("SET LOCAL parallel_tuple_cost = 0.01")
        self.env.cr.execute(
            SQL(
                """
                SELECT set_config('work_mem', %(memory)s, TRUE)
                 WHERE pg_size_bytes(%(memory)s)
                     > pg_size_bytes(current_setting('work_mem'))
                """,
                memory=WORK_MEMORY,
            )
        )

    @api.model
    def _create_working_table(self, name, query):
        """Create a temporary table of this transaction from ``query``."""
        table = SQL.identifier(name)
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", table))
        self.env.cr.execute(
            SQL("CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s", table, query)
        )
        self.env.cr.execute(SQL("ANALYZE %s", table))

    @api.model
    def _fetch_value(self, query):
        """The single value that ``query`` returns."""
        return self.env.execute_query(query)[0][0]
