from odoo import models

MOVE_FIELDS = {"state", "partner_id", "invoice_date", "company_id"}


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
