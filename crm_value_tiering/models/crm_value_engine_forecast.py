from odoo import api, models
from odoo.tools import SQL

from ..stats import mbg_nbd
from .crm_value_engine_calibration import DAYS_PER_WEEK

QUARTER_DAYS = 90
YEAR_DAYS = 365
# Rule of thumb while there is no forecast: (last purchase at most this many days ago,
# probability of another one within a year). The last line is for everybody else.
RETENTION_RULE = [(90, 0.8), (180, 0.5), (365, 0.25), (None, 0.05)]


class CrmValueEngine(models.AbstractModel):
    """The fitted models in SQL: who still buys, how often, for how much."""

    _inherit = "crm.value.engine"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _create_expectations(self, job):
        """Create ``crm_value_expectation``: purchases to expect of an active customer.

        They depend on the number of repeat purchases ``x`` and the customer's ``age`` in
        days alone, so they are computed once per pair, in Python, and joined:
        ``purchases`` in the next 365 days, and ``discounted`` over the horizon, each
        year's purchases discounted from its middle.
        """
        fit = job.fit["purchases"]
        xs, ages, purchases, discounted = [], [], [], []
        if fit["method"] != "rule":
            expected = mbg_nbd.ExpectedPurchases(
                mbg_nbd.Parameters(**fit["parameters"])
            )
            pairs = self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT purchase_days - 1, %s::date - first_purchase
                      FROM crm_value_fact WHERE purchase_days > 0
                    """,
                    job.as_of,
                )
            )
            years = range(1, job.parameters["horizon_years"] + 1)
            horizons = [year * YEAR_DAYS / DAYS_PER_WEEK for year in years]
            discounts = [self._get_discount(job, year - 1) for year in years]
            for x, age in pairs:
                weeks = age / DAYS_PER_WEEK
                yearly = [expected.if_alive(x, weeks, horizon) for horizon in horizons]
                xs.append(x)
                ages.append(age)
                purchases.append(yearly[0])
                discounted.append(
                    sum(
                        (later - sooner) * discount
                        for sooner, later, discount in zip(
                            [0.0, *yearly], yearly, discounts, strict=False
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
        return (1 + job.parameters["discount_rate"] / 100) ** -(year + 0.5)

    @api.model
    def _get_activity_columns(self, job):
        """``p_alive, spend`` → SQL: whether the customer is still active (0 to 1), and
        what a purchase brings; NULL for whoever never bought.
        """
        by_rule = job.fit["purchases"]["method"] == "rule"
        return {
            "p_alive": self._get_rule_sql(job) if by_rule else self._get_alive_sql(job),
            "spend": self._get_spend_sql(job),
        }

    @api.model
    def _get_forecast_columns(self, job):
        """``p_buy_quarter, p_buy_year, purchases, clv`` → SQL.

        NULL for whoever never bought; 0 to 1; per year; company currency, unrounded.
        """
        margin = job.parameters["margin_rate"] / 100
        fit = job.fit["purchases"]
        if fit["method"] == "rule":
            buy_year = SQL("f.p_alive")
            discounted = SQL(" + ").join(
                SQL("%s * %s ^ %s", self._get_discount(job, year), buy_year, year + 1)
                for year in range(job.parameters["horizon_years"])
            )
            return {
                "p_buy_quarter": SQL(
                    "1 - (1 - %s) ^ (%s / %s.0)", buy_year, QUARTER_DAYS, YEAR_DAYS
                ),
                "p_buy_year": buy_year,
                "purchases": SQL("f.window_purchases * %s", buy_year),
                "clv": SQL(
                    "GREATEST(f.revenue_year, 0) * %s * (%s)", margin, discounted
                ),
            }
        return {
            "p_buy_quarter": SQL(
                "f.p_alive * %s", self._get_buy_sql(job, QUARTER_DAYS)
            ),
            "p_buy_year": SQL("f.p_alive * %s", self._get_buy_sql(job, YEAR_DAYS)),
            "purchases": SQL("f.p_alive * f.expected_if_active"),
            "clv": SQL(
                "f.p_alive * f.discounted_if_active * f.spend * %s",
                self._get_float_sql(margin),
            ),
        }

    @api.model
    def _get_alive_sql(self, job):
        """P(alive) of the MBG/NBD; see ``stats.mbg_nbd.probability_alive``.

        The exponent is kept within what exp() takes: PostgreSQL raises an error on
        overflow *and* on underflow.
        """
        p = job.fit["purchases"]["parameters"]
        return SQL(
            """
            CASE WHEN f.purchase_days > 0 THEN
            1 / (1 + exp(LEAST(700, GREATEST(-700,
                ln(%(a)s / (%(b)s + f.purchase_days - 1))
                + (%(r)s + f.purchase_days - 1) * (
                    ln(%(alpha)s + (%(as_of)s::date - f.first_purchase) / %(week)s)
                    - ln(%(alpha)s + (f.last_purchase - f.first_purchase) / %(week)s)
                ))))) END
            """,
            as_of=job.as_of,
            week=self._get_float_sql(DAYS_PER_WEEK),
            **{name: self._get_float_sql(value) for name, value in p.items()},
        )

    @api.model
    def _get_float_sql(self, value):
        """SQL: ``value`` in double precision. A bare decimal constant is NUMERIC, and
        makes what is computed with it ten times slower."""
        return SQL("%s::float8", value)

    @api.model
    def _get_buy_sql(self, job, days):
        """P(a purchase within ``days``) of an active customer."""
        p = job.fit["purchases"]["parameters"]
        age = SQL(
            "%s + (%s::date - f.first_purchase) / %s",
            self._get_float_sql(p["alpha"]),
            job.as_of,
            self._get_float_sql(DAYS_PER_WEEK),
        )
        return SQL(
            "(1 - exp(GREATEST(-700, (%(r)s + f.purchase_days - 1)"
            " * (ln(%(age)s) - ln(%(age)s + %(weeks)s)))))",
            r=self._get_float_sql(p["r"]),
            age=age,
            weeks=self._get_float_sql(days / DAYS_PER_WEEK),
        )

    @api.model
    def _get_spend_sql(self, job):
        """Expected spend per purchase; see ``stats.gamma_gamma.expected_spend``."""
        fit = job.fit["spend"]
        if fit["method"] == "rule":
            return SQL("(f.spend_total / NULLIF(f.purchase_days, 0))::float8")
        p = fit["parameters"]
        return SQL(
            "CASE WHEN f.purchase_days > 0 THEN %(p)s * (%(v)s + f.spend_total::float8)"
            " / (%(p)s * f.purchase_days + %(q)s - 1) END",
            **{name: self._get_float_sql(value) for name, value in p.items()},
        )

    @api.model
    def _get_rule_sql(self, job):
        """Rule of thumb: probability of a purchase within a year, by recency."""
        recency = SQL("(%s::date - f.last_purchase)", job.as_of)
        return SQL(
            "CASE WHEN f.purchase_days > 0 THEN CASE %s ELSE %s::float8 END END",
            SQL(" ").join(
                SQL("WHEN %s <= %s THEN %s", recency, days, probability)
                for days, probability in RETENTION_RULE[:-1]
            ),
            RETENTION_RULE[-1][1],
        )
