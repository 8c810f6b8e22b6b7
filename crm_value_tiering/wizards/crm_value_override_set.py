from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..models.crm_limits_mixin import MAX_DATE, MIN_DATE


class CrmValueOverrideSet(models.TransientModel):
    """Set a customer's tier by hand, with a reason."""

    _name = "crm.value.override.set"
    _inherit = ["crm.dialog.mixin", "crm.limits.mixin", "crm.erasable.mixin"]
    _description = "Set Tier by Hand"
    _erasable_texts = ("reason",)

    company_id = fields.Many2one(readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True
    )
    present_id = fields.Many2one(
        "crm.value.override", string="Set by Hand Now", compute="_compute_present"
    )
    present_tier_id = fields.Many2one("crm.value.tier", compute="_compute_present")
    tier_id = fields.Many2one("crm.value.tier", string="New Tier", required=True)
    reason = fields.Text(required=True)
    last_day = fields.Date(
        string="Until",
        limits=(MIN_DATE, MAX_DATE),
        help="Last day of validity; then the figures decide again. Empty: until "
        "somebody ends it.",
    )

    @api.depends("partner_id", "company_id")
    def _compute_present(self):
        for wizard in self:
            partner = wizard.partner_id.with_company(wizard._get_company())
            wizard.present_id = partner.value_override_id
            wizard.present_tier_id = partner.value_tier_id

    def action_set(self):
        """Set the tier from today on; one that is set by hand already ends."""
        self.ensure_one()
        company = self._get_company()._get_value_root()
        today = company._get_value_today()
        if self.last_day and self.last_day < today:
            raise UserError(
                self.env._(
                    "%(date)s is over: choose today or a later day, or leave it empty.",
                    date=format_date(self.env, self.last_day),
                )
            )
        self.env["crm.value.override"].search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "=", self.partner_id.commercial_partner_id.id),
                "|",
                ("date_to", "=", False),
                ("date_to", ">", today),
            ]
        ).action_end()
        self.env["crm.value.override"].create(self._prepare_override_vals(today))
        self.unlink()  # the reason is on the override, and may have to be erased there
        return {"type": "ir.actions.act_window_close"}

    def _prepare_override_vals(self, today):
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "tier_id": self.tier_id.id,
            "reason": self.reason,
            "date_from": today,
            "date_to": self.last_day and fields.Date.add(self.last_day, days=1),
        }
