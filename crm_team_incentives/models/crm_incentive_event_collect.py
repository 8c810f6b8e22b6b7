from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.models.crm_value_source import INVOICE_TYPES

# Beyond every document's day, and within what a time zone can be applied to.
END = "9000-01-01"


class CrmIncentiveEvent(models.Model):
    """What documents are worth now, compared with what their events say."""

    _inherit = "crm.incentive.event"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _collect(self, company, kind, ids=None):
        """Add events for what documents are worth more or less than their events say.

        :param ids: documents that changed in this transaction; None: compare all
        """
        self._flush_documents()
        state = getattr(self, f"_get_state_sql_{kind}")
        people = getattr(self, f"_get_people_sql_{kind}")
        self.env.cr.execute(
            SQL(
                """
                WITH state AS MATERIALIZED (%(state)s),
                known AS MATERIALIZED (
                    SELECT res_id, SUM(amount) AS amount, MAX(sequence) AS sequence,
                           MAX(day) AS day
                      FROM crm_incentive_event
                     WHERE company_id = %(company)s AND kind = %(kind)s
                       AND res_id IN (SELECT res_id FROM state)
                     GROUP BY res_id),
                since AS MATERIALIZED (%(since)s),
                change AS MATERIALIZED (
                    SELECT state.*, known.amount AS known_amount, known.sequence,
                           CASE WHEN known.res_id IS NOT NULL
                                     THEN GREATEST(known.day, %(today)s::date)
                                WHEN %(noted)s THEN COALESCE(state.own_day, %(today)s)
                                ELSE COALESCE(state.own_day, state.day, %(today)s)
                                END AS event_day
                      FROM state
                      LEFT JOIN known USING (res_id)
                     WHERE state.amount <> COALESCE(known.amount, 0)),
                recent AS MATERIALIZED (%(recent)s),
                fresh AS (
                    INSERT INTO crm_incentive_event (
                        company_id, kind, res_id, sequence, document_id, holder_id,
                        document_name, moment, day, document_day, amount, partner_id,
                        tier_id, customer_since, lifetime_value, lifetime_day,
                        recent_orders, stage_id, is_found)
                    SELECT %(company)s, %(kind)s, change.res_id,
                           COALESCE(change.sequence, 0) + 1, change.document_id,
                           change.holder_id, change.name, %(now)s, change.event_day,
                           change.day, change.amount - COALESCE(change.known_amount, 0),
                           change.partner_id, profile.tier_id,
                           LEAST(since.day, change.day, %(today)s),
                           worth.clv_predictive, worth.as_of,
                           COALESCE(recent.orders, 0), change.stage_id, NOT %(noted)s
                      FROM change
                      LEFT JOIN since ON since.partner_id = change.partner_id
                      LEFT JOIN recent ON recent.partner_id = change.partner_id
                       AND recent.day = change.event_day
                      LEFT JOIN crm_value_profile profile
                        ON profile.partner_id = change.partner_id
                       AND profile.company_id = %(root)s
                      LEFT JOIN crm_value_profile worth ON worth.id = profile.id
                       AND worth.clv_predictive IS NOT NULL
                       AND worth.as_of <= change.event_day
                     ORDER BY change.day, change.res_id
                    ON CONFLICT (company_id, kind, res_id, sequence) DO NOTHING
                    RETURNING id, holder_id, amount)
                INSERT INTO crm_incentive_event_credit (
                       event_id, user_id, team_id, weight)
                SELECT fresh.id, person.user_id, MIN(person.team_id),
                       SUM(person.weight)
                  FROM fresh JOIN (%(people)s) person USING (holder_id)
                 WHERE fresh.amount > 0 AND person.user_id IS NOT NULL
                   AND person.weight > 0
                 GROUP BY fresh.id, person.user_id
                 ORDER BY fresh.id, person.user_id
                """,
                state=state(company, ids),
                people=people(company, SQL("SELECT holder_id FROM state")),
                since=self._get_since_sql(company),
                recent=self._get_recent_sql(
                    company, SQL("SELECT partner_id, event_day AS day FROM change")
                ),
                company=company.id,
                root=company._get_value_root().id,
                kind=kind,
                noted=ids is not None,
                now=self.env.cr.now(),
                today=company._get_value_today(),
            )
        )
        self.invalidate_model()

    @api.model
    def _flush_documents(self):
        self.env["crm.value.source"]._flush_source()
        for name in (
            "crm.lead", "account.partial.reconcile", "account.payment", "crm.value.profile",
            "crm.incentive.split", "crm.incentive.evaluation", "crm.incentive.event",
            "res.users", "crm.team", "account.bank.statement.line",
        ):  # fmt: skip
            self.env[name].flush_model()

    @api.model
    def _get_since_sql(self, company):
        """``partner_id, day``: the first purchase of the customers in ``state``."""
        return SQL(
            """
            SELECT partner_id, MIN(day) AS day FROM (
                SELECT partner.commercial_partner_id AS partner_id,
                       (so.date_order AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                           AS day
                  FROM res_partner partner
                  JOIN sale_order so ON so.partner_id = partner.id
                   AND so.company_id = %(company)s AND so.state = 'sale'
                 WHERE partner.commercial_partner_id IN (SELECT partner_id FROM state)
                 UNION ALL
                SELECT partner.commercial_partner_id, move.invoice_date
                  FROM res_partner partner
                  JOIN account_move move ON move.partner_id = partner.id
                   AND move.company_id = %(company)s AND move.state = 'posted'
                   AND move.move_type IN ('out_invoice', 'out_receipt')
                 WHERE partner.commercial_partner_id IN (SELECT partner_id FROM state)
                 UNION ALL
                SELECT partner_id, day FROM crm_incentive_event
                 WHERE company_id = %(company)s AND kind IN ('order', 'invoice')
                   AND partner_id IN (SELECT partner_id FROM state)) purchase
             GROUP BY partner_id
            """,
            company=company.id,
            zone=company._get_value_timezone(),
        )

    @api.model
    def _get_recent_sql(self, company, asked):
        """``partner_id, day, orders``: how often the customers ordered before a day.

        On so many days of the 12 months before it they had an order that stands: to
        split one makes no difference, nor does what else happens on the day itself. An
        order counts on the day that was noted for it, whatever its date says by now.

        :param asked: SQL of ``partner_id, day``
        """
        return SQL(
            """
            SELECT partner_id, day, orders FROM (
                SELECT partner_id, day, is_order,
                       SUM(is_order::int) OVER (
                           PARTITION BY partner_id ORDER BY day
                           RANGE BETWEEN INTERVAL '12 months' PRECEDING
                                     AND INTERVAL '1 day' PRECEDING) AS orders
                  FROM (SELECT DISTINCT partner_id, day, FALSE AS is_order
                          FROM (%(asked)s) asked
                         UNION ALL
                        SELECT DISTINCT partner.commercial_partner_id,
                               COALESCE(noted.day, (so.date_order AT TIME ZONE 'UTC'
                                   AT TIME ZONE %(zone)s)::date), TRUE
                          FROM res_partner partner
                          JOIN sale_order so ON so.partner_id = partner.id
                           AND so.company_id = %(company)s AND so.state = 'sale'
                          LEFT JOIN crm_incentive_event noted
                            ON noted.company_id = so.company_id
                           AND noted.kind = 'order' AND noted.res_id = so.id
                           AND noted.sequence = 1
                         WHERE partner.commercial_partner_id IN (
                             SELECT partner_id FROM (%(asked)s) asked)) purchase
                 ) counted WHERE NOT is_order
            """,
            asked=asked,
            company=company.id,
            zone=company._get_value_timezone(),
        )

    @api.model
    def _get_ids_sql(self, column, ids):
        return SQL() if ids is None else SQL("AND %s = ANY(%s)", SQL(column), list(ids))

    # -------------------------------------------------------------- opportunities
    @api.model
    def _get_state_sql_won(self, company, ids):
        """Won deals; those that left the won stage by a change of the setup stay won.

        ``own_day`` is the day that counts when a hook noted it: None is today.
        """
        return SQL(
            """
            SELECT lead.id AS res_id, lead.id AS document_id, lead.id AS holder_id,
                   lead.name, CASE WHEN lead.won_status = 'won' THEN lead.stage_id END
                       AS stage_id,
                   partner.commercial_partner_id AS partner_id,
                   (lead.date_closed AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                       AS day,
                   NULL::date AS own_day,
                   CASE WHEN lead.won_status = 'won' OR (
                            lead.won_status = 'pending' AND (
                                SELECT SUM(event.amount) > 0
                                       AND BOOL_OR(event.stage_id = lead.stage_id)
                                  FROM crm_incentive_event event
                                 WHERE event.kind = 'won' AND event.res_id = lead.id
                                   AND event.company_id = %(company)s))
                        THEN ROUND(GREATEST(lead.expected_revenue, 0), %(decimals)s)
                        ELSE 0 END AS amount
              FROM crm_lead lead
              LEFT JOIN crm_team team ON team.id = lead.team_id
              LEFT JOIN res_users seller ON seller.id = lead.user_id
              LEFT JOIN res_partner partner ON partner.id = lead.partner_id
             WHERE lead.type = 'opportunity' AND lead.expected_revenue IS NOT NULL
               AND COALESCE(lead.company_id, team.company_id, seller.company_id)
                   = %(company)s
               AND (lead.won_status = 'won' OR EXISTS (
                   SELECT FROM crm_incentive_event event
                    WHERE event.kind = 'won' AND event.res_id = lead.id
                      AND event.company_id = %(company)s))
               %(ids)s
            """,
            zone=company._get_value_timezone(),
            company=company.id,
            decimals=company.currency_id.decimal_places,
            ids=self._get_ids_sql("lead.id", ids),
        )

    @api.model
    def _get_people_sql_won(self, company, scope):
        """``holder_id, team_id, user_id, weight`` of the opportunities in ``scope``."""
        return SQL(
            """
            SELECT lead.id AS holder_id, lead.team_id,
                   COALESCE(split.user_id, lead.user_id) AS user_id,
                   COALESCE(split.share, 100)::numeric AS weight
              FROM crm_lead lead
              LEFT JOIN crm_incentive_split split ON split.lead_id = lead.id
             WHERE lead.id IN (%s)
            """,
            scope,
        )

    # --------------------------------------------------------------------- orders
    @api.model
    def _get_state_sql_order(self, company, ids):
        """Confirmed orders, less what credit notes took back of them.

        Often an order is reduced and credited for the same reason: the larger of the two
        counts, not both.
        """
        scope = None
        if ids is not None:
            scope = SQL(
                "SELECT customer.commercial_partner_id FROM sale_order document"
                " JOIN res_partner customer ON customer.id = document.partner_id"
                " WHERE document.id = ANY(%s)",
                list(ids),
            )
        return SQL(
            """
            SELECT so.id AS res_id, so.id AS document_id, so.id AS holder_id, so.name,
                   NULL::int AS stage_id, partner.commercial_partner_id AS partner_id,
                   source.day, NULL::date AS own_day,
                   GREATEST(0, peak.amount - GREATEST(
                       peak.amount - COALESCE(source.amount, 0),
                       COALESCE(credited.amount, 0))) AS amount
              FROM sale_order so
              JOIN res_partner partner ON partner.id = so.partner_id
              LEFT JOIN (%(source)s) source ON source.document_id = so.id
              LEFT JOIN (
                  SELECT res_id, MAX(total) AS amount
                    FROM (SELECT res_id, SUM(amount) OVER (
                                     PARTITION BY res_id ORDER BY sequence) AS total
                            FROM crm_incentive_event
                           WHERE company_id = %(company)s AND kind = 'order'
                                 %(own_ids)s) running
                   GROUP BY res_id) earlier ON earlier.res_id = so.id
              LEFT JOIN (%(credited)s) credited ON credited.order_id = so.id
              CROSS JOIN LATERAL (
                  SELECT GREATEST(earlier.amount, source.amount, 0) AS amount) peak
             WHERE so.company_id = %(company)s
               AND (source.amount IS NOT NULL OR earlier.res_id IS NOT NULL) %(ids)s
            """,
            source=self.env["crm.value.source"]._get_events_sql(
                "sale", company, self._get_end(), True, scope
            ),
            credited=self._get_credited_sql(company, ids),
            company=company.id,
            ids=self._get_ids_sql("so.id", ids),
            own_ids=self._get_ids_sql("res_id", ids),
        )

    @api.model
    def _get_end(self):
        return self.env["res.company"]._parse_value_day(END)

    @api.model
    def _get_credited_sql(self, company, ids):
        """``order_id, amount``: what posted credit notes took back of orders."""
        return SQL(
            """
            SELECT sale_line.order_id, SUM(line.balance) AS amount
              FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id
              JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = line.id
              JOIN sale_order_line sale_line ON sale_line.id = rel.order_line_id
             WHERE move.company_id = %s AND move.state = 'posted'
               AND move.move_type = 'out_refund'
               AND sale_line.is_downpayment IS NOT TRUE %s
             GROUP BY sale_line.order_id
            """,
            company.id,
            self._get_ids_sql("sale_line.order_id", ids),
        )

    @api.model
    def _get_people_sql_order(self, company, scope):
        """The order's own split, else the opportunity's, else the salesperson."""
        return SQL(
            """
            SELECT so.id AS holder_id, so.team_id,
                   COALESCE(split.user_id, so.user_id) AS user_id,
                   COALESCE(split.share, 100)::numeric AS weight
              FROM sale_order so
              LEFT JOIN crm_incentive_split split
                ON split.order_id = so.id
                OR (split.lead_id = so.opportunity_id AND NOT EXISTS (
                       SELECT FROM crm_incentive_split own WHERE own.order_id = so.id))
             WHERE so.company_id = %s AND so.id IN (%s)
            """,
            company.id,
            scope,
        )

    # --------------------------------------------------------- complex solutions
    @api.model
    def _get_state_sql_complex(self, company, ids):
        """Orders that somebody approved to be complex, with what they are worth."""
        return SQL(
            """
            SELECT so.id AS res_id, so.id AS document_id, so.id AS holder_id, so.name,
                   NULL::int AS stage_id, partner.commercial_partner_id AS partner_id,
                   GREATEST(evaluation.approved_day, signed.day) AS day,
                   NULL::date AS own_day,
                   CASE WHEN evaluation.id IS NULL THEN 0
                        ELSE COALESCE(signed.amount, 0) END AS amount
              FROM sale_order so
              JOIN res_partner partner ON partner.id = so.partner_id
              LEFT JOIN crm_incentive_evaluation evaluation
                ON evaluation.order_id = so.id AND evaluation.state = 'approved'
              LEFT JOIN (SELECT res_id, SUM(amount) AS amount, MIN(day) AS day
                           FROM crm_incentive_event
                          WHERE company_id = %(company)s AND kind = 'order'
                                %(own_ids)s
                          GROUP BY res_id) signed ON signed.res_id = so.id
             WHERE so.company_id = %(company)s
               AND (evaluation.id IS NOT NULL OR EXISTS (
                   SELECT FROM crm_incentive_event event
                    WHERE event.kind = 'complex' AND event.res_id = so.id
                      AND event.company_id = %(company)s)) %(ids)s
            """,
            company=company.id,
            ids=self._get_ids_sql("so.id", ids),
            own_ids=self._get_ids_sql("res_id", ids),
        )

    @api.model
    def _get_people_sql_complex(self, company, scope):
        return self._get_people_sql_order(company, scope)

    # ------------------------------------------------------------------- invoices
    @api.model
    def _get_origin_sql(self):
        """The invoice that the credit note ``move`` takes back from, as SQL.

        The one it reverses; else the largest one of the same order: credit notes made
        from an order have no other link.
        """
        return SQL(
            """
            CASE WHEN move.move_type <> 'out_refund' THEN move.id
                 ELSE COALESCE(
                     (SELECT known.document_id FROM crm_incentive_event known
                       WHERE known.kind = 'invoice' AND known.res_id = move.id
                         AND known.company_id = move.company_id
                         AND known.document_id IS NOT NULL LIMIT 1),
                     move.reversed_entry_id,
                     (SELECT invoice.id
                        FROM account_move_line own
                        JOIN sale_order_line_invoice_rel own_rel
                          ON own_rel.invoice_line_id = own.id
                        JOIN sale_order_line own_sale ON own_sale.id = own_rel.order_line_id
                        JOIN sale_order_line sale_line
                          ON sale_line.order_id = own_sale.order_id
                        JOIN sale_order_line_invoice_rel rel
                          ON rel.order_line_id = sale_line.id
                        JOIN account_move_line line ON line.id = rel.invoice_line_id
                        JOIN account_move invoice ON invoice.id = line.move_id
                         AND invoice.move_type IN ('out_invoice', 'out_receipt')
                         AND invoice.posted_before
                       WHERE own.move_id = move.id
                       ORDER BY invoice.amount_untaxed_signed DESC, invoice.id
                       LIMIT 1)) END
            """
        )

    @api.model
    def _get_state_sql_invoice(self, company, ids):
        """Posted invoices and credit notes, by the accounting date."""
        return SQL(
            """
            SELECT entry.*, GREATEST(entry.date, origin.date) AS own_day
              FROM (SELECT move.id AS res_id, %(origin)s AS document_id,
                           move.id AS holder_id, move.name, NULL::int AS stage_id,
                           partner.commercial_partner_id AS partner_id,
                           move.date AS day, move.date,
                           CASE WHEN move.state = 'posted'
                                THEN ROUND(move.amount_untaxed_signed, %(decimals)s)
                                ELSE 0 END AS amount
                      FROM account_move move
                      LEFT JOIN res_partner partner ON partner.id = move.partner_id
                     WHERE move.company_id = %(company)s AND move.move_type IN %(types)s
                       AND move.amount_untaxed_signed IS NOT NULL
                       AND (move.state = 'posted' OR EXISTS (
                           SELECT FROM crm_incentive_event event
                            WHERE event.kind = 'invoice' AND event.res_id = move.id
                              AND event.company_id = %(company)s)) %(ids)s) entry
              LEFT JOIN account_move origin ON origin.id = entry.document_id
            """,
            origin=self._get_origin_sql(),
            company=company.id,
            decimals=company.currency_id.decimal_places,
            types=INVOICE_TYPES,
            ids=self._get_ids_sql("move.id", ids),
        )

    @api.model
    def _get_people_sql_invoice(self, company, scope):
        """Those of the invoiced orders, by their lines; the rest is the invoice's own.

        An invoice of two orders names only one salesperson.
        """
        return SQL(
            """
            SELECT part.holder_id, COALESCE(seller.team_id, move.team_id) AS team_id,
                   COALESCE(seller.user_id, move.invoice_user_id) AS user_id,
                   part.amount * COALESCE(seller.weight, 100) AS weight
              FROM (SELECT line.move_id AS holder_id, sold.order_id,
                           GREATEST(SUM(ABS(line.balance)), 0.01) AS amount
                      FROM account_move_line line
                      LEFT JOIN LATERAL (
                          SELECT sale_line.order_id FROM sale_order_line_invoice_rel rel
                            JOIN sale_order_line sale_line
                              ON sale_line.id = rel.order_line_id
                           WHERE rel.invoice_line_id = line.id
                           ORDER BY sale_line.id LIMIT 1) sold ON TRUE
                     WHERE line.display_type = 'product' AND line.move_id IN (%(scope)s)
                     GROUP BY line.move_id, sold.order_id) part
              JOIN account_move move ON move.id = part.holder_id
              LEFT JOIN (%(sellers)s) seller ON seller.holder_id = part.order_id
            """,
            scope=scope,
            sellers=self._get_people_sql_order(
                company,
                SQL(
                    "SELECT sale_line.order_id FROM account_move_line line"
                    " JOIN sale_order_line_invoice_rel rel"
                    " ON rel.invoice_line_id = line.id"
                    " JOIN sale_order_line sale_line ON sale_line.id = rel.order_line_id"
                    " WHERE line.move_id IN (%s)",
                    scope,
                ),
            ),
        )

    # ------------------------------------------------------------------- payments
    @api.model
    def _get_state_sql_payment(self, company, ids):
        """Money that came in, or went back, for an invoice: in proportion, untaxed.

        What a credit note, a write-off or an exchange difference settles is no money:
        the other side is a payment or a line of a bank statement, and counts with the
        share of it that is money. Parts of an invoice are rounded so that they add up.
        """
        return SQL(
            """
            SELECT COALESCE(paid.res_id, event.res_id) AS res_id,
                   COALESCE(paid.document_id, event.document_id) AS document_id,
                   COALESCE(paid.holder_id, event.holder_id) AS holder_id,
                   COALESCE(paid.name, event.name) AS name, NULL::int AS stage_id,
                   COALESCE(paid.partner_id, event.partner_id) AS partner_id,
                   paid.day, paid.day AS own_day, COALESCE(paid.amount, 0) AS amount
              FROM (%(paid)s) paid
              FULL JOIN (
                  SELECT DISTINCT ON (res_id) res_id, document_id, holder_id,
                         document_name AS name, partner_id
                    FROM crm_incentive_event
                   WHERE company_id = %(company)s AND kind = 'payment' %(known_ids)s
                   ORDER BY res_id, sequence) event ON event.res_id = paid.res_id
            """,
            paid=self._get_paid_sql(company, ids),
            company=company.id,
            known_ids=self._get_ids_sql("holder_id", ids),
        )

    @api.model
    def _get_paid_sql(self, company, ids):
        return SQL(
            """
            SELECT part.res_id, part.holder_id, part.name, part.partner_id, part.day,
                   %(origin)s AS document_id,
                   ROUND(untaxed * LEAST(upto, whole) / whole, %(decimals)s)
                   - ROUND(untaxed * LEAST(upto - money, whole) / whole, %(decimals)s)
                       AS amount
              FROM (SELECT side.*, SUM(money) OVER (
                               PARTITION BY holder_id ORDER BY res_id) AS upto
                      FROM (%(sides)s) side) part
              JOIN account_move move ON move.id = part.holder_id
             WHERE whole > 0
            """,
            origin=self._get_origin_sql(),
            decimals=company.currency_id.decimal_places,
            sides=self._get_money_sql(company, ids),
        )

    @api.model
    def _get_money_sql(self, company, ids):
        """Matches of invoices with money: ``money`` of ``whole``, in their currency."""
        return SQL(
            """
            SELECT partial.id AS res_id, move.id AS holder_id, move.name,
                   partner.commercial_partner_id AS partner_id,
                   partial.max_date AS day, move.amount_untaxed_signed AS untaxed,
                   ABS(move.amount_total) AS whole,
                   side.amount * LEAST(1, COALESCE(cash.amount / NULLIF(
                       cash.settled, 0), 1)) AS money
              FROM account_partial_reconcile partial
              JOIN account_move_line debit ON debit.id = partial.debit_move_id
              JOIN account_move_line credit ON credit.id = partial.credit_move_id
              CROSS JOIN LATERAL (VALUES
                  (debit.move_id, credit.move_id, partial.debit_amount_currency),
                  (credit.move_id, debit.move_id, partial.credit_amount_currency)
              ) side (move_id, other_id, amount)
              JOIN account_move move ON move.id = side.move_id
               AND move.move_type IN %(types)s AND move.state = 'posted'
               AND move.company_id = %(company)s %(ids)s
              JOIN account_move other ON other.id = side.other_id
               AND other.state = 'posted'
               AND (other.origin_payment_id IS NOT NULL
                    OR other.statement_line_id IS NOT NULL)
              LEFT JOIN account_payment payment ON payment.id = other.origin_payment_id
              LEFT JOIN res_partner partner ON partner.id = move.partner_id
              CROSS JOIN LATERAL (
                  SELECT COALESCE(ABS(payment.amount_company_currency_signed), ABS(SUM(
                             line.balance) FILTER (WHERE account.account_type IN (
                                 'asset_cash', 'liability_credit_card')))) AS amount,
                         ABS(SUM(line.balance) FILTER (WHERE account.account_type IN (
                             'asset_receivable', 'liability_payable'))) AS settled
                    FROM account_move_line line
                    JOIN account_account account ON account.id = line.account_id
                   WHERE line.move_id = other.id) cash
            """,
            types=INVOICE_TYPES,
            company=company.id,
            ids=self._get_ids_sql("move.id", ids),
        )

    @api.model
    def _get_people_sql_payment(self, company, scope):
        return self._get_people_sql_invoice(company, scope)
