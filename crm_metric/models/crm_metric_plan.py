from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, date_utils, float_compare, format_date

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import (
    MAX_AMOUNT,
    MAX_DATE,
    MIN_DATE,
)
from odoo.addons.crm_value_tiering.models.res_users import MANAGER_GROUP

# Until then something should have changed: the first look at whether it has.
REVIEW_MONTHS = 3
FIGURE = (-MAX_AMOUNT, MAX_AMOUNT)  # of any metric, whatever its unit


class CrmMetricPlan(models.Model):
    """What is done because a target was missed, by whom, and whether it helped.

    Started by itself when a month is over and a target that asks for it is behind, once
    per target as long as a plan is open. The figures before and after are those of the
    metric, so nobody writes their own success.
    """

    _name = "crm.metric.plan"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.kept.mixin",
        "crm.conversation.mixin",
        "mail.thread",
    ]
    _description = "Improvement Plan"
    _order = "state, review_date, id"
    _of_main_company = True
    _rec_name = "metric_id"
    _erasable_texts = ("reason", "lesson")
    _erasing_group = MANAGER_GROUP
    _kept = ("state", "month", "goal", "missed", "closed_date", "reached_date")

    target_id = fields.Many2one(
        "crm.metric.target",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('company_id', '=', company_id)]",
    )
    metric_id = fields.Many2one(
        related="target_id.metric_id", store=True, index=True, ondelete="cascade"
    )
    unit = fields.Selection(related="metric_id.unit")
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one(
        related="target_id.team_id", store=True, index="btree_not_null"
    )
    salesperson_id = fields.Many2one(
        related="target_id.user_id",
        store=True,
        index="btree_not_null",
        string="Salesperson",
    )
    tier_id = fields.Many2one(related="target_id.tier_id")
    tier_color = fields.Integer(related="tier_id.color")
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        required=True,
        index=True,
        tracking=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Who sees to it that the figure gets better.",
    )
    month = fields.Date(
        string="Missed In",
        readonly=True,
        required=True,
        copy=False,
        help="First day of the month after which the target was behind.",
    )
    goal = fields.Float(
        string="Goal (Figure)",
        readonly=True,
        required=True,
        copy=False,
        digits=(20, 2),
        aggregator=None,
        limits=FIGURE,
        help="What should have been reached by the end of that month; of a sum, the mean "
        "of a month.",
    )
    missed = fields.Float(
        string="Reached Then",
        readonly=True,
        required=True,
        copy=False,
        digits=(20, 2),
        aggregator=None,
        limits=FIGURE,
        help="What was reached by the end of that month; of a sum, the mean of a month.",
    )
    now_value = fields.Float(
        string="Since Then",
        compute="_compute_since",
        digits=(20, 2),
        aggregator=None,
        help="The figure of the whole months after the missed one, until the plan was "
        "closed; of a sum, the mean of a month.",
    )
    goal_text = fields.Char(string="Goal", compute="_compute_since")
    missed_text = fields.Char(string="Figure Before", compute="_compute_since")
    now_text = fields.Char(string="Figure After", compute="_compute_since")
    change = fields.Selection(
        [
            ("unknown", "No Figures Yet"),
            ("reached", "Goal Reached"),
            ("better", "Better"),
            ("same", "Not Better"),
        ],
        string="Result",
        compute="_compute_since",
    )
    narrower_ids = fields.Many2many(
        "crm.metric.target",
        string="Where It Is Behind",
        compute="_compute_narrower_ids",
        help="Targets for the same metric and months, of teams, people or tiers within "
        "this one, that are behind, too.",
    )
    reason = fields.Text(
        string="Why It Was Missed",
        help="What the figures and the people concerned say. What shows it?",
    )
    measure_ids = fields.One2many(
        "crm.metric.measure", "plan_id", string="Measures", copy=True
    )
    measure_count = fields.Integer(compute="_compute_measure_count")
    done_count = fields.Integer(compute="_compute_measure_count")
    review_date = fields.Date(
        string="Review On",
        required=True,
        index=True,
        tracking=True,
        limits=(MIN_DATE, MAX_DATE),
        default=lambda self: fields.Date.add(
            fields.Date.context_today(self), months=REVIEW_MONTHS
        ),
    )
    lesson = fields.Text(
        string="What Was Learnt",
        help="Needed to close the plan: what helped, what did not, what comes next.",
    )
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        default="open",
        copy=False,
        index=True,
        tracking=True,
    )
    closed_date = fields.Date(string="Closed On", readonly=True, copy=False)
    reached_date = fields.Date(
        string="Goal Reached On",
        readonly=True,
        copy=False,
        help="The first day on which the goal was found reached since then.",
    )

    _one_open_uniq = models.UniqueIndex(
        "(target_id) WHERE state = 'open'", "There is an open plan for this target."
    )
    _month_uniq = models.UniqueIndex(
        "(target_id, month)", "There is a plan for this target and month already."
    )

    # ----------------------------------------------------------------- computes
    @api.depends("metric_id", "month", "target_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for plan in self:
            whose = plan.salesperson_id.sudo().name or plan.team_id.sudo().name
            name = plan.metric_id.display_name or ""
            if whose:
                name = self.env._("%(metric)s, %(whose)s", metric=name, whose=whose)
            if plan.month:
                month = format_date(self.env, plan.month, date_format="MMM y")
                name = f"{name} ({month})"
            plan.display_name = name

    @api.depends("month", "closed_date", "state", "goal", "missed", "target_id")
    @api.depends_context("lang")
    def _compute_since(self):
        form = self.env["crm.metric.fact"]._format_value
        since = self._get_since()
        for plan in self:
            value = since.get(plan._origin.id)
            unit, currency = plan.unit, plan.currency_id
            plan.now_value = value or 0
            plan.now_text = value is not None and form(value, unit, currency)
            plan.goal_text = plan.month and form(plan.goal, unit, currency)
            plan.missed_text = plan.month and form(plan.missed, unit, currency)
            plan.change = plan._get_change(value)

    @api.depends("target_id")
    def _compute_narrower_ids(self):
        for plan in self:
            plan.narrower_ids = plan.target_id._get_narrower().filtered(
                lambda one: one.status == "behind"
            )

    @api.depends("measure_ids.done_date")
    def _compute_measure_count(self):
        for plan in self:
            plan.measure_count = len(plan.measure_ids)
            plan.done_count = len(plan.measure_ids.filtered("done_date"))

    def _get_since(self):
        """The metric in the whole months since the missed one, by id of the plan.

        Of a sum the mean of a month, so that one month compares with several. In the
        months of the target and beyond them: what was changed should last.
        """
        self.flush_model()
        since = {}
        for company, plans in self._origin.grouped("company_id").items():
            spans = SQL(
                """
                SELECT id, target_id, (month + INTERVAL '1 month')::date,
                       DATE_TRUNC('month', COALESCE(closed_date, %s::date))::date
                  FROM crm_metric_plan WHERE id = ANY(%s)
                """,
                company._get_value_today(),
                plans.ids,
            )
            sums = self.env["crm.metric.target"]._sum_up(spans)
            for plan in plans:
                value, months = sums.get(plan.id, (None, 0))
                if value is not None and plan.metric_id.aggregation == "sum":
                    value /= months
                since[plan.id] = value
        return since

    def _get_change(self, value):
        self.ensure_one()
        if value is None:
            return "unknown"
        sign = 1 if self.metric_id.higher_is_better else -1
        if float_compare(sign * value, sign * self.goal, precision_digits=2) >= 0:
            return "reached"
        if float_compare(sign * value, sign * self.missed, precision_digits=2) > 0:
            return "better"
        return "same"

    # -------------------------------------------------------------- constraints
    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for plan in self:
            user = plan.user_id.sudo()
            if user.share or plan.company_id not in user.company_ids._get_value_root():
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work in %(company)s and cannot own its plans.",
                        user=user.name,
                        company=plan.company_id.name,
                    )
                )

    # --------------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        plans = super().create(vals_list)
        plans._plan_activity()
        return plans

    def write(self, vals):
        self.check_access("write")
        if "target_id" in vals and any(
            one.target_id.id != vals["target_id"] for one in self
        ):
            raise UserError(
                self.env._(
                    "A plan stays with its target. Cancel it and make a new one."
                )
            )
        result = super().write(vals)
        if {"user_id", "review_date"} & set(vals):
            self.filtered(lambda one: one.state == "open")._plan_activity()
        return result

    def _plan_activity(self):
        """The owner's task: look at it on the day of the review at the latest."""
        self.activity_unlink(["mail.mail_activity_data_todo"])
        for plan in self:
            speaker = plan.with_context(lang=plan.user_id.lang)
            speaker.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=plan.review_date,
                user_id=plan.user_id.id,
                summary=speaker.env._("Target missed: plan measures, review them"),
            )

    def _erase_person(self):
        self.measure_ids._erase_person()
        return super()._erase_person()

    # ------------------------------------------------------------------ actions
    def action_close(self):
        """The review: what was learnt is kept with the figures of today."""
        self.check_access("write")
        for plan in self:
            if plan.state != "open":
                raise UserError(self.env._("The plan is over."))
            if not plan.measure_ids or not (plan.lesson or "").strip():
                raise UserError(
                    self.env._(
                        "Write down at least one measure and what was learnt before you "
                        "close the plan."
                    )
                )
            plan.sudo().write(
                {"state": "closed", "closed_date": plan.company_id._get_value_today()}
            )
        self.activity_unlink(["mail.mail_activity_data_todo"])

    def action_cancel(self):
        """No plan is needed: the next missed month may start another one."""
        self.check_access("write")
        if self.filtered(lambda one: one.state != "open"):
            raise UserError(self.env._("The plan is over."))
        self.sudo().state = "cancelled"
        self.activity_unlink(["mail.mail_activity_data_todo"])

    def action_open_facts(self):
        """Open the figures behind before and after."""
        self.ensure_one()
        return self.target_id.action_open_facts()

    # ---------------------------------------------------------------------- job
    @api.model
    def _start_company(self, company):
        """Plans for the targets of ``company`` that were missed last month.

        Run after the figures were computed; run twice, it finds nothing the second time.

        :return: the new plans
        """
        today = company._get_value_today()
        end = date_utils.start_of(today, "month")
        month = fields.Date.subtract(end, months=1)
        targets = self.env["crm.metric.target"].search(
            [
                ("company_id", "=", company.id),
                ("starts_plan", "=", True),
                ("date_from", "<", end),
                "|",
                ("date_to", "=", False),
                ("date_to", ">", month),
            ]
        )
        self._note_reached(company, today)
        return self._start(targets, month)

    @api.model
    def _start(self, targets, month):
        """Plans for those of ``targets`` that were behind when ``month`` was over.

        None for a target that has an open one, or had one for that month.
        """
        end = fields.Date.add(month, months=1)
        known = self.search(
            [
                ("target_id", "in", targets.ids),
                "|",
                ("month", ">=", month),
                ("state", "=", "open"),
            ]
        )
        targets -= known.target_id
        actuals = targets._get_actuals(until=end)
        vals_list = []
        for target in targets:
            actual = actuals.get(target.id)
            expected = target._get_expected(end - timedelta(days=1))
            behind = target._get_status(actual, expected) == "behind"
            if behind and target._get_plan_owner():
                vals_list.append(self._prepare_vals(target, month, expected, actual))
        return self.sudo().create(vals_list)

    @api.model
    def _prepare_vals(self, target, month, expected, actual):
        """:param expected: what should have been reached by the end of ``month``"""
        months = 1
        if target.metric_id.aggregation == "sum":
            first = target.date_from
            months += 12 * (month.year - first.year) + month.month - first.month
        today = target.company_id._get_value_today()
        return {
            "target_id": target.id,
            "company_id": target.company_id.id,
            "user_id": target._get_plan_owner().id,
            "month": month,
            "goal": expected / months,
            "missed": actual / months,
            "review_date": fields.Date.add(today, months=REVIEW_MONTHS),
        }

    @api.model
    def _note_reached(self, company, today):
        """Keep the first day on which an open plan had reached its goal."""
        plans = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "open"),
                ("reached_date", "=", False),
            ]
        )
        since = plans._get_since()
        reached = plans.filtered(
            lambda one: one._get_change(since.get(one.id)) == "reached"
        )
        reached.sudo().reached_date = today
