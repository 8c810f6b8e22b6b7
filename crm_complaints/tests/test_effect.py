from fractions import Fraction
from math import comb

from odoo.tests import TransactionCase, tagged

from odoo.addons.crm_complaints.stats import effect


@tagged("standard", "post_install", "-at_install")
class TestEffect(TransactionCase):
    """The exact test, beside numbers worked out elsewhere and exact fractions."""

    def test_golden(self):
        """shared numbers of the field's cases: 12/600 against 3/900 and so on."""
        self.assertAlmostEqual(effect.chance(12, 600, 3, 900), 0.0019, places=4)
        self.assertEqual(effect.judge(12, 600, 3, 900), "effective")
        self.assertAlmostEqual(effect.chance(8, 400, 5, 400), 0.2905, places=4)
        self.assertEqual(effect.judge(8, 400, 5, 400), "not_shown")
        self.assertAlmostEqual(effect.chance(12, 600, 0, 60), 0.3186, places=4)
        self.assertEqual(effect.judge(12, 600, 0, 60), "too_early")

    def test_published(self):
        """60 in 51,477.5 against 30 in 54,308.7 (Gu, Ng, Tang, Schucany 2008)."""
        self.assertAlmostEqual(
            effect.chance(60, 51477.5, 30, 54308.7), 0.000428, places=6
        )

    def test_exact(self):
        for figures in ((12, 600, 3, 900), (1, 7, 1, 3), (40, 900, 39, 901)):
            before, before_orders, after, after_orders = figures
            count = before + after
            share = Fraction(after_orders, before_orders + after_orders)
            exact = sum(
                comb(count, hits) * share**hits * (1 - share) ** (count - hits)
                for hits in range(after + 1)
            )
            self.assertAlmostEqual(effect.chance(*figures), float(exact), places=12)

    def test_nothing_to_compare(self):
        for figures in ((0, 0, 0, 0), (3, 0, 0, 10), (3, 10, 0, 0), (0, 10, 4, 10)):
            self.assertEqual(effect.chance(*figures), 1.0, figures)
        self.assertEqual(effect.judge(3, 10, 0, 0), "too_early")
