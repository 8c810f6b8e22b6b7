from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_DATE, MIN_DATE

from .crm_complaint import MANAGER_GROUP
from .crm_complaint_capa_template import KINDS, WINDOW

# What the comparison rests on: settled once it has begun.
SETTLED = {"cause_id", "product_id", "template_id", "implemented_date", "window_days"}
# The window is made longer so often at most; afterwards nothing was shown.
MAX_EXTENSIONS = 3
COUNTED = (0, 2**31 - 1)  # what the column takes


class CrmComplaintCapa(models.Model):
    """An action against a cause of complaints, and whether it helped.

    Known as CAPA: corrective and preventive action. Somebody carries it out by a date.
    From then on complaints about the same cause and product are counted over a window,
    against the orders of that time, and compared with a window of the same length
    before; ``crm_complaint_capa_effect`` counts and judges. Only that says "effective".
    """

    _name = "crm.complaint.capa"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.kept.mixin",
        "crm.conversation.mixin",
        "mail.thread",
    ]
    _description = "Corrective Action"
    _order = "due_date, id"
    _erasable_texts = ("name", "analysis", "plan")
    _erasing_group = MANAGER_GROUP
    _kept = (
        "state", "verdict", "before_count", "before_orders", "after_count", "after_orders",
        "chance", "counted_day", "judged_day", "extensions", "round", "before_from",
        "before_to", "after_from", "after_to", "recurrence_until",
    )  # fmt: skip

    name = fields.Char(
        string="Action",
        required=True,
        compute="_compute_from_template",
        store=True,
        readonly=False,
        precompute=True,
    )
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        KINDS,
        required=True,
        compute="_compute_from_template",
        store=True,
        readonly=False,
        precompute=True,
        help="Corrective: it has happened. Preventive: it might.",
    )
    cause_id = fields.Many2one(
        "crm.complaint.cause",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        help="Complaints about this cause and its sub-causes are counted.",
    )
    product_id = fields.Many2one(
        "product.product",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        help="Empty: complaints about all products and services.",
    )
    complaint_ids = fields.Many2many(
        "crm.complaint",
        "crm_complaint_capa_rel",
        "capa_id",
        "complaint_id",
        string="Requests That Led Here",
        check_company=True,
    )
    template_id = fields.Many2one(
        "crm.complaint.capa.template",
        ondelete="set null",
        help="Its steps, dates and kind are taken over, and can be changed here.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        required=True,
        index=True,
        tracking=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    due_date = fields.Date(
        string="Due",
        required=True,
        index=True,
        tracking=True,
        limits=(MIN_DATE, MAX_DATE),
        compute="_compute_from_template",
        store=True,
        readonly=False,
        precompute=True,
    )
    analysis = fields.Text(
        string="Why It Happens",
        help="Ask “why?” until the answer is something that can be changed, five times "
        "as a rule, and say what shows it.",
    )
    plan = fields.Html(
        string="Steps",
        compute="_compute_from_template",
        store=True,
        readonly=False,
        precompute=True,
    )
    implemented_date = fields.Date(
        string="Carried Out On",
        copy=False,
        tracking=True,
        limits=(MIN_DATE, MAX_DATE),
    )
    window_days = fields.Integer(
        string="Days to Watch",
        required=True,
        limits=WINDOW,
        compute="_compute_from_template",
        store=True,
        readonly=False,
        precompute=True,
        help="How long after the action complaints are counted, and as long before it.",
    )

    # Whether it helped
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("watched", "Being Watched"),
            ("effective", "Effective"),
            ("not_shown", "No Effect Shown"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="planned",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    verdict = fields.Selection(
        [
            ("too_early", "Too early to say"),
            ("not_shown", "No effect shown so far"),
            ("effective", "Fewer complaints, and not by chance"),
        ],
        string="As It Stands",
        readonly=True,
        copy=False,
    )
    before_count = fields.Integer(
        string="Complaints Before", readonly=True, copy=False, limits=COUNTED
    )
    before_orders = fields.Integer(
        string="Orders Before", readonly=True, copy=False, limits=COUNTED
    )
    after_count = fields.Integer(
        string="Complaints Since", readonly=True, copy=False, limits=COUNTED
    )
    after_orders = fields.Integer(
        string="Orders Since", readonly=True, copy=False, limits=COUNTED
    )
    chance = fields.Float(
        string="By Chance",
        readonly=True,
        copy=False,
        digits=(6, 5),
        limits=(0, 1),
        aggregator=None,
        help="How often chance alone would give so few complaints since, or fewer: the "
        "exact test of two rates. Up to 5 % counts as shown.",
    )
    counted_day = fields.Date(string="Counted On", readonly=True, copy=False)
    judged_day = fields.Date(string="Judged On", readonly=True, copy=False)
    extensions = fields.Integer(
        readonly=True,
        copy=False,
        limits=(0, MAX_EXTENSIONS),
        help="How often the window was made longer.",
    )
    round = fields.Integer(
        readonly=True,
        copy=False,
        default=1,
        limits=(1, 10_000),
        help="1 at first; one more each time that the action had to be planned again.",
    )
    before_from = fields.Datetime(readonly=True, copy=False)
    before_to = fields.Datetime(readonly=True, copy=False)
    after_from = fields.Datetime(readonly=True, copy=False)
    after_to = fields.Datetime(string="Watched Until", readonly=True, copy=False)
    recurrence_until = fields.Datetime(
        readonly=True,
        copy=False,
        help="A complaint received until then opens an effective action again.",
    )
    effect = fields.Char(compute="_compute_effect")
    before_days = fields.Char(string="Days Before", compute="_compute_days")
    after_days = fields.Char(string="Days Since", compute="_compute_days")
    outlook = fields.Char(compute="_compute_days")

    # ----------------------------------------------------------------- computes
    @api.onchange("cause_id")
    def _onchange_cause_id(self):
        """A new action begins with the template of its cause; one that was saved keeps
        what was written."""
        if self.cause_id and not self._origin:
            templates = self.env["crm.complaint.capa.template"]
            self.template_id = templates._get_for(self.cause_id)

    @api.depends("template_id")
    def _compute_from_template(self):
        """What the template says, to begin with."""
        for capa in self:
            template = capa.template_id
            today = (capa.company_id or self.env.company)._get_value_today()
            capa.name = template.name or capa.name or capa.cause_id.display_name
            capa.kind = template.kind or capa.kind or "corrective"
            capa.plan = template.plan or capa.plan
            capa.window_days = template.window_days or capa.window_days or 90
            if template:
                capa.due_date = today + timedelta(days=template.due_days)
            else:
                capa.due_date = capa.due_date or today + timedelta(days=30)

    @api.depends(
        "state",
        "before_count",
        "before_orders",
        "after_count",
        "after_orders",
        "chance",
    )
    def _compute_effect(self):
        for capa in self:
            capa.effect = capa.counted_day and self.env._(
                "%(before)s complaints in %(before_orders)s orders before, %(after)s in "
                "%(after_orders)s since. By chance alone, so few would come in "
                "%(chance)s %% of cases.",
                before=capa.before_count,
                before_orders=capa.before_orders,
                after=capa.after_count,
                after_orders=capa.after_orders,
                chance=f"{100 * capa.chance:.2f}",
            )

    @api.depends("before_from", "before_to", "after_from", "after_to", "company_id")
    @api.depends_context("lang")
    def _compute_days(self):
        """The windows as people write them: first and last day, both included."""
        for capa in self:
            if not capa.after_from:
                capa.before_days = capa.after_days = capa.outlook = False
                continue
            capa.before_days = capa._say_days(capa.before_from, capa.before_to)
            capa.after_days = capa._say_days(capa.after_from, capa.after_to)
            capa.outlook = self.env._(
                "It is judged after %(day)s. With too few orders by then, the window is "
                "made longer.",
                day=capa._get_last_day(),
            )

    # -------------------------------------------------------------- constraints
    @api.constrains("implemented_date")
    def _check_implemented_date(self):
        for capa in self.filtered("implemented_date"):
            if capa.implemented_date > capa.company_id._get_value_today():
                raise ValidationError(
                    self.env._("An action cannot have been carried out in the future.")
                )

    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for capa in self:
            user = capa.user_id.sudo()
            if user.share or capa.company_id not in user.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work in %(company)s and cannot own its "
                        "actions.",
                        user=user.name,
                        company=capa.company_id.name,
                    )
                )

    # --------------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        capas = super().create(vals_list)
        capas._plan_activity()
        return capas

    def write(self, vals):
        self.check_access("write")
        settled = SETTLED & set(vals)
        if settled and not self.env.su and self.filtered(lambda one: one.after_from):
            raise UserError(
                self.env._(
                    "The action is being watched: what is counted is settled. Plan it "
                    "again to change that."
                )
            )
        result = super().write(vals)
        if {"user_id", "due_date"} & set(vals):
            self.filtered(lambda one: one.state == "planned")._plan_activity()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_planned(self):
        if self.filtered(lambda one: one.judged_day or one.state == "watched"):
            raise UserError(
                self.env._("An action that was carried out stays. Archive it instead.")
            )

    def _plan_activity(self):
        """What the owner has to do, in their list, by the due date."""
        self._end_activity()
        for capa in self:
            speaker = capa.with_context(lang=capa.user_id.lang)
            speaker.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=capa.due_date,
                user_id=capa.user_id.id,
                summary=speaker.env._("Carry out the corrective action"),
            )

    def _end_activity(self):
        self.activity_unlink(["mail.mail_activity_data_todo"])

    # ------------------------------------------------------------------ actions
    def action_carried_out(self):
        """The steps are done: complaints are counted from the next day on."""
        self.check_access("write")
        for capa in self:
            if capa.state != "planned":
                raise UserError(self.env._("The action is not planned."))
            if not capa.analysis:
                raise UserError(
                    self.env._("Write down first why it happens, and what shows it.")
                )
            today = capa.company_id._get_value_today()
            capa.implemented_date = capa.implemented_date or today
            capa.sudo().write({"state": "watched", **capa._prepare_windows()})
            capa._end_activity()
        self._count()

    def action_plan_again(self):
        """It did not help, or the trouble came back: another round."""
        self.check_access("write")
        if self.filtered(lambda one: one.state == "planned"):
            raise UserError(self.env._("The action is planned already."))
        self._plan_again()

    def _plan_again(self):
        for capa in self.sudo():
            capa.write(
                {
                    **dict.fromkeys(
                        [
                            "implemented_date", "verdict", "counted_day", "judged_day",
                            "before_from", "before_to", "after_from", "after_to",
                            "recurrence_until",
                        ],
                        False,
                    ),
                    "state": "planned",
                    "extensions": 0,
                    "round": capa.round + 1,
                    "due_date": capa.company_id._get_value_today()
                    + timedelta(days=capa.template_id.due_days or 30),
                }
            )  # fmt: skip

    def action_cancel(self):
        """Nothing will be done."""
        self.check_access("write")
        if self.filtered(lambda one: one.state not in ("planned", "watched")):
            raise UserError(self.env._("The action is over."))
        self.sudo().write({"state": "cancelled"})
        self._end_activity()

    def action_count(self):
        """Count now, without waiting for tomorrow."""
        self.check_access("read")
        self._count()

    def action_open_counted(self):
        """The complaints that are counted, before and since."""
        self.ensure_one()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("type", "=", "complaint"),
            ("state", "!=", "excluded"),
            ("cause_id", "child_of", self.cause_id.id),
        ]
        if self.product_id:
            domain.append(("product_id", "=", self.product_id.id))
        if self.after_from:
            domain += [
                ("received_at", ">=", self.before_from),
                ("received_at", "<", self.after_to),
            ]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Complaints Counted"),
            "res_model": "crm.complaint",
            "views": [(False, "list"), (False, "form")],
            "domain": domain,
        }

    # ------------------------------------------------------------------ windows
    def _prepare_windows(self):
        """The two windows, in days of the company; the day itself is in neither."""
        self.ensure_one()
        start = self.company_id._get_value_day_start
        day = self.implemented_date
        length = timedelta(days=self.window_days)
        next_day = day + timedelta(days=1)
        return {
            "before_from": start(day - length),
            "before_to": start(day),
            "after_from": start(next_day),
            "after_to": start(next_day + length * (1 + self.extensions)),
        }

    def _get_last_day(self):
        """The last day of the window, as people write it."""
        self.ensure_one()
        day = self.company_id._get_value_day(self.after_to) - timedelta(days=1)
        return format_date(self.env, day)

    def _say_days(self, start, end):
        first = self.company_id._get_value_day(start)
        last = self.company_id._get_value_day(end) - timedelta(days=1)
        return f"{format_date(self.env, first)} – {format_date(self.env, last)}"
