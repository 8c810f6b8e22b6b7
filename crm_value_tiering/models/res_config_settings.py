from odoo import api, fields, models

MANAGER_GROUP = "crm_value_tiering.group_value_manager"


# An extension with a mixin, where settings belong; pylint takes it for a dialog.
class ResConfigSettings(models.TransientModel):  # pylint: disable=no-wizard-in-models
    """The value model of the current company, or of the main company of a branch, on
    the settings page.

    Saving a change begins a new version today and keeps the earlier one: see
    ``crm.effective.mixin``.
    """

    _name = "res.config.settings"
    _inherit = ["res.config.settings", "crm.limits.mixin"]

    crm_value_policy_id = fields.Many2one(
        "crm.value.policy", readonly=True, groups=MANAGER_GROUP
    )
    crm_value_timezone = fields.Char(
        string="Time Zone", readonly=True, groups=MANAGER_GROUP
    )
    crm_value_source = fields.Selection(
        lambda self: (
            self.env["crm.value.policy"]
            ._fields["source"]
            ._description_selection(self.env)
        ),
        string="Revenue From",
        groups=MANAGER_GROUP,
        help="Where revenue comes from: confirmed sales orders, or posted invoices less "
        "credit notes.",
    )
    crm_value_include_zero = fields.Boolean(
        string="Count Free Orders", groups=MANAGER_GROUP
    )
    crm_value_window_days = fields.Integer(
        string="Observation Window", groups=MANAGER_GROUP
    )
    crm_value_weight_recency = fields.Integer(string="Recency", groups=MANAGER_GROUP)
    crm_value_weight_frequency = fields.Integer(
        string="Frequency", groups=MANAGER_GROUP
    )
    crm_value_weight_monetary = fields.Integer(
        string="Monetary Value", groups=MANAGER_GROUP
    )
    crm_value_weight_variety = fields.Integer(string="Variety", groups=MANAGER_GROUP)
    crm_value_tier_rule = fields.Selection(
        lambda self: (
            self.env["crm.value.policy"]
            ._fields["tier_rule"]
            ._description_selection(self.env)
        ),
        string="Tiers By",
        groups=MANAGER_GROUP,
    )
    crm_value_schedule = fields.Selection(
        lambda self: (
            self.env["crm.value.policy"]
            ._fields["schedule"]
            ._description_selection(self.env)
        ),
        string="Computed",
        groups=MANAGER_GROUP,
    )
    crm_value_hysteresis = fields.Float(
        string="Downgrade Tolerance", groups=MANAGER_GROUP
    )
    crm_value_margin_rate = fields.Float(string="Margin", groups=MANAGER_GROUP)
    crm_value_discount_rate = fields.Float(string="Discount", groups=MANAGER_GROUP)
    crm_value_horizon_years = fields.Integer(string="Horizon", groups=MANAGER_GROUP)
    crm_value_new_days = fields.Integer(string="New For", groups=MANAGER_GROUP)
    crm_value_lost_days = fields.Integer(string="Lost After", groups=MANAGER_GROUP)

    @api.model
    def _get_value_settings(self):
        """Settings field → field of the value model: what a computation depends on, as
        far as the page shows it. A module that adds a parameter shows it by a field
        ``crm_value_<parameter>`` here."""
        names = [*self.env["crm.value.policy"]._get_parameter_fields(), "schedule"]
        return {
            f"crm_value_{name}": name
            for name in names
            if f"crm_value_{name}" in self._fields
        }

    @api.model
    def _get_limits(self):
        """Those of the value model hold on the page, too."""
        limits = self.env["crm.value.policy"]._get_limits()
        return super()._get_limits() | {
            name: limits[source]
            for name, source in self._get_value_settings().items()
            if source in limits
        }

    @api.model
    def get_values(self):
        values = super().get_values()
        if not self.env.user.has_group(MANAGER_GROUP):
            return values
        company = self.env.company._get_value_root()
        # nothing is created for whoever only looks
        policy = self.env["crm.value.policy"]._show_for_company(
            company, company._get_value_today()
        )
        values |= {
            name: policy[source] for name, source in self._get_value_settings().items()
        }
        values["crm_value_policy_id"] = policy._origin.id
        values["crm_value_timezone"] = company._get_value_timezone()
        return values

    def set_values(self):
        super().set_values()
        if not self.env.user.has_group(MANAGER_GROUP):
            return
        company = self.env.company._get_value_root()
        today = company._get_value_today()
        policy = self.env["crm.value.policy"]._get_for_company(company, today)
        policy._revise(
            {source: self[name] for name, source in self._get_value_settings().items()},
            today,
        )

    def action_open_value_model(self):
        """Open the whole value model of the company, with its tiers."""
        company = self.env.company._get_value_root()
        policy = self.env["crm.value.policy"]._get_for_company(
            company, company._get_value_today()
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Value Model"),
            "res_model": "crm.value.policy",
            "res_id": policy.id,
            "views": [(False, "form")],
        }
