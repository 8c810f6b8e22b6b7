from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import (
    MAX_AMOUNT,
    MAX_COLOR,
)

from .crm_complaint_stage import OPEN_STATES

TYPES = [
    ("complaint", "Complaint"),
    ("question", "Question"),
    ("problem", "Problem Report"),
    ("praise", "Praise"),
    ("suggestion", "Suggestion"),
]
CHANNELS = [
    ("phone", "Phone"),
    ("email", "E-mail"),
    ("portal", "Portal"),
    ("web", "Web Form"),
    ("chat", "Chat"),
    ("social", "Social Media"),
    ("onsite", "On Site"),
]
SEVERITIES = [
    ("1", "Minor"),
    ("2", "Moderate"),
    ("3", "Serious"),
    ("4", "Critical"),
]
EXCLUSIONS = [
    ("duplicate", "Duplicate"),
    ("cancelled", "Cancelled"),
    ("mistaken", "Not a Request"),
]
# What a service level may depend on.
POLICY_FIELDS = {
    "partner_id",  # and its tier
    "type",
    "severity",
    "channel",
    "cause_id",
    "team_id",
}
MAX_WAITED = 2**31 - 1  # seconds: what the column takes
MANAGER_GROUP = "crm_complaints.group_complaint_manager"
LEADER_GROUP = "crm_complaints.group_complaint_leader"
# Salespeople read the requests of their customers, not what is done about them inside.
INSIDE_GROUPS = (
    "crm_complaints.group_complaint_agent,crm_complaints.group_complaint_reader"
)


class CrmComplaint(models.Model):
    """A request of a customer: a complaint, a question, a problem, praise, an idea.

    ``crm_complaint_queue`` hands it out, ``crm_complaint_flow`` moves it through its
    steps, ``crm_complaint_mail`` listens to its messages, ``crm_complaint_solving`` is
    what is done, ``crm_complaint_portal`` is the customer's side,
    ``crm_complaint_survey`` asks them afterwards, ``crm_complaint_prevention`` keeps it
    from happening again. The clocks of its service level are rows of
    ``crm.complaint.clock``.
    """

    _name = "crm.complaint"
    _inherit = [
        "crm.company.mixin",
        "crm.limits.mixin",
        "crm.kept.mixin",
        "crm.conversation.mixin",
        "portal.mixin",
        "mail.tracking.duration.mixin",
        "rating.mixin",
    ]
    _description = "Request"
    _order = "deadline, tier_id, received_at, id"
    _rec_names_search = ["reference", "name", "partner_id.name"]
    _mail_post_access = "read"
    _primary_email = "email_from"
    _track_duration_field = "stage_id"
    _erasable_texts = (
        "name", "description", "email_from", "proposed_email", "root_cause", "solution"
    )  # fmt: skip
    _erasing_group = MANAGER_GROUP

    @api.model
    def _default_team_id(self):
        company = self.env.context.get("default_company_id") or self.env.company.id
        company = self.env["res.company"].browse(company)
        return self.env["crm.complaint.team"]._get_default(company, self.env.user)

    name = fields.Char(string="Subject", required=True, tracking=True)
    reference = fields.Char(string="Number", readonly=True, copy=False, index="trigram")
    active = fields.Boolean(default=True)
    color = fields.Integer(limits=(0, MAX_COLOR))
    type = fields.Selection(
        TYPES,
        required=True,
        default="complaint",
        tracking=True,
        index=True,
        help="All have the same steps and clocks; only complaints count in the complaint "
        "rate.",
    )
    channel = fields.Selection(
        CHANNELS, required=True, default="phone", tracking=True, index=True
    )
    description = fields.Html(
        sanitize_attributes=True, help="What the customer says, as they say it."
    )
    tag_ids = fields.Many2many("crm.complaint.tag", string="Tags")

    # Who
    partner_id = fields.Many2one(
        "res.partner", string="Customer", index=True, tracking=True, check_company=True
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        string="Company of the Customer",
        store=True,
        index=True,
    )
    email_from = fields.Char(string="E-mail", help="Address the request came from.")
    proposed_email = fields.Char(
        string="Forwarded From",
        readonly=True,
        copy=False,
        help="Address found in a mail that a colleague forwarded. Nothing is sent to it "
        "until somebody confirms the customer.",
    )
    team_id = fields.Many2one(
        "crm.complaint.team",
        required=True,
        index=True,
        tracking=True,
        check_company=True,
        ondelete="restrict",
        default=lambda self: self._default_team_id(),
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        index=True,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )

    # About what
    lead_id = fields.Many2one(
        "crm.lead", string="Opportunity", index="btree_not_null", check_company=True
    )
    order_id = fields.Many2one(
        "sale.order",
        string="Sales Order",
        index="btree_not_null",
        check_company=True,
        domain="[('partner_id', 'child_of', commercial_partner_id)]",
    )
    order_line_id = fields.Many2one(
        "sale.order.line",
        index="btree_not_null",
        check_company=True,
        domain="[('order_id', '=', order_id)]",
    )
    invoice_id = fields.Many2one(
        "account.move",
        index="btree_not_null",
        check_company=True,
        domain="[('move_type', 'in', ('out_invoice', 'out_refund'))]",
    )
    product_id = fields.Many2one(
        "product.product",
        index="btree_not_null",
        check_company=True,
        compute="_compute_product_id",
        store=True,
        readonly=False,
    )

    # How bad
    severity = fields.Selection(SEVERITIES, tracking=True, index=True)
    cause_id = fields.Many2one(
        "crm.complaint.cause", index=True, tracking=True, ondelete="restrict"
    )
    main_cause_id = fields.Many2one(
        "crm.complaint.cause",
        compute="_compute_main_cause_id",
        store=True,
        index=True,
        ondelete="restrict",
    )
    tier_id = fields.Many2one(
        "crm.value.tier",
        readonly=True,
        copy=False,
        index=True,
        ondelete="restrict",
        help="Tier of the customer when the request came in.",
    )
    tier_color = fields.Integer(related="tier_id.color", string="Tier Color")
    currency_id = fields.Many2one(related="company_id.currency_id")
    revenue_at_risk = fields.Monetary(
        readonly=True,
        limits=(-MAX_AMOUNT, MAX_AMOUNT),
        copy=False,
        help="Revenue of the customer in the year before the request came in.",
    )

    # What is done about it
    root_cause = fields.Text(help="Why it happened, with the evidence. Internal.")
    solution = fields.Text(help="What will be done for the customer. Internal.")
    carried_out_date = fields.Date(string="Carried Out On", tracking=True, copy=False)
    follow_up_result = fields.Selection(
        [
            ("accepted", "It helped"),
            ("refused", "It did not help"),
            ("unreached", "Could not be reached"),
        ],
        string="Follow-up",
        tracking=True,
        copy=False,
        help="What the customer said when asked afterwards.",
    )

    # When
    received_at = fields.Datetime(
        string="Received",
        required=True,
        index=True,
        tracking=True,
        copy=False,
        default=fields.Datetime.now,
        help="When the customer told us. The clocks begin here, not when it was typed.",
    )
    acknowledged_at = fields.Datetime(string="Acknowledged", readonly=True, copy=False)
    first_response_at = fields.Datetime(
        string="First Response", readonly=True, copy=False
    )
    accepted_at = fields.Datetime(
        string="Accepted by the Customer", readonly=True, copy=False
    )
    closed_at = fields.Datetime(string="Closed", readonly=True, copy=False)
    survey_due_at = fields.Datetime(
        string="To Be Asked",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="When the customer is going to be asked how satisfied they are.",
    )
    surveyed_at = fields.Datetime(
        string="Asked",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="When the customer was asked how satisfied they are. Once per request.",
    )
    marked_at = fields.Datetime(
        string="Marked",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="When the customer gave their mark, or corrected it.",
    )

    # State
    stage_id = fields.Many2one(
        "crm.complaint.stage",
        string="Step",
        required=True,
        index=True,
        tracking=True,
        copy=False,
        ondelete="restrict",
        group_expand="_read_group_stage_ids",
        default=lambda self: self.env["crm.complaint.stage"]._get_first(),
    )
    date_last_stage_update = fields.Datetime(
        readonly=True, copy=False, default=fields.Datetime.now
    )
    state = fields.Selection(
        [
            ("open", "Open"),
            ("waiting", "Waiting"),
            ("closed", "Closed"),
            ("excluded", "Excluded"),
        ],
        compute="_compute_state",
        store=True,
        index=True,
    )
    waiting_reason = fields.Selection(
        [
            ("customer", "For the customer"),
            ("third_party", "For a supplier or another third party"),
            ("appointment", "For an agreed date"),
        ],
        string="Waiting",
        readonly=True,
        tracking=True,
        copy=False,
    )
    waiting_since = fields.Datetime(readonly=True, copy=False)
    waiting_until = fields.Datetime(
        readonly=True, copy=False, help="Then the clocks go on by themselves."
    )
    waited_seconds = fields.Integer(readonly=True, copy=False, limits=(0, MAX_WAITED))
    exclusion = fields.Selection(
        EXCLUSIONS,
        readonly=True,
        tracking=True,
        copy=False,
        help="Excluded requests count nowhere: neither in time nor late.",
    )
    missing = fields.Char(
        compute="_compute_missing",
        help="What the request still needs before the next step, as codes.",
    )
    next_stage_id = fields.Many2one(
        "crm.complaint.stage", compute="_compute_missing", string="Next Step"
    )
    may_wait = fields.Boolean(related="stage_id.may_wait")
    clock_ids = fields.One2many("crm.complaint.clock", "complaint_id", string="Clocks")
    deadline = fields.Datetime(
        string="Due",
        compute="_compute_deadline",
        store=True,
        index=True,
        help="The earliest target whose clock is running.",
    )
    sla_state = fields.Selection(
        [
            ("ok", "In Time"),
            ("warning", "Soon Due"),
            ("missed", "Missed"),
            ("paused", "Paused"),
            ("done", "Done"),
        ],
        string="Service Level",
        compute="_compute_deadline",
        store=True,
    )

    # Others like it
    duplicate_of_id = fields.Many2one(
        "crm.complaint", index="btree_not_null", readonly=True, copy=False
    )
    duplicate_ids = fields.One2many("crm.complaint", "duplicate_of_id")
    repeat_of_id = fields.Many2one(
        "crm.complaint",
        index="btree_not_null",
        copy=False,
        check_company=True,
        domain="[('id', '!=', id), ('commercial_partner_id', '=', commercial_partner_id)]",
        help="The same trouble again, after it had been closed.",
    )
    repeat_ids = fields.One2many("crm.complaint", "repeat_of_id", string="Repeats")
    similar_ids = fields.Many2many(
        "crm.complaint",
        compute="_compute_similar_ids",
        help="Other requests of this customer about the same product, or in similar "
        "words, of the last 90 days.",
    )

    _company_reference_uniq = models.Constraint(
        "UNIQUE (company_id, reference)", "The number of a request is unique."
    )
    _queue_idx = models.Index(
        "(team_id, deadline, received_at) WHERE state = 'open' AND user_id IS NULL"
    )

    # ----------------------------------------------------------------- computes
    @api.depends("reference", "name")
    def _compute_display_name(self):
        for complaint in self:
            number = complaint.reference and f"[{complaint.reference}]"
            complaint.display_name = " ".join(filter(None, [number, complaint.name]))

    @api.depends("order_line_id")
    def _compute_product_id(self):
        for complaint in self:
            complaint.product_id = (
                complaint.order_line_id.product_id or complaint.product_id
            )

    @api.depends("cause_id.parent_id")
    def _compute_main_cause_id(self):
        for complaint in self:
            cause = complaint.cause_id
            complaint.main_cause_id = cause.parent_id or cause

    @api.depends("stage_id.is_closed", "waiting_reason", "exclusion")
    def _compute_state(self):
        for complaint in self:
            if complaint.exclusion:
                complaint.state = "excluded"
            elif complaint.stage_id.is_closed:
                complaint.state = "closed"
            else:
                complaint.state = "waiting" if complaint.waiting_reason else "open"

    @api.depends(
        "state",
        "clock_ids.deadline",
        "clock_ids.state",
        "clock_ids.breached_at",
        "clock_ids.escalated_level",
    )
    def _compute_deadline(self):
        for complaint in self:
            clocks = complaint.sudo().clock_ids
            running = clocks.filtered(lambda one: one.state == "running")
            complaint.deadline = min(
                filter(None, running.mapped("deadline")), default=False
            )
            counted = clocks.filtered(lambda one: one.state != "excluded")
            if any(counted.mapped("breached_at")):
                complaint.sla_state = "missed"
            elif complaint.state not in OPEN_STATES:
                complaint.sla_state = "done"
            elif complaint.state == "waiting":
                complaint.sla_state = "paused"
            elif any(one.escalated_level >= 75 for one in running):
                complaint.sla_state = "warning"
            else:
                complaint.sla_state = "ok"

    @api.depends("partner_id", "product_id", "name")
    def _compute_similar_ids(self):
        for complaint in self:
            complaint.similar_ids = complaint._find_similar()

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        return stages._get_all()

    # -------------------------------------------------------------- constraints
    @api.constrains("received_at")
    def _check_received_at(self):
        # some minutes' grace: the clocks of two machines differ
        limit = fields.Datetime.now() + timedelta(minutes=10)
        if any(complaint.received_at > limit for complaint in self):
            raise ValidationError(
                self.env._("A request cannot be received in the future.")
            )

    @api.constrains("duplicate_of_id", "repeat_of_id")
    def _check_links(self):
        if self._has_cycle("duplicate_of_id") or self._has_cycle("repeat_of_id"):
            raise ValidationError(
                self.env._("A request cannot be a duplicate or a repeat of itself.")
            )

    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for complaint in self.filtered("user_id"):
            user = complaint.user_id.sudo()
            if user.share or complaint.company_id not in user.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work in %(company)s and cannot be "
                        "responsible for its requests.",
                        user=user.name,
                        company=complaint.company_id.name,
                    )
                )

    # --------------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        complaints = super().create(self._prepare_create_vals_list(vals_list))
        complaints._snapshot_value()
        complaints._check_gates()
        now = fields.Datetime.now()
        self.env["crm.complaint.clock"]._sync(complaints, now)
        closed = complaints.filtered(lambda one: one.state == "closed")
        closed._finish(now)
        complaints._follow_customers()
        return complaints

    @api.model
    def _prepare_create_vals_list(self, vals_list):
        """The company of the team, a team of the company, and a number of its own."""
        teams = self.env["crm.complaint.team"].sudo()
        default_team = teams.browse(self.env.context.get("default_team_id") or [])
        # once, not with the default of each
        stage = self.env.context.get("default_stage_id")
        first = {"stage_id": stage or self.env["crm.complaint.stage"]._get_first().id}
        defaults = {}
        prepared = []
        for vals in vals_list:
            team = teams.browse(vals.get("team_id") or []) or default_team
            company = self.env["res.company"].browse(
                vals.get("company_id")
                or team.company_id.id
                or self.env.context.get("default_company_id")
                or self.env.company.id
            )
            if not team:
                if company not in defaults:
                    defaults[company] = teams._get_default(company, self.env.user)
                team = defaults[company]
            prepared.append(
                {**first, **vals, "company_id": company.id, "team_id": team.id}
            )
        companies = self.env["res.company"].browse(
            {vals["company_id"] for vals in prepared}
        )
        for company in companies:
            own = [vals for vals in prepared if vals["company_id"] == company.id]
            numbers = company.sudo()._get_complaint_numbers(len(own))
            for vals, number in zip(own, numbers, strict=True):
                vals["reference"] = number
        return prepared

    def write(self, vals):
        self.check_access("write")
        self._check_kept(vals)
        before = {one: (one.partner_id, one.stage_id) for one in self}
        if "stage_id" in vals:
            vals = {**vals, "date_last_stage_update": fields.Datetime.now()}
        result = super().write(vals)
        if "partner_id" in vals:
            moved = self.filtered(lambda one: one.partner_id != before[one][0])
            moved._snapshot_value()
            for complaint in moved:
                complaint.message_unsubscribe(before[complaint][0].ids)
            moved._follow_customers()
        if "stage_id" in vals:
            self.filtered(lambda one: one.stage_id != before[one][1])._enter_stage(
                {one: before[one][1] for one in self}
            )
        elif any(not vals[name] for name in self._get_gate_fields() & vals.keys()):
            self._check_gates()
        if vals.keys() & POLICY_FIELDS:
            self.env["crm.complaint.clock"]._sync(self, fields.Datetime.now())
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_mistaken(self):
        """What customers said is kept; what was no request at all may go."""
        if not self.env.su and self.filtered(lambda one: one.exclusion != "mistaken"):
            raise UserError(
                self.env._(
                    "Requests of customers are kept. Exclude what is none as “Not a "
                    "Request” first."
                )
            )

    def _snapshot_value(self):
        """Keep the tier and the revenue of the customer as they are now."""
        profiles = (
            self.env["crm.value.profile"]
            .sudo()
            .search_fetch(
                [
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("company_id", "in", self.company_id.ids),
                ],
                ["partner_id", "company_id", "tier_id", "revenue_year"],
            )
        )
        nothing = profiles.browse()
        known = {(one.partner_id.id, one.company_id.id): one for one in profiles}
        for complaint in self.sudo():
            key = complaint.commercial_partner_id.id, complaint.company_id.id
            profile = known.get(key, nothing)
            complaint.tier_id = profile.tier_id
            complaint.revenue_at_risk = profile.revenue_year

    def _follow_customers(self):
        """Each customer follows their request, in one INSERT for all."""
        followers = self.env["mail.followers"].sudo()
        wanted = self.sudo().filtered(lambda one: one.partner_id.partner_share)
        known = followers.search_fetch(
            [("res_model", "=", self._name), ("res_id", "in", wanted.ids)],
            ["res_id", "partner_id"],
        )
        known = {(one.res_id, one.partner_id.id) for one in known}
        subtypes = self.env["mail.message.subtype"].default_subtypes(self._name)[2]
        followers.create(
            [
                {
                    "res_model": self._name,
                    "res_id": complaint.id,
                    "partner_id": complaint.partner_id.id,
                    "subtype_ids": [Command.set(subtypes.ids)],
                }
                for complaint in wanted
                if (complaint.id, complaint.partner_id.id) not in known
            ]
        )
