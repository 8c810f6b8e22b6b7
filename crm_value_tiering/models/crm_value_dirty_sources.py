"""What makes the value of a customer out of date: his orders and invoices.

What his relations change is in ``res_partner_move``.
"""

from odoo import api, models

ORDER_FIELDS = {"state", "partner_id", "date_order", "company_id", "currency_id"}
LINE_FIELDS = {
    "order_id",
    "product_id",
    "product_uom_id",
    "product_uom_qty",
    "price_unit",
    "discount",
    "tax_ids",
    "is_downpayment",
}
MOVE_FIELDS = {"state", "partner_id", "invoice_date", "company_id"}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._mark_value_dirty()
        return orders

    def write(self, vals):
        relevant = not ORDER_FIELDS.isdisjoint(vals)
        if relevant:
            self._mark_value_dirty()
        result = super().write(vals)
        if relevant:
            self._mark_value_dirty()
        return result

    def _mark_value_dirty(self):
        """Have the customers of confirmed orders computed again."""
        confirmed = self.filtered(lambda order: order.state == "sale")
        for company, orders in confirmed.grouped("company_id").items():
            self.env["crm.value.dirty"]._mark(orders.partner_id.ids, company.ids)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._mark_value_dirty()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if not LINE_FIELDS.isdisjoint(vals):
            self.order_id._mark_value_dirty()
        return result

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders._mark_value_dirty()
        return result


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        relevant = not MOVE_FIELDS.isdisjoint(vals)
        if relevant:
            self._mark_value_dirty()
        result = super().write(vals)
        if relevant:
            self._mark_value_dirty()
        return result

    def _mark_value_dirty(self):
        """Have the customers of posted invoices computed again."""
        posted = self.filtered(
            lambda move: move.state == "posted" and move.is_sale_document(True)
        )
        for company, moves in posted.grouped("company_id").items():
            self.env["crm.value.dirty"]._mark(moves.partner_id.ids, company.ids)
