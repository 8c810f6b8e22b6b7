from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_AMOUNT

from .crm_complaint import INSIDE_GROUPS, LEADER_GROUP, MANAGER_GROUP

APPROVAL_TYPE = "crm_complaints.mail_activity_type_approval"


class CrmComplaint(models.Model):
    """What is done for the customer: solutions, what they cost, and who allowed it."""

    _inherit = "crm.complaint"  # pylint: disable=consider-merging-classes-inherited

    solution_ids = fields.One2many(
        "crm.complaint.solution",
        "complaint_id",
        string="Solutions",
        groups=INSIDE_GROUPS,
        copy=False,
    )
    is_approved = fields.Boolean(
        string="Costs Approved",
        compute="_compute_is_approved",
        compute_sudo=True,
        help="No solution of the request waits for an approval.",
    )
    solution_cost = fields.Monetary(
        string="Cost of Solutions",
        compute="_compute_solution_cost",
        compute_sudo=True,
        store=True,
        limits=(0, MAX_AMOUNT),
        groups=INSIDE_GROUPS,
        help="What was carried out, all together.",
    )
    suggestion = fields.Char(
        compute="_compute_suggestion",
        groups=INSIDE_GROUPS,
        help="Solutions that fit the cause and the tier, best first.",
    )

    @api.depends("solution_ids.waits")
    def _compute_is_approved(self):
        for complaint in self:
            complaint.is_approved = not any(complaint.solution_ids.mapped("waits"))

    @api.depends("solution_ids.state", "solution_ids.amount")
    def _compute_solution_cost(self):
        for complaint in self:
            done = complaint.solution_ids.filtered(lambda one: one.state == "done")
            complaint.solution_cost = sum(done.mapped("amount"))

    @api.depends("cause_id", "tier_id", "solution_ids.remedy_id")
    def _compute_suggestion(self):
        for complaint in self:
            complaint.suggestion = ", ".join(
                self.env._("%(solution)s (accepted before)", solution=remedy.name)
                if accepted
                else remedy.name
                for remedy, accepted in complaint._get_suggestions()
            )

    def _get_suggestions(self, limit=3):
        """The best solutions that the request does not have yet."""
        self.ensure_one()
        if not self.cause_id:
            return []
        there = self.sudo().solution_ids.remedy_id
        suggested = self.env["crm.complaint.remedy"]._suggest_for(self)
        return [pair for pair in suggested if pair[0] not in there][:limit]

    def action_add_suggested(self):
        """Take the best suggestion over."""
        self.ensure_one()
        suggested = self._get_suggestions(1)
        if not suggested:
            raise UserError(
                self.env._(
                    "There is nothing to suggest: set the cause first, or choose a "
                    "solution yourself."
                )
            )
        self.env["crm.complaint.solution"].create(
            {"complaint_id": self.id, "remedy_id": suggested[0][0].id}
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        if self.sudo().solution_ids.approval_ids:
            raise UserError(
                self.env._(
                    "Somebody decided on what this request costs: it stays, excluded."
                )
            )

    # ---------------------------------------------------------------- solutions
    def _check_may_solve(self):
        if self.filtered("exclusion"):
            raise UserError(self.env._("The request is excluded."))

    def _note_solutions(self, solutions):
        """The first solution answers what will be done; costs may need an approval."""
        for complaint in self:
            if not complaint.solution:
                added = solutions.filtered(
                    lambda one, to=complaint: one.complaint_id == to
                )
                remedy = added[:1].remedy_id
                complaint.solution = remedy.description or remedy.name
        self._ask_for_approval()

    def _note_carried_out(self):
        """All is done: that is the day on which it was carried out."""
        for complaint in self.sudo():
            states = set(complaint.solution_ids.mapped("state")) - {"refused"}
            if states == {"done"} and not complaint.carried_out_date:
                complaint.carried_out_date = complaint.company_id._get_value_today()

    def _log_solution(self, text, readers=None):
        """A note inside, for those whom it concerns."""
        self.ensure_one()
        self.message_post(
            body=text,
            partner_ids=(readers - self.env.user.partner_id).ids if readers else [],
            subtype_xmlid="mail.mt_note",
        )

    # ----------------------------------------------------------------- approval
    def _get_solutions_cost(self):
        """What was done or is proposed, all together."""
        self.ensure_one()
        counted = self.sudo().solution_ids.filtered(lambda one: one.state != "refused")
        return self.currency_id.round(sum(counted.mapped("amount")))

    def _get_approving_group(self):
        self.ensure_one()
        dear = self._get_solutions_cost() > self.team_id.sudo().manager_limit
        return MANAGER_GROUP if dear else LEADER_GROUP

    def _ask_for_approval(self):
        """A task for somebody who may decide, as long as a solution waits."""
        for complaint in self.sudo():
            waiting = complaint.solution_ids.filtered("waits")
            open_tasks = complaint.activity_ids.filtered(
                lambda one: one.activity_type_id == self.env.ref(APPROVAL_TYPE, False)
            )
            user = waiting and complaint._get_approver(waiting)
            if open_tasks and open_tasks.user_id != user:
                open_tasks.unlink()
                open_tasks = open_tasks.browse()
            if user and not open_tasks:
                speaker = complaint.with_context(lang=user.lang)
                names = ", ".join(
                    waiting.with_env(speaker.env).remedy_id.mapped("name")
                )
                speaker.activity_schedule(
                    APPROVAL_TYPE,
                    date_deadline=complaint.company_id._get_value_today(),
                    user_id=user.id,
                    summary=speaker.env._("Approve: %(solutions)s", solutions=names),
                )

    def _get_approver(self, solutions):
        """The leader of the team, else a quality manager; nobody who set the terms."""
        self.ensure_one()
        group = self.env.ref(self._get_approving_group())
        return self._find_reader(
            self.team_id.user_id,
            lambda user: (
                group in user.all_group_ids and user not in solutions.author_ids
            ),
        )
