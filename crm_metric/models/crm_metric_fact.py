from odoo import api, fields, models
from odoo.tools import SQL, formatLang

KEY = ("metric_id", "company_id", "date", "team_id", "user_id", "tier_id")


class CrmMetricFact(models.Model):
    """The figure of a metric for a month, company, team, person and tier.

    Written by ``crm.metric.engine`` in SQL; nobody writes here. Team, person and tier
    are empty where the metric knows none: totals are sums over all rows.
    """

    _name = "crm.metric.fact"
    _description = "Metric Figure"
    _order = "date desc, metric_id, id"
    _rec_name = "metric_id"
    metric_id = fields.Many2one(
        "crm.metric", required=True, readonly=True, ondelete="cascade"
    )
    date = fields.Date(
        string="Month",
        required=True,
        readonly=True,
        help="First day of the month, in the company's time zone.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="The company's currency when the figure was computed: that of amounts.",
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    tier_id = fields.Many2one(
        "crm.value.tier", readonly=True, index="btree_not_null", ondelete="restrict"
    )

    # NUMERIC without a fixed scale: exact.
    numerator = fields.Float(digits=0, readonly=True)
    denominator = fields.Float(
        digits=0, readonly=True, help="Of a ratio only; otherwise empty."
    )
    value = fields.Float(
        string="Metric Value",
        digits=(20, 2),
        readonly=True,
        aggregator="avg",
        help="The figure, in the unit of the metric: a percentage from 0 to 100, days, "
        "a number, or an amount in company currency. Totals of a ratio are its added "
        "numerators divided by its added denominators. A total over several metrics or "
        "currencies is empty.",
    )
    value_text = fields.Char(string="Figure", compute="_compute_value_text")
    code = fields.Char(related="metric_id.code")
    unit = fields.Selection(related="metric_id.unit")
    aggregation = fields.Selection(related="metric_id.aggregation")
    higher_is_better = fields.Boolean(related="metric_id.higher_is_better")
    _key_uniq = models.UniqueIndex(
        "(metric_id, company_id, date, COALESCE(team_id, 0), COALESCE(user_id, 0),"
        " COALESCE(tier_id, 0))",
        "There is one figure per metric, month, company, team, salesperson and tier.",
    )

    @api.depends("value", "unit", "currency_id")
    def _compute_value_text(self):
        unknown = self._get_unknown()
        for fact in self:
            fact.value_text = fact not in unknown and fact._format_value(
                fact.value, fact.unit, fact.currency_id
            )

    def _get_unknown(self):
        """Those without a value: the ORM shows them as zero, which is something else."""
        query = SQL(
            "SELECT id FROM crm_metric_fact WHERE value IS NULL AND id = ANY(%s)",
            self.ids,
        )
        return self.browse(row[0] for row in self.env.execute_query(query))

    @api.model
    def _format_value(self, value, unit, currency):
        """``value`` as people read it: with its unit, in the user's language."""
        if unit == "money":
            return formatLang(self.env, value, currency_obj=currency)
        text = formatLang(self.env, value, digits=0 if unit == "count" else 1)
        if unit == "percent":
            return f"{text} %"
        return self.env._("%s days", text) if unit == "days" else text

    def _read_group_select(self, aggregate_spec, query):
        """The total of ``value`` follows the metric, whatever aggregate is asked for."""
        if aggregate_spec not in ("value:sum", "value:avg"):
            return super()._read_group_select(aggregate_spec, query)

        def to_sql(name):
            return self._field_to_sql(self._table, name, query)

        metric, currency = to_sql("metric_id"), to_sql("currency_id")
        return SQL(
            """
            CASE WHEN MIN(%(metric)s) <> MAX(%(metric)s) THEN NULL
                 WHEN MIN(%(unit)s) = 'money' AND MIN(%(currency)s) <> MAX(%(currency)s)
                 THEN NULL
                 ELSE %(total)s END
            """,
            metric=metric,
            currency=currency,
            unit=to_sql("unit"),
            total=self._get_total_sql(
                to_sql("numerator"),
                to_sql("denominator"),
                to_sql("date"),
                to_sql("aggregation"),
                to_sql("unit"),
            ),
        )

    @api.model
    def _get_value_sql(self, aggregation, unit, numerator, denominator):
        """SQL: the value of a figure, NUMERIC, from SQL of its parts.

        The one formula of what a metric's value is: the engine writes it, totals of
        groups follow it, and figures that are added up do. A ratio is its numerator by
        its denominator, in percent times 100; NULL without a denominator. Everything
        else is its numerator.
        """
        return SQL(
            """
            CASE WHEN %(aggregation)s <> 'ratio' THEN (%(numerator)s)::numeric
                 ELSE CASE %(unit)s WHEN 'percent' THEN 100 ELSE 1 END
                      * (%(numerator)s)::numeric
                      / NULLIF((%(denominator)s)::numeric, 0) END
            """,
            aggregation=aggregation,
            unit=unit,
            numerator=numerator,
            denominator=denominator,
        )

    @api.model
    def _get_total_sql(self, numerator, denominator, date, aggregation, unit):
        """SQL: the value of several figures of one metric, from SQL of their columns.

        Stocks of several months are averaged, what they sum to in a month is not.
        """
        months = SQL(
            "CASE MIN(%s) WHEN 'stock' THEN NULLIF(COUNT(DISTINCT %s), 0) ELSE 1 END",
            aggregation,
            date,
        )
        return self._get_value_sql(
            SQL("MIN(%s)", aggregation),
            SQL("MIN(%s)", unit),
            SQL("SUM(%s) / %s", numerator, months),
            SQL("SUM(%s)", denominator),
        )

    @api.model
    def _release(self, name, ids):
        """Add the figures of teams or users ``ids`` to those without one.

        Numerators and denominators are added, so every total remains what it was.

        :param name: ``team_id`` or ``user_id``
        """
        self.flush_model()
        kept = [SQL.identifier(column) for column in KEY if column != name]
        self.env.cr.execute(
            SQL(
                """
                WITH gone AS (
                    DELETE FROM crm_metric_fact WHERE %(released)s = ANY(%(ids)s)
                    RETURNING *
                ), merged AS (
                    SELECT %(kept)s, MIN(currency_id) AS currency_id,
                           SUM(numerator) AS numerator, SUM(denominator) AS denominator
                      FROM gone GROUP BY %(kept)s
                )
                INSERT INTO crm_metric_fact AS fact
                       (%(kept)s, currency_id, numerator, denominator, value,
                        create_uid, create_date, write_uid, write_date)
                SELECT %(kept)s, currency_id, numerator, denominator, %(value_new)s,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM merged
                ON CONFLICT (metric_id, company_id, date, (COALESCE(team_id, 0)),
                             (COALESCE(user_id, 0)), (COALESCE(tier_id, 0)))
                DO UPDATE SET numerator = fact.numerator + EXCLUDED.numerator,
                       denominator = fact.denominator + EXCLUDED.denominator,
                       value = %(value_added)s,
                       write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
                """,
                released=SQL.identifier(name),
                ids=list(ids),
                kept=SQL(", ").join(kept),
                value_new=self._get_value_of_metric_sql(
                    SQL("merged.metric_id"),
                    SQL("merged.numerator"),
                    SQL("merged.denominator"),
                ),
                value_added=self._get_value_of_metric_sql(
                    SQL("fact.metric_id"),
                    SQL("fact.numerator + EXCLUDED.numerator"),
                    SQL("fact.denominator + EXCLUDED.denominator"),
                ),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self.invalidate_model()

    @api.model
    def _get_value_of_metric_sql(self, metric, numerator, denominator):
        """As :meth:`_get_value_sql`, for the metric of id ``metric``, an SQL."""
        return SQL(
            "(SELECT %s FROM crm_metric metric WHERE metric.id = %s)",
            self._get_value_sql(
                SQL("metric.aggregation"), SQL("metric.unit"), numerator, denominator
            ),
            metric,
        )
