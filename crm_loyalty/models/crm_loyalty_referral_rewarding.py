import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_value_tiering.models.crm_company_job import CONFLICTS

from ..points import to_points, to_units

_logger = logging.getLogger(__name__)

BATCH = 200
PAID = ("paid", "in_payment")
# What counts of the purchase: goods without taxes after discounts, no gift cards.
TERMS = {
    "taxed": False, "gross": False, "delivery": False, "categories": [], "excluded": [],
}  # fmt: skip


class CrmLoyaltyReferral(models.Model):
    """Both rewards, once the purchase is paid and cannot be returned any more.

    As with purchases, what is there decides, not what was reported: :meth:`_refresh`
    may be called at any time and any number of times.
    """

    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "crm.loyalty.referral"

    @api.model
    def _get_check_labels(self):
        return super()._get_check_labels() + [
            ("lapsed", self.env._("No purchase in time")),
            (
                "returned",
                self.env._("The purchase was returned, or its payment undone"),
            ),
            (
                "cap",
                self.env._("The referrer had as many rewards as the program allows"),
            ),
        ]

    # --------------------------------------------------------------- what counts
    def _get_invoices_domain(self):
        """Invoices that may count, whether paid or not."""
        self.ensure_one()
        family, terms = self._get_family(self.referred_id.partner_id), self.terms
        orders = "invoice_line_ids.sale_line_ids.order_id.partner_id"
        domain = (
            Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("company_id", "child_of", self.company_id.id)
            & Domain("invoice_date", ">=", self.referred_on)
            & (
                Domain("partner_id", "in", family.ids)
                | Domain(orders, "in", family.ids)
            )
        )
        if terms["valid_days"]:
            domain &= Domain("invoice_date", "<=", self._get_last_day())
        return domain

    def _get_last_day(self):
        """Last day of an invoice that counts; None: there is none."""
        days = self.terms["valid_days"]
        return fields.Date.add(self.referred_on, days=days) if days else None

    def _find_invoice(self):
        """The invoice that counts and what of it; none, and 0."""
        self.ensure_one()
        moves = self.env["account.move"].sudo()
        if not self.referred_id.partner_id:
            return moves, 0
        domain = self._get_invoices_domain()
        order = "invoice_date, id"
        if self.terms["counts"] == "first":
            invoices = moves.search(
                domain & Domain("amount_total_signed", ">", 0), order=order, limit=1
            )
        else:
            invoices = moves.search(
                domain & Domain("payment_state", "in", PAID), order=order
            )
        for invoice in invoices:
            if base := self._get_counting(invoice):
                return invoice, base
        return moves, 0

    def _get_counting(self, invoice):
        """What counts of an invoice, in the currency's smallest unit; 0: it does not.

        Both the goods and the money have to reach the amount: what is paid with points
        or a gift card is no money, and a gift card is no goods.
        """
        self.ensure_one()
        if (
            not invoice
            or invoice.state != "posted"
            or invoice.payment_state not in PAID
        ):
            return 0
        lines = invoice._get_loyalty_parties(self.program_id).get(
            self.referred_id.partner_id
        )
        if not lines:
            return 0
        document = self.env["crm.loyalty.document"].new(
            {
                "program_id": self.program_id.id,
                "member_id": self.referred_id.id,
                "terms": TERMS,
            }
        )
        base = invoice._get_loyalty_base(lines, TERMS)
        base -= invoice._get_loyalty_refunded(document, lines, base)
        notes = invoice.reversal_move_ids.filtered(lambda move: move.state == "posted")
        decimals = self.company_id.currency_id.decimal_places
        money = sum(
            to_units(move.amount_total_signed, decimals) for move in invoice | notes
        )
        least = max(self.terms["minimum"], 1)
        return base if min(base, money) >= least else 0

    @api.model
    def _get_paid_day(self, invoice):
        """The day of the last payment, or of the invoice when it is later."""
        lines = invoice.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        return max([invoice.invoice_date, *lines.matched_credit_ids.mapped("max_date")])

    # ------------------------------------------------------------------ refresh
    @api.model
    def _find_concerned(self, invoice_ids):
        """Referrals of which these invoices may say something else now.

        :return: dict of the id of the invoice → referrals
        """
        if not invoice_ids:
            return {}
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH brought AS (
                    SELECT referral.id, referral.invoice_id, member.partner_id
                      FROM crm_loyalty_referral referral
                      JOIN crm_loyalty_member member
                        ON member.id = referral.referred_id
                     WHERE referral.state <> 'refused'
                )
                SELECT invoice_id, id FROM brought WHERE invoice_id = ANY(%(ids)s)
                 UNION
                SELECT move.id, brought.id FROM account_move move
                  JOIN brought ON brought.partner_id = move.commercial_partner_id
                 WHERE move.id = ANY(%(ids)s)
                 UNION
                SELECT line.move_id, brought.id FROM account_move_line line
                  JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = line.id
                  JOIN sale_order_line sold ON sold.id = rel.order_line_id
                  JOIN res_partner buyer ON buyer.id = sold.order_partner_id
                  JOIN brought ON brought.partner_id = buyer.commercial_partner_id
                 WHERE line.move_id = ANY(%(ids)s)
                """,
                ids=list(invoice_ids),
            )
        )
        found = {}
        for invoice_id, referral_id in rows:
            found[invoice_id] = found.get(invoice_id, self.sudo()) | self.sudo().browse(
                referral_id
            )
        return found

    def _refresh(self):
        """Bring referrals in line with what is paid and returned now."""
        for referral in self.sorted("id"):
            referral._lock()
            referral._refresh_one(referral.company_id._get_value_today())

    def _refresh_one(self, today):
        self.ensure_one()
        if self.checked_on != today:
            self.checked_on = today
        if self.state == "refused" or not self.referred_id.partner_id:
            return
        if self.state == "rewarded":
            if not self._get_counting(self.invoice_id):
                self._reverse("returned")
            return
        invoice, base = self._find_invoice()
        if not invoice:
            self._wait(today)
            return
        refusal = self._find_refusal()
        if refusal:
            if self.state != "reversed":
                self._refuse(refusal)
            return
        paid_on = self._get_paid_day(invoice)
        self.write(
            {
                "state": "qualified",
                "reason": False,
                "invoice_id": invoice.id,
                "base": base,
                "paid_on": paid_on,
                "due_on": fields.Date.add(paid_on, days=self.terms["days"]),
            }
        )
        if today >= self.due_on:
            self._reward(today)

    def _wait(self, today):
        """There is nothing to reward, any more or yet."""
        if self.state == "qualified":
            self.write(
                {
                    # What was given once and taken back says so.
                    "state": "reversed" if self.cycle else "waiting",
                    "reason": "returned" if self.cycle else False,
                    "invoice_id": False,
                    "base": 0,
                    "paid_on": False,
                    "due_on": False,
                }
            )
        last = self._get_last_day()
        if (
            self.state == "waiting"
            and last
            and today > last
            and not self._may_be_paid()
        ):
            self._refuse("lapsed")

    def _may_be_paid(self):
        """Whether an invoice of the right days is still open."""
        domain = self._get_invoices_domain() & Domain(
            "payment_state", "in", ("not_paid", "partial")
        )
        return bool(self.env["account.move"].sudo().search_count(domain, limit=1))

    # ------------------------------------------------------------------ rewards
    def _reward(self, today):
        """Post the points of both sides."""
        self.ensure_one()
        (self.referrer_id | self.referred_id)._lock()
        self.cycle += 1
        capped = self._is_capped(today)
        _first, last = self.program_id._get_lot_days(today)
        given = {
            "referrer": 0 if capped else self.terms["referrer"],
            "referred": self.terms["referred"],
        }
        for side, points in given.items():
            if points:
                self[f"{side}_id"]._earn(
                    points,
                    {
                        "kind": "referral",
                        "key": f"referral:{self.id}:{self.cycle}:{side}",
                        "referral_id": self.id,
                    },
                    expires_on=last,
                )
        self.write(
            {
                "state": "rewarded",
                "rewarded_on": today,
                "reason": "cap" if capped else False,
                "referrer_points": to_points(given["referrer"]),
            }
        )

    def _is_capped(self, today):
        """Whether the referrer has had all rewards of the period."""
        if not self.terms["cap"]:
            return False
        since = fields.Date.subtract(today, days=self.terms["cap_days"])
        rewards = self.search_count(
            [
                ("referrer_id", "=", self.referrer_id.id),
                ("id", "!=", self.id),
                ("state", "=", "rewarded"),
                ("referrer_points", ">", 0),
                ("rewarded_on", ">", since),
            ]
        )
        return rewards >= self.terms["cap"]

    def _reverse(self, reason):
        """Take both rewards back, each once."""
        self.ensure_one()
        reversed_moves = self.move_ids.reversal_of_id
        for move in self.move_ids.sorted("id"):
            if move.kind != "referral" or move in reversed_moves:
                continue
            move.member_id._get_current()._take(
                move.points,
                {
                    "kind": "reverse",
                    "key": f"{move.key}:back",
                    "referral_id": self.id,
                    "reversal_of_id": move.id,
                },
                own=move.made_lot_ids._get_heirs(),
            )
        self.write({"state": "reversed", "reason": reason, "referrer_points": 0})

    # ------------------------------------------------------------------ merging
    @api.model
    def _follow_merge(self, member, heir):
        """Two members are one: their referrals are the heir's.

        Who brought the heir first, counts; who brought themselves gets nothing.
        """
        own = ["|", ("referrer_id", "=", member.id), ("referred_id", "=", member.id)]
        moved = self.sudo().search(own)
        moved._lock()
        brought = self.sudo().search(
            [("referred_id", "in", (member | heir).ids), ("state", "!=", "refused")],
            order="referred_on, id",
        )
        # A reward that was given stays before a promise that came earlier.
        brought = brought.sorted(lambda one: one.state != "rewarded")
        for later in brought[1:]:
            later._drop("first")
        self.flush_model()  # one customer is brought once, at every moment
        for referral in moved:
            for name in ("referrer_id", "referred_id"):
                if referral[name] == member:
                    referral[name] = heir
            if referral.referrer_id == referral.referred_id:
                referral._drop("same")

    def _drop(self, reason):
        if self.state == "rewarded":
            self._reverse(reason)
        elif self.state in ("waiting", "qualified"):
            self._refuse(reason)

    # --------------------------------------------------------------------- cron
    @api.model
    def _get_due_sql(self, company, today):
        """Ids of referrals that may have changed without being told."""
        return SQL(
            """
            WITH payer AS MATERIALIZED (
                SELECT commercial_partner_id AS partner_id, MAX(invoice_date) AS day
                  FROM account_move
                 WHERE move_type = 'out_invoice' AND state = 'posted'
                   AND payment_state IN ('paid', 'in_payment')
                 GROUP BY commercial_partner_id
            )
            SELECT referral.id FROM crm_loyalty_referral referral
              JOIN crm_loyalty_member member ON member.id = referral.referred_id
              LEFT JOIN payer ON payer.partner_id = member.partner_id
             WHERE referral.company_id = %(company)s
               AND referral.checked_on IS DISTINCT FROM %(today)s
               AND CASE referral.state
                   WHEN 'qualified' THEN TRUE
                   WHEN 'rewarded' THEN EXISTS (
                       SELECT FROM account_move invoice
                        WHERE invoice.id = referral.invoice_id
                          AND (invoice.state <> 'posted'
                               OR invoice.payment_state NOT IN ('paid', 'in_payment')
                               OR EXISTS (SELECT FROM account_move note
                                           WHERE note.reversed_entry_id = invoice.id
                                             AND note.state = 'posted')))
                   WHEN 'refused' THEN FALSE
                   ELSE (referral.state = 'waiting'
                         AND (referral.terms->>'valid_days')::int > 0
                         AND referral.referred_on
                             + (referral.terms->>'valid_days')::int < %(today)s)
                        OR COALESCE(payer.day >= referral.referred_on, FALSE)
                   END
             ORDER BY referral.id LIMIT %(limit)s
            """,
            company=company.id,
            today=today,
            limit=BATCH,
        )

    @api.model
    def _refresh_company(self, company):
        """A batch of the company's work of the day.

        :return: False when there is more to do
        """
        if not self.env["crm.job.run"]._try_lock(company, self._name):
            return None
        self.env.flush_all()
        today = company._get_value_today()
        due = self.sudo().browse(
            row[0] for row in self.env.execute_query(self._get_due_sql(company, today))
        )
        for referral in due:
            referral._refresh_safely(company, today)
        return len(due) < BATCH

    def _refresh_safely(self, company, today):
        """One referral's error stops no other, and is shown among the jobs."""
        try:
            with self.env.cr.savepoint():
                self._refresh()
                self.env.flush_all()
        except CONFLICTS:
            raise
        except Exception as error:
            _logger.exception("Referral %s", self.id)
            self.env.invalidate_all()
            self.checked_on = today
            jobs = self.env["crm.job.run"]
            jobs._keep_failure(company, self._name, error)

    @api.model
    def _cron_refresh(self):
        """Every hour, because the companies' days begin at different hours."""
        companies = self.env["loyalty.program"]._get_ledger_companies()
        self.env["crm.job.run"]._run_each(companies, self._refresh_company, self._name)
