from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_list

STEPS = ["source", "weights", "tiers", "preview"]


class CrmValueSetup(models.TransientModel):
    """Decide in four steps how value is measured, and see the tiers before saving.

    Nothing but the wizard's own record is written until it is saved. Saving makes a new
    version of the company's value model, valid from today, when something changed.
    """

    _name = "crm.value.setup"
    _description = "Customer Value Set-up"
    _inherit = ["crm.dialog.mixin", "crm.value.parameters"]
    _rec_name = "company_id"
    step = fields.Selection(
        [
            ("source", "What Counts"),
            ("weights", "What Matters"),
            ("tiers", "Tiers"),
            ("preview", "Preview"),
        ],
        required=True,
        default="source",
    )
    company_id = fields.Many2one(
        readonly=True, default=lambda self: self.env.company._get_value_root()
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    preset = fields.Selection(
        "_selection_preset",
        string="Start from",
        compute="_compute_preset",
        readonly=False,
        help="A set of weights to begin with. Change any of them as you like.",
    )
    tier_line_ids = fields.One2many("crm.value.setup.tier", "setup_id", string="Tiers")
    preview = fields.Json(readonly=True)
    shown = fields.Json(
        help="The value model when the guide was opened: what differs was changed here."
    )
    leave_out = fields.Boolean(
        string="Leave them out",
        help="Compute without the documents whose currency has no exchange rate.",
    )

    @api.model
    def default_get(self, fields):
        """Begin with the value model of today, or with the defaults."""
        values = super().default_get(fields)
        company = self.env.company._get_value_root()
        policy = self.env["crm.value.policy"]._find_for_company(
            company, company._get_value_today()
        )
        for name in self._get_setting_fields():
            if policy and name in fields:
                values[name] = policy[name]
        if policy and "shown" in fields:
            values["shown"] = self._get_settings(policy)
        if "tier_line_ids" in fields:
            values["tier_line_ids"] = (
                [Command.create(limit) for limit in self._get_tier_limits(policy)]
                if policy
                else self._default_tier_line_ids()
            )
        return values

    @api.model
    def _get_setting_fields(self):
        """Names of the fields that a value model has too, tiers aside."""
        return [*self._get_parameter_fields(), "schedule"]

    @api.model
    def _get_settings(self, record):
        """Plain values of the settings of a value model or a set-up, with its tiers."""
        values = {name: record[name] for name in self._get_setting_fields()}
        return {**values, "tier_line_ids": self._get_tier_limits(record)}

    @api.model
    def _get_tier_limits(self, record):
        """Plain values of the tier limits of a value model or a set-up, best first."""
        return record._get_parameters()["tiers"]

    # ----------------------------------------------------------------- weights
    @api.model
    def _get_weight_presets(self):
        """Hook: code → (label, weights by field). Weights not named are 0."""
        return {
            "balanced": (
                self.env._("Balanced"),
                {
                    "weight_recency": 30,
                    "weight_frequency": 30,
                    "weight_monetary": 30,
                    "weight_variety": 10,
                },
            ),
            "recency": (
                self.env._("Recent purchases"),
                {
                    "weight_recency": 50,
                    "weight_frequency": 20,
                    "weight_monetary": 20,
                    "weight_variety": 10,
                },
            ),
            "frequency": (
                self.env._("Frequent purchases"),
                {
                    "weight_recency": 20,
                    "weight_frequency": 50,
                    "weight_monetary": 20,
                    "weight_variety": 10,
                },
            ),
            "spend": (
                self.env._("High spend"),
                {
                    "weight_recency": 20,
                    "weight_frequency": 20,
                    "weight_monetary": 50,
                    "weight_variety": 10,
                },
            ),
        }

    @api.model
    def _selection_preset(self):
        presets = self._get_weight_presets().items()
        return [(code, label) for code, (label, _weights) in presets] + [
            ("custom", self.env._("Own weights"))
        ]

    @api.depends(lambda self: self._get_dimension_weight_fields())
    def _compute_preset(self):
        names = self._get_dimension_weight_fields()
        for setup in self:
            weights = {name: setup[name] for name in names}
            setup.preset = next(
                (
                    code
                    for code, (_label, preset) in self._get_weight_presets().items()
                    if weights == {name: preset.get(name, 0) for name in names}
                ),
                "custom",
            )

    @api.onchange("preset")
    def _onchange_preset(self):
        if self.preset in self._get_weight_presets():
            weights = self._get_weight_presets()[self.preset][1]
            for name in self._get_dimension_weight_fields():
                self[name] = weights.get(name, 0)

    # ----------------------------------------------------------------- actions
    def action_next(self):
        """Go to the next step; the last one shows the preview."""
        self.ensure_one()
        following = STEPS[STEPS.index(self.step) + 1]
        return (
            self.action_preview() if following == "preview" else self._show(following)
        )

    def action_back(self):
        """Go to the step before."""
        self.ensure_one()
        return self._show(STEPS[STEPS.index(self.step) - 1])

    def action_preview(self):
        """Compute what would be, and show it."""
        self.ensure_one()
        self._check_may_set_up()
        company = self.company_id
        self.leave_out = False
        self.preview = self.env["crm.value.engine"]._preview(
            company, self, company._get_value_today()
        )
        return self._show("preview")

    def action_save(self):
        """Keep the settings; tiers follow with the next computation."""
        changed = self._save()
        message = (
            self.env._("Saved. The tiers follow with the next computation.")
            if changed
            else self.env._("Nothing has changed.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if changed else "info",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_save_and_compute(self):
        """Keep the settings and compute all tiers with them."""
        self._save()
        return (
            self.env["crm.value.recompute"]
            .create({"company_id": self.company_id.id})
            .action_recompute()
        )

    def _save(self):
        """Write a version of the value model; return whether something changed."""
        self.ensure_one()
        self._check_may_set_up()
        if self.without_rate_count and not self.leave_out:
            raise UserError(self._get_rate_sentence())
        company = self.company_id
        today = company._get_value_today()
        policy = self.env["crm.value.policy"]._get_for_company(company, today)
        values = self._get_changes(policy)
        if "tier_line_ids" in values:
            values["tier_line_ids"] = [
                Command.clear(),
                *(Command.create(limit) for limit in values["tier_line_ids"]),
            ]
        policy._revise(values, today)
        return bool(values)

    def _get_changes(self, policy):
        """What was changed in the guide, to be written to ``policy``.

        :raise UserError: when somebody else has changed the same since it was opened
        """
        mine, theirs = self._get_settings(self), self._get_settings(policy)
        shown = theirs | (self.shown if isinstance(self.shown, dict) else {})
        changed = [name for name in mine if mine[name] != shown[name]]
        taken = [
            name for name in changed if theirs[name] not in (shown[name], mine[name])
        ]
        if taken:
            raise UserError(
                self.env._(
                    "Somebody else has changed this since you opened the guide: "
                    "%(names)s. Open it again to see what holds now.",
                    names=format_list(
                        self.env,
                        [
                            self._fields[name]._description_string(self.env)
                            for name in taken
                        ],
                    ),
                )
            )
        return {name: mine[name] for name in changed if mine[name] != theirs[name]}

    def _check_may_set_up(self):
        """The engine computes as the system, so the right is checked here."""
        self.check_access("write")
        self._get_company()

    def _show(self, step):
        self.step = step
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Up Customer Value"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {**self.env.context, "dialog_size": "extra-large"},
        }
