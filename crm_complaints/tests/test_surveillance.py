from random import Random

from odoo.tests import TransactionCase, tagged

from odoo.addons.crm_complaints.stats import surveillance as watch

# 200 corps-years of deaths by horse kick (Bortkiewicz 1898)
KICKS = [0] * 109 + [1] * 65 + [2] * 22 + [3] * 3 + [4]
QUIET = (0.3, 1, 2, 3, 5, 8) * 4  # complaints a week of 24 series
ORDERS = 100


@tagged("standard", "post_install", "-at_install")
class TestSurveillance(TransactionCase):
    """Exact limits beside published numbers, and years in which nothing happens."""

    def test_limits(self):
        """Smallest count with a tail of at most 0.001 (C27)."""
        table = {0.25: 4, 0.5: 5, 1: 6, 2: 9, 3: 11, 10: 22}
        found = {expected: watch.limit(expected, 0.001) for expected in table}
        self.assertEqual(found, table)
        self.assertAlmostEqual(watch.tail(6, 1), 0.0006, places=4)
        self.assertAlmostEqual(watch.tail(20, 10), 0.0035, places=4)

    def test_more_sales(self):
        """At 2 %: 40 of 2,000 orders are no news, 12 of 200 are (C28)."""
        self.assertAlmostEqual(watch.tail(40, 40), 0.52, places=2)
        self.assertAlmostEqual(watch.tail(12, 4), 0.0009, places=4)
        self.assertAlmostEqual(watch.tail(40, 20), 0.00005, places=5)
        self.assertAlmostEqual(watch.tail(12, 20), 0.98, places=2)
        baseline = [(20, 1000)] * 26
        busy = watch.judge(baseline, [(20, 1000), (40, 2000)])
        self.assertGreater(busy.chance, 0.4)
        holiday = watch.judge(baseline, [(20, 1000), (12, 200)])
        self.assertLess(holiday.chance, 0.005)
        self.assertEqual(holiday.expected, 4)

    def test_published_rates(self):
        """60 in 51,477.5 against 30 in 54,308.7 (Gu, Ng, Tang, Schucany 2008)."""
        chance = watch.conditional(30, 54308.7, 60, 51477.5)
        self.assertAlmostEqual(chance, 0.000428, places=6)

    def test_false_discoveries(self):
        """The table of Benjamini and Hochberg 1995: 4, where Bonferroni finds 3."""
        chances = [
            .0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240,
            .4262, .5719, .6528, .7590, 1,
        ]  # fmt: skip
        self.assertEqual(watch.discoveries(chances, 0.05), {0, 1, 2, 3})
        self.assertEqual(watch.discoveries([], 0.05), set())

    def test_horse_kicks(self):
        """No alarm in the real years; six in a year are one, five are none."""
        for worst, chance, alarms in ((4, 0.00356, 0), (6, 0.0000425, 1), (5, None, 0)):
            counts = [*KICKS[:-1], worst]
            mean = sum(KICKS) / len(KICKS)
            chances = [watch.tail(count, mean) for count in counts]
            if chance:
                self.assertAlmostEqual(min(chances), chance, delta=chance / 100)
            self.assertEqual(len(watch.discoveries(chances, 0.05)), alarms, worst)

    def test_outbreaks_leave_the_baseline(self):
        """25 weeks of 10 and one of 60: the limit stays 22 (C28)."""
        weeks = [(10, 100)] * 12 + [(60, 100)] + [(10, 100)] * 13
        normal = watch.without_outliers(weeks)
        self.assertEqual(normal, [(10, 100)] * 25)
        finding = watch.judge(weeks, [(10, 100), (10, 100)])
        self.assertEqual(watch.limit(finding.expected, 0.001), 22)

    def test_season(self):
        """December doubles each year: no alarm, once there was a year."""
        baseline, december = [(10, 100)] * 26, [(20, 100), (22, 100)]
        self.assertLess(watch.judge(baseline, december).chance, 0.001)
        before = [(20, 100)] * 5
        self.assertGreater(watch.judge(baseline, december, before).chance, 0.05)

    def test_too_little(self):
        self.assertIsNone(watch.judge([(10, 100)] * 7, [(30, 100)]))
        self.assertIsNone(watch.judge([(0, 100)] * 26, [(30, 100)]))
        self.assertIsNone(watch.judge([(10, 0)] * 26, [(30, 100)]))
        self.assertIsNone(watch.judge([(10, 100)] * 26, [(30, 0)]))

    def test_weeks_that_vary(self):
        """Where every other week is a bad one, a bad week is no news."""
        baseline = [(2, 100), (18, 100)] * 13
        self.assertGreater(watch.spread(baseline), 4)
        wild = watch.judge(baseline, [(10, 100), (24, 100)])
        calm = watch.judge([(10, 100)] * 26, [(10, 100), (24, 100)])
        self.assertGreater(wild.chance, 10 * calm.chance)
        poisson = Random(7)
        flat = [(self._draw(poisson, 10), 100) for _week in range(200)]
        self.assertEqual(watch.spread(flat), 1)

    def test_power(self):
        """What a tripled rate is found with: 0.16 at 1 a week, 0.92 at 6 (C27)."""
        table = {1: 0.16, 3: 0.50, 5: 0.87, 6: 0.92, 8: 0.98}
        for expected, found in table.items():
            self.assertAlmostEqual(watch.power(expected, 0.001), found, delta=0.006)

    # ------------------------------------------------------------------ simulated
    @staticmethod
    def _draw(random, mean):
        """A Poisson number: how many exponential waits fit into the week."""
        count, time = 0, random.expovariate(1)
        while time < mean:
            count += 1
            time += random.expovariate(1)
        return count

    def _alarms(self, series, week):
        """Places of the series that alarm in ``week``, as the nightly job decides."""
        findings = [
            watch.judge(one[week - 27 : week - 1], one[week - 1 : week + 1])
            for one in series
        ]
        known = [place for place, finding in enumerate(findings) if finding]
        chances = [findings[place].chance for place in known]
        return {known[one] for one in watch.discoveries(chances, 0.05)}

    def _simulate(self, random, means, weeks):
        return [
            [(self._draw(random, mean), ORDERS) for _week in range(weeks)]
            for mean in means
        ]

    def test_quiet_years(self):
        """Ten years of 24 series: at most one week in twenty has a false alarm."""
        random = Random(2026)
        alarmed = 0
        weeks = 520
        series = self._simulate(random, QUIET, weeks + 27)
        for week in range(27, weeks + 27):
            alarmed += bool(self._alarms(series, week))
        self.assertLessEqual(alarmed / weeks, 0.05)

    def test_a_tripled_rate_is_found(self):
        """Within two weeks: hardly at 1 a week, in seven cases of ten at 3, in nine
        from 5 on, among 24 other series. What the guide says."""
        for usual, least, most in (
            (1, 0, 0.35),
            (3, 0.65, 0.8),
            (5, 0.88, 1),
            (6, 0.9, 1),
        ):
            with self.subTest(usual=usual):
                found = self._find_spikes(Random(1898), usual, 200)
                self.assertGreaterEqual(found, least)
                self.assertLessEqual(found, most)

    def _find_spikes(self, random, usual, cases):
        """In which share of the cases a tripled rate alarms within two weeks."""
        found = 0
        for _case in range(cases):
            series = self._simulate(random, [*QUIET, usual], 27)
            for one, mean in zip(series, [*QUIET, 3 * usual], strict=True):
                one += [(self._draw(random, mean), ORDERS) for _week in range(2)]
            spiked = len(QUIET)
            found += any(spiked in self._alarms(series, week) for week in (27, 28))
        return found / cases
