from odoo import fields, models

from .crm_complaint_stage import OPEN_STATES

READERS = (
    "crm_complaints.group_complaint_agent,crm_complaints.group_complaint_reader,"
    "sales_team.group_sale_salesman"
)


class ResPartner(models.Model):
    _inherit = "res.partner"

    is_complaint_contact = fields.Boolean(
        string="Sees All Requests of the Company",
        groups=READERS,
        help="On the portal this contact sees the requests of all contacts of their "
        "company, not only their own.",
    )
    complaint_count = fields.Integer(
        string="Open Requests", compute="_compute_complaint_count", groups=READERS
    )

    def _compute_complaint_count(self):
        found = self.env["crm.complaint"]._read_group(
            [
                ("commercial_partner_id", "in", self.commercial_partner_id.ids),
                ("state", "in", OPEN_STATES),
            ],
            ["commercial_partner_id"],
            ["__count"],
        )
        counts = {customer.id: count for customer, count in found}
        for partner in self:
            partner.complaint_count = counts.get(partner.commercial_partner_id.id, 0)

    def action_open_complaints(self):
        """Open the requests of the customer, to see them or to write down another."""
        self.ensure_one()
        customer = self.commercial_partner_id
        return self.env["crm.complaint"]._get_action_of(
            self.env._("Requests of %(customer)s", customer=customer.name),
            [("commercial_partner_id", "=", customer.id)],
            default_partner_id=self.id,
        )
