from odoo import api, models
from odoo.tools import SQL

# Deciles of the predicted probability, in which prediction and outcome are compared.
BINS = 10
# The best fifth of the customers: how much of what was spent later did they spend?
BEST = 5


class CrmValueEngine(models.AbstractModel):
    """How good the forecast would have been: computed as of a past day and compared."""

    _inherit = "crm.value.engine"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _check_holdout(self, company, policy, calibrate_until, until):
        """Compute as of ``calibrate_until``, compare with what happened to ``until``.

        Nothing after ``calibrate_until`` goes into the prediction: parameters of an
        earlier run, which may know more, are not used. Nothing is written.

        The caller has the right to do so for ``company``.

        :return: dict that goes through JSON, see ``crm.value.holdout.figures``
        """
        engine = self.sudo().with_company(company)
        job = engine._prepare_job(company, policy, calibrate_until, hysteresis=False)
        engine._tune_session()
        engine.env["crm.value.source"]._flush_source()
        engine._flush_targets()
        engine._collect_facts(job)
        engine._calibrate_dimensions(job)
        engine._calibrate_forecast(job)
        for part, fit in job.fit.items():
            if fit["method"] == "previous":
                job.fit[part] = {**fit, "method": "rule"}
        engine._score(job)
        engine._create_outcomes(job, until)
        engine._create_comparison(job, (until - calibrate_until).days)
        customers, buyers, spend = engine.env.execute_query(
            SQL(
                "SELECT COUNT(*), COUNT(*) FILTER (WHERE bought), SUM(spend)::text"
                " FROM crm_value_comparison"
            )
        )[0]
        figures = {
            "customers": customers,
            "buyers": buyers,
            "spend": spend or "0",
            "forecast": job.fit["purchases"]["method"],
            "repeaters": job.fit["purchases"]["repeaters"],
        }
        if customers:
            figures |= {
                "area": {
                    "forecast": engine._get_area(SQL("p_buy")),
                    "recency": engine._get_area(SQL("last_purchase")),
                },
                "captured": {
                    "forecast": engine._get_captured(SQL("clv")),
                    "recency": engine._get_captured(SQL("last_purchase")),
                    "revenue": engine._get_captured(SQL("revenue_year")),
                },
                **engine._get_calibration(),
            }
        return figures

    @api.model
    def _get_purchase_span(self, company, policy):
        """The first and the last day with a purchase, or (None, None)."""
        engine = self.sudo().with_company(company)
        source = engine.env["crm.value.source"]
        source._flush_source()
        return engine.env.execute_query(
            SQL(
                "SELECT MIN(day), MAX(day) FROM (%s) event WHERE is_purchase",
                source._get_events_sql(
                    policy.source,
                    company,
                    company._get_value_today(),
                    policy.include_zero,
                ),
            )
        )[0]

    @api.model
    def _create_outcomes(self, job, until):
        """Create ``crm_value_outcome``: who bought after the as-of date, for how much."""
        self._create_working_table(
            "crm_value_outcome",
            SQL(
                """
                SELECT partner_id, SUM(spend) AS spend
                  FROM (%(events)s) event
                 WHERE day > %(as_of)s AND is_purchase AND amount IS NOT NULL
                 GROUP BY partner_id
                """,
                events=self.env["crm.value.source"]._get_events_sql(
                    job.parameters["source"],
                    job.company,
                    until,
                    job.parameters["include_zero"],
                ),
                as_of=job.as_of,
            ),
        )

    @api.model
    def _create_comparison(self, job, days):
        """Create ``crm_value_comparison``: prediction and outcome of each customer.

        ``p_buy`` is the probability of a purchase within the ``days`` that followed; the
        rule of thumb knows a year only, and stands for itself.
        """
        if job.fit["purchases"]["method"] == "rule":
            p_buy = self._get_rule_sql(job)
        else:
            p_buy = SQL(
                "%s * %s", self._get_alive_sql(job), self._get_buy_sql(job, days)
            )
        self._create_working_table(
            "crm_value_comparison",
            SQL(
                """
                SELECT f.partner_id, f.last_purchase, f.revenue_year,
                       score.clv_predictive AS clv, %(p_buy)s AS p_buy,
                       outcome.partner_id IS NOT NULL AS bought,
                       COALESCE(outcome.spend, 0) AS spend
                  FROM crm_value_fact f
                  JOIN crm_value_score score ON score.partner_id = f.partner_id
                  LEFT JOIN crm_value_outcome outcome
                    ON outcome.partner_id = f.partner_id
                 WHERE f.purchase_days > 0
                """,
                p_buy=p_buy,
            ),
        )

    @api.model
    def _get_area(self, measure):
        """Area under the ROC curve: does a buyer rank above who did not buy?

        The share of all pairs (buyer, other) in which ``measure`` of the buyer is the
        higher one; equal ones count half. None when all bought, or nobody.
        """
        return self._fetch_value(
            SQL(
                """
                SELECT (SUM(buyers * (below + others / 2))
                        / NULLIF(SUM(buyers) * SUM(others), 0))::float8
                  FROM (SELECT COUNT(*) FILTER (WHERE bought)::numeric AS buyers,
                               COUNT(*) FILTER (WHERE NOT bought)::numeric AS others,
                               SUM(COUNT(*) FILTER (WHERE NOT bought))
                                   OVER (ORDER BY %(measure)s)
                                   - COUNT(*) FILTER (WHERE NOT bought) AS below
                          FROM crm_value_comparison
                         GROUP BY %(measure)s) ranked
                """,
                measure=measure,
            )
        )

    @api.model
    def _get_captured(self, measure):
        """Share of the later spend that the best fifth by ``measure`` spent.

        Where the fifth ends within equal customers they count in proportion. None when
        nothing was spent.
        """
        return self._fetch_value(
            SQL(
                """
                SELECT (SUM(spend * LEAST(1, GREATEST(0, (place - above) / members)))
                        / NULLIF(SUM(spend), 0))::float8
                  FROM (SELECT SUM(spend) AS spend, COUNT(*)::numeric AS members,
                               SUM(COUNT(*)) OVER (ORDER BY %(measure)s DESC)
                                   - COUNT(*) AS above,
                               SUM(COUNT(*)) OVER () / %(best)s AS place
                          FROM crm_value_comparison
                         GROUP BY %(measure)s) ranked
                """,
                measure=measure,
                best=BEST,
            )
        )

    @api.model
    def _get_calibration(self):
        """Predicted and observed buyers, in all and by tenth of the probability.

        Equal customers are in the same tenth, so a tenth may be larger or empty; the
        error is the mean over the customers.
        """
        bins = self.env.execute_query_dict(
            SQL(
                """
                SELECT COUNT(*) AS customers, AVG(p_buy)::float8 AS predicted,
                       AVG(bought::int)::float8 AS observed
                  FROM (SELECT p_buy, bought,
                               %(bins)s * (RANK() OVER (ORDER BY p_buy) - 1)
                                   / COUNT(*) OVER () AS tenth
                          FROM crm_value_comparison) ranked
                 GROUP BY tenth ORDER BY tenth
                """,
                bins=BINS,
            )
        )
        customers = sum(row["customers"] for row in bins)
        return {
            "bins": bins,
            "expected": sum(row["customers"] * row["predicted"] for row in bins),
            "error": sum(
                row["customers"] * abs(row["predicted"] - row["observed"])
                for row in bins
            )
            / customers,
        }
