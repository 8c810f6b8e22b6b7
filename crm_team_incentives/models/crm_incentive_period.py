from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from odoo.addons.crm_value_tiering.context import OURS

from .crm_incentive_version import APPROVER_GROUP, MANAGER_GROUP

LOCKED = ("approved", "paid")
# What the buttons say, not whoever writes.
DECIDED = {
    "state", "reviewed_by_id", "approved_by_id", "approved_at", "paid_by_id", "paid_at",
}  # fmt: skip
COMPUTED = ("open", "computed")


class CrmIncentivePeriod(models.Model):
    """A month of pay: open, computed, in review, approved, paid.

    Once approved, nothing in it changes: neither by Python nor by SQL. What comes to
    light later is paid, or taken back, in the oldest open period.
    """

    _name = "crm.incentive.period"
    _inherit = [
        "crm.company.mixin",
        "crm.effective.mixin",
        "crm.guard.mixin",
        "crm.named.mixin",
        "mail.thread",
    ]
    _description = "Incentive Period"
    _order = "date_from desc, id desc"
    _guard_insert = False
    _guard_free = (
        "write_uid", "write_date", "state", "paid_at", "paid_by_id",
        "message_main_attachment_id",
    )  # fmt: skip

    date_from = fields.Date(
        string="First Day",
        default=lambda self: fields.Date.context_today(self).replace(day=1),
        help="First day of the period.",
    )
    date_to = fields.Date(
        string="Ends Before",
        required=True,
        default=lambda self: fields.Date.add(
            fields.Date.context_today(self), months=1, day=1
        ),
        help="First day that no longer belongs to the period.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [
            ("open", "Open"),
            ("computed", "Computed"),
            ("review", "In Review"),
            ("approved", "Approved"),
            ("paid", "Paid"),
        ],
        required=True,
        readonly=True,
        default="open",
        copy=False,
        tracking=True,
        index=True,
    )
    run_ids = fields.One2many(
        "crm.incentive.run",
        "period_id",
        groups="crm_team_incentives.group_incentive_manager,"
        "crm_team_incentives.group_incentive_auditor",
    )
    last_run_id = fields.Many2one(
        "crm.incentive.run",
        string="Last Computation",
        compute="_compute_last_run_id",
        groups="crm_team_incentives.group_incentive_manager,"
        "crm_team_incentives.group_incentive_auditor",
    )
    last_summary = fields.Text(
        string="Result",
        compute="_compute_last_run_id",
        groups="crm_team_incentives.group_incentive_manager,"
        "crm_team_incentives.group_incentive_auditor",
        help="What the last computation used, and why not the rest.",
    )
    statement_ids = fields.One2many("crm.incentive.statement", "period_id")
    line_ids = fields.One2many("crm.incentive.line", "period_id")
    amount = fields.Monetary(
        string="New Pay",
        compute="_compute_amount",
        help="What all lines of the period add up to.",
    )
    reviewed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_at = fields.Datetime(string="Approved on", readonly=True, copy=False)
    paid_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    paid_at = fields.Datetime(string="Paid on", readonly=True, copy=False)

    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(company_id, company_id, '[]') WITH &&,"
        " daterange(date_from, date_to) WITH &&)",
        "Another period of the company has some of these days.",
    )
    _dates = models.Constraint(
        "CHECK (date_to > date_from AND date_to <= date_from + 366)",
        "A period lasts from one day to a year.",
    )

    @api.depends("date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for period in self:
            if not (period.date_from and period.date_to):
                period.display_name = ""
                continue
            month = fields.Date.add(period.date_from, months=1)
            if period.date_from.day == 1 and period.date_to == month:
                period.display_name = format_date(
                    self.env, period.date_from, date_format="MMMM y"
                )
            else:
                last = fields.Date.subtract(period.date_to, days=1)
                period.display_name = (
                    f"{format_date(self.env, period.date_from)} – "
                    f"{format_date(self.env, last)}"
                )

    @api.depends("run_ids")
    @api.depends_context("lang")
    def _compute_last_run_id(self):
        for period in self:
            period.last_run_id = period.run_ids.sorted("id")[-1:]
            period.last_summary = period.last_run_id.summary

    @api.depends("line_ids.amount")
    def _compute_amount(self):
        totals = dict(
            self.env["crm.incentive.line"]._read_group(
                [("period_id", "in", self.ids)], ["period_id"], ["amount:sum"]
            )
        )
        for period in self:
            period.amount = totals.get(period, 0)

    # --------------------------------------------------------------------- CRUD
    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.incentive.line", "period_id"),
            ("crm.incentive.line", "home_period_id"),
            ("crm.incentive.statement", "period_id"),
        ]

    @api.model
    def _get_guard_sql(self, row):
        return SQL("%s.state IN ('approved', 'paid')", SQL(row))

    @api.model
    def _get_guard_changes(self):
        return [
            SQL(
                "(OLD.state <> NEW.state"
                " AND NOT (OLD.state = 'approved' AND NEW.state = 'paid'))"
            )
        ]

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        for vals in vals_list:
            begun = any(vals.get(name) for name in DECIDED - {"state"})
            if begun or vals.get("state", "open") != "open":
                raise UserError(self.env._("A period begins open."))
        periods = super().create(vals_list)
        for period in periods:
            later = self.sudo().search_count(
                [
                    ("company_id", "=", period.company_id.id),
                    ("date_from", ">", period.date_from),
                    ("state", "in", LOCKED),
                ],
                limit=1,
            )
            if later:
                raise UserError(
                    self.env._(
                        "A later period is approved: periods are closed in order."
                    )
                )
        return periods

    def write(self, vals):
        self.check_access("write")
        if self.env.context.get("incentive_decision") is not OURS:
            if DECIDED & set(vals):
                raise UserError(self.env._("Use the buttons to close a period."))
            dates = {"date_from", "date_to"} & set(vals)
            if dates and self.filtered(lambda period: period.state != "open"):
                raise UserError(
                    self.env._("The days of a period are fixed once it is computed.")
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_open(self):
        if self.filtered(lambda period: period.state in LOCKED):
            raise UserError(self.env._("An approved period stays."))

    # ------------------------------------------------------------------ look-ups
    @api.model
    def _get_at(self, company, day):
        """The company's period of ``day``; empty without one."""
        return self.search(
            [
                ("company_id", "=", company.id),
                ("date_from", "<=", day),
                ("date_to", ">", day),
            ]
        )

    @api.model
    def _get_closed_until(self, company):
        """First day after the company's approved periods; False without any."""
        return (
            self.sudo()
            .search(
                [("company_id", "=", company.id), ("state", "in", LOCKED)],
                order="date_to desc",
                limit=1,
            )
            .date_to
        )

    @api.model
    def _ensure_current(self, company):
        """Begin the month of today, if a plan is valid and nobody began it."""
        today = company._get_value_today()
        if self._get_at(company, today):
            return
        first = today.replace(day=1)
        values = {
            "company_id": company.id,
            "date_from": first,
            "date_to": fields.Date.add(first, months=1),
        }
        overlap = self.search_count(
            [
                ("company_id", "=", company.id),
                ("date_from", "<", values["date_to"]),
                ("date_to", ">", first),
            ],
            limit=1,
        )
        if not overlap:
            self.create(values)

    # ------------------------------------------------------------------ actions
    def action_compute(self):
        """Compute the period now, with what happened until now."""
        self._check_group(MANAGER_GROUP)
        runs = self.env["crm.incentive.run"]
        for period in self:
            if period.state not in COMPUTED:
                raise UserError(
                    self.env._(
                        "%(period)s is in review or closed. Send it back first.",
                        period=period.display_name,
                    )
                )
            if not runs.sudo()._compute_now(period.company_id):
                raise UserError(
                    self.env._("It is being computed right now. Wait a moment.")
                )

    def action_review(self):
        """Nothing is computed any more: people look at the figures."""
        self._check_group(MANAGER_GROUP)
        self._check_state("computed", self.env._("Compute the period first."))
        self._decide({"state": "review", "reviewed_by_id": self.env.uid})

    def action_back(self):
        """Open it for computing again."""
        self._check_group(MANAGER_GROUP, APPROVER_GROUP)
        self._check_state("review", self.env._("Only a period in review goes back."))
        self._decide({"state": "computed", "reviewed_by_id": False})

    def action_approve(self):
        """Close the period for good: nobody's pay of it changes any more."""
        self._check_group(APPROVER_GROUP)
        self._check_state("review", self.env._("A period is reviewed before."))
        for period in self:
            period._check_second_person()
            period._check_order("approved", ("paid",))
            if (
                self.env["crm.incentive.inquiry"]
                .sudo()
                .search_count(
                    [("line_id.period_id", "=", period.id), ("state", "=", "sent")],
                    limit=1,
                )
            ):
                raise UserError(
                    self.env._("There are open inquiries about lines of this period.")
                )
            period._decide(
                {
                    "state": "approved",
                    "approved_by_id": self.env.uid,
                    "approved_at": fields.Datetime.now(),
                }
            )

    def action_pay(self):
        """The money went out: balances go down, negative ones go on."""
        self._check_group(MANAGER_GROUP)
        self._check_state("approved", self.env._("Only an approved period is paid."))
        for period in self:
            period._check_order("paid", ("paid",))
            period.statement_ids.sudo()._pay()
            period._decide(
                {
                    "state": "paid",
                    "paid_by_id": self.env.uid,
                    "paid_at": fields.Datetime.now(),
                }
            )
            self.env["crm.incentive.statement"].sudo()._store(period.company_id)

    def action_export_xlsx(self):
        """The statements as an Excel file."""
        return self.env["crm.value.export"]._request(self.statement_ids)

    def action_export_csv(self):
        """What payroll reads."""
        self.ensure_one()
        self.check_access("read")
        self.env["crm.value.export"]._check_may_export()
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_team_incentives/payout/{self.id}",
            "target": "download",
        }

    def action_open_lines(self):
        """Open the lines of the period."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_team_incentives.crm_incentive_line_action"
        )
        return action | {"domain": [("period_id", "=", self.id)], "context": {}}

    def action_open_statements(self):
        """Open what each person gets."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_team_incentives.crm_incentive_statement_action_all"
        )
        return action | {"domain": [("period_id", "=", self.id)], "context": {}}

    # ----------------------------------------------------------------- decisions
    @api.model
    def _check_group(self, *groups):
        self.env["crm.incentive.version"]._check_group(*groups)
        self.check_access("read")

    def _check_state(self, state, sentence):
        if self.filtered(lambda period: period.state != state):
            raise UserError(sentence)

    def _decide(self, vals):
        # What was written before the approval must not reach the database after it.
        self.env.flush_all()
        self.sudo().with_context(incentive_decision=OURS).write(vals)

    def _check_second_person(self):
        """Approver, payee and whoever sent it to review are different people."""
        user = self.env.user
        if user == self.reviewed_by_id:
            raise UserError(
                self.env._(
                    "You sent the period to review: somebody else must approve it."
                )
            )
        if user in self.sudo().statement_ids.user_id:
            raise UserError(
                self.env._(
                    "You are paid in this period: somebody else must approve it."
                )
            )

    def _check_order(self, what, states):
        """Periods are closed one after the other: balances go on from one to the next."""
        open_ones = self.sudo().search(
            [
                ("company_id", "=", self.company_id.id),
                ("date_from", "<", self.date_from),
                ("state", "not in", states),
            ],
            order="date_from",
            limit=1,
        )
        if open_ones:
            raise UserError(
                self.env._(
                    "%(earlier)s comes first: pay it, then go on with this one.",
                    earlier=open_ones.display_name,
                )
            )

    def _get_recomputed(self, company):
        """The periods that a computation of ``company`` writes."""
        return self.search(
            [("company_id", "=", company.id), ("state", "in", COMPUTED)],
            order="date_from",
        )
