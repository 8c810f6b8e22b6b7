from odoo import fields, models
from odoo.tools import SQL


class CrmValueParameters(models.AbstractModel):
    _inherit = "crm.value.parameters"
    source = fields.Selection(
        selection_add=[("paid", "Paid invoices")], ondelete={"paid": "set default"}
    )


class CrmValueSource(models.AbstractModel):
    """Invoices, but only when the money has come."""

    _inherit = "crm.value.source"

    def _get_events_sql_paid(self, *args):
        return SQL(
            "SELECT event.* FROM (%s) event JOIN account_move move"
            " ON move.id = event.document_id AND move.payment_state = 'paid'",
            self._get_events_sql_invoice(*args),
        )

    def _get_products_sql_paid(self, *args):
        return self._get_products_sql_invoice(*args)

    def _get_unconverted_sql_paid(self, *args):
        return self._get_unconverted_sql_invoice(*args)

    def _get_recent_sql_paid(self, *args):
        return self._get_recent_sql_invoice(*args)

    def _get_selling_sql_paid(self):
        return self._get_selling_sql_invoice()

    def _get_sellers_sql_paid(self, company):
        return self._get_sellers_sql_invoice(company)
