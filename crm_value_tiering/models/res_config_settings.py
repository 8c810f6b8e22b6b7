from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    """The value model of the current company, on the settings page.

    Saving a change begins a new version today and keeps the earlier one: see
    ``crm.effective.mixin``.
    """

    _inherit = "res.config.settings"

    value_policy_id = fields.Many2one("crm.value.policy", readonly=True)
    value_timezone = fields.Char(string="Time Zone", readonly=True)
    value_source = fields.Selection(
        lambda self: (
            self.env["crm.value.policy"]
            ._fields["source"]
            ._description_selection(self.env)
        ),
        string="Revenue From",
        help="Where revenue comes from: confirmed sales orders, or posted invoices less "
        "credit notes.",
    )
    value_include_zero = fields.Boolean(string="Count Free Orders")
    value_window_days = fields.Integer(string="Period")
    value_weight_recency = fields.Integer(string="Recency")
    value_weight_frequency = fields.Integer(string="Frequency")
    value_weight_monetary = fields.Integer(string="Monetary Value")
    value_weight_variety = fields.Integer(string="Variety")
    value_tier_rule = fields.Selection(
        lambda self: (
            self.env["crm.value.policy"]
            ._fields["tier_rule"]
            ._description_selection(self.env)
        ),
        string="Tiers By",
    )
    value_schedule = fields.Selection(
        lambda self: (
            self.env["crm.value.policy"]
            ._fields["schedule"]
            ._description_selection(self.env)
        ),
        string="Computed",
    )
    value_hysteresis = fields.Float(string="Downgrade Tolerance")
    value_margin_rate = fields.Float(string="Margin")
    value_discount_rate = fields.Float(string="Discount")
    value_horizon_years = fields.Integer(string="Horizon")
    value_new_days = fields.Integer(string="New For")
    value_lost_days = fields.Integer(string="Lost After")

    @api.model
    def _get_value_settings(self):
        """Hook: settings field → field of the value model."""
        prefix = len("value_")
        return {
            name: name[prefix:]
            for name in self._fields
            if name.startswith("value_")
            and name not in ("value_policy_id", "value_timezone")
        }

    @api.model
    def get_values(self):
        values = super().get_values()
        if not self.env.user.has_group("crm_value_tiering.group_value_manager"):
            return values
        company = self.env.company
        policy = self.env["crm.value.policy"]._get_for_company(
            company, company._get_value_today()
        )
        values |= {
            name: policy[source] for name, source in self._get_value_settings().items()
        }
        values["value_policy_id"] = policy.id
        values["value_timezone"] = company._get_value_timezone()
        return values

    def set_values(self):
        super().set_values()
        if not self.env.user.has_group("crm_value_tiering.group_value_manager"):
            return
        company = self.env.company
        today = company._get_value_today()
        policy = self.env["crm.value.policy"]._get_for_company(company, today)
        policy._revise(
            {source: self[name] for name, source in self._get_value_settings().items()},
            today,
        )

    def action_open_value_model(self):
        """Open the whole value model of the company, with its tiers."""
        company = self.env.company
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
