from odoo import api, fields, models
from odoo.tools import SQL, format_datetime


class CrmIncentiveEstimate(models.AbstractModel):
    """What winning a document would pay the user: computed, shown, forgotten.

    It is the month's own computation, fed with what has not happened yet and with the
    lines of the month, so steps go on from where the user is. Only the user's own pay.
    """

    _name = "crm.incentive.estimate"
    _description = "Estimate of Pay"

    @api.model
    def _estimate(self, document):
        """:return: parts of an explanation, or None when the document is decided"""
        case = document._get_incentive_case()
        if not case:
            return None
        mine = [person for person in case["people"] if person[0] == self.env.uid]
        if not mine:
            return self._say(self.env._("Winning this pays somebody else, not you."))
        lines = self._compute(case, document)
        if lines is None:
            return self._say(
                self.env._("No plan pays you today, so there is no figure.")
            )
        if not lines:
            return self._say(
                self.env._("By your plan, winning this pays nothing: no rule fits it.")
            )
        return self._explain(case, lines)

    @api.model
    def _compute(self, case, document):
        """The user's lines, or None without a plan."""
        company = case["company"]
        today = company._get_value_today()
        engine = self.env["crm.incentive.engine"].sudo()
        plans = engine._get_plans_sql(company)
        planned = SQL(
            "SELECT FROM (%s) plan WHERE user_id = %s AND date_from <= %s"
            " AND (date_to IS NULL OR date_to > %s) LIMIT 1",
            plans, self.env.uid, today, today,
        )  # fmt: skip
        engine._flush_terms()
        if not self.env.execute_query(planned):
            return None
        customer = document._get_customer_facts(company, case["partner"])
        period = self.env["crm.incentive.period"].sudo()._get_at(company, today)
        events = [
            {
                "event_id": number,
                "kind": kind,
                "document_id": document.id,
                "res_id": document.id,
                "amount": case["amount"],
                "day": today,
                **customer,
                "customer_since": min(customer["customer_since"] or today, today),
                "home_period_id": period.id or 0,
            }
            for number, kind in enumerate(case["kinds"], start=1)
            if case["amount"] > 0
        ]
        stored = engine._get_stored_sql(
            SQL(
                "line.home_period_id = %s AND line.user_id = %s",
                period.id or 0,
                self.env.uid,
            )
        )
        lines = engine._compute_pretended(
            events, case["people"], plans, company, stored=stored
        )
        return [line for line in lines if line["user_id"] == self.env.uid]

    @api.model
    def _explain(self, case, lines):
        texts = self.env["crm.explanation.mixin"]
        currency = case["company"].currency_id
        rules = self.env["crm.incentive.rule"].sudo().browse(
            line["rule_id"] for line in lines
        )  # fmt: skip
        rows = [
            {
                "rule": rule.name,
                "formula": self.env["crm.incentive.line"]._get_formula(
                    rule, line, currency
                ),
                "amount": texts._format_money(float(line["amount"]), currency),
            }
            for rule, line in zip(rules, lines, strict=True)
        ]
        total = sum(line["amount"] for line in lines)
        why = self._say(
            self.env._(
                "If you win this: %(total)s.",
                total=texts._format_money(float(total), currency),
            )
        )
        why["tables"] = [
            texts._prepare_table(
                [
                    ("rule", self.env._("Rule")),
                    ("formula", self.env._("How")),
                    ("amount", self.env._("Amount"), "end"),
                ],
                rows,
                note=self.env._(
                    "Estimate of %(moment)s: it is stored nowhere, and no promise.",
                    moment=format_datetime(
                        self.env, fields.Datetime.now(), dt_format="short"
                    ),
                ),
            )
        ]
        why["notes"] = [
            sentence
            for rule, line in zip(rules, lines, strict=True)
            if (sentence := self._get_next_step(rule, line, currency))
        ]
        return why

    @api.model
    def _get_next_step(self, rule, line, currency):
        """How much more reaches the next step of a stepped rule."""
        if rule.kind != "stepped" or rule.by_lifetime:
            return None
        after = line["cum_before"] + line["rated"]
        step = rule.step_ids.sorted("bound").filtered(lambda s: s.bound > after)[:1]
        if not step:
            return None
        texts = self.env["crm.explanation.mixin"]
        return self.env._(
            "%(missing)s more this month, and the step of %(rate)s begins.",
            missing=texts._format_money(step.bound - float(after), currency),
            rate=texts._format_rate(step.rate),
        )

    @api.model
    def _say(self, sentence):
        return {"summary": [sentence], "tables": [], "values": [], "notes": []}
