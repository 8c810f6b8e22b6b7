from babel.dates import format_skeleton

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, date_utils, format_datetime, formatLang
from odoo.tools.misc import babel_locale_parse, get_lang

KEY = ("metric_id", "company_id", "date", "team_id", "user_id", "tier_id")
# Whose figure it is: columns of the explanation.
DIMENSIONS = ("team_id", "user_id", "tier_id")
# Figures that an explanation lists one by one; the others make one row.
LISTED = 20


class CrmMetricFact(models.Model):
    """The figure of a metric for a month, company, team, person and tier.

    Written by ``crm.metric.engine`` in SQL, never by users. Team, person and tier
    are empty where the metric has no such dimension: totals sum all rows.
    """

    _name = "crm.metric.fact"
    _inherit = "crm.explanation.mixin"
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
        help="Currency of amounts: the company's, when the figure was computed.",
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
    tier_color = fields.Integer(related="tier_id.color")

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
    explanation_html = fields.Html(groups="crm_value_tiering.group_value_user")
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
            return self._format_money(value, currency)
        if unit == "percent":
            return self._format_rate(value, digits=1)
        text = formatLang(self.env, value, digits=0 if unit == "count" else 1)
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

    # -------------------------------------------------------------- explanation
    def _get_explanation(self):
        why = super()._get_explanation()
        sums = {
            row[0]: row[1:] for row in self._get_sums(self._get_month_domain(), ["id"])
        }
        why["summary"] += [
            self._get_figure_sentence(sums[self]),
            " · ".join([self._get_month_text(), *self._get_names()]),
            *filter(None, [self.metric_id.description]),
            *self._get_computed_sentences(),
        ]
        if len(sums) > 1:
            why["tables"].append(self._get_month_table(sums))
        why["notes"] += self._get_notes(sums)
        return why

    def _get_month_domain(self):
        """The figures that make one total with this one: those of its month."""
        return Domain(
            [
                ("metric_id", "=", self.metric_id.id),
                ("company_id", "=", self.company_id.id),
                ("date", "=", self.date),
            ]
        )

    @api.model
    def _get_sums(self, domain, groupby=()):
        """Rows of what ``groupby`` says, numerator, denominator and value.

        Added up as boards and pivots do; a number that is not known is None.
        """
        aggregates = ["numerator:sum", "denominator:sum", "value:sum"]
        return [
            tuple(None if part is False else part for part in row)
            for row in self._read_group(domain, groupby, aggregates)
        ]

    def _get_month_text(self):
        """June 2026, 2026年6月."""
        locale = babel_locale_parse(get_lang(self.env).code)
        return format_skeleton("yMMMM", self.date, locale=locale)

    def _get_names(self):
        """Of company, team, person and tier, as far as the figure has them."""
        several = len(self.env.user.company_ids) > 1
        names = ["company_id", *DIMENSIONS] if several else DIMENSIONS
        return [self._get_name(name) for name in names if self[name]]

    def _get_name(self, name):
        """Name of the team, person or tier: as any list shows it to its readers."""
        return self.sudo()[name].display_name or "–"

    def _get_computed_sentences(self):
        run = (
            self.env["crm.metric.run"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("state", "=", "done"),
                    ("date_from", "<=", self.date),
                    ("date_to", ">=", self.date),
                ],
                limit=1,
            )
        )
        if not run.finished_at:
            return []
        when = format_datetime(self.env, run.finished_at, dt_format="short")
        return [self.env._("Last computed: %(when)s.", when=when)]

    def _format_part(self, number, name):
        """A numerator or denominator as people read it: amounts as money."""
        if number is None:
            return "–"
        if self.unit == "money" and name == "numerator":
            return self._format_money(number)
        return self._format_points(number)

    def _format_total(self, sums):
        value = sums[-1]
        if value is None:
            return "–"
        return self._format_value(value, self.unit, self.currency_id)

    def _get_part_label(self, name):
        """What the numerator or the denominator is a number of."""
        label = self.metric_id[f"{name}_label"]
        return label or self._fields[name]._description_string(self.env)

    def _get_figure_sentence(self, sums):
        """The figure; of a ratio also what was divided."""
        values = {"metric": self.metric_id.name, "figure": self._format_total(sums)}
        if self.aggregation != "ratio":
            return self.env._("%(metric)s: %(figure)s", **values)
        numerator, denominator, _value = sums
        return self.env._(
            "%(metric)s: %(numerator)s (%(counted)s) ÷ %(denominator)s (%(divided_by)s) "
            "= %(figure)s",
            **values,
            numerator=self._format_part(numerator, "numerator"),
            counted=self._get_part_label("numerator"),
            denominator=self._format_part(denominator, "denominator"),
            divided_by=self._get_part_label("denominator"),
        )

    def _get_month_table(self, sums):
        """The figures of the month, this one first, then the big ones; their total."""
        ratio = self.aggregation == "ratio"
        facts = sorted(
            sums, key=lambda fact: (fact != self, -abs(sums[fact][int(ratio)] or 0))
        )
        # one row for one other figure would say less than the figure itself
        count = LISTED if len(facts) > LISTED + 1 else len(facts)
        listed, others = facts[:count], facts[count:]
        names = [name for name in DIMENSIONS if any(fact[name] for fact in facts)]
        labels = [self._fields[name]._description_string(self.env) for name in names]
        columns = [("whose", " · ".join(labels))]
        if ratio:
            for name in ("numerator", "denominator"):
                label = self._get_part_label(name)
                columns.append((name, label[:1].upper() + label[1:], "end"))
        columns.append(("value", self.metric_id.name, "end"))
        rows = [
            self._prepare_row(
                " · ".join(fact._get_name(name) for name in names), sums[fact]
            )
            for fact in listed
        ]
        if others:
            [rest] = self._get_sums(Domain("id", "in", [fact.id for fact in others]))
            label = self.env._("%(count)s others", count=len(others))
            rows.append(self._prepare_row(label, rest))
        [total] = self._get_sums(self._get_month_domain())
        return self._prepare_table(
            columns,
            rows,
            total=self._prepare_row(self.env._("Total"), total),
            title=self.env._("All figures of %(month)s", month=self._get_month_text()),
            note=self._get_total_note(),
        )

    def _prepare_row(self, whose, sums):
        row = {"whose": whose, "value": self._format_total(sums)}
        if self.aggregation == "ratio":
            for name, number in zip(("numerator", "denominator"), sums, strict=False):
                row[name] = self._format_part(number, name)
        return row

    def _get_total_note(self):
        if self.aggregation == "ratio":
            return self.env._(
                "The total divides the sums: it is not the average of the figures."
            )
        if self.aggregation == "stock":
            return self.env._(
                "The figures of a month are added; several months give their average."
            )
        return ""

    def _get_notes(self, sums):
        """Sentences on what is not known, not over or not shown."""
        notes = []
        if sums[self][-1] is None:
            notes.append(
                self.env._(
                    "There is no figure: a part of it is not known, or there is nothing "
                    "to divide by."
                )
            )
        if self.date == date_utils.start_of(
            self.company_id.sudo()._get_value_today(), "month"
        ):
            notes.append(self.env._("The month is not over: its figures still change."))
        elif self.metric_id.is_snapshot:
            notes.append(
                self.env._(
                    "Known for the present only: it is what was measured last while the "
                    "month was running."
                )
            )
        hidden = self.sudo().search_count(self._get_month_domain()) - len(sums)
        if hidden:
            notes.append(
                self.env._(
                    "The total is that of your own figures and of the teams you lead: "
                    "%(count)s more are in that of the company.",
                    count=hidden,
                )
            )
        return notes
