"""Whoever repeats a formula by hand, with what it shows, gets what is shown."""

import re
from math import prod

from odoo.tests import tagged

from .common import ValueCommon

NUMBER = r"(-?[\d,]*\.?\d+)"
PREDICTIVE = re.compile(rf"^{NUMBER} purchases × {NUMBER} V per purchase × {NUMBER} % ")
SIMPLE = re.compile(rf"^{NUMBER} V revenue in the last 365 days × {NUMBER} % ")
BY_RULE = re.compile(
    rf"^{NUMBER} V revenue in the last 365 days × {NUMBER} % margin × {NUMBER}\. "
)


@tagged("post_install", "-at_install")
class TestValueFormula(ValueCommon):
    def _read(self, customer):
        """(formula, amount as shown) of both lifetime values."""
        profile = self._profile(customer)
        parts = profile._get_explanation()["values"]
        return [
            (
                part["formula"].replace("\xa0", " "),
                float(re.search(NUMBER, part["amount"])[0].replace(",", "")),
            )
            for part in parts
        ]

    def _multiply(self, pattern, formula):
        found = pattern.match(formula)
        self.assertTrue(found, formula)
        factors = [float(number.replace(",", "")) for number in found.groups()]
        return prod(factors) / 100  # one of the factors is in percent

    def _check(self, customers, predictive, cent=0.01):
        for customer in customers:
            (simple, first), (formula, second) = self._read(customer)
            with self.subTest(customer.name):
                self.assertAlmostEqual(
                    self._multiply(SIMPLE, simple), first, delta=cent
                )
                self.assertAlmostEqual(
                    self._multiply(predictive, formula), second, delta=cent
                )

    def test_fitted(self):
        """Of small amounts and large ones, and a margin that is no whole percent."""
        self._set_model(margin_rate=33.33, horizon_years=5, discount_rate=7.5)
        customers = self._population(60)
        rich, poor = self._create_customer("rich"), self._create_customer("poor")
        self._buy(rich, self.as_of, 987654.32)
        self._buy(poor, self.as_of, 0.07)
        run = self._run()
        self.assertEqual(run.fit["purchases"]["method"], "fitted")
        self._check(customers + rich + poor, PREDICTIVE)
        formula = self._read(customers[0])[1][0]
        for words in ("33.33 % margin", "(years: 5)", "(7.5 % discount per year)"):
            self.assertIn(words, formula)

    def test_by_the_rule_of_thumb(self):
        """200 × 30 % × (0.5/1.1^0.5 + 0.25/1.1^1.5 + 0.125/1.1^2.5) = 47.52."""
        customer = self._create_customer()
        self._buy(customer, self.as_of.replace(month=3, day=22), 200)
        self._set_model()
        self._run()
        [(_simple, first), (formula, second)] = self._read(customer)
        self.assertEqual((first, second), (100, 47.52))
        self.assertIn("× 30 % margin × 0.792. The factor adds up", formula)
        self.assertIn("with a probability of 50 %", formula)
        customers = self._ladder()
        self._run()
        self._check(customers, BY_RULE)

    def test_nothing_to_multiply(self):
        """No revenue in the last year, or no margin: still a formula, and 0."""
        self._set_model(margin_rate=0)
        customers = self._population(60)
        self._run()
        self._check(customers, PREDICTIVE)
        self.assertEqual(self._read(customers[0])[1][1], 0)

    def test_currency_without_decimals(self):
        self._set_model()
        self.currency.rounding = 1
        customers = self._population(60)
        self._run()
        for customer in customers[:20]:
            (_simple, _first), (formula, second) = self._read(customer)
            product = self._multiply(PREDICTIVE, formula)
            self.assertAlmostEqual(product, second, delta=1)

    def test_as_few_decimals_as_it_takes(self):
        profile = self._create_profile()
        self.assertEqual(profile._get_factor(375.31, 7.797, 0), (375.31 / 7.797, 3))
        self.assertEqual(profile._get_factor(50, 1, 0, digits=0), (50, 0))
        self.assertEqual(profile._get_factor(0, 0, 38.4, digits=0), (38.4, 0))
        for percent, text in ((30, "30 %"), (33.333333, "33.3333 %"), (7.5, "7.5 %")):
            self.assertEqual(profile._round_rate(percent)[1].replace("\xa0", " "), text)

    def _create_profile(self):
        customer = self._create_customer()
        self._buy(customer, self.as_of, 1)
        self._set_model()
        self._run()
        return self._profile(customer)
