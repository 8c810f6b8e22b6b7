from fractions import Fraction

from odoo.tests import BaseCase, tagged

from ..points import earn, net_base, share, to_units


@tagged("post_install", "-at_install")
class TestPoints(BaseCase):
    """The arithmetic: figures from practice and computed by hand."""

    def _reverse(self, earned, invoiced, refunds):
        """What credit notes take back, one after the other, in hundredths."""
        taken, refunded, found = 0, 0, []
        for refund in refunds:
            refunded += refund
            found.append(share(earned, refunded, invoiced) - taken)
            taken += found[-1]
        return found

    def test_refunds_in_any_split_sum_the_same(self):
        for earned, invoiced, refunds, expected in (
            (10000, 9999, [3333] * 3, [3333, 3334, 3333]),
            (1, 300, [100] * 3, [0, 1, 0]),
            (333, 700, [100] * 7, [48, 47, 48, 47, 48, 47, 48]),
            (20000, 12100, [2420, 9680], [4000, 16000]),
        ):
            with self.subTest(earned=earned, invoiced=invoiced):
                self.assertEqual(self._reverse(earned, invoiced, refunds), expected)
                self.assertEqual(sum(expected), earned)

    def test_more_than_the_invoice_takes_back_what_was_given(self):
        self.assertEqual(share(100, 110, 100), 100)
        self.assertEqual(share(100, 5, 0), 0)

    def test_half_up(self):
        """Python rounds 0.5 to the even number; people do not."""
        self.assertEqual(share(1, 1, 2), 1)
        self.assertEqual(share(5, 1, 10), 1)

    def test_rate_per_unit_and_per_full_step(self):
        """5 points for each 2.50."""
        for base, per_unit, per_step in (
            (300, 600, 500), (499, 998, 500), (500, 1000, 1000), (249, 498, 0),
        ):  # fmt: skip
            self.assertEqual(earn(base, 500, 250), per_unit)
            self.assertEqual(earn(base, 500, 250, steps=True), per_step)
        self.assertEqual(earn(-300, 500, 250, steps=True), 0)

    def test_multiplier_and_rounding(self):
        self.assertEqual(earn(9999, 100, 100, 150), 14998)  # 149.985
        self.assertEqual(earn(9999, 100, 100, 150, half_up=True), 14999)
        self.assertEqual(earn(9999, 100, 100, 150, unit=100), 14900)
        self.assertEqual(earn(9999, 100, 100, 150, unit=100, half_up=True), 15000)
        self.assertEqual(earn(9999, 100, 100, 0), 0)

    def test_rounded_once(self):
        """Whatever the numbers: never more than half a unit, or a unit, away."""
        for base in (1, 7, 333, 10**13):
            for points, amount, percent, unit in ((1, 3, 133, 1), (700, 9, 50, 100)):
                exact = Fraction(base * points * percent, amount * 100)
                self.assertLess(
                    exact - earn(base, points, amount, percent, unit=unit), unit
                )
                near = earn(base, points, amount, percent, unit=unit, half_up=True)
                self.assertLessEqual(abs(exact - near), Fraction(unit, 2))

    def test_discounts_are_shared_by_all_goods(self):
        self.assertEqual(net_base([("counts", 26500), ("discount", -10000)]), 16500)
        self.assertEqual(
            net_base([("counts", 10000), ("goods", 10000), ("discount", -1000)]), 9500
        )
        self.assertEqual(net_base([("counts", 100), ("discount", -500)]), 0)
        self.assertEqual(net_base([("counts", -100)]), 0)

    def test_floats_become_whole_numbers_at_once(self):
        self.assertEqual(to_units(0.1 + 0.2), 30)
        self.assertEqual(to_units(1.005), 101)
        self.assertEqual(to_units(10.75, 0), 11)
        for wrong in (float("nan"), float("inf"), float("-inf")):
            with self.assertRaises(ValueError):
                to_units(wrong)
