from odoo import fields, models
from odoo.exceptions import UserError


class CrmSatisfactionWithdraw(models.TransientModel):
    """Why these answers do not count: asked once, kept with each of them."""

    _name = "crm.satisfaction.withdraw"
    _description = "Withdraw Answers"

    satisfaction_ids = fields.Many2many(
        "crm.satisfaction.answer", string="Answers", required=True, readonly=True
    )
    reason = fields.Text(required=True)

    def action_withdraw(self):
        """Withdraw them."""
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(
                self.env._("Say why: whoever compares figures later will ask.")
            )
        self.satisfaction_ids._withdraw(self.reason.strip())
        return {"type": "ir.actions.act_window_close"}
