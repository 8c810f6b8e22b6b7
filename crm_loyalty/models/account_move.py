from decimal import Decimal

from odoo import models
from odoo.fields import Domain

from ..points import net_base, share, to_units


class AccountMove(models.Model):
    """Invoices give points, credit notes take them back.

    The hooks only mark the document. Odoo calls them often, and with nothing; what is
    posted follows from the states, see ``crm.loyalty.document``.
    """

    _inherit = "account.move"

    def write(self, vals):
        if "state" not in vals:
            return super().write(vals)
        self._mark_loyalty()
        result = super().write(vals)
        self._mark_loyalty()
        return result

    def _compute_payment_state(self):
        result = super()._compute_payment_state()
        self._mark_loyalty()
        return result

    def _mark_loyalty(self):
        """Have the points of invoices, and of what credit notes credit, looked at."""
        sales = self.filtered(
            lambda move: move.move_type in ("out_invoice", "out_refund") and move.id
        )
        if not sales:
            return
        events = self.env["crm.loyalty.event"]
        credit_notes = sales.filtered(lambda move: move.move_type == "out_refund")
        events._mark(sales - credit_notes)
        if credit_notes:
            orders = credit_notes.sudo().invoice_line_ids.sale_line_ids.order_id
            events._mark(credit_notes.reversed_entry_id | orders.invoice_ids)
            events._mark(orders)

    # ------------------------------------------------------- as a source of points
    def _is_loyalty_document(self, earn_on):
        self.ensure_one()
        return (
            earn_on in ("invoice", "payment")
            and self.move_type == "out_invoice"
            and self.state == "posted"
        )

    def _is_loyalty_live(self, earn_on):
        """Whether the invoice gives points at present."""
        self.ensure_one()
        paid = self.payment_state in ("paid", "in_payment")
        return self.state == "posted" and (earn_on == "invoice" or paid)

    def _get_loyalty_day(self):
        self.ensure_one()
        return self.invoice_date or self.company_id._get_value_today()

    def _get_loyalty_twins_domain(self):
        """Documents that gave the points of this purchase already."""
        orders = self.invoice_line_ids.sale_line_ids.order_id
        return Domain("res_model", "=", "sale.order") & Domain(
            "res_id", "in", orders.ids
        )

    def _get_loyalty_fingerprint(self):
        """Changes when the invoice was taken back and posted with other contents."""
        self.ensure_one()
        amounts = f"{self.amount_untaxed_signed} {self.amount_total_signed}"
        return f"{self.invoice_date} {amounts}"

    def _is_loyalty_changed(self, document, base):
        return document.fingerprint != self._get_loyalty_fingerprint()

    def _get_loyalty_parties(self, program):
        """Product lines by the customer who gets their points.

        An invoice of several orders may be of several customers.
        """
        self.ensure_one()
        parties = {}
        for line in self.invoice_line_ids.filtered(
            lambda li: li.display_type == "product"
        ):
            partner = self.commercial_partner_id
            if program.crm_beneficiary == "buyer" and line.sale_line_ids:
                order = line.sale_line_ids[:1].order_id
                partner = order.partner_id.commercial_partner_id
            parties[partner] = parties.get(partner, line.browse()) | line
        parties.pop(self.env["res.partner"], None)
        return parties

    def _get_loyalty_base(self, lines, terms):
        """What counts of product lines of this document, in company currency units."""
        self.ensure_one()
        documents = self.env["crm.loyalty.document"]
        decimals = self.company_id.currency_id.decimal_places
        rate = Decimal(str(self.invoice_currency_rate or 1))
        sign = 1 if self.move_type == "out_refund" else -1
        counted = []
        for line in lines:
            amount = Decimal(str(sign * line.balance))
            if terms["taxed"]:
                amount = Decimal(str(line.price_total)) / rate
            units = to_units(amount, decimals)
            role = documents._get_role(
                terms, line.product_id, line.sale_line_ids[:1], units, self.company_id
            )
            if role:
                counted.append((role, units))
        return net_base(counted)

    def _get_loyalty_refunded(self, document, lines, base):
        """How much of ``base`` was credited: by credit notes of this invoice, and by
        those that name no invoice, which fill the invoices of their orders in order.
        """
        self.ensure_one()
        direct = self._get_loyalty_credited(self.reversal_move_ids, document)
        orders = lines.sale_line_ids.order_id
        loose = orders.invoice_ids.filtered(
            lambda move: move.move_type == "out_refund" and not move.reversed_entry_id
        )
        left = self._get_loyalty_credited(loose, document)
        if not left:
            return direct
        invoices = orders.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        )
        for invoice in invoices.sorted(lambda move: (move.invoice_date, move.id)):
            if invoice == self:
                return direct + left
            own = invoice._get_loyalty_party_base(document)
            credited = self._get_loyalty_credited(invoice.reversal_move_ids, document)
            left -= min(max(own - credited, 0), left)
        return direct

    def _get_loyalty_credited(self, credit_notes, document):
        """What counts of posted credit notes."""
        posted = credit_notes.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_refund"
        )
        return sum(move._get_loyalty_party_base(document) for move in posted)

    def _get_loyalty_party_base(self, document):
        """What counts of this document for the member of another one."""
        member = document.member_id._get_current()
        parties = self._get_loyalty_parties(document.program_id)
        lines = parties.get(member.partner_id)
        return self._get_loyalty_base(lines, document.terms) if lines else 0

    # ------------------------------------------------------------------- rewards
    def _get_loyalty_returned(self, sale_line, cost):
        """How much of the points of a reward line was credited with it."""
        lines = sale_line.invoice_lines.filtered(lambda li: li.parent_state == "posted")
        measure = "price_subtotal" if sale_line.price_unit else "quantity"
        total = {"out_invoice": 0, "out_refund": 0}
        for line in lines:
            units = abs(to_units(line[measure]))
            total[line.move_id.move_type] = total.get(line.move_id.move_type, 0) + units
        return share(cost, total["out_refund"], total["out_invoice"])
