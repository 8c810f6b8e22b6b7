"""What was taken back was not bought; down payments are no purchases of their own."""

from datetime import date, timedelta

from odoo.tests import tagged
from odoo.tools import SQL

from .common import ValueCommon


class ReturnsCommon(ValueCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_model(min_customers=2)

    def _customer(self, *documents):
        """A customer with documents of (day in May, amount), negative: a return."""
        customer = self._create_customer()
        for day, amount in documents:
            self._buy(customer, date(2026, 5, day), amount)
        return customer

    def _read(self, customer):
        """Days, last day and mean amount of the purchases."""
        profile = self._profile(customer)
        last = profile.last_purchase and profile.last_purchase.day
        return profile.purchase_days, last, profile.average_purchase

    def _check(self, expected):
        self._run()
        for customer, figures in expected.items():
            with self.subTest(customer.name):
                self.assertEqual(self._read(customer), figures)


class ReturnsOfAnySource:
    """What holds for orders and for invoices alike."""

    def test_worked_examples(self):
        nothing = (0, False, 0)
        examples = [
            ("nothing returned", [(1, 100), (2, 30)], (2, 2, 65)),
            ("part of the last", [(1, 100), (10, 50), (11, -20)], (2, 10, 65)),
            ("the one of that amount", [(1, 100), (2, 30), (5, -100)], (1, 2, 30)),
            ("the later of two alike", [(1, 9), (4, 9), (5, -9), (6, 7)], (2, 6, 8)),
            ("on the same day", [(7, 40), (7, -40)], nothing),
            ("in two parts", [(1, 100), (3, -60), (9, -40)], nothing),
            ("before it was bought", [(1, -50), (2, 50)], (1, 2, 50)),
            ("two for one", [(1, 10), (2, 20), (3, 5), (4, -25)], (3, 3, 10 / 3)),
            ("more than ever", [(1, 50), (9, -80)], (1, 1, 0)),
            (
                "each of ten",
                [(2 * n + 1, 10 + n) for n in range(10)]
                + [(2 * n + 2, -10 - n) for n in range(10)],
                nothing,
            ),
            (
                "a bonus on the year undoes no visit",
                [(day, 30) for day in range(1, 13)] + [(31, -100)],
                (12, 12, 260 / 12),
            ),
        ]  # fmt: skip
        expected = {}
        for name, documents, figures in examples:
            customer = self._customer(*sorted(documents))
            customer.name = name
            expected[customer] = (*figures[:2], round(figures[2], 2))
        self._check(expected)

    def test_revenue_stays_where_it_was(self):
        customer = self._customer((1, 100), (10, 50), (11, -50))
        self._run()
        self.assertRecordValues(
            self._profile(customer),
            [{"revenue_total": 100, "refund_total": 50, "purchase_days": 1}],
        )

    def test_before_the_return(self):
        """As of a day on which nobody knew."""
        customer = self._customer((1, 100), (9, -100))
        self._run(date(2026, 5, 8))
        self.assertEqual(self._read(customer), (1, 1, 100))
        self._run(date(2026, 5, 9))
        self.assertEqual(self._read(customer), (0, False, 0))

    def test_products_of_what_was_taken_back(self):
        customer = self._customer((1, 10))
        self._buy(customer, date(2026, 5, 2), 70, product=self.products[1])
        self._buy(customer, date(2026, 5, 3), -70, product=self.products[1])
        self._run()
        self.assertEqual(self._profile(customer).product_count, 1)

    def test_changed_customers_only(self):
        """What the hourly job finds for one is what a computation of all finds."""
        customer = self._customer((1, 100), (9, 30))
        self._customer((2, 10), (3, -10))
        base = self._run()
        self._buy(customer, date(2026, 5, 20), -100)
        scope_run = self.env["crm.value.run"]._execute(
            self.company,
            base.policy_id,
            self.as_of,
            scope=SQL("SELECT %s", customer.id),
            base=base,
        )
        self.assertEqual(scope_run.state, "done", scope_run.error)
        self.assertEqual(self._read(customer), (1, 9, 30))


@tagged("post_install", "-at_install")
class TestValueReturns(ReturnsOfAnySource, ReturnsCommon):
    def test_a_mistyped_price(self):
        """A bar code in the price field, reversed the next day (UCI Online Retail)."""
        customers = self._population(60)
        scanner = self._customer((1, 25))
        customers += scanner
        before = self._run()
        names = ("purchase_days", "average_purchase", "revenue_year", "expected_spend",
                 "clv_predictive", "tier_id")  # fmt: skip
        figures = {c: self._profile(c).read(names) for c in customers}
        self._buy(scanner, date(2026, 5, 10), 4006381333931)
        self._buy(scanner, date(2026, 5, 11), -4006381333931)
        run = self._run()
        self.assertEqual(self._read(scanner), (1, 1, 25))
        self.assertEqual(run.fit, before.fit)
        for customer, expected in figures.items():
            self.assertEqual(self._profile(customer).read(names), expected)
        self.assertTrue(0 < self._profile(scanner).clv_predictive < 400)

    def test_a_mistyped_price_that_stands(self):
        """It is the customer's own; the others' figures do not move for it."""
        customers = self._population(60)
        before = self._run().fit["spend"]
        others = {c: self._profile(c).expected_spend for c in customers}
        scanner = self._customer((10, 4006381333931))
        run = self._run()
        spend = run.fit["spend"]
        self.assertEqual(spend["outliers"], 1)
        self.assertEqual(spend["parameters"], before["parameters"])
        for customer, amount in others.items():
            self.assertEqual(self._profile(customer).expected_spend, amount)
        self.assertIn("Look for mistyped", run.summary_html)
        self.assertIn("mistyped price?", self._profile(scanner).explanation_html)
        self.assertNotIn("mistyped", self._profile(customers[0]).explanation_html)

    def test_returned_purchases_are_worth_nothing(self):
        """Ten orders each returned beside ten orders kept."""
        self._population(60)
        days = [(day, 50) for day in range(1, 20, 2)]
        kept = self._customer(*days)
        returned = self._customer(*days, *((day + 1, -50) for day, _amount in days))
        self._run()
        self.assertGreater(self._profile(kept).clv_predictive, 10)
        self.assertEqual(self._profile(returned).data_state, "no_purchase")
        self.assertFalse(self._profile(returned).clv_predictive)

    def test_the_first_purchase_counts(self):
        """Of two customers who bought once, the one who spent more is expected to."""
        self._population(60)
        small, large = self._customer((1, 20)), self._customer((1, 800))
        run = self._run()
        p = run.fit["spend"]["parameters"]
        for customer, amount in ((small, 20), (large, 800)):
            # p (v + amount) / (p + q - 1)
            expected = p["p"] * (p["v"] + amount) / (p["p"] + p["q"] - 1)
            self.assertAlmostEqual(
                self._profile(customer).expected_spend, expected, delta=0.01
            )
        self.assertEqual(run.fit["spend"]["customers"], 62)

    def test_parameters_of_an_earlier_version(self):
        """They are of repeat purchases only: not applied to all of them."""
        customers = self._population(60)
        run = self._run()
        old = {name: v for name, v in run.fit["spend"].items() if name != "customers"}
        run.fit = {**run.fit, "spend": old}
        self.assertFalse(self.env["crm.value.engine"]._can_apply(run))
        self._set_model(min_repeaters=1000)
        again = self._run()
        self.assertEqual(again.fit["purchases"]["method"], "previous")
        self.assertEqual(again.fit["spend"]["method"], "rule")
        profile = self._profile(customers[0])
        self.assertEqual(profile.expected_spend, profile.average_purchase)


@tagged("post_install", "-at_install")
class TestValueReturnsOfInvoices(ReturnsOfAnySource, ReturnsCommon):
    """With invoices and credit notes, and what these know beside."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_model(source="invoice")

    @classmethod
    def _buy(cls, partner, day, amount, **vals):
        return cls._invoice(partner, day, abs(amount), refund=amount < 0, **vals)

    def test_a_credit_note_names_its_invoice(self):
        """60 of the first are taken back, not the second, which cost as much."""
        customer = self._create_customer()
        first = self._invoice(customer, date(2026, 5, 1), 100)
        self._invoice(customer, date(2026, 5, 2), 60)
        self._invoice(
            customer, date(2026, 5, 3), 60, refund=True, reversed_entry_id=first.id
        )
        self._check({customer: (2, 2, 50)})

    # --------------------------------------------------------------- instalments
    def _order(self, customer):
        order = self._create_quotation(customer, 1000)
        order.order_line.product_id.invoice_policy = "order"
        order.action_confirm()
        return order

    def _post(self, invoice, days):
        invoice.journal_id = self.sale_journal
        invoice.invoice_date = self.as_of - timedelta(days=days)
        invoice.action_post()

    def _pay_down(self, order, percent, days):
        self.env["sale.advance.payment.inv"].with_context(
            active_model="sale.order", active_ids=order.ids, active_id=order.id
        ).create(
            {"advance_payment_method": "percentage", "amount": percent}
        ).create_invoices()
        invoice = order.invoice_ids.filtered(lambda move: move.state == "draft")
        self._post(invoice, days)
        return invoice

    def test_instalments_are_one_purchase(self):
        """30 %, 30 %, the rest: worth as much as all at once."""
        self._set_up_accounting()
        once, thrice = self._create_customer(), self._create_customer()
        self._post(self._order(once)._create_invoices(), 40)
        order = self._order(thrice)
        self._pay_down(order, 30, 100)
        self._pay_down(order, 30, 70)
        self._run()
        self.assertRecordValues(
            self._profile(thrice),
            [{"purchase_days": 0, "revenue_total": 600, "data_state": "no_purchase"}],
        )
        self.assertIn("down payments", self._profile(thrice).explanation_html)
        self._post(order._create_invoices(final=True), 40)
        self.assertEqual(
            order.invoice_ids.sorted("invoice_date").mapped("amount_untaxed"),
            [300, 300, 400],
        )
        self._run()
        for name in (
            "purchase_days", "last_purchase", "average_purchase", "revenue_total",
            "product_count", "expected_spend", "clv_predictive",
        ):  # fmt: skip
            with self.subTest(name):
                self.assertEqual(self._profile(thrice)[name], self._profile(once)[name])
        self.assertEqual(self._profile(thrice).average_purchase, 1000)

    def test_a_down_payment_that_is_paid_back(self):
        self._set_up_accounting()
        customer = self._create_customer()
        order = self._order(customer)
        invoice = self._pay_down(order, 30, 50)
        refund = invoice._reverse_moves([{"invoice_date": self.as_of}])
        refund.action_post()
        self._run()
        self.assertRecordValues(
            self._profile(customer), [{"purchase_days": 0, "revenue_total": 0}]
        )

    def test_all_paid_down(self):
        """The last invoice is of nothing, and yet the purchase."""
        self._set_up_accounting()
        customer = self._create_customer()
        order = self._order(customer)
        self._pay_down(order, 100, 60)
        self._post(order._create_invoices(final=True), 30)
        self._run()
        self.assertRecordValues(
            self._profile(customer),
            [
                {
                    "purchase_days": 1,
                    "last_purchase": self.as_of - timedelta(days=30),
                    "average_purchase": 1000,
                    "revenue_total": 1000,
                }
            ],
        )
        self.assertFalse(self._profile(customer).refund_total)
