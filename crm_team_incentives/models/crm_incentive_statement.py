from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CrmIncentiveStatement(models.Model):
    """A person's account of a period: begin + new - paid = end.

    Everybody with a plan or a line has one, also when nothing was earned. A negative end
    goes on to the next period; nobody pays back in cash.
    """

    _name = "crm.incentive.statement"
    _inherit = ["crm.guard.mixin", "crm.explanation.mixin"]
    _description = "Incentive Statement"
    _order = "date_from desc, user_id"
    _guard_free = ("write_uid", "write_date", "paid_amount", "end_amount")

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    period_id = fields.Many2one(
        "crm.incentive.period",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    date_from = fields.Date(related="period_id.date_from", store=True)
    state = fields.Selection(related="period_id.state", string="Period State")
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", readonly=True, ondelete="restrict"
    )
    begin_amount = fields.Monetary(string="Begin", readonly=True, aggregator=None)
    new_amount = fields.Monetary(string="New", readonly=True)
    paid_amount = fields.Monetary(string="Paid", readonly=True)
    end_amount = fields.Monetary(string="End", readonly=True, aggregator=None)
    due_amount = fields.Monetary(
        string="To Pay",
        compute="_compute_due_amount",
        help="What an approved period pays out: a negative balance pays nothing.",
    )
    computed_at = fields.Datetime(string="Last Changed", readonly=True)
    line_ids = fields.One2many("crm.incentive.line", "statement_id")

    _once = models.Constraint(
        "UNIQUE(period_id, user_id)", "The person has a statement of the period."
    )

    @api.depends("begin_amount", "new_amount", "paid_amount", "period_id.state")
    def _compute_due_amount(self):
        for one in self:
            approved = one.sudo().period_id.state == "approved"
            balance = one.begin_amount + one.new_amount
            one.due_amount = max(0, balance) if approved else 0

    @api.depends("user_id", "period_id")
    def _compute_display_name(self):
        for one in self:
            period = one.sudo().period_id.display_name
            one.display_name = f"{one.user_id.name}, {period}"

    # --------------------------------------------------------------------- CRUD
    @api.model
    def _get_guard_sql(self, row):
        return SQL(
            "EXISTS (SELECT FROM crm_incentive_period period WHERE period.id ="
            " %s.period_id AND period.state IN ('approved', 'paid'))",
            SQL(row),
        )

    @api.model
    def _get_guard_changes(self):
        # Paying an approved period writes two columns, before the period says "paid".
        return [
            SQL(
                "((OLD.paid_amount, OLD.end_amount)"
                " IS DISTINCT FROM (NEW.paid_amount, NEW.end_amount)"
                " AND EXISTS (SELECT FROM crm_incentive_period period"
                " WHERE period.id = OLD.period_id AND period.state = 'paid'))"
            )
        ]

    def write(self, vals):  # pylint: disable=method-required-super
        self.check_access("write")
        raise UserError(self.env._("Statements are computed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Statements are computed."))

    # ------------------------------------------------------------------ business
    @api.model
    def _store(self, company):
        """Bring the statements of the periods that are not approved up to date.

        One after the other: each begins where the one before it ends.
        """
        for name in ("line", "period", "statement", "assignment"):
            self.env[f"crm.incentive.{name}"].flush_model()
        periods = self.env["crm.incentive.period"].search(
            [
                ("company_id", "=", company.id),
                ("state", "not in", ("approved", "paid")),
            ],
            order="date_from",
        )
        for period in periods:
            self.env.cr.execute(
                SQL(
                    """
                    WITH previous AS (
                        SELECT DISTINCT ON (user_id) user_id, end_amount
                          FROM crm_incentive_statement
                         WHERE company_id = %(company)s AND date_from < %(start)s
                         ORDER BY user_id, date_from DESC),
                    earned AS (
                        SELECT user_id, SUM(amount) AS amount, MAX(team_id) AS team_id
                          FROM crm_incentive_line WHERE period_id = %(period)s
                         GROUP BY user_id),
                    person AS (
                        SELECT user_id FROM earned
                         UNION SELECT user_id FROM previous WHERE end_amount <> 0
                         UNION SELECT user_id FROM crm_incentive_assignment
                                WHERE company_id = %(company)s
                                  AND date_from < %(stop)s
                                  AND (date_to IS NULL OR date_to > %(start)s)),
                    fresh AS (
                        SELECT person.user_id, earned.team_id,
                               COALESCE(previous.end_amount, 0) AS begin_amount,
                               COALESCE(earned.amount, 0) AS new_amount
                          FROM person
                          LEFT JOIN earned USING (user_id)
                          LEFT JOIN previous USING (user_id)),
                    gone AS (
                        DELETE FROM crm_incentive_statement old
                         WHERE old.period_id = %(period)s
                           AND old.user_id NOT IN (SELECT user_id FROM fresh))
                    INSERT INTO crm_incentive_statement (
                           company_id, period_id, date_from, user_id, team_id,
                           begin_amount, new_amount, paid_amount, end_amount,
                           computed_at)
                    SELECT %(company)s, %(period)s, %(start)s, user_id, team_id,
                           begin_amount, new_amount, 0, begin_amount + new_amount,
                           %(now)s
                      FROM fresh ORDER BY user_id
                    ON CONFLICT (period_id, user_id) DO UPDATE
                       SET team_id = EXCLUDED.team_id,
                           begin_amount = EXCLUDED.begin_amount,
                           new_amount = EXCLUDED.new_amount,
                           end_amount = EXCLUDED.end_amount,
                           computed_at = EXCLUDED.computed_at
                     WHERE (crm_incentive_statement.team_id,
                            crm_incentive_statement.begin_amount,
                            crm_incentive_statement.new_amount)
                           IS DISTINCT FROM (EXCLUDED.team_id, EXCLUDED.begin_amount,
                                             EXCLUDED.new_amount)
                    """,
                    company=company.id,
                    period=period.id,
                    start=period.date_from,
                    stop=period.date_to,
                    now=self.env.cr.now(),
                )
            )
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE crm_incentive_line line SET statement_id = statement.id
                      FROM crm_incentive_statement statement
                     WHERE line.period_id = %(period)s
                       AND statement.period_id = %(period)s
                       AND statement.user_id = line.user_id
                       AND line.statement_id IS DISTINCT FROM statement.id
                    """,
                    period=period.id,
                )
            )
        self.env.invalidate_all()

    def _pay(self):
        """Take what the approved balance pays out of the account."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_incentive_statement
                   SET paid_amount = GREATEST(0, begin_amount + new_amount),
                       end_amount = LEAST(0, begin_amount + new_amount)
                 WHERE id = ANY(%s)
                """,
                self.ids,
            )
        )
        self.invalidate_recordset()

    # ------------------------------------------------------------------- actions
    def action_export_xlsx(self):
        """The statements as an Excel file."""
        return self.env["crm.value.export"]._request(self)

    def _get_export_columns(self, with_reasons=True):
        """Hook of the export: list of (header, kind, function of a statement)."""
        return self.env["crm.value.export"]._get_columns(
            self,
            [
                "company_id", "period_id", "user_id", "team_id", "state",
                "begin_amount", "new_amount", "paid_amount", "end_amount", "due_amount",
            ],
        )  # fmt: skip

    # --------------------------------------------------------------- explanation
    def _get_explanation(self):
        why = super()._get_explanation()
        one = self.sudo()
        money = one._format_money
        if not one.line_ids:
            why["summary"].append(self.env._("No earnings in this period."))
        why["tables"].append(one._get_rules_table())
        why["values"].append(
            {
                "label": self.env._("End"),
                "amount": money(one.end_amount),
                "formula": self.env._(
                    "%(begin)s begin + %(new)s new − %(paid)s paid",
                    begin=money(one.begin_amount),
                    new=money(one.new_amount),
                    paid=money(one.paid_amount),
                ),
            }
        )
        if one.end_amount < 0:
            why["notes"].append(
                self.env._("A negative balance goes on to the next period.")
            )
        why["notes"] += one._get_waiting()
        return why

    def _get_rules_table(self):
        """What each rule brought; the rows add up to the new pay."""
        groups = self.env["crm.incentive.line"].sudo()._read_group(
            [("statement_id", "=", self.id)], ["rule_id", "kind"], ["amount:sum"]
        )  # fmt: skip
        kinds = dict(
            self.env["crm.incentive.line"]._fields["kind"]._description_selection(
                self.env
            )
        )  # fmt: skip
        return self._prepare_table(
            [
                ("rule", self.env._("Rule")),
                ("kind", self.env._("Kind")),
                ("amount", self.env._("Amount"), "end"),
            ],
            [
                {
                    "rule": rule.name or kinds[kind],
                    "kind": kinds[kind],
                    "amount": self._format_money(amount),
                }
                for rule, kind, amount in groups
            ],
            total={
                "rule": self.env._("New"),
                "amount": self._format_money(self.new_amount),
            },
        )

    def _get_waiting(self):
        """What will pay once the missing evidence is there, as sentences.

        Of what happened before the period ends; an approved period waits for nothing.
        """
        if self.state in ("approved", "paid"):
            return []
        stop = self.period_id.date_to
        self.env["account.move"].flush_model()
        self.env["sale.order"].flush_model()
        self.env["crm.incentive.evaluation"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT 'payment', COALESCE(event.document_name, '–')
                  FROM crm_incentive_event event
                  JOIN crm_incentive_event_credit credit ON credit.event_id = event.id
                  JOIN account_move move ON move.id = event.res_id
                 WHERE event.kind = 'invoice' AND event.company_id = %(company)s
                   AND event.sequence = 1 AND credit.user_id = %(user)s
                   AND event.day < %(stop)s
                   AND move.state = 'posted'
                   AND move.payment_state IN ('not_paid', 'partial')
                   AND %(rule)s
                 UNION ALL
                SELECT 'complex', so.name
                  FROM crm_incentive_evaluation evaluation
                  JOIN sale_order so ON so.id = evaluation.order_id
                 WHERE evaluation.state = 'draft' AND so.user_id = %(user)s
                   AND so.company_id = %(company)s AND so.state = 'sale'
                   AND so.date_order < %(moment)s
                 ORDER BY 1, 2 LIMIT 50
                """,
                company=self.company_id.id,
                user=self.user_id.id,
                stop=stop,
                moment=self.company_id._get_value_day_start(stop),
                rule=SQL(
                    "EXISTS (SELECT FROM crm_incentive_assignment assignment"
                    " JOIN crm_incentive_version version"
                    " ON version.plan_id = assignment.plan_id"
                    " AND version.state = 'approved'"
                    " JOIN crm_incentive_rule rule ON rule.version_id = version.id"
                    " WHERE assignment.user_id = %s AND rule.trigger = 'payment')",
                    self.user_id.id,
                ),
            )
        )
        texts = {
            "payment": self.env._("Waiting: %s is not paid in full."),
            "complex": self.env._(
                "Waiting: nobody has approved yet that %s is a complex solution."
            ),
        }
        return [texts[kind] % name for kind, name in rows]
