from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..measures import allocate, expect, recognise
from ..points import to_points
from .crm_loyalty_measure import ACTIVE_DAYS

# What a move is to the figures: the rest comes and goes within the ledger.
SIDE = SQL(
    """
    CASE WHEN move.kind = 'redeem' OR (move.kind = 'outside' AND move.points < 0)
              OR (move.kind = 'restore' AND origin.kind = 'redeem') THEN 'redeemed'
         WHEN move.kind = 'expire' THEN 'expired'
         WHEN move.kind IN ('activate', 'repay', 'regrant', 'merge') THEN 'within'
         ELSE 'issued' END
    """
)


class CrmLoyaltyMeasure(models.Model):
    """Members, points and money, from the moves."""

    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "crm.loyalty.measure"

    @api.model
    def _prepare_vals(self, program, as_of):
        vals = super()._prepare_vals(program, as_of)
        vals |= self._count_members(program, as_of)
        flows = self._get_flows(program, as_of)
        for side, sign in (("issued", 1), ("redeemed", -1), ("expired", -1)):
            points = sum(row["year"] for row in flows if row["side"] == side)
            vals[side] = to_points(sign * points)
        cohorts = self._get_cohorts(program, as_of)
        owed = self._get_owed(program, as_of)
        outstanding = sum(one["outstanding"] for one in cohorts)
        vals |= {"outstanding": to_points(outstanding), "owed": to_points(owed)}
        vals |= self._value_points(program, as_of, cohorts, outstanding)
        vals |= self._get_reward_cost(program, as_of, vals["redeemed"])
        vals["detail"] |= {
            "flows": flows,
            "cohorts": [
                {
                    "month": one["month"],
                    "issued": one["issued"],
                    "redeemed": one["so_far"],
                    "expired": one["expired"],
                    "outstanding": one["outstanding"],
                    "to_come": one["to_come"],
                }
                for one in cohorts
            ],
        }
        return vals

    @api.model
    def _get_since(self, as_of):
        """The day before the first one of the period."""
        return fields.Date.subtract(as_of, days=ACTIVE_DAYS)

    # ------------------------------------------------------------------ members
    @api.model
    def _count_members(self, program, as_of):
        [counts] = self.env.execute_query(
            SQL(
                """
                WITH active AS (
                    SELECT DISTINCT COALESCE(one.merged_into_id, one.id) AS member_id
                      FROM crm_loyalty_move move
                      JOIN crm_loyalty_member one ON one.id = move.member_id
                     WHERE move.program_id = %(program)s
                       AND move.kind IN ('earn', 'redeem')
                       AND move.date > %(since)s AND move.date <= %(as_of)s
                )
                SELECT COUNT(*), COUNT(active.member_id)
                  FROM crm_loyalty_member member
                  LEFT JOIN active ON active.member_id = member.id
                 WHERE program_id = %(program)s AND merged_into_id IS NULL
                   AND joined_on <= %(as_of)s
                """,
                program=program.id,
                as_of=as_of,
                since=self._get_since(as_of),
            )
        )
        return {"member_count": counts[0], "active_count": counts[1]}

    # ------------------------------------------------------------------- points
    @api.model
    def _get_flows(self, program, as_of):
        """What came and went by kind: list of dicts ``side``, ``kind``, ``year``,
        ``total``, in hundredths; a reversal is of the kind that it takes back."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT %(side)s AS side,
                       CASE WHEN move.kind IN ('reverse', 'restore')
                            THEN COALESCE(origin.kind, move.kind)
                            ELSE move.kind END AS kind,
                       COALESCE(SUM(move.points)
                                FILTER (WHERE move.date > %(since)s), 0)::bigint,
                       SUM(move.points)::bigint
                  FROM crm_loyalty_move move
                  LEFT JOIN crm_loyalty_move origin ON origin.id = move.reversal_of_id
                 WHERE move.program_id = %(program)s AND move.date <= %(as_of)s
                 GROUP BY 1, 2 ORDER BY 1, 2
                """,
                side=SIDE,
                program=program.id,
                as_of=as_of,
                since=self._get_since(as_of),
            )
        )
        return [
            {"side": side, "kind": kind, "year": year, "total": total}
            for side, kind, year, total in rows
            if side != "within"
        ]

    @api.model
    def _get_owed(self, program, as_of):
        [[owed]] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(allocation.points), 0)::bigint
                  FROM crm_loyalty_allocation allocation
                  JOIN crm_loyalty_move move ON move.id = allocation.move_id
                 WHERE allocation.lot_id IS NULL AND move.program_id = %s
                   AND move.date <= %s
                """,
                program.id,
                as_of,
            )
        )
        return owed

    @api.model
    def _get_cohorts(self, program, as_of):
        """Points by the month in which they were issued, the oldest first.

        A lot that came from another one (merged members, points given anew) is of the
        month of that one. What was issued is net of what was taken back.

        :return: list of dicts ``month`` (YYYY-MM), ``issued``, ``outstanding``,
            ``expired``, ``so_far`` (redeemed), and ``redeemed``: the cumulative list by
            age, of the months that are over
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE lot AS (
                    SELECT lot.id, lot.amount, move.date AS made_on, move.date AS born_on
                      FROM crm_loyalty_lot lot
                      JOIN crm_loyalty_move move ON move.id = lot.move_id
                     WHERE move.program_id = %(program)s AND lot.origin_id IS NULL
                     UNION ALL
                    SELECT child.id, child.amount, move.date, lot.born_on
                      FROM lot JOIN crm_loyalty_lot child ON child.origin_id = lot.id
                      JOIN crm_loyalty_move move ON move.id = child.move_id
                ), change AS (
                    SELECT born_on, made_on AS day, 'made' AS side, amount AS points
                      FROM lot WHERE made_on <= %(as_of)s
                     UNION ALL
                    SELECT lot.born_on, move.date, %(side)s, allocation.points
                      FROM lot
                      JOIN crm_loyalty_allocation allocation
                        ON allocation.lot_id = lot.id
                      JOIN crm_loyalty_move move ON move.id = allocation.move_id
                      LEFT JOIN crm_loyalty_move origin
                        ON origin.id = move.reversal_of_id
                     WHERE move.date <= %(as_of)s
                )
                SELECT to_char(born_on, 'YYYY-MM') AS month,
                       (12 * (EXTRACT(YEAR FROM day) - EXTRACT(YEAR FROM born_on))
                        + EXTRACT(MONTH FROM day) - EXTRACT(MONTH FROM born_on))::int,
                       SUM(CASE WHEN side = 'made' THEN points ELSE -points END)::bigint,
                       COALESCE(SUM(points)
                                FILTER (WHERE side = 'redeemed'), 0)::bigint,
                       COALESCE(SUM(points) FILTER (WHERE side = 'expired'), 0)::bigint
                  FROM change GROUP BY 1, 2 ORDER BY 1, 2
                """,
                side=SIDE,
                program=program.id,
                as_of=as_of,
            )
        )
        cohorts = {}
        for month, age, left, redeemed, expired in rows:
            start = date(int(month[:4]), int(month[5:]), 1)
            ages = 12 * (as_of.year - start.year) + as_of.month - start.month + 1
            one = cohorts.setdefault(
                month,
                {"month": month, "outstanding": 0, "expired": 0, "by_age": [0] * ages},
            )
            one["outstanding"] += left
            one["expired"] += expired
            one["by_age"][age] += redeemed
        for one in cohorts.values():
            total, one["redeemed"] = 0, []
            for points in one.pop("by_age"):
                total += points
                one["redeemed"].append(total)
            one["so_far"] = total
            if fields.Date.add(as_of, days=1).day != 1:
                one["redeemed"].pop()
            one["issued"] = one["outstanding"] + one["expired"] + total
        return list(cohorts.values())

    # -------------------------------------------------------------------- money
    @api.model
    def _value_points(self, program, as_of, cohorts, outstanding):
        """Face value, estimate, and what is revenue already."""
        currency = program.company_id.currency_id
        value = program._get_point_value()
        expected = expect(cohorts)
        to_come, rate = expected or ([one["outstanding"] for one in cohorts], 1.0)
        for one, future in zip(cohorts, to_come, strict=True):
            one["to_come"] = round(future)
        future = sum(one["to_come"] for one in cohorts)
        vals = {
            "point_value": float(value),
            "face_value": currency.round(float(value * outstanding / 100)),
            "is_estimated": expected is not None,
            "breakage_rate": round(100 * (1 - rate), 2) if expected else 0,
            "expected_points": to_points(future),
            "estimate": currency.round(float(value * future / 100)),
        }
        redeemed = sum(one["so_far"] for one in cohorts)
        before = self._get_before(program, as_of)
        stand_alone = value * Decimal(str(round(rate, 6)))
        new, kept = self._get_allocated(program, before.as_of, as_of, stand_alone)
        allocated = Decimal(str(before.allocated)) * kept + new
        recognised = recognise(allocated, redeemed, redeemed + future)
        vals |= {
            "allocated": currency.round(float(allocated)),
            "recognised": currency.round(float(recognised)),
            "revenue": currency.round(float(recognised)) - before.recognised,
            "contract_liability": currency.round(float(allocated))
            - currency.round(float(recognised)),
        }
        return vals

    @api.model
    def _get_before(self, program, as_of):
        """The measure that this one builds on, or none."""
        return self.search(
            [
                ("program_id", "=", program.id),
                ("as_of", "<", as_of),
                ("is_final", "=", True),
            ],
            order="as_of desc",
            limit=1,
        )

    @api.model
    def _get_allocated(self, program, since, as_of, stand_alone):
        """Part of the sales of a period that was paid for points.

        What was taken back of a purchase takes its part of the sale with it: of one of
        the period what it was allocated, of an earlier one the average of those.

        :param since: the last day of the measure before, or False
        :param stand_alone: what a point is worth, less those that are never redeemed
        :return: tuple of the new part, and the share of the earlier one that is kept
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT (earn.detail->>'base')::bigint, currency.decimal_places,
                       earn.points,
                       COALESCE(SUM(change.points)
                                FILTER (WHERE change.date > since.day), 0)::bigint,
                       COALESCE(SUM(change.points)
                                FILTER (WHERE change.date <= since.day), 0)::bigint,
                       earn.date > since.day
                  FROM (SELECT COALESCE(%(since)s::date, '-infinity') AS day) since
                 CROSS JOIN crm_loyalty_move change
                  JOIN crm_loyalty_move earn ON earn.id = COALESCE(
                       CASE WHEN change.kind = 'earn' THEN change.id END,
                       CASE WHEN change.kind = 'reverse' THEN change.reversal_of_id END,
                       (SELECT taken.reversal_of_id FROM crm_loyalty_move taken
                         WHERE taken.id = change.reversal_of_id))
                  JOIN res_company company ON company.id = earn.company_id
                  JOIN (SELECT id, CASE WHEN rounding >= 1 THEN 0 ELSE
                                   CEIL(-LOG(rounding))::int END AS decimal_places
                          FROM res_currency) currency
                    ON currency.id = company.currency_id
                 WHERE change.program_id = %(program)s
                   AND change.kind IN ('earn', 'reverse', 'restore')
                   AND change.date <= %(as_of)s AND earn.kind = 'earn' AND earn.points > 0
                   AND earn.detail->>'base' IS NOT NULL
                 GROUP BY earn.id, currency.decimal_places, since.day
                """,
                program=program.id,
                as_of=as_of,
                since=since or None,
            )
        )
        new = earlier = changed = Decimal(0)
        for base, decimals, points, net, before, is_new in rows:
            if is_new:
                sales = Decimal(base).scaleb(-decimals)
                whole = allocate(sales, stand_alone * points / 100)
                new += whole * Decimal(net) / Decimal(points)
            else:
                earlier, changed = earlier + before, changed + net
        kept = max(1 + changed / earlier, Decimal(0)) if earlier > 0 else Decimal(1)
        return new, kept

    @api.model
    def _get_reward_cost(self, program, as_of, redeemed):
        """What rewards of orders took off in the period, in company currency."""
        [[cost]] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(-line.price_subtotal::numeric
                           / COALESCE(NULLIF(sale.currency_rate, 0), 1)::numeric), 0)
                  FROM sale_order_line line
                  JOIN sale_order sale ON sale.id = line.order_id
                  JOIN loyalty_reward reward ON reward.id = line.reward_id
                 WHERE reward.program_id = %(program)s AND sale.state = 'sale'
                   AND sale.id IN (SELECT move.order_id FROM crm_loyalty_move move
                                    WHERE move.program_id = %(program)s
                                      AND move.kind = 'redeem'
                                      AND move.date > %(since)s
                                      AND move.date <= %(as_of)s)
                """,
                program=program.id,
                as_of=as_of,
                since=self._get_since(as_of),
            )
        )
        return {
            "reward_cost": program.company_id.currency_id.round(float(cost)),
            "cost_per_point": float(cost) / redeemed if redeemed > 0 else 0,
        }
