from odoo import fields, models
from odoo.exceptions import ValidationError

from ..models.crm_complaint import EXCLUSIONS


class CrmComplaintExclude(models.TransientModel):
    """Why requests do not count."""

    _name = "crm.complaint.exclude"
    _inherit = "crm.erasable.mixin"
    _description = "Exclude Requests"
    _erasable_texts = ("note",)

    complaint_ids = fields.Many2many("crm.complaint", required=True, readonly=True)
    exclusion = fields.Selection(
        EXCLUSIONS, string="Why", required=True, default="duplicate"
    )
    original_id = fields.Many2one(
        "crm.complaint",
        string="Duplicate Of",
        domain="[('id', 'not in', complaint_ids), ('exclusion', '=', False)]",
        help="Answers of the customer go there from now on.",
    )
    note = fields.Char(help="Kept in the log, with your name.")

    def action_exclude(self):
        """Take the requests out of all figures."""
        self.ensure_one()
        if self.exclusion == "duplicate":
            self._check_original()
        elif not self.note:
            raise ValidationError(
                self.env._("Say why: somebody will ask where this request went.")
            )
        duplicate = self.exclusion == "duplicate"
        self.complaint_ids._exclude(
            self.exclusion, self.original_id if duplicate else None, self.note
        )
        return {"type": "ir.actions.act_window_close"}

    def _check_original(self):
        original = self.original_id
        if not original:
            raise ValidationError(
                self.env._("Choose the request that these are duplicates of.")
            )
        original.check_access("read")
        if original.company_id != self.complaint_ids.company_id:
            raise ValidationError(
                self.env._("A duplicate is of the same company as its original.")
            )
