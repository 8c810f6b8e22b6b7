from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.crm_limits_mixin import MAX_DATE, MIN_DATE


class CrmValueHoldoutCheck(models.TransientModel):
    """Measure the forecast of today's value model against the company's past."""

    _name = "crm.value.holdout.check"
    _inherit = ["crm.dialog.mixin", "crm.limits.mixin"]
    _description = "Check Accuracy"

    calibrate_until = fields.Date(
        string="Known Until",
        compute="_compute_days",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
        limits=(MIN_DATE, MAX_DATE),
        help="The forecast is computed as if nothing after this day were known.",
    )
    until = fields.Date(
        string="Compared Until",
        compute="_compute_days",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
        limits=(MIN_DATE, MAX_DATE),
        help="It is compared with what happened up to this day.",
    )

    @api.depends("company_id")
    def _compute_days(self):
        for wizard in self:
            company = wizard._get_company()._get_value_root()
            policy = self.env["crm.value.policy"]._show_for_company(
                company, company._get_value_today()
            )
            days = self.env["crm.value.holdout"]._get_proposed_days(company, policy)
            wizard.calibrate_until, wizard.until = days or (False, False)

    def action_check(self):
        """Measure, and show what was found."""
        self.ensure_one()
        self.check_access("write")
        company = self._get_company()._get_value_root()
        if not self.calibrate_until or not self.until:
            raise UserError(
                self.env._(
                    "Choose both days. None are proposed without a history of "
                    "purchases yet: import orders or wait."
                )
            )
        policy = self.env["crm.value.policy"]._get_for_company(
            company, company._get_value_today()
        )
        holdout = self.env["crm.value.holdout"]._check(
            company, policy, self.calibrate_until, self.until
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.value.holdout",
            "res_id": holdout.id,
            "views": [(False, "form")],
            "target": "current",
        }
