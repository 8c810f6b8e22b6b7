from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import float_compare, formatLang

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_AMOUNT

from .crm_complaint import MANAGER_GROUP

# What an approval is about: it ends when one of them changes.
TERMS = {"remedy_id", "amount", "partner_id"}


class CrmComplaintSolution(models.Model):
    """Something that is done for a customer: what, for whom, at which cost.

    Above the limit of the team, all solutions of the request together, somebody approves
    who did not set the terms. An approval holds for its terms only.
    """

    _name = "crm.complaint.solution"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.kept.mixin",
        "crm.erasable.mixin",
        "crm.line.mixin",
        "crm.named.mixin",
    ]
    _description = "Solution for a Customer"
    _order = "complaint_id, id"
    _rec_name = "remedy_id"
    _line_of = "complaint_id"
    _kept = ("state", "approved_amount", "author_ids", "done_date", "document_id")
    _erasable_texts = ("note",)
    _erasing_group = MANAGER_GROUP

    complaint_id = fields.Many2one(
        "crm.complaint",
        string="Request",
        required=True,
        index=True,
        check_company=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(readonly=True, help="That of the request.")
    remedy_id = fields.Many2one(
        "crm.complaint.remedy",
        string="Solution",
        required=True,
        index=True,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        string="Cost",
        compute="_compute_amount",
        store=True,
        readonly=False,
        precompute=True,
        limits=(0, MAX_AMOUNT),
        help="What it costs us, or what the customer gets, in the company's currency.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="For",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        help="Who gets it: the customer, if nobody else is named.",
    )
    note = fields.Text(string="Details")
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("done", "Carried Out"),
        ],
        required=True,
        readonly=True,
        default="proposed",
        copy=False,
        index=True,
    )
    waits = fields.Boolean(
        string="Needs Approval",
        compute="_compute_waits",
        compute_sudo=True,
        store=True,
        index=True,
        help="The solutions of the request cost more than the team may decide alone.",
    )
    approved_amount = fields.Monetary(
        readonly=True,
        copy=False,
        limits=(0, MAX_AMOUNT),
        help="Up to which cost the approval holds.",
    )
    author_ids = fields.Many2many(
        "res.users",
        "crm_complaint_solution_author_rel",
        string="Terms Set By",
        readonly=True,
        copy=False,
        help="They cannot approve it.",
    )
    approval_ids = fields.One2many(
        "crm.complaint.approval", "solution_id", string="Decisions"
    )
    done_date = fields.Date(string="Carried Out On", readonly=True, copy=False)
    document_id = fields.Many2one(
        "sale.order", string="Replacement", readonly=True, index="btree_not_null"
    )
    result = fields.Selection(
        related="complaint_id.follow_up_result", string="Follow-up"
    )

    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.complaint.approval", "solution_id"),
        ]

    # ----------------------------------------------------------------- computes
    @api.depends("remedy_id")
    def _compute_amount(self):
        for solution in self:
            company = solution.company_id or self.env.company
            # what was typed is not lost where no usual cost is known
            cost = solution.remedy_id.with_company(company).cost
            solution.amount = cost or solution.amount

    @api.depends("complaint_id")
    def _compute_partner_id(self):
        for solution in self:
            solution.partner_id = (
                solution.partner_id or solution.complaint_id.partner_id
            )

    @api.depends(
        "state",
        "amount",
        "complaint_id.solution_ids.state",
        "complaint_id.solution_ids.amount",
        "complaint_id.team_id.approval_limit",
    )
    def _compute_waits(self):
        for solution in self:
            complaint = solution.complaint_id
            solution.waits = bool(
                solution.state == "proposed"
                and solution.amount
                and complaint._get_solutions_cost() > complaint.team_id.approval_limit
            )

    # --------------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        prepared = []
        for vals in vals_list:
            complaint = self.env["crm.complaint"].browse(
                vals.get("complaint_id") or self.env.context.get("default_complaint_id")
            )
            company = complaint.sudo().company_id
            prepared.append({**vals, "company_id": company.id})
        solutions = super().create(prepared)
        solutions.complaint_id._check_may_solve()
        solutions.sudo().author_ids = self.env.user
        solutions.complaint_id._note_solutions(solutions)
        return solutions

    def write(self, vals):
        self.check_access("write")
        before = {one: one._get_terms() for one in self}
        result = super().write(vals)
        if TERMS & set(vals):
            changed = self.filtered(lambda one: one._get_terms() != before[one])
            changed._change_terms(before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_open(self):
        if self.filtered(lambda one: one.state == "done"):
            raise UserError(self.env._("A solution that was carried out stays."))

    def unlink(self):
        complaints = self.complaint_id
        result = super().unlink()
        complaints.exists()._ask_for_approval()
        return result

    # ------------------------------------------------------------------- terms
    def _get_terms(self):
        self.ensure_one()
        return self.remedy_id, self.amount, self.partner_id

    def _change_terms(self, before):
        """Others than those that were approved: decide again.

        Cheaper is approved already; dearer afterwards is not, not even up to what was
        approved once.

        :param before: dict solution → its terms until now
        """
        if self.filtered(lambda one: one.state == "done"):
            raise UserError(
                self.env._("What was carried out cannot be changed. Add another one.")
            )
        for solution in self.sudo():
            remedy, amount, partner = before[solution]
            solution.author_ids |= self.env.user
            same = remedy == solution.remedy_id and partner == solution.partner_id
            if solution.state == "approved" and same and solution.amount < amount:
                solution.approved_amount = solution.amount
            elif solution.state in ("approved", "refused"):
                text = self.env._(
                    "%(before)s, now %(after)s: the decision does not hold any more.",
                    before=solution._say_terms(remedy, amount, partner),
                    after=solution._say_terms(*solution._get_terms()),
                )
                solution.approval_ids._void(text)
                solution.write({"state": "proposed", "approved_amount": 0})
                solution.complaint_id._log_solution(text)
        self.complaint_id._ask_for_approval()

    def _say_terms(self, remedy, amount, partner):
        money = formatLang(self.env, amount, currency_obj=self.currency_id)
        name = remedy.with_env(self.env).name
        return ", ".join(filter(None, [name, money, partner and partner.name]))

    # ---------------------------------------------------------------- decisions
    def action_approve(self):
        """Allow it, on these terms."""
        self._decide("approved")

    def action_refuse(self):
        """Do not allow it, on these terms."""
        self._decide("refused")

    def _decide(self, decision):
        self.check_access("write")
        for solution in self:
            solution._check_may_decide()
            record = solution.sudo()
            record.env["crm.complaint.approval"].create(
                {
                    "company_id": record.company_id.id,
                    "solution_id": record.id,
                    "decision": decision,
                    "remedy_id": record.remedy_id.id,
                    "amount": record.amount,
                    "partner_id": record.partner_id.id,
                    "user_id": self.env.uid,
                    "decided_at": fields.Datetime.now(),
                }
            )
            approved = record.amount if decision == "approved" else 0
            record.write({"state": decision, "approved_amount": approved})
            terms = solution._say_terms(*solution._get_terms())
            text = (
                self.env._("Approved: %(solution)s", solution=terms)
                if decision == "approved"
                else self.env._("Refused: %(solution)s", solution=terms)
            )
            solution.complaint_id._log_solution(text, record.author_ids.partner_id)
        self.complaint_id._ask_for_approval()

    def _check_may_decide(self):
        """:raise: when there is nothing to decide, or it is not up to the user"""
        self.ensure_one()
        if not self.waits:
            raise UserError(self.env._("This solution needs no approval."))
        if self.env.su:
            return
        complaint = self.complaint_id
        group = complaint._get_approving_group()
        if not self.env.user.has_group(group):
            raise AccessError(
                self.env._(
                    "This costs more than you may approve: ask a quality manager."
                )
                if group == MANAGER_GROUP
                else self.env._("Team leaders approve what costs more than the limit.")
            )
        if self.env.user in self.sudo().author_ids:
            raise AccessError(
                self.env._("You set these terms: somebody else has to approve them.")
            )

    # -------------------------------------------------------------- carrying out
    def action_carry_out(self):
        """Do it: the document or the task that belongs to it is made."""
        self.check_access("write")
        for solution in self:
            solution._check_may_carry_out()
            record = solution.sudo()
            today = record.company_id._get_value_today()
            record.write({"state": "done", "done_date": today})
            getattr(solution, f"_carry_out_{solution.remedy_id.means}")()
            terms = solution._say_terms(*solution._get_terms())
            solution.complaint_id._log_solution(
                self.env._("Carried out: %(solution)s", solution=terms)
            )
        self.complaint_id._note_carried_out()

    def _check_may_carry_out(self):
        self.ensure_one()
        if self.complaint_id.exclusion:
            raise UserError(self.env._("The request is excluded."))
        if self.state == "refused":
            raise UserError(
                self.env._("This was refused. Change it, or propose another solution.")
            )
        if self.state == "done":
            raise UserError(self.env._("This was carried out already."))
        dearer = float_compare(
            self.amount,
            self.approved_amount,
            precision_rounding=self.currency_id.rounding,
        )
        if self.waits or (self.state == "approved" and dearer > 0):
            raise UserError(
                self.env._(
                    "%(solution)s has to be approved first: the solutions of this "
                    "request cost more than %(limit)s.",
                    solution=self.remedy_id.name,
                    limit=formatLang(
                        self.env,
                        self.complaint_id.team_id.sudo().approval_limit,
                        currency_obj=self.currency_id,
                    ),
                )
            )

    def _carry_out_none(self):
        """Said and done."""

    def _carry_out_task(self):
        """A task for whoever is responsible for the request."""
        self._make_task(self.complaint_id, self.complaint_id.user_id)

    def _carry_out_refund(self):
        """A task for who makes credit notes, on the invoice if there is one."""
        complaint = self.complaint_id
        user = complaint.team_id.sudo().refund_user_id or complaint.user_id
        self._make_task(complaint.sudo().invoice_id or complaint, user)

    def _make_task(self, record, user):
        user = user or self.env.user
        speaker = self.with_context(lang=user.lang)
        # without the name of who gets it: an invoice keeps its tasks for ever
        record.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=self.company_id._get_value_today(),
            user_id=user.id,
            summary=speaker.env._(
                "%(solution)s, for request %(request)s",
                solution=speaker._say_terms(self.remedy_id, self.amount, None),
                request=self.complaint_id.reference,
            ),
        )

    def _carry_out_replacement(self):
        """A draft order of the same product, free of charge, to be checked and sent."""
        complaint = self.complaint_id.sudo()
        if not complaint.product_id or not self.partner_id:
            raise UserError(
                self.env._("Say on the request which product, and for whom, first.")
            )
        orders = self.env["sale.order"].sudo().with_company(self.company_id)
        self.sudo().document_id = orders.create(self._prepare_replacement_vals())

    def _prepare_replacement_vals(self):
        complaint = self.complaint_id.sudo()
        line = complaint.order_line_id
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "user_id": (complaint.user_id or self.env.user).id,
            "origin": complaint.reference,
            "order_line": [
                fields.Command.create(
                    {
                        "product_id": complaint.product_id.id,
                        "product_uom_qty": line.product_uom_qty or 1,
                        "price_unit": 0,
                    }
                )
            ],
        }
