from odoo import api, fields, models

from .crm_complaint import INSIDE_GROUPS


class CrmComplaint(models.Model):
    """How long each step takes: a stay is kept whenever a request goes on."""

    _inherit = "crm.complaint"  # pylint: disable=consider-merging-classes-inherited

    passage_ids = fields.One2many(
        "crm.complaint.passage",
        "complaint_id",
        string="Time in the Steps",
        readonly=True,
        groups=INSIDE_GROUPS,
    )

    @api.model_create_multi
    def create(self, vals_list):
        complaints = super().create(vals_list)
        passages = self.env["crm.complaint.passage"].sudo()
        passages._pass_on(complaints, fields.Datetime.now())
        return complaints

    def write(self, vals):
        result = super().write(vals)
        if "received_at" in vals:
            self.env["crm.complaint.passage"].sudo()._correct_receipt(self)
        return result

    def _enter_stage(self, before):
        result = super()._enter_stage(before)
        passages = self.env["crm.complaint.passage"].sudo()
        passages._pass_on(self, fields.Datetime.now())
        return result
