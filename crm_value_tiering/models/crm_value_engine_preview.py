from odoo import api, models
from odoo.tools import SQL

# Customers named as examples of a tier, and of those who would change theirs.
EXAMPLES = 3
MOVERS = 10


class CrmValueEngine(models.AbstractModel):
    """What a value model would result in: the real computation, without writing."""

    _inherit = "crm.value.engine"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _preview(self, company, policy, as_of):
        """Compute as :meth:`_run` does, up to the tiers, and count instead of storing.

        The caller has the right to do so for ``company``.

        :param model: record with ``_get_parameters()``: a value model, or the set-up
        :return: dict that goes through JSON: ``as_of``, ``customers``, ``repeaters``,
            ``sufficient``, ``forecast`` (how the forecast was reached: "fitted",
            "previous" or "rule"), ``idle`` (customers without a purchase in the period),
            ``documents_without_rate`` and ``currencies``, and

            - ``tiers``: best first, ``tier_id`` (None: no tier), ``customers``,
              ``revenue`` of the period, ``clv`` (mean), ``limit``, ``present`` (customers
              in the tier today), ``examples`` (ids of the best customers)
            - ``moves``: ``from_id``, ``to_id``, ``customers``, ``revenue``, of those who
              have a tier and would get another
            - ``movers``: the largest of them, ``partner_id``, ``from_id``, ``to_id``,
              ``revenue``

            Amounts are decimal strings in company currency.
        """
        engine = self.sudo().with_company(company)
        job = engine._prepare_job(company, policy, as_of, hysteresis=True)
        engine._tune_session()
        engine.env["crm.value.source"]._flush_source()
        engine._flush_targets()
        engine._collect_facts(job)
        engine._calibrate_dimensions(job)
        engine._calibrate_forecast(job)
        engine._score(job)
        engine._calibrate_tiers(job)
        engine._create_preview(job)
        return {
            "as_of": str(as_of),
            "customers": job.counts["customers"],
            "repeaters": job.fit["purchases"]["repeaters"],
            "sufficient": job.calibration["sufficient"],
            "forecast": job.fit["purchases"]["method"],
            "idle": engine._fetch_value(
                SQL("SELECT COUNT(*) FROM crm_value_preview WHERE window_purchases = 0")
            ),
            "documents_without_rate": job.counts["documents_without_rate"],
            "currencies": engine._get_currencies_without_rate(job),
            "tiers": engine._get_preview_tiers(job),
            "moves": engine._get_preview_moves(),
            "movers": engine._get_preview_movers(),
        }

    @api.model
    def _create_preview(self, job):
        """Create ``crm_value_preview``: tier now and then of each customer."""
        self._create_working_table(
            "crm_value_preview",
            SQL(
                """
                SELECT score.partner_id, score.revenue_window AS revenue,
                       score.window_purchases, score.value_score,
                       score.clv_predictive AS clv,
                       score.from_tier_id AS from_id, %(tier)s AS to_id
                  FROM crm_value_score score
                  %(override)s
                 WHERE score.purchase_days > 0
                """,
                tier=self._get_tier_columns(job)["tier_id"],
                override=self._get_override_join(job),
            ),
        )

    @api.model
    def _get_preview_tiers(self, job):
        decimals = job.company.currency_id.decimal_places
        found = {
            row["tier_id"]: row
            for row in self.env.execute_query_dict(
                SQL(
                    """
                    SELECT to_id AS tier_id, COUNT(*) AS customers,
                           SUM(revenue)::text AS revenue,
                           ROUND(AVG(clv)::numeric, %(decimals)s)::text AS clv,
                           (ARRAY_AGG(partner_id
                                      ORDER BY value_score DESC NULLS LAST,
                                               revenue DESC, partner_id)
                           )[:%(examples)s] AS examples
                      FROM crm_value_preview
                     GROUP BY to_id
                    """,
                    decimals=decimals,
                    examples=EXAMPLES,
                )
            )
        }
        present = dict(
            self.env.execute_query(
                SQL("SELECT from_id, COUNT(*) FROM crm_value_preview GROUP BY from_id")
            )
        )
        limits = {
            tier["tier_id"]: tier.get("limit") for tier in job.calibration["tiers"]
        }
        without = [None] if None in found else []
        return [
            {
                "customers": 0,
                "revenue": "0",
                "clv": None,
                "examples": [],
                **found.get(tier_id, {}),
                "tier_id": tier_id,
                "limit": limits.get(tier_id),
                "present": present.get(tier_id, 0),
            }
            for tier_id in [*limits, *without]
        ]

    @api.model
    def _get_preview_moves(self):
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT from_id, to_id, COUNT(*) AS customers,
                       SUM(revenue)::text AS revenue
                  FROM crm_value_preview
                 WHERE from_id IS NOT NULL AND from_id IS DISTINCT FROM to_id
                 GROUP BY from_id, to_id
                 ORDER BY COUNT(*) DESC, from_id, to_id
                """
            )
        )

    @api.model
    def _get_preview_movers(self):
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT partner_id, from_id, to_id, revenue::text AS revenue
                  FROM crm_value_preview
                 WHERE from_id IS NOT NULL AND from_id IS DISTINCT FROM to_id
                 ORDER BY crm_value_preview.revenue DESC, partner_id
                 LIMIT %s
                """,
                MOVERS,
            )
        )

    @api.model
    def _get_currencies_without_rate(self, job):
        """Names of the currencies whose documents are left out. Invoices have rates."""
        if not job.counts["documents_without_rate"]:
            return []
        source = self.env["crm.value.source"]
        return [
            row[0]
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT currency.name
                      FROM (%s) document
                      JOIN res_currency currency ON currency.id = document.currency_id
                     WHERE document.amount IS NULL
                     ORDER BY currency.name
                    """,
                    source._get_unconverted_sql(
                        job.parameters["source"], job.company, job.as_of
                    ),
                )
            )
        ]
