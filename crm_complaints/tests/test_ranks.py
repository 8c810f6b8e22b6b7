from odoo.tests import TransactionCase, tagged

from odoo.addons.crm_complaints.stats import ranks

# Permeability of the human chorioamnion at term and at 12 to 26 weeks: Hollander and
# Wolfe 1973, table 4.1, the example of R's wilcox.test.
AT_TERM = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
EARLY = [1.15, 0.88, 0.90, 0.74, 1.21]


@tagged("standard", "post_install", "-at_install")
class TestRanks(TransactionCase):
    def test_published(self):
        """W = 35; without continuity correction p = 0.1103 on one side, as R prints."""
        self.assertAlmostEqual(ranks.chance(AT_TERM, EARLY) / 2, 0.1103, places=4)
        self.assertEqual(
            ranks.chance(AT_TERM, EARLY), ranks.chance(EARLY, AT_TERM), "two-sided"
        )

    def test_by_hand(self):
        """1 2 | 2 3: ranks 1, 2.5 | 2.5, 4; variance 4/12 (5 − 6/12) = 1.5, z = 1.22."""
        self.assertAlmostEqual(ranks.chance([1, 2], [2, 3]), 0.2207, places=4)

    def test_nothing_to_compare(self):
        self.assertEqual(ranks.chance([], [1]), 1)
        self.assertEqual(ranks.chance([1], []), 1)
        self.assertEqual(ranks.chance([5] * 9, [5] * 20), 1)

    def test_far_apart(self):
        self.assertLess(ranks.chance(range(100, 130), range(30)), 1e-9)

    def test_median(self):
        self.assertIsNone(ranks.median([]))
        self.assertEqual(ranks.median([3, 1, 2]), 2)
        self.assertEqual(ranks.median([4, 1, 2, 3]), 2.5)
