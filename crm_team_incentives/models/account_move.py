from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _mark_value_dirty(self):
        result = super()._mark_value_dirty()
        events = self.env["crm.incentive.event"]
        documents = self.filtered(
            lambda move: move.state == "posted" and move.is_sale_document(True)
        )
        events._mark("invoice", documents.ids)
        events._mark("payment", documents.ids)
        credited = documents.filtered(lambda move: move.move_type == "out_refund")
        orders = credited.line_ids.sale_line_ids.order_id
        events._mark("order", orders.ids)
        events._mark("complex", orders.ids)
        return result
