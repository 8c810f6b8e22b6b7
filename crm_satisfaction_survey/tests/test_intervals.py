from odoo.tests import TransactionCase, tagged

from odoo.addons.crm_satisfaction_survey.stats import intervals


@tagged("standard", "post_install", "-at_install")
class TestIntervals(TransactionCase):
    """Published values, and those worked out in the field's cases (N01 to N08)."""

    def _assert_interval(self, found, low, high, places=1):
        self.assertAlmostEqual(found[0], low, places=places)
        self.assertAlmostEqual(found[1], high, places=places)

    def test_score(self):
        self.assertAlmostEqual(intervals.nps(3, 2, 1), 33.3, places=1)
        self.assertEqual(intervals.nps(50, 30, 20), 30)
        self.assertEqual(intervals.nps(10, 0, 0), 100)
        self.assertIsNone(intervals.nps(0, 0, 0))

    def test_standard_errors(self):
        """Rocks' own tests."""
        for numbers, error in (
            ((3, 2, 1), 30.4),
            ((1, 0, 1), 70.7),
            ((1, 1, 0), 35.4),
            ((1, 1, 1), 47.1),
        ):
            self.assertAlmostEqual(intervals.nps_error(*numbers), error, places=1)
        self.assertIsNone(intervals.nps_error(0, 0, 0))

    def test_ranges(self):
        self._assert_interval(intervals.nps_interval(3, 2, 1), -26.7, 71.2)
        self._assert_interval(intervals.nps_interval(50, 30, 20), 14.1, 44.2)
        self._assert_interval(intervals.nps_interval(10, 0, 0), 47.5, 100)
        self.assertIsNone(intervals.nps_interval(0, 0, 0))

    def test_third_each(self):
        """At a third each and 400 answers, about 8 points to each side."""
        low, high = intervals.nps_interval(133, 134, 133)
        self.assertAlmostEqual((high - low) / 2, 8.0, delta=0.1)

    def test_shares(self):
        """Newcombe's examples (1998), and three statements of the same 90 %."""
        for count, answers, low, high, places in (
            (81, 263, 25.53, 36.62, 2),
            (15, 148, 6.24, 16.05, 2),
            (9, 10, 59.6, 98.2, 1),
            (90, 100, 82.6, 94.5, 1),
            (450, 500, 87.1, 92.3, 1),
        ):
            found = intervals.share_interval(count, answers)
            self._assert_interval(found, low, high, places)
        self.assertIsNone(intervals.share_interval(0, 0))
