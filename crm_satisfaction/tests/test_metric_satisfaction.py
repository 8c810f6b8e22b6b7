from odoo.tests import tagged

from odoo.addons.crm_metric.tests.common import MetricCommon

from .common import SatisfactionCommon


@tagged("post_install", "-at_install")
class TestMetricSatisfaction(SatisfactionCommon, MetricCommon):
    """CSAT and NPS against figures worked out by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer(user_id=cls.seller.id)
        cls.month = cls.as_of.replace(day=1)

    def _say_many(self, counts, kind):
        """``counts``: answer → how often."""
        self._say_all(
            self.customer,
            [answer for answer, count in counts.items() for _nth in range(count)],
            kind,
        )

    def test_csat(self):
        """Fifty answers: 20 × 5, 15 × 4, 8 × 3, 4 × 2, 3 × 1: 35 of 50 are 70 %."""
        self._say_many({5: 20, 4: 15, 3: 8, 2: 4, 1: 3}, "csat")
        self._measure()
        self.assertEqual(self._figure("csat"), 70)
        self.assertEqual(self._figure("csat_mean"), 3.9)  # (100+60+24+8+3)/50
        self.assertEqual(self._figure("satisfaction_answers"), 50)
        self.assertFalse(self._get_facts("nps"), "nobody was asked that")

    def test_nps(self):
        """70 promoters, 10 passives and 20 detractors of 100 make 50."""
        self._say_many({10: 40, 9: 30, 8: 6, 7: 4, 6: 12, 0: 8}, "nps")
        self._measure()
        self.assertEqual(self._figure("nps"), 50)
        self.assertEqual(self._get_facts("nps").value_text, "50.0")
        self.assertFalse(self._get_facts("csat"))

    def test_branch(self):
        """Its answers are the main company's, also when nobody sold anything."""
        main = self._create_company("Metric Test Holding")
        branch = self._create_company("Metric Test Shop", parent_id=main.id)
        self._say(self.customer, 5, company_id=branch.id)
        self._say(self.customer, 2, company_id=main.id)
        due = self.metric_runs._get_companies_to_measure()
        self.assertEqual(due & (main + branch), main)
        self._measure(company=main)
        self.assertEqual(self._figure("csat", company=main), 50)

    def test_nps_ends_of_the_scale(self):
        for answers, expected in (({10: 3}, 100), ({6: 3}, -100), ({8: 3}, 0)):
            with self.subTest(answers=answers), self.env.cr.savepoint() as savepoint:
                self._say_many(answers, "nps")
                self._measure()
                self.assertEqual(self._figure("nps"), expected)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_counts(self):
        """Of the month, of the company, overall, not withdrawn."""
        self._say(self.customer, 5)
        self._say(self.customer, 5, day=self.month)
        self._say(self.customer, 1, dimension="price")
        self._say(self.customer, 1)._withdraw("Typing error")
        self._say(self.customer, 1, day=self.month.replace(month=5, day=31))
        self._say(self.customer, 1, day=self.month.replace(month=7))
        other = self._create_company("Value Test Other Company")
        self._say(self.customer, 1, company_id=other.id)
        self._measure()
        self.assertEqual(self._figure("csat"), 100)
        self.assertEqual(self._figure("satisfaction_answers"), 2)

    def test_whose(self):
        """For who was judged, and totals as ratios of sums, not means of rates."""
        team = self.env["crm.team"].create({"name": "Value Test Team"})
        for user, answers in ((self.seller, [5, 5, 1]), (self.manager, [1])):
            for answer in answers:
                self._say(self.customer, answer, user_id=user.id, team_id=team.id)
        self._measure()
        self.assertAlmostEqual(self._figure("csat", user_id=self.seller), 200 / 3)
        self.assertEqual(self._figure("csat", user_id=self.manager), 0)
        self.assertEqual(self._figure("csat", team_id=team), 50)

    def test_tier_of_the_day(self):
        """A customer who was High when asked counts as High, whatever came after."""
        customers = self._ladder()
        best = customers[0]
        self._run()
        self.assertEqual(self._profile(best).tier_id, self.tier_high)
        self._say(best, 5)
        self.env["crm.value.override"].create(
            {"partner_id": best.id, "tier_id": self.tier_low.id, "reason": "x"}
        )
        self._say(self.customer, 1)
        self._measure()
        self.assertEqual(
            self._figure("csat", groupby="tier_id"), {self.tier_high.id: 100, False: 0}
        )

    def test_erased_person_still_counts(self):
        """Figures that were reported stand."""
        answers = self._say_all(self.customer, [5, 1])
        self._measure()
        answers[0].action_erase()
        self.assertFalse(answers[0].partner_id)
        run = self._measure()
        self.assertEqual(self._figure("csat"), 50)
        self.assertEqual(run.written_count, 0)

    def test_company_without_sales(self):
        company = self._create_company("Value Test Surveyor")
        measured = self.metric_runs._get_companies_to_measure
        self.assertNotIn(company, measured())
        self._say(self.customer, 5, company_id=company.id)
        self.assertIn(company, measured())
