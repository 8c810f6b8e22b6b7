from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import IncentiveCommon


@tagged("post_install", "-at_install")
class TestIncentiveOrders(IncentiveCommon):
    """Confirmed orders, and what becomes of them."""

    def test_signed(self):
        self._set_plan(self._percent(2))
        march = self._period(3)
        self._sell(date(2024, 3, 10), 1000)
        self._sell(date(2024, 4, 10), 500)
        self._compute()
        self.assertEqual(self._pay(march), "20.00")
        self.assertEqual(self._pay(), "20.00")  # April has no period yet

    def test_edited_and_cancelled(self):
        """What an order is worth is what its events add up to."""
        self._set_plan(self._percent(10))
        self._period(3)
        self._current()
        order = self._sell(date(2024, 3, 10), 1000)
        self._compute()
        order.order_line.price_unit = 1500
        self._compute()
        self.assertEqual(self._pay(), "150.00")
        order._action_cancel()
        self._compute()
        self.assertEqual(self._pay(), "0.00")
        events = self.env["crm.incentive.event"].search(
            [("kind", "=", "order"), ("res_id", "=", order.id)], order="sequence"
        )
        self.assertEqual(events.mapped("amount"), [1000, 500, -1500])

    def test_reduced_and_credited_is_once(self):
        """The order goes from 1,000 to 400 and gets a credit note of 600: 600 less."""
        self._set_plan(self._percent(2))
        self._period(3)
        self._current()
        order = self._sell(date(2024, 3, 10), 1000)
        order.order_line.qty_delivered = 1
        invoice = self._invoice_order(order, date(2024, 3, 11))
        self._compute()
        self.assertEqual(self._pay(), "20.00")
        note = self._reverse(invoice, date(2024, 3, 20))
        self._compute()
        self.assertEqual(note.state, "posted")
        self.assertEqual(self._pay(), "0.00")
        order._action_cancel()
        self._compute()
        self.assertEqual(self._pay(), "0.00")

    def _invoice_order(self, order, day):
        self._set_up_accounting()
        invoice = order._create_invoices()
        invoice.write(
            {"invoice_date": day, "date": day, "journal_id": self.sale_journal.id}
        )
        invoice.action_post()
        return invoice

    def test_split(self):
        """The shares of the order, else those of its opportunity."""
        self._set_plan(self._percent(10))
        march = self._period(3)
        lead = self.env["crm.lead"].create(
            {
                "name": "Incentive Test Deal",
                "type": "opportunity",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "user_id": self.rep.id,
                "incentive_split_ids": [
                    Command.create({"user_id": self.rep.id, "share": 70}),
                    Command.create({"user_id": self.other.id, "share": 30}),
                ],
            }
        )
        self._sell(date(2024, 3, 10), 1000, opportunity_id=lead.id)
        order = self._sell(date(2024, 3, 11), 1000, opportunity_id=lead.id)
        order.incentive_split_ids = [
            Command.create({"user_id": self.other.id, "share": 100})
        ]
        self._compute()
        self.assertEqual(self._pay(march), "70.00")
        self.assertEqual(self._pay(march, self.other), "130.00")

    def test_complex_solution(self):
        """G3: 3,000 once, for who sold it, after somebody else approved it."""
        self._set_plan({"kind": "fixed", "amount": 3000, "trigger": "complex"})
        today = self.company._get_value_today()
        period = self._current()
        order = self._sell(today, 50000)
        criterion = self.env["crm.incentive.criterion"].create(
            {"name": "Several systems", "points": 10, "company_id": self.company.id}
        )
        evaluation = (
            self.env["crm.incentive.evaluation"]
            .with_user(self.rep)
            .create(
                {"order_id": order.id, "criterion_ids": [Command.link(criterion.id)]}
            )
        )
        # Points are what the criteria give, not what somebody sends.
        for vals in ({"points": 99}, {"state": "approved"}):
            with self.assertRaisesRegex(UserError, "Use the buttons"):
                evaluation.write(vals)
        other = self._sell(today, 10)
        with self.assertRaisesRegex(UserError, "begins as a draft"):
            evaluation.create({"order_id": other.id, "points": 99})
        other._action_cancel()
        self._compute()
        self.assertEqual(self._pay(period), "0.00")
        evaluation.with_user(self.approver).action_approve()
        self._compute()
        self.assertEqual(self._pay(period), "3000.00")
        order.order_line.price_unit = 60000
        self._compute()
        self.assertEqual(self._pay(period), "3000.00")  # once
        order._action_cancel()
        self._compute()
        self.assertEqual(self._pay(period), "0.00")

    def test_tier_and_newness_are_those_of_the_day(self):
        """What the customer becomes later does not change what was sold before."""
        self._set_plan(self._percent(2, new_only=True, new_days=30), self._percent(1))
        march, june = self._period(3), self._period(6)
        self._sell(date(2024, 3, 10), 1000)
        self._sell(date(2024, 6, 10), 1000)
        self._compute()
        self.assertEqual(self._pay(march), "20.00")
        self.assertEqual(self._pay(june), "10.00")

    def test_currency_of_the_document(self):
        """IC19: the amount is in company currency at the document's rate."""
        self._set_plan(self._percent(2))
        march = self._period(3)
        foreign = self.env["res.currency"].create(
            {"name": "XIC", "symbol": "I", "rounding": 0.01}
        )
        self.env["res.currency.rate"].create(
            {
                "name": "2024-01-01",
                "rate": 0.9,
                "currency_id": foreign.id,
                "company_id": self.company.id,
            }
        )
        self._sell(date(2024, 3, 10), 900, currency=foreign)
        self._compute()
        self.assertEqual(self._pay(march), "20.00")


@tagged("post_install", "-at_install")
class TestIncentiveInvoices(IncentiveCommon):
    """Posted invoices and credit notes."""

    def test_credit_note(self):
        """IC03: a credit note of 60 % takes back 60 %, by the link of the reversal."""
        self._set_plan(self._percent(2, trigger="invoice"))
        march = self._period(3)
        invoice = self._bill(date(2024, 3, 10), 1000)
        self._bill(date(2024, 3, 20), 600, refund=True, reversed_entry_id=invoice.id)
        self._compute()
        self.assertEqual(self._pay(march), "8.00")
        self.assertEqual(self._pay(march, kind="clawback"), "-12.00")

    def test_stored_terms(self):
        """It is taken back by what it was paid by, not by today's steps."""
        self._set_plan(self._stepped((0, 5), (10000, 8), trigger="invoice"))
        march = self._period(3)
        first = self._bill(date(2024, 3, 10), 9000)
        self._bill(date(2024, 3, 11), 4000)
        self._bill(date(2024, 3, 20), 9000, refund=True, reversed_entry_id=first.id)
        self._compute()
        # 9,000 at 5 %; then 1,000 at 5 % and 3,000 at 8 %; the first is taken back
        self.assertEqual(self._pay(march, kind="clawback"), "-450.00")
        self.assertEqual(self._pay(march), "290.00")

    def test_free_credit_note(self):
        """Without an origin it waits in a list, and takes back once somebody says."""
        self._set_plan(self._percent(10, trigger="invoice"))
        march = self._period(3)
        invoice = self._bill(date(2024, 3, 10), 1000)
        note = self._bill(date(2024, 3, 20), 600, refund=True)
        run = self._compute()
        self.assertEqual(self._pay(march), "100.00")
        self.assertEqual(run.counts["no_origin"], 1)
        self.assertIn("1 credit notes without an invoice", run.summary)
        event = self.env["crm.incentive.event"].search(
            [("kind", "=", "invoice"), ("res_id", "=", note.id)]
        )
        event._set_origin(invoice)
        self._compute()
        self.assertEqual(self._pay(march), "40.00")

    def test_reset_and_posted_again(self):
        self._set_plan(self._percent(10, trigger="invoice"))
        self._period(3)
        self._current()
        invoice = self._bill(date(2024, 3, 10), 1000)
        self._compute()
        invoice.button_draft()
        self._compute()
        self.assertEqual(self._pay(), "0.00")
        invoice.action_post()
        self._compute()
        self.assertEqual(self._pay(), "100.00")

    def test_tax_is_left_out(self):
        """IC06: 120.00 with 20 % in the price is 100.00."""
        self._set_up_accounting()
        self._set_plan(self._percent(5, trigger="invoice"))
        march = self._period(3)
        country = self.env.ref("base.cn")
        self.company.account_fiscal_country_id = country
        group = self.env["account.tax.group"].create(
            {"name": "VT", "company_id": self.company.id, "country_id": country.id}
        )
        tax = self.env["account.tax"].create(
            {
                "name": "20 % in the price",
                "amount": 20,
                "price_include_override": "tax_included",
                "company_id": self.company.id,
                "country_id": country.id,
                "tax_group_id": group.id,
            }
        )
        move = self._bill(
            date(2024, 3, 10),
            0,
            invoice_line_ids=[
                Command.create(
                    {
                        "product_id": self.product.id,
                        "quantity": 1,
                        "price_unit": 120,
                        "tax_ids": [Command.set(tax.ids)],
                    }
                )
            ],
        )
        self.assertEqual((move.amount_untaxed, move.amount_total), (100, 120))
        self._compute()
        self.assertEqual(self._pay(march), "5.00")


@tagged("post_install", "-at_install")
class TestIncentivePayments(IncentiveCommon):
    """Real money only, in proportion."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_plan(cls._percent(4, trigger="payment"))

    def test_in_proportion(self):
        """IC05: 3,000 in March, 7,000 in May, of 10,000 at 4 %."""
        march, may = self._period(3), self._period(5)
        invoice = self._bill(date(2024, 3, 1), 10000)
        run = self._compute()
        self.assertEqual(self._pay(march), "0.00")
        self.assertEqual(run[:1].counts["not_due"], 1)
        self._receive(invoice, date(2024, 3, 20), 3000)
        self._receive(invoice, date(2024, 5, 5), 7000)
        self._compute()
        self.assertEqual(self._pay(march), "120.00")
        self.assertEqual(self._pay(may), "280.00")

    def test_partly_collected(self):
        """GG13: received 8,000 of 10,000 at 4 %: 320.00."""
        march = self._period(3)
        self._receive(self._bill(date(2024, 3, 1), 10000), date(2024, 3, 20), 8000)
        self._compute()
        self.assertEqual(self._pay(march), "320.00")

    def test_reversed_never_paid(self):
        """IC02: an invoice matched with its credit note was never money."""
        march = self._period(3)
        self._reverse(self._bill(date(2024, 3, 1), 1000), date(2024, 3, 20))
        self._compute()
        self.assertFalse(self.env["crm.incentive.line"].search([]))
        self.assertEqual(self._pay(march), "0.00")

    def test_write_off_is_no_money(self):
        """IC04: 980 of 1,000 received, the rest written off with the payment: 39.20."""
        march = self._period(3)
        invoice = self._bill(date(2024, 3, 1), 1000)
        self._bank()
        account = self.env["account.account"].search(
            [("code", "=", "VT5"), ("company_ids", "in", self.company.ids)]
        )
        self._receive(
            invoice,
            date(2024, 3, 20),
            980,
            payment_difference_handling="reconcile",
            writeoff_account_id=account.id,
        )
        self.assertEqual(invoice.payment_state, "paid")
        self._compute()
        self.assertEqual(self._pay(march), "39.20")

    def test_unmatched_again(self):
        march = self._period(3)
        self._current()
        invoice = self._bill(date(2024, 3, 1), 1000)
        self._receive(invoice, date(2024, 3, 20), 1000)
        self._compute()
        self.assertEqual(self._pay(march), "40.00")
        invoice.line_ids.remove_move_reconcile()
        self._compute()
        self.assertEqual(self._pay(), "0.00")

    def test_money_goes_back(self):
        """A paid invoice, credited and paid back: nothing is left."""
        march = self._period(3)
        invoice = self._bill(date(2024, 3, 1), 1000)
        self._receive(invoice, date(2024, 3, 20), 1000)
        note = self._bill(
            date(2024, 3, 22), 1000, refund=True, reversed_entry_id=invoice.id
        )
        self._receive(note, date(2024, 3, 25), 1000)
        self._compute()
        self.assertEqual(self._pay(march), "0.00")

    def test_thirds_add_up(self):
        march = self._period(3)
        invoice = self._bill(date(2024, 3, 1), 100)
        for day, amount in ((5, 33.33), (6, 33.33), (7, 33.34)):
            self._receive(invoice, date(2024, 3, day), amount)
        self._compute()
        events = self.env["crm.incentive.event"].search([("kind", "=", "payment")])
        self.assertEqual(str(self._sum(events.mapped("amount"))), "100.00")
        self.assertEqual(self._pay(march), "4.00")
