from odoo import api, fields, models
from odoo.tools import SQL

from ..measures import compare, compare_means
from .crm_loyalty_measure import ACTIVE_DAYS

MINIMUM = 30  # customers on either side, below which nothing is said
WINDOW_DAYS = 730  # customers who joined, or bought, in so many days are compared


class CrmLoyaltyMeasure(models.Model):
    """Whether members buy again, beside customers like them who are no members.

    A member is looked at from the first purchase on joining; a non-member from the first
    purchase of each month. Both are followed for a year. Only customers are compared who
    bought in the same quarter, had the same tier and had been customers for as long
    before.
    """

    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "crm.loyalty.measure"

    @api.model
    def _prepare_vals(self, program, as_of):
        vals = super()._prepare_vals(program, as_of)
        strata, distinct = self._get_strata(program, as_of)
        found = {
            name: compare(
                [(m, m_with, o, o_with) for m, o, *rest in strata
                 for m_with, o_with in [rest[place]]],
                distinct,
                MINIMUM,
            )
            for place, name in enumerate(("repeat", "retention"))
        }  # fmt: skip
        found["spend"] = compare_means(
            [(row[0], *row[4][:2], row[1], *row[4][2:]) for row in strata],
            distinct,
            MINIMUM,
        )
        vals["detail"] |= {"effect": found}
        retention = found["retention"]
        compared = retention["share"] is not None
        vals |= {
            "is_compared": compared,
            "retention_rate": round(100 * retention["share"], 2) if compared else 0,
            "other_retention_rate": (
                round(100 * retention["other_share"], 2) if compared else 0
            ),
        }
        return vals

    @api.model
    def _get_strata(self, program, as_of):
        """Customers of a kind: list of tuples (members, others, who bought again of
        both, who was still there after half a year of both, what both spent in the year
        with its squares); and how many different customers the others are."""
        company = program.company_id
        policy = self.env["crm.value.policy"].sudo()._find_for_company(company, as_of)
        source = self.env["crm.value.source"].sudo()
        source._flush_source()
        rows = self.env.execute_query(
            SQL(
                """
                WITH daily AS MATERIALIZED (
                    SELECT partner_id, day, BOOL_OR(is_purchase) AS is_purchase,
                           SUM(GREATEST(spend, 0))::float8 AS spend
                      FROM (%(events)s) event GROUP BY partner_id, day
                ), purchase AS (
                    SELECT partner_id, day FROM daily WHERE is_purchase
                ), first AS (
                    SELECT partner_id, MIN(day) AS day FROM purchase GROUP BY partner_id
                ), member AS (
                    SELECT partner_id, joined_on FROM crm_loyalty_member
                     WHERE program_id = %(program)s AND partner_id IS NOT NULL
                ), start AS (
                    SELECT purchase.partner_id, MIN(purchase.day) AS day, TRUE AS joined
                      FROM member JOIN purchase USING (partner_id)
                     WHERE purchase.day >= member.joined_on
                     GROUP BY purchase.partner_id
                     UNION ALL
                    SELECT purchase.partner_id, MIN(purchase.day), FALSE
                      FROM purchase LEFT JOIN member USING (partner_id)
                     WHERE member.joined_on IS NULL
                        OR member.joined_on > purchase.day + %(days)s
                     GROUP BY purchase.partner_id, date_trunc('month', purchase.day)
                ), followed AS (
                    SELECT start.partner_id, start.day, start.joined,
                           COALESCE(BOOL_OR(later.is_purchase), FALSE) AS again,
                           COALESCE(BOOL_OR(later.is_purchase AND later.day
                                            > start.day + %(days)s / 2), FALSE) AS stayed,
                           COALESCE(SUM(later.spend), 0) AS spend
                      FROM start
                      LEFT JOIN daily later ON later.partner_id = start.partner_id
                       AND later.day > start.day AND later.day <= start.day + %(days)s
                     WHERE start.day > %(since)s AND start.day <= %(until)s
                     GROUP BY start.partner_id, start.day, start.joined
                ), customer AS (
                    SELECT followed.*, date_trunc('quarter', followed.day) AS quarter,
                           width_bucket(followed.day - first.day,
                                        ARRAY[1, 181, 366, 731]) AS age,
                           (SELECT change.to_tier_id FROM crm_value_transition change
                             WHERE change.partner_id = followed.partner_id
                               AND change.company_id = %(root)s
                               AND change.kind = 'tier' AND change.date < followed.day
                             ORDER BY change.date DESC, change.id DESC LIMIT 1) AS tier
                      FROM followed JOIN first USING (partner_id)
                )
                SELECT COUNT(*) FILTER (WHERE joined),
                       COUNT(*) FILTER (WHERE NOT joined),
                       COUNT(*) FILTER (WHERE joined AND again),
                       COUNT(*) FILTER (WHERE NOT joined AND again),
                       COUNT(*) FILTER (WHERE joined AND stayed),
                       COUNT(*) FILTER (WHERE NOT joined AND stayed),
                       COALESCE(SUM(spend) FILTER (WHERE joined), 0),
                       COALESCE(SUM(spend ^ 2) FILTER (WHERE joined), 0),
                       COALESCE(SUM(spend) FILTER (WHERE NOT joined), 0),
                       COALESCE(SUM(spend ^ 2) FILTER (WHERE NOT joined), 0),
                       (SELECT COUNT(DISTINCT partner_id) FROM customer
                         WHERE NOT joined)
                  FROM customer GROUP BY quarter, age, tier
                """,
                events=source._get_events_sql(
                    policy.source or "sale", company, as_of, policy.include_zero
                ),
                program=program.id,
                root=company._get_value_root().id,
                days=ACTIVE_DAYS,
                until=fields.Date.subtract(as_of, days=ACTIVE_DAYS),
                since=fields.Date.subtract(as_of, days=ACTIVE_DAYS + WINDOW_DAYS),
            )
        )
        strata = [(row[0], row[1], row[2:4], row[4:6], row[6:10]) for row in rows]
        return strata, rows[0][10] if rows else 0
