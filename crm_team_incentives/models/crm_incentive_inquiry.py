from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.crm_value_tiering.context import OURS

from .crm_incentive_case_mixin import LIMIT
from .crm_incentive_version import MANAGER_GROUP


class CrmIncentiveInquiry(models.Model):
    """Somebody doubts a line: what they expect, and what was decided.

    Nothing is accepted by silence: no state changes because a day has passed.
    """

    _name = "crm.incentive.inquiry"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.erasable.mixin",
        "crm.named.mixin",
        "mail.thread",
    ]
    _description = "Inquiry about Pay"
    _order = "id desc"
    _rec_name = "line_id"
    _erasable_texts = ("note", "decision")
    _erasing_group = MANAGER_GROUP

    line_id = fields.Many2one(
        "crm.incentive.line",
        index=True,
        ondelete="set null",
        help="Empty: a later computation found that there is no such line.",
    )
    company_id = fields.Many2one(readonly=True, help="That of the line.")
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users",
        string="Asked by",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    amount = fields.Monetary(related="line_id.amount", string="Line Says")
    reason = fields.Selection(
        [
            ("amount", "Wrong amount"),
            ("person", "Wrong person"),
            ("missing", "A deal is missing"),
            ("rule", "Wrong rule or rate"),
            ("other", "Something else"),
        ],
        required=True,
    )
    expected = fields.Monetary(string="I Expect", limits=(-LIMIT, LIMIT))
    note = fields.Text(string="Why")
    state = fields.Selection(
        [
            ("sent", "Sent"),
            ("accepted", "Accepted"),
            ("partly", "Partly Accepted"),
            ("declined", "Declined"),
        ],
        required=True,
        readonly=True,
        default="sent",
        tracking=True,
    )
    granted = fields.Monetary(
        string="Correction",
        limits=(-LIMIT, LIMIT),
        help="What is paid more, or less, than the line says.",
    )
    decision = fields.Text(help="In words: why so.")
    decided_by_id = fields.Many2one("res.users", readonly=True)

    @api.model
    def _get_naming_fields(self):
        return [*super()._get_naming_fields(), ("crm.incentive.line", "inquiry_id")]

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        for vals in vals_list:
            self._check_limits(vals)
            if vals.get("state", "sent") != "sent":
                raise UserError(self.env._("An inquiry begins as sent."))
            if vals.get("granted") or vals.get("decision") or vals.get("decided_by_id"):
                self._check_manager()
            line = self.env["crm.incentive.line"].browse(vals.get("line_id"))
            if not line.exists():
                raise UserError(self.env._("Say which line the inquiry is about."))
            line.check_access("read")
            vals["user_id"] = self.env.uid
            vals["company_id"] = line.company_id.id
        return super().create(vals_list)

    def write(self, vals):
        self.check_access("write")
        if self.env.context.get("incentive_decision") is not OURS:
            self._check_limits(vals)
            if {"state", "decided_by_id", "user_id", "line_id"} & set(vals):
                raise UserError(self.env._("Use the buttons to decide an inquiry."))
            if self.filtered(lambda one: one.state != "sent"):
                raise UserError(self.env._("The inquiry is decided."))
            if {"granted", "decision"} & set(vals):
                self._check_manager()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_open(self):
        if self.filtered(lambda one: one.state != "sent"):
            raise UserError(self.env._("A decided inquiry stays."))

    # ------------------------------------------------------------------ actions
    def action_accept(self):
        """The line is corrected by what was asked for, or by the correction entered."""
        for one in self:
            granted = one.granted or (one.expected - one.amount)
            one._decide("accepted", granted)

    def action_accept_partly(self):
        """The line is corrected by the amount entered."""
        for one in self:
            if not one.granted:
                raise ValidationError(
                    self.env._("Enter the correction that you grant.")
                )
            one._decide("partly", one.granted)

    def action_decline(self):
        """The line stays."""
        for one in self:
            one._decide("declined", 0)

    def _check_manager(self):
        if not self.env.su and not self.env.user.has_group(MANAGER_GROUP):
            raise UserError(self.env._("Incentive managers decide inquiries."))

    def _decide(self, state, granted):
        self.ensure_one()
        self.check_access("read")
        self._check_manager()
        if self.state != "sent":
            raise UserError(self.env._("The inquiry is decided."))
        line = self.sudo().line_id
        if not line:
            raise UserError(
                self.env._("The line is gone: a later computation corrected it.")
            )
        if self.env.user in line.user_id | self.user_id:
            raise UserError(
                self.env._("It is about your own pay: somebody else must decide.")
            )
        if not (self.decision or "").strip():
            raise ValidationError(
                self.env._("Say in the decision why: the person reads it.")
            )
        decided = self.sudo().with_context(incentive_decision=OURS)
        decided.write(
            {"state": state, "granted": granted, "decided_by_id": self.env.uid}
        )
        if granted:
            decided._correct(line, granted)

    def _correct(self, line, granted):
        """A line of its own, in the oldest period that is still open."""
        periods = self.env["crm.incentive.period"]._get_recomputed(self.company_id)
        period = periods.filtered(lambda p: p.date_from >= line.period_id.date_from)[:1]
        if not period:
            raise UserError(
                self.env._("No period is open that the correction could be paid in.")
            )
        self.env["crm.incentive.line"].create(
            {
                "company_id": self.company_id.id,
                "period_id": period.id,
                "home_period_id": line.home_period_id.id,
                "user_id": line.user_id.id,
                "team_id": line.team_id.id,
                "kind": "adjustment",
                "inquiry_id": self.id,
                "amount": granted,
            }
        )
        self.env["crm.incentive.statement"]._store(self.company_id)
