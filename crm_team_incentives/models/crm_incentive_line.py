from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from .crm_incentive_event import MODELS


class CrmIncentiveLine(models.Model):
    """What somebody earns, or loses, by one rule for one event.

    Written by the computation in SQL; the numbers that make the amount are kept with
    it, and the explanation says no others.
    """

    _name = "crm.incentive.line"
    _inherit = ["crm.guard.mixin", "crm.explanation.mixin"]
    _description = "Incentive Line"
    _order = "period_id, id desc"  # the latest period first, as periods are
    _guard_free = ("write_uid", "write_date", "statement_id")

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
        help="The period in which it is paid.",
    )
    home_period_id = fields.Many2one(
        "crm.incentive.period",
        string="Belongs to",
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The period whose total it counts in.",
    )
    statement_id = fields.Many2one(
        "crm.incentive.statement", readonly=True, index=True, ondelete="set null"
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    kind = fields.Selection(
        [
            ("earning", "Earned"),
            ("clawback", "Taken Back"),
            ("adjustment", "Decided on Inquiry"),
        ],
        required=True,
        readonly=True,
    )
    event_id = fields.Many2one(
        "crm.incentive.event", readonly=True, index=True, ondelete="restrict"
    )
    rule_id = fields.Many2one(
        "crm.incentive.rule",
        string="Rule of the Plan",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    version_id = fields.Many2one(
        "crm.incentive.version",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    inquiry_id = fields.Many2one(
        "crm.incentive.inquiry",
        string="Decided by",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    base = fields.Monetary(
        readonly=True, help="The person's part of the untaxed amount, or what was lost."
    )
    factor_weight = fields.Float(digits=(20, 2), readonly=True, aggregator=None)
    factor_divisor = fields.Float(digits=(20, 2), readonly=True, aggregator=None)
    frequency = fields.Float(
        string="Frequency Factor (%)",
        digits=(7, 2),
        readonly=True,
        aggregator=None,
        help="By how often the customer had ordered; 100 where it plays no part.",
    )
    step_rate = fields.Float(
        string="Rate of the Step (%)",
        digits=(7, 4),
        readonly=True,
        aggregator=None,
        help="Of the step that the customer's lifetime value had reached.",
    )
    rated = fields.Float(
        string="Amount That Counts",
        digits=(20, 6),
        readonly=True,
        help="The base, weighted by the customer's tier and frequency of orders.",
    )
    cum_before = fields.Float(
        string="Total Before", digits=(20, 6), readonly=True, aggregator=None
    )
    share = fields.Float(digits=0, readonly=True, aggregator=None)
    amount = fields.Monetary(required=True, readonly=True)
    status = fields.Selection(
        [("earned", "Earned"), ("approved", "Approved"), ("paid", "Paid")],
        compute="_compute_status",
        search="_search_status",
        help="Earned: not approved yet, it may change.",
    )
    is_late = fields.Boolean(string="For an Earlier Period", compute="_compute_is_late")
    document_name = fields.Char(
        string="Document", related="event_id.document_name", related_sudo=True
    )
    partner_id = fields.Many2one(
        related="event_id.partner_id", string="Customer", related_sudo=True
    )
    day = fields.Date(related="event_id.day", related_sudo=True)
    trigger = fields.Selection(related="event_id.kind", string="What Happened")
    rule_name = fields.Char(related="rule_id.name", string="Rule", related_sudo=True)

    # One source × rule × person × kind: a repeated computation finds it, not a second.
    _once = models.Constraint(
        "UNIQUE(event_id, rule_id, user_id, kind)", "The line exists already."
    )

    @api.depends("user_id", "event_id", "kind")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.document_name or line._get_label("kind")

    @api.depends("period_id.state")
    def _compute_status(self):
        for line in self:
            state = line.sudo().period_id.state
            line.status = state if state in ("approved", "paid") else "earned"

    def _search_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        states = set(value) & {"approved", "paid"}
        if "earned" in value:
            states |= {"open", "computed", "review"}
        return [("period_id.state", "in", list(states))]

    @api.depends("home_period_id", "period_id")
    def _compute_is_late(self):
        for line in self:
            line.is_late = bool(line.home_period_id) and (
                line.home_period_id != line.period_id
            )

    # --------------------------------------------------------------------- CRUD
    @api.model
    def _get_guard_sql(self, row):
        return SQL(
            "EXISTS (SELECT FROM crm_incentive_period period WHERE period.id ="
            " %s.period_id AND period.state IN ('approved', 'paid'))",
            SQL(row),
        )

    def write(self, vals):  # pylint: disable=method-required-super
        self.check_access("write")
        raise UserError(
            self.env._("Lines are computed: correct the source, or decide an inquiry.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("Lines are computed: correct the source, or decide an inquiry.")
        )

    # ------------------------------------------------------------------ actions
    def action_open_source(self):
        """Open the order, opportunity or invoice, with the rights of the user."""
        self.ensure_one()
        self.check_access("read")
        event = self.sudo().event_id
        document = event and self.env[MODELS[event.kind]].browse(event.holder_id)
        if not document or not document.exists():
            raise UserError(self.env._("The document does not exist any more."))
        document.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }

    def action_inquire(self):
        """Ask about the line."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Inquiry"),
            "res_model": "crm.incentive.inquiry",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_line_id": self.id},
        }

    # --------------------------------------------------------------- explanation
    def _get_explanation(self):
        why = super()._get_explanation()
        line = self.sudo()
        why["summary"].append(line._get_headline())
        if line.rule_id:
            why["summary"].append(line.rule_id.sentence)
            why["values"].append(
                {
                    "label": self.env._("Amount"),
                    "amount": line._format_money(line.amount),
                    "formula": line._get_formula(
                        line.rule_id, line._get_numbers(), line.currency_id
                    ),
                }
            )
        why["notes"] += line._get_remarks()
        return why

    def _get_numbers(self):
        names = (
            "kind", "base", "factor_weight", "factor_divisor", "frequency", "step_rate",
            "rated", "cum_before", "share", "amount",
        )  # fmt: skip
        return {name: self[name] for name in names}

    def _get_headline(self):
        if self.kind == "adjustment":
            return self.env._(
                "Decided on your inquiry: %(reason)s",
                reason=self.inquiry_id.decision or "–",
            )
        event = self.event_id
        customer = event.partner_id.display_name or self.env._("a customer")
        return self.env._(
            "%(document)s of %(customer)s, %(day)s: %(amount)s untaxed.",
            document=event.document_name or "–",
            customer=customer,
            day=format_date(self.env, event.day),
            amount=self._format_money(event.amount),
        )

    def _get_remarks(self):
        remarks = []
        event = self.event_id
        if self.is_late:
            remarks.append(
                self.env._(
                    "It belongs to %(home)s, which was closed when it became known. It "
                    "counts in the total of that period.",
                    home=self.home_period_id.display_name,
                )
            )
        if event.document_day and event.document_day != event.day:
            remarks.append(
                self.env._(
                    "The document says %(document)s; what counts is %(day)s, when it "
                    "happened.",
                    document=format_date(self.env, event.document_day),
                    day=format_date(self.env, event.day),
                )
            )
        if self.kind == "earning":
            remarks += self._get_customer_remarks()
        if self.rule_id.is_weighted and self.kind == "earning":
            tier = event.tier_id.name
            remarks.append(
                self.env._("The customer was in tier %(tier)s.", tier=tier)
                if tier
                else self.env._(
                    "The customer had no tier: taken for the reference tier."
                )
            )
        return remarks

    def _get_customer_remarks(self):
        """What the customer's value and orders of the day had to do with it."""
        remarks = []
        event, rule = self.event_id, self.rule_id
        if rule._uses_lifetime():
            rate = self._format_rate(self.step_rate)
            remarks.append(
                self.env._(
                    "The customer's lifetime value was %(value)s, by the orders until "
                    "%(day)s: the step of %(rate)s.",
                    value=self._format_money(event.lifetime_value),
                    day=format_date(self.env, event.lifetime_day),
                    rate=rate,
                )
                if event.lifetime_day
                else self.env._(
                    "No lifetime value of the customer was known on that day: the first "
                    "step, of %(rate)s.",
                    rate=rate,
                )
            )
        if rule._uses_frequency():
            remarks.append(
                self.env._(
                    "Days with an order of the customer, in the 12 months before: "
                    "%(orders)s. Factor %(factor)s.",
                    orders=event.recent_orders,
                    factor=self._format_rate(self.frequency),
                )
            )
        return remarks

    @api.model
    def _get_formula(self, rule, line, currency):
        """The numbers of a line as a formula that gives its amount.

        :param line: dict with the columns of the engine
        """
        texts = self.env["crm.explanation.mixin"]

        def money(amount):
            return texts._format_money(float(amount), currency)

        def total(amount):
            return texts._format_points(float(amount), 2)

        if line["kind"] == "clawback":
            return self.env._(
                "%(paid)s earned × %(back)s taken back ÷ %(whole)s",
                paid=money(line["cum_before"]),
                back=money(line["factor_weight"]),
                whole=money(line["factor_divisor"]),
            )
        weight = ""
        if rule.is_weighted and line["factor_weight"] != line["factor_divisor"]:
            weight = (
                f" × {texts._format_points(float(line['factor_weight']))}"
                f" ÷ {texts._format_points(float(line['factor_divisor']))}"
            )
        if rule._uses_frequency():
            weight += f" × {texts._format_rate(float(line['frequency']))}"
        share = texts._format_rate(100 * float(line["share"]), 2)
        rate = texts._format_rate(rule.rate)
        if rule.kind == "percent" or (
            rule.kind == "uplift" and rule.uplift_reading == "points"
        ):
            return f"{money(line['base'])}{weight} × {rate}"
        if rule._uses_lifetime():
            rate = texts._format_rate(float(line["step_rate"]))
            return f"{money(line['base'])}{weight} × {rate}"
        if rule.kind == "fixed":
            return f"{money(rule.amount)} × {share}"
        if rule.kind == "uplift":
            return self.env._(
                "%(commission)s commission × %(rate)s",
                commission=money(line["rated"]),
                rate=rate,
            )
        return self.env._(
            "%(base)s%(weight)s; the month's total goes from %(before)s to %(after)s by "
            "the steps",
            base=money(line["base"]),
            weight=weight,
            before=total(line["cum_before"]),
            after=total(float(line["cum_before"]) + float(line["rated"])),
        )
