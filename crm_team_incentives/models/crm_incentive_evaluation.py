from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .crm_incentive_version import APPROVER_GROUP, MANAGER_GROUP

# What the criteria and the buttons say, not whoever writes.
DECIDED = {"points", "state", "approved_by_id", "approved_day"}


class CrmIncentiveEvaluation(models.Model):
    """Whether an order is a complex solution: criteria, points, and who approved it."""

    _name = "crm.incentive.evaluation"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.erasable.mixin",
        "mail.thread",
    ]
    _description = "Evaluation of a Solution"
    _order = "id desc"
    _rec_name = "order_id"
    _erasable_texts = ("note",)
    _erasing_group = MANAGER_GROUP

    order_id = fields.Many2one(
        "sale.order", required=True, index=True, check_company=True, ondelete="cascade"
    )
    company_id = fields.Many2one(readonly=True, help="That of the order.")
    criterion_ids = fields.Many2many(
        "crm.incentive.criterion",
        string="Criteria",
        check_company=True,
        help="What makes a solution complex. Managers keep the list under"
        " Configuration.",
    )
    points = fields.Integer(compute="_compute_points", store=True, limits=(0, 10**6))
    points_needed = fields.Integer(
        related="company_id.incentive_complex_points", string="Points Needed"
    )
    note = fields.Text(string="Reasons")
    state = fields.Selection(
        [("draft", "Draft"), ("approved", "Approved"), ("refused", "Refused")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_day = fields.Date(readonly=True, copy=False)

    _one_per_order = models.Constraint(
        "UNIQUE(order_id)", "The order has an evaluation already."
    )

    @api.depends("criterion_ids.points", "state")
    def _compute_points(self):
        for one in self:
            # What was approved keeps the points it was approved with.
            if one.state != "approved" or not one.points:
                one.points = sum(one.criterion_ids.mapped("points"))

    def write(self, vals):
        self.check_access("write")
        self._check_limits(vals)
        decided = self.filtered(lambda one: one.state == "approved")
        if decided and not self.env.su:
            raise UserError(self.env._("An approved evaluation cannot be changed."))
        if DECIDED & set(vals) and not self.env.su:
            raise UserError(self.env._("Use the buttons to decide."))
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        for vals in vals_list:
            self._check_limits(vals)
            begun = {name for name in DECIDED & set(vals) if vals[name]} - {"state"}
            if not self.env.su and (begun or vals.get("state", "draft") != "draft"):
                raise UserError(self.env._("An evaluation begins as a draft."))
            order = self.env["sale.order"].browse(vals.get("order_id"))
            order.check_access("read")
            vals["company_id"] = order.company_id.id
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft(self):
        if self.filtered(lambda one: one.state == "approved"):
            raise UserError(self.env._("An approved evaluation stays."))

    def action_approve(self):
        """The solution is complex: its bonus is due once the order is confirmed."""
        self._check_may_decide()
        for one in self:
            if one.points < one.points_needed:
                raise ValidationError(
                    self.env._(
                        "%(points)s points are less than the %(needed)s that a complex "
                        "solution needs.",
                        points=one.points,
                        needed=one.points_needed,
                    )
                )
        self._decide("approved")

    def action_refuse(self):
        """The solution is not complex."""
        self._check_may_decide()
        self._decide("refused")

    def _decide(self, state):
        for one in self.sudo():
            one.write(
                {
                    "state": state,
                    "approved_by_id": self.env.uid,
                    "approved_day": one.company_id._get_value_today(),
                }
            )
        self.env["crm.incentive.event"]._mark("complex", self.order_id.ids)

    def _check_may_decide(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(APPROVER_GROUP):
            raise UserError(
                self.env._("Approvers decide whether a solution is complex.")
            )
        for one in self.sudo():
            if one.state == "approved":
                raise UserError(self.env._("The evaluation is approved already."))
            people = (
                one.order_id.user_id
                | one.order_id.incentive_split_ids.user_id
                | one.order_id.opportunity_id.incentive_split_ids.user_id
            )
            if self.env.user in people | one.create_uid:
                raise UserError(
                    self.env._(
                        "You share the order or wrote the evaluation: somebody else "
                        "must decide."
                    )
                )
