from odoo import api, fields, models

from .res_company import MANAGER_GROUP


class ResConfigSettings(models.TransientModel):
    """Retention activities, with a preview of how many there would be."""

    _inherit = "res.config.settings"

    crm_value_save = fields.Boolean(related="company_id.crm_value_save", readonly=False)
    crm_value_winback = fields.Boolean(
        related="company_id.crm_value_winback", readonly=False
    )
    crm_value_contact = fields.Boolean(
        related="company_id.crm_value_contact", readonly=False
    )
    crm_value_winback_days = fields.Integer(
        related="company_id.crm_value_winback_days", readonly=False
    )
    crm_value_outreach_tier_id = fields.Many2one(
        related="company_id.crm_value_outreach_tier_id", readonly=False
    )
    crm_value_outreach_min_clv = fields.Monetary(
        related="company_id.crm_value_outreach_min_clv",
        currency_field="currency_id",
        readonly=False,
    )
    crm_value_outreach_limit = fields.Integer(
        related="company_id.crm_value_outreach_limit", readonly=False
    )
    crm_value_outreach_user_id = fields.Many2one(
        related="company_id.crm_value_outreach_user_id", readonly=False
    )
    crm_value_outreach_preview = fields.Text(
        string="Today",
        compute="_compute_crm_value_outreach_preview",
        groups=MANAGER_GROUP,
    )

    @api.depends(
        "company_id", "crm_value_save", "crm_value_winback", "crm_value_winback_days",
        "crm_value_contact",
        "crm_value_outreach_tier_id", "crm_value_outreach_min_clv",
        "crm_value_outreach_limit", "crm_value_outreach_user_id",
    )  # fmt: skip
    def _compute_crm_value_outreach_preview(self):
        """What saving would bring, before it is saved."""
        actions = self.env["crm.value.outreach"]
        labels = dict(actions._fields["kind"]._description_selection(self.env))
        for settings in self:
            preview = {}
            if settings.company_id in self.env.companies and self.env.user.has_group(
                MANAGER_GROUP
            ):
                preview = actions._preview(settings.company_id, settings)
            settings.crm_value_outreach_preview = "\n".join(
                self.env._(
                    "%(kind)s: %(today)s today, %(waiting)s on the following days, "
                    "%(nobody)s without anybody responsible",
                    kind=labels[kind],
                    **numbers,
                )
                for kind, numbers in preview.items()
            )
