from odoo import api, models
from odoo.tools import SQL

from ..stats import mbg_nbd
from .crm_value_engine_calibration import DAYS_PER_WEEK, NEUTRAL_SCORE, SCORES

QUARTER_DAYS = 90
YEAR_DAYS = 365
# Rule of thumb while there is no forecast: (last purchase at most this many days ago,
# probability of another one within a year). The last line holds for everybody else.
RETENTION_RULE = [(90, 0.8), (180, 0.5), (365, 0.25), (None, 0.05)]


class CrmValueEngine(models.AbstractModel):
    """Scores, lifetime values, tiers: what follows for each customer."""

    _inherit = "crm.value.engine"

    # ------------------------------------------------------------------ scores
    @api.model
    def _score(self, job):
        """Create ``crm_value_score``: the profile columns of each customer, bar tier."""
        self._create_expectations(job)
        columns = self._get_profile_columns(job)
        self._create_working_table(
            "crm_value_score",
            SQL(
                """
                SELECT f.partner_id, %(columns)s
                  FROM crm_value_fact f
                  %(joins)s
                  LEFT JOIN crm_value_expectation expectation
                    ON expectation.x = f.purchase_days - 1
                   AND expectation.age = %(as_of)s::date - f.first_purchase
                  CROSS JOIN LATERAL (SELECT %(scores)s) score
                  CROSS JOIN LATERAL (SELECT %(forecast)s) forecast
                  CROSS JOIN LATERAL (SELECT %(derived)s) derived
                """,
                columns=self._select_sql(columns),
                joins=self._get_dimension_joins(),
                as_of=job["as_of"],
                scores=self._select_sql(self._get_score_columns(job)),
                forecast=self._select_sql(self._get_forecast_columns(job)),
                derived=self._select_sql(self._get_derived_columns(job)),
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

        The expressions may use the facts ``f``, ``score``, ``forecast``, ``derived``.
        """
        facts = [
            "first_purchase", "last_purchase", "purchase_days", "window_purchases",
            "revenue_total", "revenue_year", "revenue_previous_year", "revenue_window",
            "refund_total", "product_count",
        ]  # fmt: skip
        columns = {name: SQL("f.%s", SQL.identifier(name)) for name in facts}
        columns |= {
            name: SQL("score.%s", SQL.identifier(name))
            for name in self._get_score_columns(job)
        }
        decimals = job["company"].currency_id.decimal_places
        return columns | {
            "as_of": SQL("%s::date", job["as_of"]),
            "data_state": SQL(
                "CASE WHEN f.purchase_days = 0 THEN 'no_purchase'"
                " WHEN %s THEN 'ok' ELSE 'insufficient' END",
                job["calibration"]["sufficient"],
            ),
            "recency_days": SQL("%s::date - f.last_purchase", job["as_of"]),
            "average_purchase": SQL(
                "ROUND(f.spend_total / NULLIF(f.purchase_days, 0), %s)", decimals
            ),
            "value_score": self._get_value_score_sql(job),
            "p_alive": SQL("ROUND(forecast.p_alive::numeric, 6)"),
            "p_buy_quarter": SQL("ROUND(forecast.p_buy_quarter::numeric, 6)"),
            "p_buy_year": SQL("ROUND(forecast.p_buy_year::numeric, 6)"),
            "expected_purchases": SQL("ROUND(forecast.purchases::numeric, 4)"),
            "expected_spend": SQL("ROUND(forecast.spend::numeric, %s)", decimals),
            "clv_simple": SQL(
                "ROUND((GREATEST(f.revenue_year, 0) * forecast.p_buy_year)::numeric, %s)",
                decimals,
            ),
            "clv_predictive": SQL("ROUND(forecast.clv::numeric, %s)", decimals),
            "lifecycle": SQL("derived.lifecycle"),
            "churn_level": SQL("derived.churn_level"),
        }

    @api.model
    def _get_score_columns(self, job):
        """``score_<code>`` → SQL: 1 to 5, NULL without a measure or a comparison."""
        columns = {}
        for dimension in self._get_dimensions():
            cut = job["calibration"]["dimensions"][dimension["code"]]
            if not job["calibration"]["sufficient"] or not cut["cuts"]:
                expression = SQL("NULL::int")
            elif cut["neutral"]:
                expression = SQL(
                    "CASE WHEN f.purchase_days > 0 AND (%s) IS NOT NULL THEN %s END",
                    dimension["measure"],
                    NEUTRAL_SCORE,
                )
            else:
                # width_bucket counts the limits <= its operand; with both sides
                # negated it counts the cuts >= the measure, so a tie scores down.
                expression = SQL(
                    "CASE WHEN f.purchase_days > 0 THEN"
                    " %(scores)s - width_bucket(-(%(measure)s)::numeric,"
                    " %(negated)s::numeric[]) END",
                    scores=SCORES,
                    measure=dimension["measure"],
                    negated=[negate(value) for value in reversed(cut["cuts"])],
                )
            columns[f"score_{dimension['code']}"] = expression
        return columns

    @api.model
    def _get_value_score_sql(self, job):
        """0 to 100: the weighted mean of the known scores, 1 of 5 counting as 0."""
        parts, weights = [], []
        for dimension in self._get_dimensions():
            score = SQL("score.%s", SQL.identifier(f"score_{dimension['code']}"))
            weight = job["parameters"][f"weight_{dimension['code']}"]
            parts.append(SQL("COALESCE((%s - 1) * %s, 0)", score, weight))
            weights.append(SQL("CASE WHEN %s IS NULL THEN 0 ELSE %s END", score, weight))
        return SQL(
            "ROUND((%(parts)s) * %(full)s::numeric / NULLIF(%(weights)s, 0), 2)",
            parts=SQL(" + ").join(parts),
            full=100 / (SCORES - 1),
            weights=SQL(" + ").join(weights),
        )

    # ---------------------------------------------------------------- forecast
    @api.model
    def _create_expectations(self, job):
        """Create ``crm_value_expectation``: purchases to expect of an active customer.

        They depend on the number of repeat purchases ``x`` and the customer's ``age`` in
        days alone, so they are computed once per pair, in Python, and joined:
        ``purchases`` in the next 365 days, and ``discounted`` over the horizon, each
        year's purchases discounted from its middle.
        """
        fit = job["fit"]["purchases"]
        xs, ages, purchases, discounted = [], [], [], []
        if fit["method"] != "rule":
            parameters = mbg_nbd.Parameters(**fit["parameters"])
            pairs = self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT purchase_days - 1, %s::date - first_purchase
                      FROM crm_value_fact WHERE purchase_days > 0
                    """,
                    job["as_of"],
                )
            )
            for x, age in pairs:
                yearly = [0.0] + [
                    mbg_nbd.expected_purchases_if_alive(
                        parameters, x, age / DAYS_PER_WEEK, year * YEAR_DAYS / DAYS_PER_WEEK
                    )
                    for year in range(1, job["parameters"]["horizon_years"] + 1)
                ]
                xs.append(x)
                ages.append(age)
                purchases.append(yearly[1])
                discounted.append(
                    sum(
                        (later - sooner) * self._get_discount(job, year)
                        for year, (sooner, later) in enumerate(
                            zip(yearly, yearly[1:], strict=False)
                        )
                    )
                )
        self._create_working_table(
            "crm_value_expectation",
            SQL(
                "SELECT * FROM unnest(%s::int[], %s::int[], %s::float8[], %s::float8[])"
                " AS pair (x, age, purchases, discounted)",
                xs,
                ages,
                purchases,
                discounted,
            ),
        )

    @api.model
    def _get_discount(self, job, year):
        """Value today of 1 in the middle of ``year`` (0: the next 365 days)."""
        return (1 + job["parameters"]["discount_rate"] / 100) ** -(year + 0.5)

    @api.model
    def _get_forecast_columns(self, job):
        """``p_alive, p_buy_quarter, p_buy_year, purchases, spend, clv`` → SQL.

        NULL for whoever never bought; 0 to 1; per year; company currency, unrounded.
        """
        spend = self._get_spend_sql(job)
        margin = job["parameters"]["margin_rate"] / 100
        fit = job["fit"]["purchases"]
        if fit["method"] == "rule":
            buy_year = self._get_rule_sql(job)
            discounted = SQL(" + ").join(
                SQL("%s * %s ^ %s", self._get_discount(job, year), buy_year, year + 1)
                for year in range(job["parameters"]["horizon_years"])
            )
            return {
                "p_alive": buy_year,
                "p_buy_quarter": SQL(
                    "1 - (1 - %s) ^ (%s / %s.0)", buy_year, QUARTER_DAYS, YEAR_DAYS
                ),
                "p_buy_year": buy_year,
                "purchases": SQL("f.window_purchases * %s", buy_year),
                "spend": spend,
                "clv": SQL(
                    "GREATEST(f.revenue_year, 0) * %s * (%s)", margin, discounted
                ),
            }
        alive = self._get_alive_sql(job)
        return {
            "p_alive": alive,
            "p_buy_quarter": SQL("%s * %s", alive, self._get_buy_sql(job, QUARTER_DAYS)),
            "p_buy_year": SQL("%s * %s", alive, self._get_buy_sql(job, YEAR_DAYS)),
            "purchases": SQL("%s * expectation.purchases", alive),
            "spend": spend,
            "clv": SQL("%s * expectation.discounted * %s * %s", alive, spend, margin),
        }

    @api.model
    def _get_alive_sql(self, job):
        """P(alive) of the MBG/NBD; see ``stats.mbg_nbd.probability_alive``.

        The exponent is kept within what exp() takes: PostgreSQL raises an error on
        overflow *and* on underflow.
        """
        p = job["fit"]["purchases"]["parameters"]
        return SQL(
            """
            CASE WHEN f.purchase_days > 0 THEN
            1 / (1 + exp(LEAST(700, GREATEST(-700,
                ln(%(a)s::float8 / (%(b)s + f.purchase_days - 1))
                + (%(r)s + f.purchase_days - 1) * (
                    ln(%(alpha)s + (%(as_of)s::date - f.first_purchase) / %(week)s)
                    - ln(%(alpha)s + (f.last_purchase - f.first_purchase) / %(week)s)
                ))))) END
            """,
            a=p["a"],
            b=p["b"],
            r=p["r"],
            alpha=SQL("%s::float8", p["alpha"]),
            as_of=job["as_of"],
            week=SQL("%s::float8", DAYS_PER_WEEK),
        )

    @api.model
    def _get_buy_sql(self, job, days):
        """P(a purchase within ``days``) of an active customer."""
        p = job["fit"]["purchases"]["parameters"]
        age = SQL(
            "%s::float8 + (%s::date - f.first_purchase) / %s::float8",
            p["alpha"],
            job["as_of"],
            DAYS_PER_WEEK,
        )
        return SQL(
            "(1 - exp(GREATEST(-700, (%(r)s + f.purchase_days - 1)"
            " * (ln(%(age)s) - ln(%(age)s + %(weeks)s)))))",
            r=p["r"],
            age=age,
            weeks=days / DAYS_PER_WEEK,
        )

    @api.model
    def _get_spend_sql(self, job):
        """Expected spend per purchase; see ``stats.gamma_gamma.expected_spend``."""
        fit = job["fit"]["spend"]
        if fit["method"] == "rule":
            return SQL("(f.spend_total / NULLIF(f.purchase_days, 0))::float8")
        p = fit["parameters"]
        return SQL(
            "CASE WHEN f.purchase_days > 0 THEN %(p)s * (%(v)s + f.repeat_spend::float8)"
            " / (%(p)s * (f.purchase_days - 1) + %(q)s - 1) END",
            p=SQL("%s::float8", p["p"]),
            v=p["v"],
            q=p["q"],
        )

    @api.model
    def _get_rule_sql(self, job):
        """Rule of thumb: probability of a purchase within a year, by recency."""
        recency = SQL("(%s::date - f.last_purchase)", job["as_of"])
        return SQL(
            "CASE WHEN f.purchase_days > 0 THEN CASE %s ELSE %s::float8 END END",
            SQL(" ").join(
                SQL("WHEN %s <= %s THEN %s", recency, days, probability)
                for days, probability in RETENTION_RULE[:-1]
            ),
            RETENTION_RULE[-1][1],
        )

    # ---------------------------------------------------- lifecycle and churn
    @api.model
    def _get_derived_columns(self, job):
        """``lifecycle`` and ``churn_level`` → SQL, the first rule that holds wins."""
        parameters = job["parameters"]
        return {
            "churn_level": SQL(
                """
                CASE WHEN forecast.p_alive IS NULL THEN NULL
                     WHEN 100 * (1 - forecast.p_alive) >= %(high)s THEN 'high'
                     WHEN 100 * (1 - forecast.p_alive) >= %(medium)s THEN 'medium'
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
                       OR 100 * (1 - forecast.p_alive) >= %(high)s
                       OR (f.revenue_previous_year > 0 AND f.revenue_year <
                           f.revenue_previous_year * (1 - %(decline)s / 100.0))
                     THEN 'declining'
                     WHEN f.revenue_year >=
                           f.revenue_previous_year * (1 + %(growth)s / 100.0)
                      AND f.revenue_year > 0
                     THEN 'growing'
                     ELSE 'mature' END
                """,
                as_of=job["as_of"],
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
        """SQL: id of the tier of ``score``, given the present tier in ``profile``.

        c is the place (0 best) that the measure earns, r the place it earns with the
        limits lowered by the margin against flapping, k the present place. A customer
        between r and c stays, below r falls to r, above c rises to c:
        min(c, max(k, r)).
        """
        calibration = job["calibration"]
        tiers = [tier["tier_id"] for tier in calibration["tiers"]]
        if not calibration["sufficient"]:
            return SQL("NULL::int")
        if calibration["neutral_tier"]:
            return SQL(
                "CASE WHEN score.value_score IS NOT NULL THEN %s END",
                calibration["neutral_tier"],
            )
        slack = 1 - job["parameters"]["hysteresis"] / 100
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

        present = SQL("array_position(%s::int[], profile.tier_id) - 1", tiers)
        if not job["hysteresis"]:
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

    # ------------------------------------------------------------------- store
    @api.model
    def _store_profiles(self, job):
        """Write profiles that changed, and a transition for each change of class.

        An unchanged profile is not touched: a second run of the same day writes
        nothing.
        """
        columns = [*self._get_profile_columns(job), "tier_id"]
        self._create_working_table(
            "crm_value_result",
            SQL(
                """
                SELECT score.*, %(tier)s AS tier_id,
                       profile.tier_id AS from_tier_id,
                       profile.lifecycle AS from_lifecycle,
                       profile.value_score AS from_score
                  FROM crm_value_score score
                  LEFT JOIN crm_value_profile profile
                    ON profile.partner_id = score.partner_id
                   AND profile.company_id = %(company)s
                """,
                tier=self._get_tier_sql(job),
                company=job["company"].id,
            ),
        )
        job["counts"]["written"] = self._upsert_profiles(job, columns)
        job["counts"]["transitions"] = self._insert_transitions(job)
        job["counts"]["tiers"] = {
            str(tier_id or 0): {
                "customers": customers,
                "revenue": revenue,
                "share": share,
            }
            for tier_id, customers, revenue, share in self.env.execute_query(
                SQL(
                    """
                    SELECT tier_id, COUNT(*), SUM(revenue_window)::text,
                           COUNT(*)::float8 / SUM(COUNT(*)) OVER ()
                      FROM crm_value_result WHERE purchase_days > 0
                     GROUP BY tier_id
                    """
                )
            )
        }

    @api.model
    def _upsert_profiles(self, job, columns):
        names = SQL(", ").join(map(SQL.identifier, columns))
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_value_profile AS profile
                       (company_id, partner_id, run_id, create_uid, create_date,
                        write_uid, write_date, %(names)s)
                SELECT %(company)s, partner_id, %(run)s, %(uid)s, %(now)s,
                       %(uid)s, %(now)s, %(names)s
                  FROM crm_value_result
                ON CONFLICT (company_id, partner_id) DO UPDATE SET
                       run_id = EXCLUDED.run_id, write_uid = EXCLUDED.write_uid,
                       write_date = EXCLUDED.write_date, %(assignments)s
                 WHERE (%(old)s) IS DISTINCT FROM (%(new)s)
                """,
                names=names,
                company=job["company"].id,
                run=job["run_id"] or None,
                uid=self.env.uid,
                now=self.env.cr.now(),
                assignments=SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
                    for name in columns
                ),
                old=SQL(", ").join(SQL.identifier("profile", name) for name in columns),
                new=SQL(", ").join(SQL("EXCLUDED.%s", SQL.identifier(n)) for n in columns),
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _insert_transitions(self, job):
        """A row per changed tier and per changed lifecycle stage; the first one counts."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_value_transition
                       (profile_id, partner_id, company_id, run_id, date, kind,
                        from_tier_id, to_tier_id, from_lifecycle, to_lifecycle,
                        from_score, to_score, direction,
                        create_uid, create_date, write_uid, write_date)
                SELECT profile.id, profile.partner_id, profile.company_id, %(run)s,
                       %(as_of)s, change.kind,
                       CASE WHEN change.kind = 'tier' THEN result.from_tier_id END,
                       CASE WHEN change.kind = 'tier' THEN result.tier_id END,
                       CASE WHEN change.kind = 'lifecycle' THEN result.from_lifecycle END,
                       CASE WHEN change.kind = 'lifecycle' THEN result.lifecycle END,
                       result.from_score, result.value_score,
                       CASE WHEN change.kind = 'lifecycle' THEN NULL
                            WHEN result.from_tier_id IS NULL THEN 'first'
                            WHEN result.tier_id IS NULL THEN 'none'
                            WHEN array_position(%(tiers)s::int[], result.tier_id)
                               < array_position(%(tiers)s::int[], result.from_tier_id)
                            THEN 'up' ELSE 'down' END,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM crm_value_result result
                  JOIN crm_value_profile profile
                    ON profile.partner_id = result.partner_id
                   AND profile.company_id = %(company)s
                  CROSS JOIN (VALUES ('tier'), ('lifecycle')) change (kind)
                 WHERE CASE change.kind
                       WHEN 'tier' THEN result.from_tier_id IS DISTINCT FROM result.tier_id
                       ELSE result.from_lifecycle IS DISTINCT FROM result.lifecycle END
                 ORDER BY profile.id
                """,
                run=job["run_id"] or None,
                as_of=job["as_of"],
                tiers=self.env["crm.value.tier"]
                .with_context(active_test=False)
                .search([])
                .ids,
                uid=self.env.uid,
                now=self.env.cr.now(),
                company=job["company"].id,
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _update_leads(self, job):
        """Copy the tiers to the company's leads, those that changed only."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lead lead SET value_tier_id = current.tier_id
                  FROM (SELECT candidate.id, profile.tier_id
                          FROM crm_lead candidate
                          LEFT JOIN res_users seller ON seller.id = candidate.user_id
                          LEFT JOIN res_partner partner
                            ON partner.id = candidate.partner_id
                          LEFT JOIN crm_value_profile profile
                            ON profile.partner_id = partner.commercial_partner_id
                           AND profile.company_id = %(company)s
                         WHERE COALESCE(candidate.company_id, seller.company_id, %(main)s)
                             = %(company)s) current
                 WHERE current.id = lead.id
                   AND lead.value_tier_id IS DISTINCT FROM current.tier_id
                """,
                company=job["company"].id,
                main=self.env["crm.lead"]._get_default_value_company().id,
            )
        )
        job["counts"]["leads"] = self.env.cr.rowcount


def negate(number):
    """The decimal ``number``, a string, with the other sign."""
    return number[1:] if number.startswith("-") else f"-{number}"
