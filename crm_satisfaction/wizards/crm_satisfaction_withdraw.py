from odoo import fields, models
from odoo.exceptions import UserError


class CrmSatisfactionWithdraw(models.TransientModel):
    """Asks once why these answers do not count, and keeps the reason with each."""

    _name = "crm.satisfaction.withdraw"
    _inherit = "crm.erasable.mixin"
    _description = "Withdraw Answers"
    _erasable_texts = ("reason",)

    satisfaction_ids = fields.Many2many(
        "crm.satisfaction.answer", string="Answers", required=True, readonly=True
    )
    reason = fields.Text(required=True)

    def action_withdraw(self):
        """Withdraw them."""
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(
                self.env._("Enter a reason: it explains why figures change.")
            )
        self.satisfaction_ids._withdraw(self.reason.strip())
        self.unlink()  # the reason is on the answers, and may have to be erased there
        return {"type": "ir.actions.act_window_close"}
