"""Sales teams and users that are deleted: their figures stay, without them.

As Odoo's orders and leads do: they lose the deleted team or salesperson and still count.
"""

from odoo import api, models
from odoo.tools import SQL

KEY = ("metric_id", "company_id", "date", "team_id", "user_id", "tier_id")


class CrmMetricFact(models.Model):
    _inherit = "crm.metric.fact"

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
                value_new=self._get_single_value_sql(
                    SQL("merged.metric_id"),
                    SQL("merged.numerator"),
                    SQL("merged.denominator"),
                ),
                value_added=self._get_single_value_sql(
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
    def _get_single_value_sql(self, metric, numerator, denominator):
        """SQL: the value of one figure, as ``crm.metric.engine`` writes it."""
        return SQL(
            """
            (SELECT CASE WHEN metric.aggregation <> 'ratio' THEN %(numerator)s
                    ELSE ROUND(CASE metric.unit WHEN 'percent' THEN 100 ELSE 1 END
                               * (%(numerator)s) / NULLIF(%(denominator)s, 0), 6) END
               FROM crm_metric metric WHERE metric.id = %(metric)s)
            """,
            metric=metric,
            numerator=numerator,
            denominator=denominator,
        )


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def unlink(self):
        self.env["crm.metric.fact"].sudo()._release("team_id", self.ids)
        return super().unlink()


class ResUsers(models.Model):
    _inherit = "res.users"

    def unlink(self):
        self.env["crm.metric.fact"].sudo()._release("user_id", self.ids)
        return super().unlink()
