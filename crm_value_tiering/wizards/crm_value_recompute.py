from odoo import api, fields, models

from ..models.crm_limits_mixin import MAX_DATE, MIN_DATE


class CrmValueRecompute(models.TransientModel):
    """Compute the tiers now, or as they would have been on a day in the past."""

    _name = "crm.value.recompute"
    _inherit = ["crm.dialog.mixin", "crm.limits.mixin"]
    _description = "Compute Customer Value"

    as_of = fields.Date(
        string="As of",
        required=True,
        compute="_compute_as_of",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
        limits=(MIN_DATE, MAX_DATE),
        help="Orders after this day are not counted.",
    )
    is_past = fields.Boolean(compute="_compute_is_past")

    @api.depends("company_id")
    def _compute_as_of(self):
        for wizard in self:
            wizard.as_of = wizard._get_company()._get_value_today()

    @api.depends("as_of", "company_id")
    def _compute_is_past(self):
        for wizard in self:
            today = wizard._get_company()._get_value_today()
            wizard.is_past = wizard.as_of and wizard.as_of < today

    def action_recompute(self):
        """Compute and show the result, or say that a computation is under way."""
        self.ensure_one()
        self.env["crm.value.run"]._check_not_future(self.company_id, self.as_of)
        run = self.env["crm.value.run"].recompute(self.company_id, self.as_of)
        if not run:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "info",
                    "message": self.env._(
                        "The tiers of %(company)s are being computed already. The "
                        "result will be there in a moment.",
                        company=self.company_id.name,
                    ),
                    "next": {"type": "ir.actions.act_window_close"},
                },
            }
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.value.run",
            "res_id": run.id,
            "views": [(False, "form")],
            "target": "current",
        }
