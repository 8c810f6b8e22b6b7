from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import MAX_DATE, MIN_DATE

MANAGER_GROUP = "crm_loyalty.group_loyalty_manager"


class CrmLoyaltyMeasureAsk(models.TransientModel):
    """Measure a program as of any day."""

    _name = "crm.loyalty.measure.ask"
    _inherit = ["crm.dialog.mixin", "crm.limits.mixin"]
    _description = "Measure a Points Program"

    program_id = fields.Many2one(
        "loyalty.program",
        compute="_compute_program_id",
        compute_sudo=False,
        store=True,
        precompute=True,
        readonly=False,
        domain="[('crm_ledger', '=', True), ('company_id', '=', company_id)]",
        ondelete="cascade",
    )
    as_of = fields.Date(
        string="As of",
        required=True,
        default=lambda self: self.env.company._get_value_today(),
        limits=(MIN_DATE, MAX_DATE),
        help="The last day that counts. A day in the past gives what it gave then.",
    )

    @api.depends("company_id")
    def _compute_program_id(self):
        for dialog in self:
            dialog.program_id = self.env["loyalty.program"].search(
                [
                    ("crm_ledger", "=", True),
                    ("company_id", "=", dialog._get_company().id),
                ],
                limit=1,
            )

    def action_measure(self):
        """Measure, and show the page."""
        self.ensure_one()
        if not self.env.user.has_group(MANAGER_GROUP):
            raise AccessError(self.env._("Loyalty managers measure programs."))
        program = self.program_id
        if not program:
            raise UserError(
                self.env._(
                    "There is no points program in this company. Make one first."
                )
            )
        program.check_access("read")
        if program.company_id != self._get_company() or not program.crm_ledger:
            raise AccessError(self.env._("Choose a points program of your company."))
        measures = self.env["crm.loyalty.measure"]
        measures._check_day(program, self.as_of)
        measure = measures.sudo()._measure(program.sudo(), self.as_of)
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.loyalty.measure",
            "res_id": measure.id,
            "views": [(False, "form")],
            "target": "current",
        }
