from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class CrmValueHoldoutCheck(models.TransientModel):
    """Measure the forecast of today's value model against the company's past."""

    _name = "crm.value.holdout.check"
    _description = "Check Accuracy"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
        ondelete="cascade",
    )
    calibrate_until = fields.Date(
        string="Known Until",
        compute="_compute_days",
        store=True,
        precompute=True,
        readonly=False,
        help="The forecast is computed as if nothing after this day were known.",
    )
    until = fields.Date(
        string="Compared Until",
        compute="_compute_days",
        store=True,
        precompute=True,
        readonly=False,
        help="It is compared with what happened up to this day.",
    )

    @api.depends("company_id")
    def _compute_days(self):
        for wizard in self:
            company = (wizard.company_id or self.env.company)._get_value_root()
            days = self.env["crm.value.holdout"]._get_proposed_days(
                company, wizard._get_model(company)
            )
            wizard.calibrate_until, wizard.until = days or (False, False)

    @api.model
    def _get_model(self, company):
        return self.env["crm.value.policy"]._get_for_company(
            company, company._get_value_today()
        )

    def action_check(self):
        """Measure, and show what was found."""
        self.ensure_one()
        company = self.company_id._get_value_root()
        self.check_access("write")
        if company not in self.env.companies:
            raise AccessError(
                self.env._("You can check the forecast of your own companies only.")
            )
        if not self.calibrate_until or not self.until:
            raise UserError(
                self.env._(
                    "Choose both days. None are proposed without a history of "
                    "purchases yet: import orders or wait."
                )
            )
        holdout = self.env["crm.value.holdout"]._check(
            company, self._get_model(company), self.calibrate_until, self.until
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.value.holdout",
            "res_id": holdout.id,
            "views": [(False, "form")],
            "target": "current",
        }
