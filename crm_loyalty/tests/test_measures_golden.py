from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..measures import (
    allocate,
    chain_ladder,
    compare,
    compare_means,
    expect,
    newcombe,
    recognise,
    run_off,
)


@tagged("post_install", "-at_install")
class TestMeasuresGolden(BaseCase):
    """Published and hand-computed figures."""

    def test_revenue_of_points(self):
        """Allocated 9,000: 4,500 of 9,700 expected, then 8,500 of 9,900."""
        first = recognise(Decimal(9000), 4500, 9700)
        second = recognise(Decimal(9000), 8500, 9900)
        self.assertEqual(round(first), 4175)
        self.assertEqual(round(second - first), 3552)

    def test_example_52(self):
        """IFRS 15 IE267–270: the allocation is not cut again when the estimate changes."""
        allocated = allocate(Decimal(100000), Decimal(9500))
        self.assertEqual(round(allocated, 2), Decimal("8675.80"))
        first = recognise(allocated, 4500, 9500)
        second = recognise(allocated, 8500, 9700)
        self.assertEqual(round(first, 2), Decimal("4109.59"))
        self.assertEqual(round(second - first, 2), Decimal("3492.92"))
        self.assertEqual(round(allocated - second, 2), Decimal("1073.29"))

    def test_other_allocations(self):
        """G2 to G4: 2,000 with 156.68 for points; 86.76; 60,000."""
        allocated = allocate(Decimal(2000), Decimal(170))
        self.assertEqual(round(allocated, 2), Decimal("156.68"))
        self.assertEqual(round(recognise(allocated, 1000, 1700), 2), Decimal("92.17"))
        self.assertEqual(
            round(allocate(Decimal(1000), Decimal(95)), 2), Decimal("86.76")
        )
        allocated = allocate(Decimal(300000), Decimal(75000))
        self.assertEqual(allocated, 60000)
        self.assertEqual(recognise(allocated, 10000, 25000), 24000)

    def test_nothing(self):
        self.assertEqual(allocate(Decimal(0), Decimal(0)), 0)
        self.assertEqual(recognise(Decimal(9000), 0, 0), 0)
        self.assertEqual(recognise(Decimal(9000), 5, 4), 9000)

    def test_run_off(self):
        """G5: 25,000 issued, 12,000 redeemed, 10,000 left; 80 %, 95 % and 40 % in all."""
        for rate, wanted in ((0.80, 8000), (0.95, 10000), (0.40, 0)):
            self.assertEqual(run_off(10000, 12000, rate * 25000), wanted)

    TRIANGLE = [[100, 250, 340, 380], [132, 312, 420], [150, 390], [220]]

    def test_chain_ladder(self):
        """G6: the factors and ultimates of the published triangle."""
        factors, ultimates = chain_ladder(self.TRIANGLE)
        for found, wanted in zip(
            factors + ultimates,
            (2.492147, 1.352313, 1.117647, 380.00, 469.41, 589.45, 828.66),
            strict=True,
        ):
            self.assertAlmostEqual(found, wanted, 2)
        self.assertAlmostEqual(sum(ultimates), 2267.52, 2)
        self.assertEqual(chain_ladder([]), ([], []))

    def _cohorts(self, rows):
        return [
            {"issued": issued, "outstanding": issued - row[-1], "redeemed": row}
            for issued, row in zip((1000, 1200, 1500, 2000), rows, strict=False)
        ]

    def test_expected(self):
        """G6: 857.52 of 4,290 points will still be redeemed, 39.7811 % in all."""
        to_come, rate = expect(self._cohorts(self.TRIANGLE))
        self.assertAlmostEqual(sum(to_come), 857.52, 2)
        self.assertAlmostEqual(rate, 0.397811, 6)

    def test_too_little_to_expect(self):
        """Two months, or one that redeems: nobody knows."""
        self.assertIsNone(expect(self._cohorts(self.TRIANGLE[:2])))
        self.assertIsNone(expect(self._cohorts([[10, 20, 30], [0, 0], [0]])))
        self.assertIsNone(expect([]))

    def test_a_young_cohort(self):
        """Nothing redeemed yet: it gets the rate of the others, 1,438.86 of 3,700."""
        to_come, _rate = expect(self._cohorts([*self.TRIANGLE[:3], [0]]))
        ultimates = sum(chain_ladder(self.TRIANGLE[:3])[1])
        self.assertAlmostEqual(to_come[-1], 2000 * ultimates / 3700, 6)

    def test_newcombe(self):
        """G7 to G9: Newcombe 1998, geratools, rpubs."""
        for one, count, other, others, low, high in (
            (56, 70, 48, 80, 0.0524, 0.3339),
            (295, 5000, 250, 5000, 0.0001, 0.0179),
            (192, 1200, 144, 1200, 0.0122, 0.0678),
        ):
            found = newcombe(one / count, count, other / others, others)
            self.assertAlmostEqual(found[1], low, 4)
            self.assertAlmostEqual(found[2], high, 4)

    def test_compare_one_kind(self):
        """In one stratum it is Newcombe's interval."""
        found = compare([(70, 56, 80, 48)], 80, 30)
        self.assertAlmostEqual(found["difference"], 0.2)
        self.assertAlmostEqual(found["low"], 0.0524, 4)
        self.assertAlmostEqual(found["high"], 0.3339, 4)

    def test_compare_like_with_like(self):
        """Members are mostly old customers, who stay anyway: no difference is left.

        90 of 100 old and 5 of 10 new members, against 18 of 20 and 50 of 100 others:
        86 % against 62 % without looking, 86.4 % against 86.4 % with.
        """
        found = compare([(100, 90, 20, 18), (10, 5, 100, 50)], 120, 30)
        self.assertAlmostEqual(found["share"], 95 / 110)
        self.assertAlmostEqual(found["difference"], 0)
        self.assertLess(found["low"], 0)

    def test_compare_means(self):
        """G11: 54.20 (sd 80, n 9,000) against 51.00 (sd 78, n 1,000)."""

        def sums(count, mean, deviation):
            return count, count * mean, (count - 1) * deviation**2 + count * mean**2

        row = (*sums(9000, 54.2, 80), *sums(1000, 51, 78))
        found = compare_means([row], 1000, 30)
        self.assertAlmostEqual(found["difference"], 3.2)
        self.assertAlmostEqual(found["low"], -1.91, 2)
        self.assertAlmostEqual(found["high"], 8.31, 2)
        self.assertIsNone(compare_means([row], 29, 30)["share"])
        # half of them twice: less is known
        wider = compare_means([row], 500, 30)
        self.assertLess(wider["low"], found["low"])

    def test_compare_too_few(self):
        """Below the minimum, or without anybody to compare with: no answer."""
        found = compare([(29, 10, 500, 100)], 500, 30)
        self.assertIsNone(found["share"])
        found = compare([(500, 100, 0, 0)], 0, 30)
        self.assertEqual((found["members"], found["left_out"]), (0, 500))
        self.assertIsNone(found["difference"])
        found = compare([(500, 100, 500, 100)], 12, 30)
        self.assertIsNone(found["share"])
