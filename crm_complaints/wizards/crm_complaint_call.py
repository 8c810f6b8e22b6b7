from markupsafe import Markup

from odoo import fields, models
from odoo.tools import plaintext2html


class CrmComplaintCall(models.TransientModel):
    """A call about a request: what it was, and what it does to the clocks."""

    _name = "crm.complaint.call"
    _inherit = "crm.erasable.mixin"
    _description = "Log a Call"
    _erasable_texts = ("note",)

    complaint_id = fields.Many2one("crm.complaint", required=True, readonly=True)
    direction = fields.Selection(
        [("out", "We called"), ("in", "The customer called")],
        required=True,
        default="out",
    )
    is_reached = fields.Boolean(string="We talked", default=True)
    note = fields.Text(string="What was said")

    def action_log(self):
        """Write the call down: a talk is an answer, or the customer's voice."""
        self.ensure_one()
        complaint = self.complaint_id
        complaint.check_access("write")
        directions = dict(self._fields["direction"]._description_selection(self.env))
        result = self.env._("talked") if self.is_reached else self.env._("not reached")
        complaint.message_post(
            body=Markup("<b>%s, %s</b><br/>%s")
            % (directions[self.direction], result, self.note or ""),
            subtype_xmlid="mail.mt_note",
        )
        now = fields.Datetime.now()
        if self.direction == "in":
            for late in complaint._note_customer(now):
                late._create_repeat(plaintext2html(self.note or ""), "phone")
        if self.is_reached:
            complaint._note_answer(now)
        return {"type": "ir.actions.act_window_close"}
