from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueSale(ValueCommon):
    """The tier on quotations and orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls.best, cls.worst = cls.customers[0], cls.customers[-1]
        cls._run()
        cls.orders = cls.env["sale.order"]

    def test_follows_the_customer(self):
        order = self._create_quotation(self.best, 10)
        self.assertEqual(order.value_tier_id, self.tier_high)
        self.assertEqual(order.value_tier_color, self.tier_high.color)
        order.partner_id = self.worst
        self.assertEqual(order.value_tier_id, self.tier_low)
        order.partner_id = self._create_customer()
        self.assertFalse(order.value_tier_id)

    def test_contact_of_the_customer(self):
        contact = self._create_customer("Value Test Buyer", parent_id=self.best.id)
        order = self._create_quotation(contact, 10)
        self.assertEqual(order.value_tier_id, self.tier_high)

    def test_typed_by_a_seller(self):
        form = Form(self.orders.with_user(self.seller))
        form.partner_id = self.best
        self.assertEqual(form.value_tier_id, self.tier_high)
        form.partner_id = self.worst
        self.assertEqual(form.value_tier_id, self.tier_low)

    def test_run_updates_quotations(self):
        order = self._create_quotation(self.worst, 10)
        self.assertEqual(order.value_tier_id, self.tier_low)
        self._buy(self.worst, self.as_of, 10000)
        self._run()
        self.assertEqual(order.value_tier_id, self.tier_high)

    def test_search(self):
        for customer in self.customers:
            self._create_quotation(customer, 10)
        stranger = self._create_customer()
        self._create_quotation(stranger, 10)
        domain = [("company_id", "=", self.company.id), ("state", "=", "draft")]
        for operator, value, expected in (
            ("=", self.tier_high.id, self.customers[:2]),
            ("!=", self.tier_high.id, self.customers[2:] + stranger),
            (
                "in",
                [self.tier_high.id, self.tier_low.id],
                self.customers[:2] + self.customers[6:],
            ),
            ("=", False, stranger),
            ("ilike", self.tier_mid.name, self.customers[2:6]),
        ):
            with self.subTest(operator=operator, value=value):
                found = self.orders.search(
                    [*domain, ("value_tier_id", operator, value)], order="id"
                )
                self.assertEqual(found.partner_id, expected)

    def test_each_company_its_own(self):
        """An order shows, and is found by, the tier of its own company."""
        other = self._mirror_company(self.worst, self.best)
        there = self.orders.search(
            [("company_id", "=", other.id), ("partner_id", "=", self.worst.id)]
        )
        here = self._create_quotation(self.worst, 10)
        both = here + there
        self.assertEqual(here.value_tier_id, self.tier_low)
        self.assertEqual(there.value_tier_id, self.tier_high)
        self.seller.company_ids = [Command.link(other.id)]
        for companies in ((self.company + other).ids, (other + self.company).ids):
            orders = both.with_context(allowed_company_ids=companies)
            for order in orders:
                tier = order.value_tier_id
                with self.subTest(companies=companies, tier=tier.name):
                    found = orders.search(
                        [("id", "in", both.ids), ("value_tier_id", "=", tier.id)]
                    )
                    self.assertEqual(found, order)

    def test_hidden_from_others(self):
        accountant = self._create_user(
            "value_accountant", "account.group_account_invoice"
        )
        fields = self.orders.with_user(accountant).fields_get()
        self.assertNotIn("value_tier_id", fields)
        self.assertIn("value_tier_id", self.orders.with_user(self.seller).fields_get())
