from odoo import fields, models

from .res_partner import READERS


class CrmLead(models.Model):
    _inherit = "crm.lead"

    complaint_count = fields.Integer(
        string="Requests", compute="_compute_complaint_count", groups=READERS
    )

    def _compute_complaint_count(self):
        found = self.env["crm.complaint"]._read_group(
            [("lead_id", "in", self.ids)], ["lead_id"], ["__count"]
        )
        counts = {lead.id: count for lead, count in found}
        for lead in self:
            lead.complaint_count = counts.get(lead.id, 0)

    def action_open_complaints(self):
        """Open the requests about the opportunity, or write down one."""
        self.ensure_one()
        return self.env["crm.complaint"]._get_action_of(
            self.env._("Requests about %(subject)s", subject=self.name),
            [("lead_id", "=", self.id)],
            default_lead_id=self.id,
            default_partner_id=self.partner_id.id,
        )
