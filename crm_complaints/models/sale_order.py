from odoo import fields, models

from .res_partner import READERS


class SaleOrder(models.Model):
    _inherit = "sale.order"

    complaint_count = fields.Integer(
        string="Requests", compute="_compute_complaint_count", groups=READERS
    )

    def _compute_complaint_count(self):
        found = self.env["crm.complaint"]._read_group(
            [("order_id", "in", self.ids)], ["order_id"], ["__count"]
        )
        counts = {order.id: count for order, count in found}
        for order in self:
            order.complaint_count = counts.get(order.id, 0)

    def action_open_complaints(self):
        """Open the requests about the order, or write down one."""
        self.ensure_one()
        return self.env["crm.complaint"]._get_action_of(
            self.env._("Requests about %(subject)s", subject=self.name),
            [("order_id", "=", self.id)],
            default_order_id=self.id,
            default_partner_id=self.partner_id.id,
            default_company_id=self.company_id.id,
        )
