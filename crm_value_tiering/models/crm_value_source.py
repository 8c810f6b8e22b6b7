from odoo import api, models
from odoo.tools import SQL


class CrmValueSource(models.AbstractModel):
    """The one relation of money that everything in the suite reads.

    :meth:`_get_events_sql` gives one row per document with the columns

    - ``partner_id``: the commercial partner, as it is now
    - ``day``: the company's local day
    - ``amount``: untaxed, signed, in company currency, rounded to its decimals; NULL
      when the document is in a currency for which no rate is known
    - ``is_purchase``: whether the day counts as a day of purchase
    - ``document_id``: id of the order or invoice

    A module that knows another source of money adds a key to ``crm.value.model.source``
    and the two methods ``_get_events_sql_<key>`` and ``_get_products_sql_<key>``.
    """

    _name = "crm.value.source"
    _description = "Value Source"

    @api.model
    def _get_events_sql(self, source, company, as_of, include_zero):
        """Money events of ``company`` up to and including the local day ``as_of``."""
        return getattr(self, f"_get_events_sql_{source}")(company, as_of, include_zero)

    @api.model
    def _get_products_sql(self, source, company, as_of):
        """Rows ``partner_id, day, product_id``: what was bought, for variety."""
        return getattr(self, f"_get_products_sql_{source}")(company, as_of)

    @api.model
    def _flush_source(self):
        """Write what the ORM still holds of the tables that the relation reads."""
        self.env["res.partner"].flush_model()
        self.env["sale.order"].flush_model()
        self.env["sale.order.line"].flush_model()
        self.env["account.move"].flush_model()
        self.env["account.move.line"].flush_model()
        self.env["res.currency.rate"].flush_model()

    # ------------------------------------------------------------------ orders
    @api.model
    def _get_order_day_sql(self, company):
        return SQL(
            "(so.date_order AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
            company._get_value_timezone(),
        )

    @api.model
    def _get_order_where_sql(self, company, as_of):
        return SQL(
            "so.company_id = %s AND so.state = 'sale' AND so.date_order < %s",
            company.id,
            company._get_value_day_end(as_of),
        )

    @api.model
    def _get_events_sql_sale(self, company, as_of, include_zero):
        # A rate of exactly 1 between two different currencies is what is left of a
        # company that changed its currency: then, as without a rate, the rate table of
        # the day decides.
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   %(day)s AS day,
                   ROUND(converted.amount, %(decimals)s) AS amount,
                   converted.amount > 0
                       OR (converted.amount = 0 AND %(include_zero)s) AS is_purchase,
                   so.id AS document_id
              FROM sale_order so
              JOIN res_partner partner ON partner.id = so.partner_id
              CROSS JOIN LATERAL (
                   SELECT CASE
                       WHEN COALESCE(so.amount_untaxed, 0) = 0 THEN 0
                       WHEN so.currency_id = %(currency)s THEN so.amount_untaxed
                       WHEN so.currency_rate > 0 AND so.currency_rate <> 1
                           THEN so.amount_untaxed / so.currency_rate::numeric
                       ELSE so.amount_untaxed * %(rate_own)s / %(rate_order)s
                   END AS amount
              ) converted
             WHERE %(where)s
            """,
            day=self._get_order_day_sql(company),
            decimals=company.currency_id.decimal_places,
            include_zero=include_zero,
            currency=company.currency_id.id,
            rate_own=self._get_rate_sql(company, SQL("%s", company.currency_id.id)),
            rate_order=self._get_rate_sql(company, SQL("so.currency_id")),
            where=self._get_order_where_sql(company, as_of),
        )

    @api.model
    def _get_rate_sql(self, company, currency):
        """Rate of ``currency`` on the order's day, or the nearest: Odoo's own rule.

        Without any rate the company's own currency is the one the others are measured
        in; another one is unknown (Odoo takes 1, which makes a yen a euro)."""
        return SQL(
            """
            COALESCE((SELECT NULLIF(rate.rate, 0)::numeric
                        FROM res_currency_rate rate
                       WHERE rate.currency_id = %(currency)s
                         AND COALESCE(rate.company_id, %(company)s) = %(company)s
                       ORDER BY rate.company_id NULLS LAST, rate.name > %(day)s,
                                abs(rate.name - %(day)s)
                       LIMIT 1),
                     CASE WHEN %(currency)s = %(own)s THEN 1 END)
            """,
            currency=currency,
            company=company.root_id.id,
            own=company.currency_id.id,
            day=self._get_order_day_sql(company),
        )

    @api.model
    def _get_products_sql_sale(self, company, as_of):
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   %(day)s AS day, line.product_id
              FROM sale_order_line line
              JOIN sale_order so ON so.id = line.order_id
              JOIN res_partner partner ON partner.id = so.partner_id
             WHERE %(where)s
               AND line.product_id IS NOT NULL AND line.product_uom_qty > 0
               AND line.is_downpayment IS NOT TRUE
            """,
            day=self._get_order_day_sql(company),
            where=self._get_order_where_sql(company, as_of),
        )

    # ---------------------------------------------------------------- invoices
    @api.model
    def _get_invoice_where_sql(self, company, as_of):
        return SQL(
            "move.company_id = %s AND move.state = 'posted' AND move.invoice_date <= %s"
            " AND move.move_type IN ('out_invoice', 'out_receipt', 'out_refund')",
            company.id,
            as_of,
        )

    @api.model
    def _get_events_sql_invoice(self, company, as_of, include_zero):
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   move.invoice_date AS day,
                   ROUND(COALESCE(move.amount_untaxed_signed, 0), %(decimals)s) AS amount,
                   move.move_type <> 'out_refund' AND (
                       move.amount_untaxed_signed > 0 OR (
                           COALESCE(move.amount_untaxed_signed, 0) = 0
                           AND %(include_zero)s)) AS is_purchase,
                   move.id AS document_id
              FROM account_move move
              JOIN res_partner partner ON partner.id = move.partner_id
             WHERE %(where)s
            """,
            decimals=company.currency_id.decimal_places,
            include_zero=include_zero,
            where=self._get_invoice_where_sql(company, as_of),
        )

    @api.model
    def _get_products_sql_invoice(self, company, as_of):
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   move.invoice_date AS day, line.product_id
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN res_partner partner ON partner.id = move.partner_id
             WHERE %(where)s
               AND move.move_type <> 'out_refund' AND line.display_type = 'product'
               AND line.product_id IS NOT NULL AND line.quantity > 0
            """,
            where=self._get_invoice_where_sql(company, as_of),
        )
