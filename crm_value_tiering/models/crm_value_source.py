from odoo import api, fields, models
from odoo.tools import SQL

# Columns of order lines by which Odoo's own modules say that a line is no product.
NO_PRODUCT = ("is_downpayment", "is_delivery")
# What counts among posted journal entries.
INVOICE_TYPES = ("out_invoice", "out_receipt", "out_refund")


class CrmValueSource(models.AbstractModel):
    """The one relation of money that everything in the suite reads.

    :meth:`_get_events_sql` gives one row per document with the columns

    - ``partner_id``: the commercial partner, as it is now
    - ``day``: the company's local day
    - ``amount``: untaxed, signed, in company currency, rounded to its decimals; NULL
      when the document is in a currency for which no rate is known
    - ``is_purchase``: whether the day counts as a day of purchase: not when all of it
      was taken back
    - ``spend``: what a purchase is worth, less what was returned of it
    - ``document_id``: id of the order or invoice
    - ``currency_id``: the currency that the amount was converted from

    A source gives ``spend`` before returns, negative for a return, and ``origin_id``: the
    document that a return takes back, NULL if that is not known.

    A module that knows another source of money adds a key to ``crm.value.policy.source``
    and the methods ``_get_events_sql_<key>``, ``_get_products_sql_<key>`` (what was
    bought), ``_get_unconverted_sql_<key>`` (events in another currency),
    ``_get_recent_sql_<key>`` (who has a document since a day) and
    ``_get_selling_sql_<key>`` (whether a company has a document at all).
    """

    _name = "crm.value.source"
    _description = "Value Source"

    @api.model
    def _get_events_sql(
        self, source, company, as_of, include_zero, scope=None, reduced=None
    ):
        """Money events of ``company`` up to and including the local day ``as_of``.

        :param scope: SQL of the commercial partners that are asked for; None: all
        :param reduced: SQL of a table of what :meth:`_get_reduced_sql` returns
        """
        return SQL(
            """
            SELECT document.partner_id, document.day, document.amount,
                   document.is_purchase AND COALESCE(reduced.is_purchase, TRUE)
                       AS is_purchase,
                   COALESCE(reduced.spend, document.spend) AS spend,
                   document.document_id, document.currency_id
              FROM (%(documents)s) document
              LEFT JOIN (%(reduced)s) reduced USING (document_id)
            """,
            documents=self._get_documents_sql(
                source, company, as_of, include_zero, scope
            ),
            reduced=reduced or self._get_reduced_sql(source, company, as_of, scope),
        )

    @api.model
    def _get_documents_sql(self, source, company, as_of, include_zero, scope=None):
        """The documents as their source has them, before returns are taken out."""
        return getattr(self, f"_get_events_sql_{source}")(
            company, as_of, include_zero, scope
        )

    @api.model
    def _get_products_sql(self, source, company, as_of, scope=None, reduced=None):
        """Rows ``partner_id, day, product_id``: what was bought, for variety. No discounts,
        down payments or delivery charges; variants of a product are counted as one.

        :param reduced: as for :meth:`_get_events_sql`
        """
        return SQL(
            """
            SELECT product.partner_id, product.day, product.product_id
              FROM (%(products)s) product
             WHERE NOT EXISTS (SELECT FROM (%(reduced)s) reduced
                                WHERE reduced.document_id = product.document_id
                                  AND NOT reduced.is_purchase)
            """,
            products=getattr(self, f"_get_products_sql_{source}")(
                company, as_of, scope
            ),
            reduced=reduced or self._get_reduced_sql(source, company, as_of, scope),
        )

    # ----------------------------------------------------------------- returns
    @api.model
    def _get_reduced_sql(self, source, company, as_of, scope=None):
        """Rows ``document_id, spend, is_purchase``: purchases of which something was
        returned, and what is left of them.

        A return takes back the document that it names; else a purchase of the same
        amount; else what the customer bought last before it. A purchase of which nothing
        is left was none, unless a return is larger than it: a bonus on the year's
        purchases does not undo the last of them.

        Only customers who returned something are looked at.
        """
        documents = self._get_documents_sql(source, company, as_of, False, scope)
        returning = SQL(
            "SELECT partner_id FROM (%s) document WHERE spend < 0", documents
        )
        rows = SQL(
            "SELECT partner_id, day, document_id, origin_id, spend AS worth, spend"
            " FROM (%s) document WHERE spend <> 0",
            self._get_documents_sql(source, company, as_of, False, returning),
        )
        # Orders name no other order.
        named = () if source == "sale" else ("COALESCE(origin_id, document_id)",)
        for key in (*named, "ABS(spend)"):
            rows = self._get_netted_sql(rows, SQL(key))
        others = SQL("SELECT * FROM matched WHERE largest_return < 0")
        return SQL(
            """
            WITH matched AS MATERIALIZED (
                SELECT partner_id, day, document_id, origin_id, worth, spend,
                       MIN(spend) OVER (PARTITION BY partner_id) AS largest_return
                  FROM (%(matched)s) netted
            )
            SELECT document_id, spend, spend > 0 AS is_purchase
              FROM matched
             WHERE largest_return >= 0 AND worth > 0 AND spend < worth
             UNION ALL
            SELECT document_id, spend,
                   spend > 0 OR (open > 0 AND worth < -largest_return)
              FROM (SELECT document_id, worth, open, spend,
                           MIN(open) OVER (PARTITION BY partner_id) AS largest_return
                      FROM (%(netted)s) netted) netted
             WHERE worth > 0 AND spend < worth
            """,
            matched=rows,
            netted=self._get_netted_sql(others, SQL("TRUE")),
        )

    @api.model
    def _get_netted_sql(self, rows, key):
        """``rows`` with returns taken out of purchases of the same customer and ``key``.

        ``open`` is what ``spend`` was before. Purchases pile up by day, and a return
        takes from the top of the pile, down to the ground: what is left of a purchase is
        the part above which the pile has stayed since. A return keeps what it found
        nothing to take from.
        """
        pile = SQL(
            "PARTITION BY partner_id, %s ORDER BY day, worth < 0, document_id", key
        )
        since = SQL(
            "PARTITION BY partner_id, %s"
            " ORDER BY day DESC, worth < 0 DESC, document_id DESC",
            key,
        )
        return SQL(
            """
            SELECT partner_id, day, document_id, origin_id, worth, spend AS open,
                   CASE WHEN worth > 0 THEN GREATEST(lowest - ground, 0)
                        ELSE spend + ground - height END AS spend
              FROM (SELECT *,
                           LAG(height, 1, 0.0) OVER (%(pile)s) AS ground,
                           MIN(height) OVER (%(since)s ROWS UNBOUNDED PRECEDING) AS lowest
                      FROM (SELECT *, total - LEAST(0, MIN(total) OVER (
                                       %(pile)s ROWS UNBOUNDED PRECEDING)) AS height
                              FROM (SELECT *, SUM(spend) OVER (
                                               %(pile)s ROWS UNBOUNDED PRECEDING) AS total
                                      FROM (%(rows)s) document) summed) piled) netted
            """,
            rows=rows,
            pile=pile,
            since=since,
        )

    @api.model
    def _count_without_rate(self, source, company, as_of, scope=None):
        """Number of documents whose amount is not known, for want of a rate."""
        documents = self._get_unconverted_sql(source, company, as_of, scope)
        return self.env.execute_query(
            SQL("SELECT COUNT(*) FROM (%s) document WHERE amount IS NULL", documents)
        )[0][0]

    @api.model
    def _get_unconverted_sql(self, source, company, as_of, scope=None):
        """Events in another currency than the company's: ``amount`` (NULL without a
        rate) and ``currency_id`` of the document."""
        return getattr(self, f"_get_unconverted_sql_{source}")(company, as_of, scope)

    @api.model
    def _get_recent_sql(self, source, company, since, as_of):
        """Commercial partners with a document from the local day ``since`` to ``as_of``:
        what was dated ahead counts from its day on, though nobody touches it then."""
        return getattr(self, f"_get_recent_sql_{source}")(company, since, as_of)

    @api.model
    def _get_selling_sql(self):
        """SQL: whether ``company``, a row of res_company, or a branch of it ever sold,
        by any source."""
        sources = dict(self.env["crm.value.policy"]._fields["source"].selection)
        return SQL(
            "(%s)",
            SQL(" OR ").join(
                SQL("EXISTS (%s)", getattr(self, f"_get_selling_sql_{source}")())
                for source in sources
            ),
        )

    @api.model
    def _get_branches_sql(self):
        """SQL: ids of ``company``, a row of res_company, and of its branches."""
        return SQL(
            "ARRAY(SELECT branch.id FROM res_company branch WHERE %s = company.id)",
            self.env["res.company"]._get_value_root_sql("branch"),
        )

    @api.model
    def _get_scope_sql(self, scope):
        """The condition that ``partner`` belongs to the customers of ``scope``."""
        if scope is None:
            return SQL()
        return SQL("AND partner.commercial_partner_id IN (%s)", scope)

    @api.model
    def _flush_source(self):
        """Write what the ORM still holds of the tables that the relation reads."""
        self.env["res.company"].flush_model()
        self.env["res.partner"].flush_model()
        self.env["product.product"].flush_model()
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
            "so.company_id = ANY(%s) AND so.state = 'sale' AND so.date_order < %s",
            company._get_value_company_ids(),
            company._get_value_day_end(as_of),
        )

    @api.model
    def _get_selling_sql_sale(self):
        return SQL(
            "SELECT FROM sale_order so"
            " WHERE so.company_id = ANY(%s) AND so.state = 'sale'",
            self._get_branches_sql(),
        )

    @api.model
    def _get_recent_sql_sale(self, company, since, as_of):
        return SQL(
            "SELECT partner.commercial_partner_id AS partner_id FROM sale_order so"
            " JOIN res_partner partner ON partner.id = so.partner_id"
            " WHERE %s AND so.date_order >= %s",
            self._get_order_where_sql(company, as_of),
            company._get_value_day_end(fields.Date.subtract(since, days=1)),
        )

    @api.model
    def _get_unconverted_sql_sale(self, company, as_of, scope):
        return SQL(
            "%s AND so.currency_id <> %s",
            self._get_events_sql_sale(company, as_of, False, scope),
            company.currency_id.id,
        )

    @api.model
    def _get_events_sql_sale(self, company, as_of, include_zero, scope):
        # A company that changed its currency leaves orders with a rate to the earlier
        # one; of a change before this module was there, a rate of exactly 1 between two
        # different currencies. Then, as without a rate, the rate table of the day decides.
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   %(day)s AS day,
                   ROUND(converted.amount, %(decimals)s) AS amount,
                   converted.amount > 0
                       OR (converted.amount = 0 AND %(include_zero)s) AS is_purchase,
                   ROUND(converted.amount, %(decimals)s) AS spend,
                   so.id AS document_id, NULL::int AS origin_id, so.currency_id
              FROM sale_order so
              JOIN res_partner partner ON partner.id = so.partner_id
              CROSS JOIN LATERAL (
                   SELECT CASE
                       WHEN COALESCE(so.amount_untaxed, 0) = 0 THEN 0
                       WHEN so.currency_id = %(currency)s THEN so.amount_untaxed
                       WHEN so.currency_rate > 0 AND so.currency_rate <> 1
                            AND (so.create_date < %(since)s) IS NOT TRUE
                           THEN so.amount_untaxed / so.currency_rate::numeric
                       ELSE so.amount_untaxed * %(rate_own)s / %(rate_order)s
                   END AS amount
              ) converted
             WHERE %(where)s %(in_scope)s
            """,
            day=self._get_order_day_sql(company),
            decimals=company.currency_id.decimal_places,
            include_zero=include_zero,
            currency=company.currency_id.id,
            since=company.sudo().crm_value_currency_since or None,
            rate_own=self._get_rate_sql(company, SQL("%s", company.currency_id.id)),
            rate_order=self._get_rate_sql(company, SQL("so.currency_id")),
            where=self._get_order_where_sql(company, as_of),
            in_scope=self._get_scope_sql(scope),
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
    def _get_products_sql_sale(self, company, as_of, scope):
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   %(day)s AS day, line.product_id, so.id AS document_id
              FROM sale_order_line line
              JOIN sale_order so ON so.id = line.order_id
              JOIN res_partner partner ON partner.id = so.partner_id
             WHERE %(where)s %(in_scope)s
               AND line.product_id IS NOT NULL AND line.product_uom_qty > 0
               AND %(is_product)s AND %(no_discount)s
            """,
            is_product=self._get_is_product_sql("line"),
            no_discount=self._get_no_discount_sql(),
            day=self._get_order_day_sql(company),
            where=self._get_order_where_sql(company, as_of),
            in_scope=self._get_scope_sql(scope),
        )

    @api.model
    def _get_is_product_sql(self, alias):
        """SQL: ``alias``, an order line, is neither a down payment nor a delivery charge,
        if the module that knows of those is there."""
        fields_ = self.env["sale.order.line"]._fields
        return SQL(
            "(%s)",
            SQL(" AND ").join(
                SQL("%s IS NOT TRUE", SQL.identifier(alias, name))
                for name in NO_PRODUCT
                if name in fields_
            ),
        )

    @api.model
    def _get_no_discount_sql(self):
        """SQL: ``line``, of an order or invoice, is no discount: neither a deduction nor
        the product that Odoo's discount button adds."""
        return SQL(
            """
            (line.price_unit < 0) IS NOT TRUE
            AND NOT EXISTS (SELECT FROM res_company seller
                             WHERE seller.sale_discount_product_id = line.product_id)
            """
        )

    # ---------------------------------------------------------------- invoices
    @api.model
    def _get_invoice_where_sql(self, company, as_of):
        return SQL(
            "move.company_id = ANY(%s) AND move.state = 'posted'"
            " AND move.invoice_date <= %s AND move.move_type IN %s",
            company._get_value_company_ids(),
            as_of,
            INVOICE_TYPES,
        )

    @api.model
    def _get_selling_sql_invoice(self):
        return SQL(
            "SELECT FROM account_move move"
            " WHERE move.company_id = ANY(%s) AND move.state = 'posted'"
            " AND move.move_type IN %s",
            self._get_branches_sql(),
            INVOICE_TYPES,
        )

    @api.model
    def _get_recent_sql_invoice(self, company, since, as_of):
        return SQL(
            "SELECT partner.commercial_partner_id AS partner_id FROM account_move move"
            " JOIN res_partner partner ON partner.id = move.partner_id"
            " WHERE %s AND move.invoice_date >= %s",
            self._get_invoice_where_sql(company, as_of),
            since,
        )

    @api.model
    def _get_unconverted_sql_invoice(self, company, as_of, scope):
        # Accounting keeps every entry in company currency.
        return SQL("SELECT 0 AS amount, 0 AS currency_id WHERE FALSE")

    @api.model
    def _get_events_sql_invoice(self, company, as_of, include_zero, scope):
        # An order that is paid in instalments is bought with the invoice that settles
        # the down payments, at its full price; what was paid before is revenue only.
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   move.invoice_date AS day,
                   ROUND(COALESCE(move.amount_untaxed_signed, 0), %(decimals)s) AS amount,
                   CASE WHEN advance.amount IS NOT NULL THEN worth.spend > 0
                        ELSE move.move_type <> 'out_refund' AND (
                             worth.spend > 0 OR (worth.spend = 0 AND %(include_zero)s))
                        END AS is_purchase,
                   worth.spend, move.id AS document_id,
                   move.reversed_entry_id AS origin_id, %(currency)s::int AS currency_id
              FROM account_move move
              JOIN res_partner partner ON partner.id = move.partner_id
              LEFT JOIN (SELECT line.move_id, -SUM(line.balance) AS amount
                           FROM account_move_line line
                          WHERE line.is_downpayment
                            AND line.company_id = ANY(%(companies)s)
                          GROUP BY line.move_id) advance ON advance.move_id = move.id
              CROSS JOIN LATERAL (
                   SELECT ROUND(COALESCE(move.amount_untaxed_signed, 0)
                                - COALESCE(advance.amount, 0), %(decimals)s) AS spend
              ) worth
             WHERE %(where)s %(in_scope)s
            """,
            companies=company._get_value_company_ids(),
            currency=company.currency_id.id,
            decimals=company.currency_id.decimal_places,
            include_zero=include_zero,
            where=self._get_invoice_where_sql(company, as_of),
            in_scope=self._get_scope_sql(scope),
        )

    @api.model
    def _get_products_sql_invoice(self, company, as_of, scope):
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   move.invoice_date AS day, line.product_id, move.id AS document_id
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN res_partner partner ON partner.id = move.partner_id
             WHERE %(where)s %(in_scope)s
               AND move.move_type <> 'out_refund' AND line.display_type = 'product'
               AND line.product_id IS NOT NULL AND line.quantity > 0
               AND line.is_downpayment IS NOT TRUE AND %(no_discount)s
               AND NOT EXISTS (SELECT FROM sale_order_line_invoice_rel rel
                                 JOIN sale_order_line sold ON sold.id = rel.order_line_id
                                WHERE rel.invoice_line_id = line.id
                                  AND NOT %(is_product)s)
            """,
            is_product=self._get_is_product_sql("sold"),
            no_discount=self._get_no_discount_sql(),
            where=self._get_invoice_where_sql(company, as_of),
            in_scope=self._get_scope_sql(scope),
        )

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
            " WHERE company_id = ANY(%s)",
            company._get_value_company_ids(),
        )

    @api.model
    def _get_sellers_sql_invoice(self, company):
        return SQL(
            "SELECT id AS document_id, invoice_user_id AS user_id, team_id"
            " FROM account_move WHERE company_id = ANY(%s)",
            company._get_value_company_ids(),
        )
