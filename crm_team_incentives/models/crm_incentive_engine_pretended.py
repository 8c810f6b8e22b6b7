from decimal import Decimal

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .crm_incentive_engine import IncentiveInput


class CrmIncentiveEngine(models.AbstractModel):
    """Computing with what has not happened: examples, three numbers, estimates."""

    _inherit = "crm.incentive.engine"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _check_amounts(self, amounts, limit):
        """:raise ValidationError: for an amount that is none, or beyond the limit"""
        if any(not abs(amount or 0) <= limit for amount in amounts):
            raise ValidationError(
                self.env._("An amount is between -%(limit)s and %(limit)s.",
                           limit=f"{limit:,.0f}")
            )  # fmt: skip

    @api.model
    def _compute_case(
        self, version, amounts, tier=None, is_new=True, is_complex=False, **customer
    ):
        """What one person would get for amounts in one month; nothing is stored.

        :param amounts: numbers; a negative one is a credit note for the one before it
        :param customer: ``lifetime_value`` and ``recent_orders`` of the customer
        :return: list of dicts with ``LINE_COLUMNS`` and ``number``, the amount's place
        """
        day = version.date_from
        since = day if is_new else day.replace(year=day.year - 20)
        kinds = ["won", "order", "invoice", "payment"] + ["complex"] * is_complex
        events, document = [], 0
        for number, amount in enumerate(amounts, start=1):
            document = number if amount > 0 else document
            events += [
                {
                    "event_id": number * 10 + place,
                    "kind": kind,
                    "document_id": document or None,
                    "res_id": number,
                    "amount": amount,
                    "day": day,
                    "tier_id": tier.id if tier else None,
                    "customer_since": since,
                    **customer,
                }
                for place, kind in enumerate(kinds)
                if amount
            ]
        plans = SQL(
            "SELECT 0 AS user_id, %s::int AS version_id, %s::date AS date_from,"
            " NULL::date AS date_to",
            version.id,
            day,
        )
        lines = self._compute_pretended(
            events, [(0, None, 1)], plans, version.company_id
        )
        return [{**line, "number": line["event_id"] // 10} for line in lines]

    @api.model
    def _compute_pretended(self, events, people, plans, company, stored=None):
        """The lines of events that have not happened.

        :param events: list of dicts of ``IncentiveInput.events``
        :param people: tuples of user, team and weight: who shares each of them
        :param stored: SQL of lines that count before, None: nothing does
        """
        self._flush_terms()
        if not events:
            return []
        rows = [
            SQL(
                "(%s::int, %s, %s::int, %s::int, 1, %s::date, %s::numeric, 0::numeric,"
                " %s::int, %s::date, %s::numeric, %s::int, NULL::int, %s::int)",
                one["event_id"],
                one["kind"],
                one["document_id"],
                one["res_id"],
                one["day"],
                self._get_exact(one["amount"]),
                one["tier_id"],
                one["customer_since"],
                self._get_exact(one.get("lifetime_value")),
                one.get("recent_orders"),
                one.get("home_period_id"),
            )
            for one in events
        ]
        pretended = SQL(
            "SELECT * FROM (VALUES %s) event (event_id, kind, document_id, res_id,"
            " sequence, day, amount, before, tier_id, customer_since, lifetime_value,"
            " recent_orders, period_id, home_period_id)",
            SQL(", ").join(rows),
        )
        people = SQL(", ").join(
            SQL("(%s::int, %s::int, %s::int, %s::numeric)", number, user, team, weight)
            for number, (user, team, weight) in enumerate(people)
        )
        job = IncentiveInput(
            events=pretended,
            credits=SQL(
                "SELECT event.event_id, person.* FROM event CROSS JOIN (VALUES %s)"
                " person (credit_id, user_id, team_id, weight)",
                people,
            ),
            plans=plans,
            stored=stored or self._get_stored_sql(SQL("FALSE")),
            ledger=pretended,
            decimals=company.currency_id.decimal_places,
        )
        lines = self.env.execute_query_dict(
            SQL(
                "SELECT *, amount::text AS exact FROM (%s) line"
                " ORDER BY event_id, rule_id, user_id",
                self._get_lines_sql(job),
            )
        )
        return [{**line, "amount": Decimal(line["exact"])} for line in lines]

    @api.model
    def _get_exact(self, number):
        """What a number says, for NUMERIC: not its nearest binary fraction."""
        return None if number is None else str(Decimal(repr(number)))
