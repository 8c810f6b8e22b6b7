from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from odoo import api, models
from odoo.tools import SQL

YEAR_DAYS = 365
# For each sort of the computation, of the database server, while it runs.
WORK_MEMORY = "128MB"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One of the things that the value score is made of.

    The profile has a field ``score_<code>`` (1 to 5), the value model a field
    ``weight_<code>`` (percent).

    :param measure: SQL of a number over the facts ``f``, more is better, NULL when
        unknown: then it is left out and the weights of the others take its place
    :param measure_field: field of the profile that keeps the measure, unrounded, so that
        the explanation can say where the customer stands; a date counts in days since 1970
    :param facts: for a dimension that brings facts of its own: called with the job,
        returns SQL of rows ``partner_id`` (commercial partners, each once) and
        ``columns``. They are on ``f`` from there on and kept by the profile. While the
        weight is 0 nothing is measured, and the profile's fields are empty.
    :param columns: field of the profile → type of its column in PostgreSQL
    """

    code: str
    measure: SQL
    measure_field: str
    facts: Callable[["ValueJob"], SQL] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def weight_field(self) -> str:
        return f"weight_{self.code}"

    @property
    def score_field(self) -> str:
        return f"score_{self.code}"

    @property
    def place(self) -> str:
        """Column with the place on the scale, from 1 as arrays count."""
        return f"place_{self.code}"

    @property
    def table(self) -> str:
        """Working table of the dimension's own facts."""
        return f"crm_value_fact_{self.code}"


@dataclass(slots=True)
class ValueJob:
    """One computation of one company: what it was given, then what the stages found.

    :param company: res.company
    :param as_of: last local day of the company whose documents count
    :param parameters: of the value model, see ``_get_parameters`` there
    :param scope: SQL of the commercial partners to compute; None: all customers
    :param hysteresis: whether customers keep their tier within the tolerance
    :param run_id: id of the run that transitions name; None: nothing is written
    :param is_look: whether this looks at the past: what customers are and were by the
        history stays as it is
    :param was_look: whether the profiles show such a look, and what the history says
        last is kept in ``crm.value.present``
    :param dimensions: those that are measured, by the parameters' weights
    :param calibration: scales and tier limits, JSON-able: see the run
    :param scales: code → scale, made from the calibration
    :param fit: parameters of the forecast, JSON-able: see the run
    :param counts: what was counted and written, by name
    :param extra: for other modules, by their name
    """

    company: models.BaseModel
    as_of: date
    parameters: dict[str, Any]
    scope: SQL | None = None
    hysteresis: bool = True
    run_id: int | None = None
    is_look: bool = False
    was_look: bool = False
    dimensions: list[Dimension] = field(default_factory=list)
    calibration: dict[str, Any] = field(default_factory=dict)
    scales: dict[str, Any] = field(default_factory=dict)
    fit: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


class CrmValueEngine(models.AbstractModel):
    """From documents to value profiles, in a handful of set-based statements.

    The stages, each a method on a :class:`ValueJob`: facts per customer → scales →
    fitted forecast → scores and lifetime values → tier limits → profiles, history,
    leads. This file holds what all of them stand on: the job, the dimensions, the facts.
    Calibration, forecast, scoring and storage follow in files of their own; the one that
    ends in ``_run`` calls them in their order. None calls a later one.

    Working tables are temporary and end with the transaction: a run that is killed
    leaves the last good result.
    """

    _name = "crm.value.engine"
    _description = "Value Engine"

    # -------------------------------------------------------------- dimensions
    @api.model
    def _get_all_dimensions(self):
        """Hook: what the value score can be made of, in the order shown to users.

        A module adds a :class:`Dimension`, the fields that it names, and the words for
        its measure, see ``_get_measure_text`` of the profile.
        """
        return [
            Dimension(
                "recency", SQL("(f.last_purchase - DATE '1970-01-01')"), "last_purchase"
            ),
            Dimension("frequency", SQL("f.window_purchases"), "window_purchases"),
            Dimension("monetary", SQL("f.revenue_window"), "revenue_window"),
            Dimension("variety", SQL("f.product_count"), "product_count"),
        ]

    @api.model
    def _get_dimensions(self, parameters):
        """The dimensions that a computation with ``parameters`` measures: not those
        which bring facts of their own and have no weight."""
        return [
            dimension
            for dimension in self._get_all_dimensions()
            if not dimension.facts or parameters.get(dimension.weight_field)
        ]

    @api.model
    def _get_facts_sql(self, job):
        """SQL: the facts ``f``, with those that dimensions bring."""
        own = [dimension for dimension in job.dimensions if dimension.facts]
        if not own:
            return SQL("crm_value_fact f")
        return SQL(
            "(SELECT fact.*, %s FROM crm_value_fact fact %s) f",
            SQL(", ").join(
                SQL.identifier(dimension.table, name)
                for dimension in own
                for name in dimension.columns
            ),
            SQL(" ").join(
                SQL(
                    "LEFT JOIN %(table)s ON %(partner)s = fact.partner_id",
                    table=SQL.identifier(dimension.table),
                    partner=SQL.identifier(dimension.table, "partner_id"),
                )
                for dimension in own
            ),
        )

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
        ``spend_total`` (of the purchases, less what was returned of each);
        ``product_count`` (distinct products in the period); and of the
        present profile ``profile_id`` (NULL: there is none) and ``from_<column>`` for
        each of ``_get_present_columns``.
        """
        company, as_of, scope = job.company, job.as_of, job.scope
        parameters = job.parameters
        source = self.env["crm.value.source"]
        window = parameters["window_days"]
        in_window = SQL("day > %s::date - %s", as_of, window) if window else SQL("TRUE")
        job.counts["documents_without_rate"] = source._count_without_rate(
            parameters["source"], company, as_of, scope
        )
        self._create_working_table(
            "crm_value_reduced",
            source._get_reduced_sql(parameters["source"], company, as_of, scope),
        )
        reduced = SQL("SELECT document_id, spend, is_purchase FROM crm_value_reduced")
        # One sort by customer and day serves the distinct days and the sums; hashing as
        # many groups as there are orders takes three times as long.
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
                           SUM(spend) FILTER (WHERE is_purchase) AS spend_total
                      FROM (%(events)s OFFSET 0) event
                     WHERE amount IS NOT NULL
                     GROUP BY partner_id
                ), variety AS (
                    SELECT partner_id, COUNT(DISTINCT product_tmpl_id) AS product_count
                      FROM (%(products)s) bought
                      JOIN product_product product ON product.id = bought.product_id
                     WHERE %(in_window)s
                     GROUP BY partner_id
                ), profile AS (
                    SELECT id, partner_id, %(present_columns)s
                      FROM %(present_profiles)s
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
                present_columns=SQL(", ").join(
                    map(SQL.identifier, self._get_present_columns())
                ),
                present_profiles=self._get_present_profiles_sql(job.was_look),
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
                    reduced,
                ),
                products=source._get_products_sql(
                    parameters["source"], company, as_of, scope, reduced
                ),
                year=YEAR_DAYS,
            ),
        )
        job.counts["customers"] = self._fetch_value(
            SQL("SELECT COUNT(*) FROM crm_value_fact WHERE purchase_days > 0")
        )
        for dimension in job.dimensions:
            if dimension.facts:
                self._create_working_table(dimension.table, dimension.facts(job))

    @api.model
    def _get_present_columns(self):
        """Hook: columns of the present profile on which tier and history depend."""
        return [
            "tier_id", "override_id", "earned_tier_id", "lifecycle", "value_score",
        ]  # fmt: skip

    @api.model
    def _get_present_profiles_sql(self, was_look):
        """SQL: ``profile`` with the columns of :meth:`_get_present_columns` as the
        history has them; NULL for customers whom only a look at the past has found."""
        if not was_look:
            return SQL("crm_value_profile profile")
        return SQL(
            """
            (SELECT shown.id, shown.partner_id, shown.company_id, %(columns)s
               FROM crm_value_profile shown
               LEFT JOIN crm_value_present present ON present.profile_id = shown.id
               LEFT JOIN LATERAL jsonb_populate_record(
                    NULL::crm_value_profile, present.figures) kept ON TRUE) profile
            """,
            columns=SQL(", ").join(
                SQL.identifier("kept", name) for name in self._get_present_columns()
            ),
        )

    @api.model
    def _keep_present(self, job):
        """Before the first look at the past: what the history says last, for the way
        back."""
        if not job.is_look or job.was_look:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_value_present (profile_id, company_id, figures)
                SELECT id, company_id, jsonb_build_object(%(figures)s)
                  FROM crm_value_profile WHERE company_id = %(company)s
                """,
                company=job.company.id,
                figures=SQL(", ").join(
                    SQL("%s, %s", name, SQL.identifier(name))
                    for name in self._get_present_columns()
                ),
            )
        )

    @api.model
    def _forget_present(self, job):
        """Back from the past: the profiles say it themselves."""
        if job.was_look and not job.is_look:
            self.env.cr.execute(
                SQL(
                    "DELETE FROM crm_value_present WHERE company_id = %s",
                    job.company.id,
                )
            )

    @api.model
    def _get_present_tier_sql(self, alias, prefix=""):
        """SQL: the tier earned until now, whether or not another one is set.

        :param alias: a row with the columns of the profile, named after ``prefix``
        """
        return SQL(
            "CASE WHEN %(override)s IS NULL THEN %(tier)s ELSE %(earned)s END",
            override=SQL.identifier(alias, f"{prefix}override_id"),
            tier=SQL.identifier(alias, f"{prefix}tier_id"),
            earned=SQL.identifier(alias, f"{prefix}earned_tier_id"),
        )

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
