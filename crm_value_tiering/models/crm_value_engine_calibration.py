from collections import Counter

from odoo import api, models
from odoo.tools import SQL

from ..stats import gamma_gamma, mbg_nbd, scale

# A maximum-likelihood fit gains nothing visible from more customers than this.
FIT_SAMPLE = 10000
DAYS_PER_WEEK = mbg_nbd.DAYS_PER_WEEK


class CrmValueEngine(models.AbstractModel):
    """What is learned from all customers together: scales, forecast, tier limits."""

    _inherit = "crm.value.engine"  # pylint: disable=consider-merging-classes-inherited

    # ------------------------------------------------------------------ scales
    @api.model
    def _calibrate_dimensions(self, job):
        """Fill ``calibration["dimensions"]``: per code the ``steps`` of its scale, see
        ``stats.scale``: lists of a measure, the customers below it, those who have it.
        """
        parameters, calibration = job.parameters, job.calibration
        customers = job.counts["customers"]
        calibration["sufficient"] = customers >= parameters["min_customers"]
        calibration["dimensions"] = {
            dimension.code: {"steps": self._get_scale_steps(job, dimension)}
            for dimension in job.dimensions
        }
        job.scales = self._get_scales(calibration)

    @api.model
    def _get_scale_steps(self, job, dimension):
        """Steps of the scale of ``dimension``; none when nobody could be measured.

        Equal customers are counted first, so that few rows are sorted. double precision
        tells amounts of fifteen digits apart, and comes back from JSON as it was.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT measure, below, equal
                  FROM (SELECT measure, equal, SUM(equal) OVER () AS total,
                               SUM(equal) OVER (ORDER BY measure) - equal AS below
                          FROM (SELECT measure, COUNT(*)::int AS equal
                                  FROM (SELECT (%(measure)s)::float8 AS measure
                                          FROM %(facts)s
                                         WHERE f.purchase_days > 0
                                           AND (%(measure)s) IS NOT NULL) measured
                                 GROUP BY measure) counted) ranked
                 WHERE below = 0
                    OR (below + equal) * %(steps)s / total > below * %(steps)s / total
                 ORDER BY measure
                """,
                measure=dimension.measure,
                facts=self._get_facts_sql(job),
                steps=scale.STEPS,
            )
        )
        return [list(row) for row in rows]

    @api.model
    def _get_scales(self, calibration):
        """Code → scale, of the dimensions that can be scored with ``calibration``."""
        if not calibration["sufficient"]:
            return {}
        return {
            code: scale.Scale(learned["steps"])
            for code, learned in calibration["dimensions"].items()
            if learned.get("steps")
        }

    @api.model
    def _can_apply(self, run):
        """Whether customers can be measured with what ``run`` learned: not when it was
        made by a version of the module that learned something else."""
        learned = run.calibration["dimensions"]
        return all(
            "steps" in learned.get(dimension.code, ())
            for dimension in self._get_dimensions(run.parameters)
        ) and all(map(self._is_current_fit, run.fit.values()))

    @api.model
    def _is_current_fit(self, fit):
        """Whether parameters are of all purchases, as they are applied: earlier versions
        fitted amounts to repeat purchases only, and did not say to how many customers."""
        return fit["method"] == "rule" or "customers" in fit

    # ---------------------------------------------------------------- forecast
    @api.model
    def _calibrate_forecast(self, job):
        """Fill ``fit``: the parameters of the purchase and of the spend model.

        ``method`` is "fitted"; "previous" when there are too few repeat customers or the
        fit does not converge and an earlier run has parameters; else "rule", a rule of
        thumb on how long ago the last purchase was. ``reason`` says why. ``prior`` says
        that the customers alone do not determine the parameters, see
        ``stats.optimize.estimate``. The amounts of ``outliers``, customers who spend
        less or more than the ``limits``, are not learned from.
        """
        job.fit = {
            "purchases": self._fit_purchases(job),
            "spend": self._fit_spend(job),
        }

    @api.model
    def _fit_purchases(self, job):
        as_of = job.as_of
        repeaters = self._fetch_value(
            SQL("SELECT COUNT(*) FROM crm_value_fact WHERE purchase_days > 1")
        )
        if repeaters < job.parameters["min_repeaters"]:
            return self._get_fallback_fit(job, "purchases", "few", repeaters)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT x, recency, age, COUNT(*)
                  FROM (SELECT purchase_days - 1 AS x,
                               last_purchase - first_purchase AS recency,
                               %(as_of)s::date - first_purchase AS age
                          FROM crm_value_fact
                         WHERE purchase_days > 0
                         ORDER BY hashint4(partner_id), partner_id
                         LIMIT %(limit)s) sample
                 GROUP BY x, recency, age
                """,
                as_of=as_of,
                limit=FIT_SAMPLE,
            )
        )
        fit = mbg_nbd.fit(
            Counter(
                {
                    (x, recency / DAYS_PER_WEEK, age / DAYS_PER_WEEK): count
                    for x, recency, age, count in sorted(rows)
                }
            )
        )
        if not fit.converged:
            return self._get_fallback_fit(job, "purchases", "not_converged", repeaters)
        p = fit.parameters
        return {
            "method": "fitted",
            "parameters": {"r": p.r, "alpha": p.alpha, "a": p.a, "b": p.b},
            "log_likelihood": fit.log_likelihood,
            "customers": fit.customers,
            "repeaters": repeaters,
            "prior": fit.prior,
        }

    @api.model
    def _fit_spend(self, job):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT x, spend, COUNT(*)
                  FROM (SELECT purchase_days AS x,
                               (spend_total / purchase_days)::float8 AS spend
                          FROM crm_value_fact
                         WHERE purchase_days > 0 AND spend_total > 0
                         ORDER BY hashint4(partner_id), partner_id
                         LIMIT %(limit)s) sample
                 GROUP BY x, spend
                """,
                limit=FIT_SAMPLE,
            )
        )
        repeaters = sum(count for x, _spend, count in rows if x > 1)
        if repeaters < job.parameters["min_repeaters"]:
            return self._get_fallback_fit(job, "spend", "few", repeaters)
        usual, limits = gamma_gamma.split_outliers(
            Counter({(x, spend): count for x, spend, count in sorted(rows)})
        )
        fit = gamma_gamma.fit(usual)
        if not fit.converged:
            return self._get_fallback_fit(job, "spend", "not_converged", repeaters)
        p = fit.parameters
        return {
            "method": "fitted",
            "parameters": {"p": p.p, "q": p.q, "v": p.v},
            "mean": p.mean,
            "log_likelihood": fit.log_likelihood,
            "customers": fit.customers,
            "repeaters": repeaters,
            "prior": fit.prior,
            "bounded": fit.bounded,
            "outliers": sum(row[2] for row in rows) - fit.customers,
            "limits": limits,
        }

    @api.model
    def _get_fallback_fit(self, job, part, reason, repeaters):
        """Parameters of the last run that fitted ``part``, else none: the rule."""
        domain = [
            ("company_id", "=", job.company.id),
            ("state", "=", "done"),
            ("kind", "=", "full"),
        ]
        since = job.company.sudo().crm_value_currency_since
        if part == "spend" and since:
            domain.append(
                ("started_at", ">", since)
            )  # the others' amounts are not ours
        runs = self.env["crm.value.run"].search(domain, order="id desc", limit=24)
        for run in runs:
            earlier = (run.fit or {}).get(part) or {}
            if earlier.get("method") == "fitted" and self._is_current_fit(earlier):
                return {
                    **earlier,
                    "method": "previous",
                    "reason": reason,
                    "repeaters": repeaters,
                    "as_of": str(run.as_of),
                }
        return {"method": "rule", "reason": reason, "repeaters": repeaters}

    # ------------------------------------------------------------- tier limits
    @api.model
    def _calibrate_tiers(self, job):
        """Fill ``calibration["tiers"]``: where each tier begins, best first.

        Each has ``tier_id`` and ``limit`` (a value score or a lifetime value; a customer
        at the limit is in). The last tier has none. A share is met as nearly as ties
        allow: of the two limits around it the nearer one, when equally near the smaller
        tier. All customers equal: everybody is in the middle tier.
        """
        parameters, calibration = job.parameters, job.calibration
        tiers = parameters["tiers"]
        calibration["tiers"] = [{"tier_id": tier["tier_id"]} for tier in tiers]
        calibration["neutral_tier"] = None
        calibration["measure"] = (
            "clv_predictive" if parameters["tier_rule"] == "clv" else "value_score"
        )
        if not calibration["sufficient"]:
            return
        if parameters["tier_rule"].startswith("share"):
            limits = self._get_share_limits(job)
        else:
            field = "min_clv" if parameters["tier_rule"] == "clv" else "min_score"
            limits = [str(tier[field]) for tier in tiers[:-1]]
        for tier, limit in zip(calibration["tiers"], limits, strict=False):
            tier["limit"] = limit

    @api.model
    def _get_share_limits(self, job):
        """Limits of all tiers but the last for a rule by share; None: an empty tier."""
        parameters, calibration = job.parameters, job.calibration
        tiers = parameters["tiers"]
        by_revenue = parameters["tier_rule"] == "share_revenue"
        weight = SQL("GREATEST(revenue_window, 0)") if by_revenue else SQL("1")
        values = self.env.execute_query(
            SQL(
                """
                SELECT score.value_score::text AS value,
                       SUM(SUM(%(weight)s)) OVER (ORDER BY score.value_score DESC)
                  FROM crm_value_score score
                 WHERE score.value_score IS NOT NULL
                 GROUP BY score.value_score
                 ORDER BY score.value_score DESC
                """,
                weight=weight,
            )
        )
        if not values:
            return []
        if len(values) == 1:
            calibration["neutral_tier"] = tiers[len(tiers) // 2]["tier_id"]
            return []
        total = values[-1][1] or 1
        limits, target = [], 0
        for tier in tiers[:-1]:
            target += tier["share"] / 100
            # (distance, members) of each possible limit; the first candidate is nobody
            candidates = [(abs(target), 0, None)] + [
                (abs(float(held / total) - target), held, value)
                for value, held in values
            ]
            limit = min(candidates, key=lambda candidate: candidate[:2])[2]
            limits.append(limit)
        return limits
