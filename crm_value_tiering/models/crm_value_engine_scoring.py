from odoo import api, models
from odoo.tools import SQL


class CrmValueEngine(models.AbstractModel):
    """Scores, lifecycle, tiers: what follows for each customer."""

    _inherit = "crm.value.engine"  # pylint: disable=consider-merging-classes-inherited

    # ------------------------------------------------------------------ scores
    @api.model
    def _score(self, job):
        """Create ``crm_value_score``: the profile columns of each customer, bar tier.

        Beside them stands what the present profile says, see :meth:`_collect_facts`.
        """
        self._create_expectations(job)
        facts = SQL(
            """
            SELECT f.*, expectation.purchases AS expected_if_active,
                   expectation.discounted AS discounted_if_active, %(places)s
              FROM %(facts)s
              LEFT JOIN crm_value_expectation expectation
                ON expectation.x = f.purchase_days - 1
               AND expectation.age = %(as_of)s::date - f.first_purchase
            """,
            facts=self._get_facts_sql(job),
            as_of=job.as_of,
            places=self._select_sql(self._get_place_columns(job)),
        )
        # Each layer may use the columns of those below by their name.
        for columns in (
            self._get_score_columns(job) | self._get_activity_columns(job),
            self._get_forecast_columns(job),
            self._get_derived_columns(job),
        ):
            # OFFSET 0: computed once, not again wherever the column is mentioned.
            facts = SQL(
                "SELECT f.*, %s FROM (%s OFFSET 0) f", self._select_sql(columns), facts
            )
        self._create_working_table(
            "crm_value_score",
            SQL(
                """
                SELECT f.partner_id, f.profile_id, %(present)s, %(columns)s
                  FROM (%(facts)s OFFSET 0) f
                """,
                columns=self._select_sql(self._get_profile_columns(job)),
                present=SQL(", ").join(
                    SQL.identifier("f", f"from_{name}")
                    for name in self._get_present_columns()
                ),
                facts=facts,
            ),
        )

    @api.model
    def _select_sql(self, columns):
        return SQL(", ").join(
            SQL("%s AS %s", expression, SQL.identifier(name))
            for name, expression in columns.items()
        )

    @api.model
    def _get_profile_columns(self, job):
        """Hook: profile field → SQL, for everything but the tier.

        What an idle dimension measured before is emptied. The expressions may use, all
        as ``f.<name>``, the facts, places and scores and the columns of activity,
        forecast and derived classes.
        """
        facts = [
            "first_purchase", "last_purchase", "purchase_days", "window_purchases",
            "revenue_total", "revenue_year", "revenue_previous_year", "revenue_window",
            "refund_total", "product_count",
        ]  # fmt: skip
        columns = {name: SQL("f.%s", SQL.identifier(name)) for name in facts}
        measured = {dimension.code for dimension in job.dimensions}
        for dimension in self._get_all_dimensions():
            kinds = {**dimension.columns, dimension.score_field: "int4"}
            columns |= {
                name: SQL("f.%s", SQL.identifier(name))
                if dimension.code in measured
                else SQL("NULL::%s", SQL.identifier(kind))
                for name, kind in kinds.items()
            }
        decimals = job.company.currency_id.decimal_places
        return columns | {
            "as_of": SQL("%s::date", job.as_of),
            "data_state": SQL(
                "CASE WHEN f.purchase_days = 0 THEN 'no_purchase'"
                " WHEN %s THEN 'ok' ELSE 'insufficient' END",
                job.calibration["sufficient"],
            ),
            "recency_days": SQL("%s::date - f.last_purchase", job.as_of),
            "average_purchase": SQL(
                "ROUND(f.spend_total / NULLIF(f.purchase_days, 0), %s)", decimals
            ),
            "value_score": self._get_value_score_sql(job),
            "p_alive": SQL("ROUND(f.p_alive * 1e6::float8) / 1e6::float8"),
            "p_buy_quarter": SQL("ROUND(f.p_buy_quarter * 1e6::float8) / 1e6::float8"),
            "p_buy_year": SQL("ROUND(f.p_buy_year * 1e6::float8) / 1e6::float8"),
            "expected_purchases": SQL("ROUND(f.purchases * 1e4::float8) / 1e4::float8"),
            "expected_spend": self._get_amount_sql(SQL("f.spend"), decimals),
            "clv_simple": self._get_amount_sql(SQL("f.retained"), decimals),
            "clv_predictive": self._get_amount_sql(SQL("f.clv"), decimals),
            "lifecycle": SQL("f.lifecycle"),
            "churn_level": SQL("f.churn_level"),
        }

    @api.model
    def _get_amount_sql(self, estimate, decimals):
        """SQL: an amount, NUMERIC, from an estimate in double precision.

        Through an integer, which takes a fifth of the time of a cast; beyond what double
        precision holds exactly, by the cast.
        """
        return SQL(
            "CASE WHEN abs(%(estimate)s) < 1e12::float8"
            " THEN ROUND(%(estimate)s * %(factor)s::float8)::int8 * %(unit)s::numeric"
            " ELSE ROUND(%(estimate)s::numeric, %(decimals)s) END",
            estimate=estimate,
            factor=10**decimals,
            unit=f"1e-{decimals}",
            decimals=decimals,
        )

    @api.model
    def _get_place_columns(self, job):
        """``place_<code>`` → SQL: place on the scale, from 1 as arrays count; NULL
        without a measure or a comparison."""
        columns = {}
        for dimension in job.dimensions:
            scale = job.scales.get(dimension.code)
            # width_bucket counts the limits <= its operand; with both sides negated it
            # counts those >= the measure, so that a tie gets the lower place.
            columns[dimension.place] = (
                SQL(
                    "CASE WHEN f.purchase_days > 0 THEN %(last)s"
                    " - width_bucket(-(%(measure)s)::float8, %(negated)s::float8[]) END",
                    last=len(scale.limits) + 1,
                    measure=dimension.measure,
                    negated=[-limit for limit in reversed(scale.limits)],
                )
                if scale
                else SQL("NULL::int")
            )
        return columns

    @api.model
    def _get_score_columns(self, job):
        """``score_<code>`` → SQL: 1 to 5, NULL without a place."""
        columns = {}
        for dimension in job.dimensions:
            scale = job.scales.get(dimension.code)
            columns[dimension.score_field] = (
                self._get_by_place_sql(dimension, "int4", scale.scores)
                if scale
                else SQL("NULL::int")
            )
        return columns

    @api.model
    def _get_by_place_sql(self, dimension, kind, values):
        """SQL: the one of ``values`` that belongs to the customer's place."""
        place = SQL.identifier("f", dimension.place)
        return SQL("(%s::%s[])[%s]", values, SQL.identifier(kind), place)

    @api.model
    def _get_value_score_sql(self, job):
        """0 to 100: the weighted mean of the shares of customers left behind.

        In double precision, where a higher place never lowers the sum; rounded to
        hundredths.
        """
        points, weights = [SQL("0")], [SQL("0")]
        for dimension in job.dimensions:
            scale = job.scales.get(dimension.code)
            weight = job.parameters[dimension.weight_field]
            if not scale or not weight:
                continue
            by_place = self._get_by_place_sql(
                dimension, "float8", [weight * share for share in scale.shares]
            )
            points.append(SQL("COALESCE(%s, 0)", by_place))
            weights.append(
                SQL(
                    "CASE WHEN %s IS NULL THEN 0 ELSE %s END",
                    SQL.identifier("f", dimension.place),
                    weight,
                )
            )
        return SQL(
            "ROUND(1e4::float8 * (%(points)s) / NULLIF(%(weights)s, 0))::int * 0.01",
            points=SQL(" + ").join(points),
            weights=SQL(" + ").join(weights),
        )

    # ---------------------------------------------------- lifecycle and churn
    @api.model
    def _get_derived_columns(self, job):
        """``lifecycle`` and ``churn_level`` → SQL, the first rule that holds wins;
        ``retained``: annual revenue × retention, unrounded."""
        parameters = job.parameters
        return {
            "retained": SQL("GREATEST(f.revenue_year, 0)::float8 * f.p_buy_year"),
            "churn_level": SQL(
                """
                CASE WHEN f.p_alive IS NULL THEN NULL
                     WHEN 100 * (1 - f.p_alive) >= %(high)s THEN 'high'
                     WHEN 100 * (1 - f.p_alive) >= %(medium)s THEN 'medium'
                     ELSE 'low' END
                """,
                high=parameters["churn_high"],
                medium=parameters["churn_medium"],
            ),
            "lifecycle": SQL(
                """
                CASE WHEN f.purchase_days = 0 THEN NULL
                     WHEN %(as_of)s::date - f.last_purchase > %(lost)s THEN 'lost'
                     WHEN %(as_of)s::date - f.first_purchase <= %(new)s THEN 'new'
                     WHEN f.purchase_days = 1
                       OR 100 * (1 - f.p_alive) >= %(high)s
                       OR (f.revenue_previous_year > 0 AND f.revenue_year <
                           f.revenue_previous_year * (1 - %(decline)s / 100.0))
                     THEN 'declining'
                     WHEN f.revenue_year >=
                           f.revenue_previous_year * (1 + %(growth)s / 100.0)
                      AND f.revenue_year > 0
                     THEN 'growing'
                     ELSE 'mature' END
                """,
                as_of=job.as_of,
                lost=parameters["lost_days"],
                new=parameters["new_days"],
                high=parameters["churn_high"],
                decline=parameters["decline_rate"],
                growth=parameters["growth_rate"],
            ),
        }

    # ------------------------------------------------------------------- tiers
    @api.model
    def _get_tier_sql(self, job):
        """SQL: id of the tier of ``score``, given the present one.

        c is the place (0 best) that the measure earns, r the place it earns with the
        limits lowered by the downgrade tolerance, k the present place. A customer
        between r and c stays, below r falls to r, above c rises to c:
        min(c, max(k, r)).
        """
        calibration = job.calibration
        tiers = [tier["tier_id"] for tier in calibration["tiers"]]
        if not calibration["sufficient"]:
            return SQL("NULL::int")
        if calibration["neutral_tier"]:
            return SQL(
                "CASE WHEN score.value_score IS NOT NULL THEN %s END",
                calibration["neutral_tier"],
            )
        slack = 1 - job.parameters["hysteresis"] / 100
        measure = SQL("score.%s", SQL.identifier(calibration["measure"]))

        def place(factor):
            return SQL(
                "CASE %s ELSE %s END",
                SQL(" ").join(
                    SQL(
                        "WHEN %s >= %s::numeric * %s::numeric THEN %s",
                        measure,
                        tier["limit"],
                        factor,
                        index,
                    )
                    for index, tier in enumerate(calibration["tiers"][:-1])
                    if tier.get("limit") is not None
                )
                or SQL("WHEN FALSE THEN 0"),
                len(tiers) - 1,
            )

        present = SQL(
            "array_position(%s::int[], %s) - 1",
            tiers,
            self._get_present_tier_sql("score", "from_"),
        )
        if not job.hysteresis:
            present = SQL("NULL::int")
        return SQL(
            """
            CASE WHEN score.value_score IS NOT NULL THEN (%(tiers)s::int[])[1 +
                LEAST(%(earned)s, GREATEST(COALESCE(%(present)s, %(last)s), %(relaxed)s))
            ] END
            """,
            tiers=tiers,
            earned=place(1),
            relaxed=place(slack),
            present=present,
            last=len(tiers) - 1,
        )
