import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL, format_date

from odoo.addons.crm_value_tiering.context import OURS

APPROVER_GROUP = "crm_team_incentives.group_incentive_approver"
MANAGER_GROUP = "crm_team_incentives.group_incentive_manager"
# What the buttons say, not whoever writes.
DECIDED = {
    "state", "author_ids", "reviewed_by_id", "approved_by_id", "approved_at", "fingerprint",
}  # fmt: skip
# What may be written to an approved version: its end, and what says who did what.
OPEN_FIELDS = {"date_to", "message_follower_ids", "message_ids", "activity_ids"}


class CrmIncentiveVersion(models.Model):
    """The rules of a plan from one day to another, as somebody approved them.

    Draft, reviewed, approved; from then on it is frozen. A change is a new version. Who
    wrote a version, or is paid by it, cannot approve it.
    """

    _name = "crm.incentive.version"
    _inherit = [
        "crm.effective.mixin",
        "crm.guard.mixin",
        "crm.line.mixin",
        "crm.named.mixin",
        "mail.thread",
    ]
    _description = "Version of an Incentive Plan"
    _order = "date_from desc, id desc"
    _line_of = "plan_id"
    _guard_insert = False
    _guard_free = (
        "write_uid", "write_date", "date_to", "message_main_attachment_id",
    )  # fmt: skip

    plan_id = fields.Many2one(
        "crm.incentive.plan", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="plan_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [("draft", "Draft"), ("reviewed", "Reviewed"), ("approved", "Approved")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        index=True,
    )
    author_ids = fields.Many2many(
        "res.users",
        string="Authors",
        readonly=True,
        copy=False,
        help="Whoever wrote a part of the version. They cannot approve it.",
    )
    reviewed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, tracking=True
    )
    approved_at = fields.Datetime(string="Approved on", readonly=True, copy=False)
    fingerprint = fields.Char(
        readonly=True,
        copy=False,
        help="Of all the terms, at the approval: equal terms have equal fingerprints.",
    )

    # How the words of a plan are read
    precedence = fields.Selection(
        [
            ("first", "The first rule that fits counts"),
            ("add", "All rules that fit add up"),
        ],
        required=True,
        default="first",
        help="Rules “on top” always count.",
    )
    weight_reading = fields.Selection(
        [
            ("none", "Tiers weigh the same"),
            ("relative", "Compared with the reference tier"),
            ("credit", "Share of the amount that counts"),
            ("pool", "Share of a pool"),
        ],
        string="Tier Weights",
        required=True,
        default="relative",
        help="How weights such as 60–70 %, 40–50 %, 20–30 % are meant. The example "
        "shows what each reading pays.",
    )
    weight_ids = fields.One2many("crm.incentive.weight", "version_id", copy=True)
    reading_html = fields.Html(
        string="What Each Reading Pays",
        compute="_compute_reading_html",
        sanitize=False,  # of a template, which escapes whatever it is given
    )
    frequency_ids = fields.One2many("crm.incentive.frequency", "version_id", copy=True)
    rule_ids = fields.One2many("crm.incentive.rule", "version_id", copy=True)
    example_ids = fields.One2many("crm.incentive.example", "version_id", copy=True)
    warning = fields.Text(compute="_compute_warning")

    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(plan_id, plan_id, '[]') WITH &&,"
        " daterange(date_from, date_to) WITH &&) WHERE (state = 'approved')",
        "Another approved version of the plan is valid at that time.",
    )
    _dates = models.Constraint(
        "CHECK (date_to > date_from)", "The version would end before it begins."
    )

    @api.depends("plan_id.name", "date_from")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(plan)s from %(date)s",
                plan=version.plan_id.name or "",
                date=format_date(self.env, version.date_from),
            )

    @api.depends("weight_reading", "weight_ids.weight", "weight_ids.is_reference")
    @api.depends_context("lang")
    def _compute_reading_html(self):
        for version in self:
            version.reading_html = self.env["ir.qweb"]._render(
                "crm_team_incentives.readings", {"readings": version._get_readings()}
            )

    def _get_readings(self):
        """The worked example: a commission of 2,000, by tier, in each reading."""
        pay = 2000
        weights = [
            (line.tier_id.name, line.weight, line.is_reference)
            for line in self.weight_ids.sorted("weight", reverse=True)
            if line.weight > 0
        ] or [("–", 65, False), ("–", 45, True), ("–", 25, False)]
        reference = next((w for _n, w, is_ref in weights if is_ref), weights[0][1])
        divisors = {
            "relative": reference,
            "credit": 100,
            "pool": sum(w for _n, w, _r in weights),
        }
        money = self.env["crm.explanation.mixin"]._format_points
        return [
            {
                "label": label,
                "chosen": key == self.weight_reading,
                "parts": [
                    (name, money(pay * w / divisors[key] if key != "none" else pay))
                    for name, w, _reference in weights
                ],
            }
            for key, label in self._fields["weight_reading"]._description_selection(
                self.env
            )
        ]

    @api.depends(
        "rule_ids", "precedence", "rule_ids.sequence", "rule_ids.kind",
        "rule_ids.by_frequency", "frequency_ids",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_warning(self):
        for version in self:
            warnings = [
                self.env._(
                    "“%(rule)s” never counts: “%(before)s” comes first and takes "
                    "everything.",
                    rule=rule.name,
                    before=before.name,
                )
                for rule, before in version._get_shadowed()
            ]
            if version.frequency_ids and not any(
                rule._uses_frequency() for rule in version.rule_ids
            ):
                warnings.append(
                    self.env._(
                        "The frequency bands change nothing: no rule is “Adjusted by "
                        "Frequency”."
                    )
                )
            version.warning = "\n".join(warnings)

    def _get_shadowed(self):
        """Pairs of a rule that can never count, and the one that takes everything."""
        pairs = []
        if self.precedence == "add":
            return pairs
        takers = {}
        for rule in self.rule_ids.sorted(lambda r: (r.sequence, r._origin.id)):
            if rule.is_on_top:
                continue
            for before in takers.get(rule.trigger, []):
                if before._takes_all_of(rule):
                    pairs.append((rule, before))
                    break
            takers.setdefault(rule.trigger, []).append(rule)
        return pairs

    # --------------------------------------------------------------------- CRUD
    @api.model
    def _get_naming_fields(self):
        return [*super()._get_naming_fields(), ("crm.incentive.line", "version_id")]

    @api.model
    def _get_guard_sql(self, row):
        return SQL("%s.state = 'approved'", SQL(row))

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        for vals in vals_list:
            begun = any(vals.get(name) for name in DECIDED - {"state"})
            if begun or vals.get("state", "draft") != "draft":
                raise UserError(self.env._("A version begins as a draft."))
        versions = super().create(vals_list)
        versions._note_author()
        return versions

    def write(self, vals):
        self.check_access("write")
        decided = self.env.context.get("incentive_decision") is OURS
        if set(vals) - OPEN_FIELDS and not decided:
            if DECIDED & set(vals):
                raise UserError(
                    self.env._("Use the buttons to review or approve a version.")
                )
            self._note_author()
        if vals.get("date_to"):
            self._check_end(fields.Date.to_date(vals["date_to"]))
        return super().write(vals)

    def _check_end(self, day):
        """An approved version cannot end within what was paid by it."""
        for version in self.filtered(lambda one: one.state == "approved"):
            closed = self.env["crm.incentive.period"]._get_closed_until(
                version.company_id
            )
            if closed and day < closed:
                raise UserError(
                    self.env._(
                        "Periods are approved up to %(date)s: the version cannot end "
                        "before.",
                        date=format_date(self.env, closed),
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_draft(self):
        if self.filtered(lambda version: version.state == "approved"):
            raise UserError(
                self.env._("An approved version stays: people were paid by it.")
            )

    def _note_author(self):
        """Whoever writes a part is an author; an approved version is closed to all."""
        versions = self.exists()
        if versions.filtered(lambda version: version.state == "approved"):
            raise UserError(
                self.env._(
                    "An approved version cannot be changed. Choose “New Version”, and "
                    "let the change begin on a later day."
                )
            )
        for version in versions.sudo().with_context(incentive_decision=OURS):
            vals = {"author_ids": [(4, self.env.uid)]}
            if version.state == "reviewed":
                # What was reviewed is no longer what it says.
                vals.update(state="draft", reviewed_by_id=False)
            version.write(vals)

    # ------------------------------------------------------------------ actions
    def action_review(self):
        """The terms are complete and their examples come out: ready for approval."""
        self._check_group(MANAGER_GROUP)
        for version in self:
            if version.state != "draft":
                raise UserError(self.env._("Only a draft is reviewed."))
            version._check_complete()
            version._decide({"state": "reviewed", "reviewed_by_id": self.env.uid})

    def action_draft(self):
        """Back to the author."""
        self._check_group(MANAGER_GROUP, APPROVER_GROUP)
        for version in self:
            if version.state != "reviewed":
                raise UserError(
                    self.env._("Only a reviewed version goes back to draft.")
                )
            version._decide({"state": "draft", "reviewed_by_id": False})

    def action_approve(self):
        """Freeze the terms; the version before ends where this one begins."""
        self._check_group(APPROVER_GROUP)
        for version in self:
            if version.state != "reviewed":
                raise UserError(
                    self.env._("A version is reviewed before it is approved.")
                )
            version._check_complete()
            version._check_second_person()
            version._check_not_too_late()
            version._end_previous()
            version._decide(
                {
                    "state": "approved",
                    "approved_by_id": self.env.uid,
                    "approved_at": fields.Datetime.now(),
                    "fingerprint": version._get_fingerprint(),
                }
            )
            self.env["crm.incentive.event"]._collect_all(version.company_id)

    def action_new_version(self):
        """A draft with the same terms, from the first day of the next month on."""
        self.ensure_one()
        self._check_group(MANAGER_GROUP)
        today = self.company_id._get_value_today()
        draft = self.copy(
            {"date_from": fields.Date.add(today, months=1, day=1), "date_to": False}
        )
        return draft._get_form_action()

    def action_take_template(self):
        """Fill a new draft with the usual plan, to be changed from there."""
        self.ensure_one()
        if self.rule_ids or self.weight_ids or self.example_ids:
            raise UserError(self.env._("The version has terms already."))
        tiers = self.env["crm.value.tier"].search([], order="sequence, id", limit=20)
        if not tiers:
            raise UserError(self.env._("There are no tiers to weigh yet."))
        self.write(self._prepare_template(tiers))

    def _prepare_template(self, tiers):
        """2 % for new customers, 5 to 10 % more for the best tier, 3,000 for a complex
        solution, steps for everybody else; weights of 60–70, 40–50 and 20–30 %."""
        best, reference = tiers[0], tiers[:2][-1]
        weights = [(60, 65, 70), (40, 45, 50), (20, 25, 30)]
        rules = [
            {
                "name": self.env._("New customers"),
                "kind": "percent",
                "rate": 2,
                "new_only": True,
            },
            {
                "name": self.env._("Existing customers"),
                "kind": "stepped",
                "step_ids": [
                    Command.create({"bound": 0, "rate": 1}),
                    Command.create({"bound": 50000, "rate": 1.5}),
                ],
            },
            {
                "name": self.env._("High-value customers"),
                "kind": "uplift",
                "rate": 5,
                "rate_low": 5,
                "rate_high": 10,
                "tier_ids": [Command.set(best.ids)],
            },
            {
                "name": self.env._("Complex solution"),
                "kind": "fixed",
                "amount": 3000,
                "trigger": "complex",
            },
        ]
        pay = 200000 * weights[0][1] / (weights[1][1] if len(tiers) > 1 else 65)
        examples = [
            {
                "name": self.env._("New customer, 100,000, complex"),
                "amount_1": 100000,
                "tier_id": reference.id,
                "is_complex": True,
                "expected": 5000 if reference != best else 10000,
            },
            {
                "name": self.env._("New high-value customer, 100,000"),
                "amount_1": 100000,
                "tier_id": best.id,
                "expected": round(pay / 100, 2) + 5000,
            },
        ]
        return {
            "weight_ids": [
                Command.create(
                    {
                        "tier_id": tier.id,
                        "weight_low": low,
                        "weight": weight,
                        "weight_high": high,
                        "is_reference": tier == reference,
                    }
                )
                for tier, (low, weight, high) in zip(
                    tiers, weights + weights[-1:] * len(tiers), strict=False
                )
            ],
            "rule_ids": [
                Command.create({"sequence": 10 * place, **rule})
                for place, rule in enumerate(rules, start=1)
            ],
            "example_ids": [Command.create(example) for example in examples],
        }

    def action_try(self):
        """Open the dialog that computes with this version and stores nothing."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try Three Numbers"),
            "res_model": "crm.incentive.try",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_version_id": self.id},
        }

    def action_simulate(self):
        """Compare what the version would have paid with what was paid."""
        self.ensure_one()
        self._check_group(MANAGER_GROUP)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Simulation"),
            "res_model": "crm.incentive.simulation",
            "views": [(False, "form")],
            "context": {"default_version_id": self.id},
        }

    def _get_form_action(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    # ----------------------------------------------------------------- decisions
    def _decide(self, vals):
        # What was written before the approval must not reach the database after it.
        self.env.flush_all()
        self.sudo().with_context(incentive_decision=OURS).write(vals)

    @api.model
    def _check_group(self, *groups):
        self.check_access("read")
        if not self.env.su and not any(self.env.user.has_group(g) for g in groups):
            raise UserError(
                self.env._(
                    "Your role does not decide this. Incentive managers write and "
                    "review plans, approvers approve them."
                )
            )

    def _check_complete(self):
        """:raise UserError: what is missing before others look at the version"""
        self.ensure_one()
        if not self.rule_ids:
            raise UserError(self.env._("The version has no rule yet."))
        for rule in self.rule_ids:
            rule._check_complete()
        references = self.weight_ids.filtered("is_reference")
        if self.weight_reading != "none" and len(references) != 1:
            raise UserError(
                self.env._(
                    "Mark one tier as the reference: customers without a tier are "
                    "taken for it."
                )
            )
        if not self.example_ids:
            raise UserError(
                self.env._(
                    "Add an example first: a case with the pay that it must give. "
                    "A plan that nobody recomputed by hand is not ready."
                )
            )
        if failed := self.example_ids.filtered(lambda example: not example.is_passed):
            raise UserError(
                self.env._(
                    "These examples give something else than they should: %(names)s.",
                    names=", ".join(failed.mapped("name")),
                )
            )

    def _check_second_person(self):
        """Author, approver and payee are different people."""
        user = self.env.user
        if user in self.author_ids | self.create_uid:
            raise UserError(
                self.env._(
                    "You wrote a part of this version: somebody else must approve it."
                )
            )
        if user in self.plan_id.sudo().assignment_ids.user_id:
            raise UserError(
                self.env._("You are paid by this plan: somebody else must approve it.")
            )

    def _check_not_too_late(self):
        closed = self.env["crm.incentive.period"]._get_closed_until(self.company_id)
        if closed and self.date_from < closed:
            raise UserError(
                self.env._(
                    "Periods are approved up to %(date)s: the version must begin later.",
                    date=format_date(self.env, closed),
                )
            )

    def _end_previous(self):
        previous = self.sudo().plan_id.version_ids.filtered(
            lambda version: (
                version.state == "approved"
                and version.date_from < self.date_from
                and (not version.date_to or version.date_to > self.date_from)
            )
        )
        previous.write({"date_to": self.date_from})
        previous.flush_recordset()

    def _get_fingerprint(self):
        self.ensure_one()
        terms = {
            "precedence": self.precedence,
            "weights": self.weight_reading,
            "tiers": [
                [w.tier_id.id, repr(w.weight), w.is_reference]
                for w in self.weight_ids.sorted("tier_id")
            ],
            **(
                {
                    "frequency": [
                        [band.orders_from, repr(band.factor)]
                        for band in self.frequency_ids.sorted("orders_from")
                    ]
                }
                if self.frequency_ids
                else {}
            ),
            "rules": [
                rule._get_terms()
                for rule in self.rule_ids.sorted(lambda r: (r.sequence, r.id))
            ],
        }
        text = json.dumps(terms, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
