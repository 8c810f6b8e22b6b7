from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.crm_value_tiering.models.crm_limits_mixin import (
    MAX_AMOUNT,
    MAX_DAYS,
)

from ..fields import Quantity
from ..points import MAX_POINTS

MANAGER_GROUP = "crm_loyalty.group_loyalty_manager"
COPIED = (
    "name", "crm_earn_on", "crm_rate_points", "crm_rate_amount",
    "crm_full_steps", "crm_base", "crm_rounding_unit", "crm_pending_days",
    "crm_expiry_days",
)  # fmt: skip


class CrmLoyaltySetup(models.TransientModel):
    """A points program in a few questions, said back in plain words before it is made."""

    _name = "crm.loyalty.setup"
    _inherit = ["crm.dialog.mixin", "crm.limits.mixin"]
    _description = "New Points Program"

    name = fields.Char(
        string="Program", required=True, default=lambda self: self.env._("Points")
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    portal_point_name = fields.Char(
        string="Points Are Called",
        required=True,
        default=lambda self: self.env._("points"),
    )
    crm_earn_on = fields.Selection(
        selection="_selection_earn_on",
        string="Points For",
        required=True,
        default="invoice",
    )
    crm_rate_points = Quantity(
        string="Points",
        required=True,
        default=1,
        digits=(16, 2),
        limits=(0.01, MAX_POINTS),
    )
    crm_rate_amount = Quantity(
        string="For Each",
        required=True,
        default=1,
        digits=(16, 2),
        limits=(0.01, MAX_POINTS),
    )
    crm_full_steps = fields.Boolean(string="Full Amounts Only")
    crm_base = fields.Selection(
        selection="_selection_base", string="Amounts", required=True, default="untaxed"
    )
    crm_rounding_unit = fields.Selection(
        selection="_selection_rounding_unit",
        string="Round Down to",
        required=True,
        default="100",
    )
    crm_pending_days = fields.Integer(
        string="Usable After (Days)",
        default=14,
        limits=(0, MAX_DAYS),
        help="Take the time in which customers may return goods.",
    )
    crm_expiry_days = fields.Integer(
        string="Valid For (Days)",
        default=365,
        limits=(0, MAX_DAYS),
        help="0: they never expire.",
    )
    reward_points = Quantity(
        string="A Reward Costs (Points)",
        required=True,
        default=100,
        digits=(16, 2),
        limits=(0.01, MAX_POINTS),
    )
    reward_amount = fields.Monetary(
        string="And Takes Off an Order", default=10, limits=(0, MAX_AMOUNT)
    )
    summary = fields.Text(string="In Words", compute="_compute_summary")

    @api.model
    def _selection_earn_on(self):
        return self._get_program_selection("crm_earn_on")

    @api.model
    def _selection_base(self):
        return self._get_program_selection("crm_base")

    @api.model
    def _selection_rounding_unit(self):
        return self._get_program_selection("crm_rounding_unit")

    @api.model
    def _get_program_selection(self, name):
        field = self.env["loyalty.program"]._fields[name]
        return field._description_selection(self.env)

    @api.depends(
        *COPIED, "company_id", "portal_point_name", "reward_points", "reward_amount"
    )
    def _compute_summary(self):
        for setup in self:
            program = self.env["loyalty.program"].new(
                {**setup._prepare_program_vals(), "reward_ids": []}
            )
            sentences = program._get_summary()
            sentences.append(
                self.env._(
                    "%(points)s take %(amount)s off an order.",
                    points=program._format_ledger_points(setup.reward_points),
                    amount=setup._get_company().currency_id.format(setup.reward_amount),
                )
            )
            setup.summary = "\n".join(sentences)

    def _prepare_program_vals(self):
        self.ensure_one()
        vals = {name: self[name] for name in COPIED}
        return {
            **vals,
            "company_id": self._get_company().id,
            "portal_point_name": self.portal_point_name,
        }

    def action_create_program(self):
        """Make the program, and open it."""
        self.ensure_one()
        if not self.env.user.has_group(MANAGER_GROUP):
            raise AccessError(self.env._("Loyalty managers make programs."))
        program = self.env["loyalty.program"]._create_ledger_program(
            {
                **self._prepare_program_vals(),
                "reward_ids": self.env["loyalty.program"]._prepare_reward_commands(
                    self.reward_points, self.reward_amount
                ),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "loyalty.program",
            "res_id": program.id,
            "views": [
                (self.env.ref("crm_loyalty.loyalty_program_view_form").id, "form")
            ],
        }
