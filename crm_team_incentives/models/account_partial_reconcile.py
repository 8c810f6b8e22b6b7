from odoo import api, models


class AccountPartialReconcile(models.Model):
    """Matches come and go here only: Odoo's hook for paid invoices misses partial ones."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._mark_incentive()
        return partials

    def unlink(self):
        self._mark_incentive()
        return super().unlink()

    def _mark_incentive(self):
        moves = (self.debit_move_id + self.credit_move_id).move_id
        self.env["crm.incentive.event"]._mark(
            "payment", moves.filtered(lambda move: move.is_sale_document(True)).ids
        )
