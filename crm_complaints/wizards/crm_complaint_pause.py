from odoo import fields, models
from odoo.exceptions import ValidationError


class CrmComplaintPause(models.TransientModel):
    """Why and until when a request waits."""

    _name = "crm.complaint.pause"
    _inherit = "crm.erasable.mixin"
    _description = "Let a Request Wait"
    _erasable_texts = ("note",)

    complaint_id = fields.Many2one("crm.complaint", required=True, readonly=True)
    reason = fields.Selection(
        lambda self: (
            self.env["crm.complaint"]
            ._fields["waiting_reason"]
            ._description_selection(self.env)
        ),
        required=True,
        default="customer",
    )
    until = fields.Datetime(
        help="Work goes on then at the latest. The customer's answer ends it earlier."
    )
    note = fields.Char(help="Kept in the history of the clocks.")

    def action_pause(self):
        """Let the request wait."""
        self.ensure_one()
        now = fields.Datetime.now()
        if self.until and self.until <= now:
            raise ValidationError(self.env._("Waiting ends in the future."))
        self.complaint_id.check_access("write")
        self.complaint_id._pause(self.reason, self.until, self.note, now)
        return {"type": "ir.actions.act_window_close"}
