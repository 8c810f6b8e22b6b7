from odoo import api, models
from odoo.tools import SQL


class CrmValueSource(models.AbstractModel):
    """Who sold: for what is counted per team and salesperson."""

    _inherit = "crm.value.source"

    @api.model
    def _get_sellers_sql(self, source, company):
        """Rows ``document_id, user_id, team_id`` of all documents of ``company``.

        A further source adds ``_get_sellers_sql_<key>``.
        """
        return getattr(self, f"_get_sellers_sql_{source}")(company)

    @api.model
    def _get_sellers_sql_sale(self, company):
        return SQL(
            "SELECT id AS document_id, user_id, team_id FROM sale_order"
            " WHERE company_id = %s",
            company.id,
        )

    @api.model
    def _get_sellers_sql_invoice(self, company):
        return SQL(
            "SELECT id AS document_id, invoice_user_id AS user_id, team_id"
            " FROM account_move WHERE company_id = %s",
            company.id,
        )
