"""Scores, forecast, lifecycle: what follows from the facts."""

from datetime import date, timedelta

from odoo.tests import tagged

from ..stats import gamma_gamma, mbg_nbd
from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueScores(ValueCommon):
    def setUp(self):
        super().setUp()
        self._set_model(min_customers=2)

    def _customers(self, purchases):
        """Customers with ``purchases``: lists of (days ago, amount)."""
        customers = self.env["res.partner"]
        for number, bought in enumerate(purchases):
            customer = self._create_customer(f"Customer {number}")
            for ago, amount in bought:
                self._buy(customer, self.as_of - timedelta(days=ago), amount)
            customers += customer
        return customers

    def test_ties_score_down(self):
        """60 % bought once: they get 1 of 5 for frequency, not 3 or 4."""
        once = [[(10, 100)]] * 6
        often = [[(10 + day, 100) for day in range(count)] for count in (2, 3, 4, 5)]
        customers = self._customers(once + often)
        self._run()
        scores = [self._profile(customer).score_frequency for customer in customers]
        self.assertEqual(scores[:6], [1] * 6)
        self.assertEqual(scores[6:], sorted(scores[6:]), "monotone")
        self.assertEqual(scores[-1], 5)

    def test_five_equal_steps(self):
        customers = self._customers([[(10, 10 * (step + 1))] for step in range(10)])
        self._run()
        scores = [self._profile(customer).score_monetary for customer in customers]
        self.assertEqual(scores, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])

    def test_recent_is_better(self):
        customers = self._customers([[(ago, 10)] for ago in (200, 100, 50, 20, 1)])
        self._run()
        scores = [self._profile(customer).score_recency for customer in customers]
        self.assertEqual(scores, [1, 2, 3, 4, 5])

    def test_all_equal_is_neutral(self):
        customers = self._customers([[(10, 100)]] * 5)
        run = self._run()
        for customer in customers:
            profile = self._profile(customer)
            self.assertEqual(
                (profile.score_recency, profile.score_monetary, profile.value_score),
                (3, 3, 50),
            )
            middle = run.parameters["tiers"][1]["tier_id"]
            self.assertEqual(profile.tier_id.id, middle)
            self.assertIn("same score", profile.explanation_html)

    def test_value_score_is_the_weighted_mean(self):
        self._set_model(
            min_customers=2,
            weight_recency=10,
            weight_frequency=20,
            weight_monetary=30,
            weight_variety=40,
        )
        customers = self._customers([[(ago, ago)] for ago in (5, 10, 20, 40, 80)])
        self._run()
        profile = self._profile(customers[0])  # most recent, smallest amount
        self.assertEqual(
            (
                profile.score_recency,
                profile.score_frequency,
                profile.score_monetary,
                profile.score_variety,
            ),
            (5, 3, 1, 3),
        )
        self.assertEqual(profile.value_score, 10 * 1 + 20 * 0.5 + 30 * 0 + 40 * 0.5)

    def test_too_few_customers(self):
        self._set_model(min_customers=3)
        customers = self._customers([[(5, 10)], [(6, 20)]])
        self._run()
        profile = self._profile(customers[0])
        self.assertEqual(profile.data_state, "insufficient")
        self.assertFalse(
            profile.tier_id or profile.value_score or profile.score_recency
        )
        self.assertEqual(profile.lifecycle, "new", "facts do not need a comparison")
        self.assertIn("too few to compare", profile.explanation_html)

    def test_one_customer(self):
        customers = self._customers([[(5, 10)]])
        self._run()
        self.assertEqual(self._profile(customers).data_state, "insufficient")

    def test_order_of_customers_does_not_matter(self):
        """The same purchases in another order of creation: the same profiles."""
        histories = [[(3, 10)], [(50, 20), (90, 5)], [(200, 70)], [(9, 9), (8, 8)]]
        first = self._customers(histories)
        self._run()
        names = ("value_score", "score_recency", "score_monetary", "clv_simple")
        before = [[self._profile(c)[name] for name in names] for c in first]
        first.active = False
        second = self._customers(histories[::-1])
        self._run()
        after = [[self._profile(c)[name] for name in names] for c in reversed(second)]
        self.assertEqual(before, after)


@tagged("post_install", "-at_install")
class TestValueForecast(ValueCommon):
    def test_rule_of_thumb_says_so(self):
        self._set_model()
        customer = self._create_customer("Thin")
        self._buy(customer, self.as_of - timedelta(days=100), 200)
        run = self._run()
        self.assertEqual(run.fit["purchases"], {
            "method": "rule", "reason": "few", "repeaters": 0,
        })  # fmt: skip
        profile = self._profile(customer)
        self.assertEqual(profile.p_buy_year, 0.5)
        self.assertEqual(profile.clv_simple, 100)
        # 200 × 30 % × (0.5/1.1^0.5 + 0.25/1.1^1.5 + 0.125/1.1^2.5)
        expected = 60 * (0.5 / 1.1**0.5 + 0.25 / 1.1**1.5 + 0.125 / 1.1**2.5)
        self.assertAlmostEqual(profile.clv_predictive, expected, delta=0.005)
        self.assertIn("Rule of thumb", profile.explanation_html)

    def test_thin_data_say_so(self):
        """Everybody buys every month: nobody is seen to leave, nothing to learn from."""
        self._set_model(min_repeaters=10)
        partners = [self._create_customer(f"Monthly {number}") for number in range(12)]
        for partner in partners:
            for month in range(1, 6):
                self._buy(partner, self.as_of - timedelta(days=30 * month), 100)
        fit = self._run().fit["purchases"]
        self.assertEqual((fit["method"], fit["prior"]), ("fitted", True))
        profile = self._profile(partners[0])
        self.assertGreater(profile.p_alive, 0.5)
        self.assertIn("12 customers who bought again", profile.explanation_html)

    def test_sql_equals_the_formulas(self):
        """The figures that PostgreSQL computes are those of the Python module."""
        self._set_model(min_repeaters=10, horizon_years=2, discount_rate=8)
        partners = self._population(60)
        run = self._run()
        self.assertEqual(run.fit["purchases"]["method"], "fitted")
        self.assertEqual(run.fit["spend"]["method"], "fitted")
        buying = mbg_nbd.Parameters(**run.fit["purchases"]["parameters"])
        spending = gamma_gamma.Parameters(**run.fit["spend"]["parameters"])
        for profile in map(self._profile, partners):
            x = profile.purchase_days - 1
            t_x = (profile.last_purchase - profile.first_purchase).days / 7
            big_t = (self.as_of - profile.first_purchase).days / 7
            alive = mbg_nbd.probability_alive(buying, x, t_x, big_t)
            quarter = mbg_nbd.probability_buy(buying, x, t_x, big_t, 90 / 7)
            year = mbg_nbd.probability_buy(buying, x, t_x, big_t, 365 / 7)
            one, two = (
                alive * mbg_nbd.expected_purchases_if_alive(buying, x, big_t, weeks)
                for weeks in (365 / 7, 730 / 7)
            )
            orders = self.env["sale.order"].search(
                [("partner_id", "=", profile.partner_id.id)]
            )
            purchases = profile.purchase_days
            mean = sum(orders.mapped("amount_untaxed")) / purchases
            spend = gamma_gamma.expected_spend(spending, purchases, mean)
            clv = 0.3 * spend * (one / 1.08**0.5 + (two - one) / 1.08**1.5)
            self.assertAlmostEqual(profile.p_alive, alive, delta=1e-6)
            self.assertAlmostEqual(profile.p_buy_quarter, quarter, delta=1e-6)
            self.assertAlmostEqual(profile.p_buy_year, year, delta=1e-6)
            self.assertAlmostEqual(profile.expected_purchases, one, delta=1e-4)
            self.assertAlmostEqual(profile.expected_spend, spend, delta=0.01)
            self.assertAlmostEqual(profile.clv_predictive, clv, delta=0.01)
            self.assertAlmostEqual(
                profile.clv_simple, max(profile.revenue_year, 0) * year, delta=0.01
            )

    def test_without_purchase_there_is_no_forecast(self):
        """Found by hypothesis: ln(b + x) with x = -1 when b < 1."""
        self._set_model(min_repeaters=10)
        self._population(60)
        customer = self._create_customer("Only returns")
        self._buy(customer, self.as_of, -10)
        run = self._run()
        self.assertEqual(run.fit["purchases"]["method"], "fitted")
        self.env.cr.execute(
            "SELECT p_alive, p_buy_year, clv_simple, clv_predictive"
            " FROM crm_value_profile WHERE id = %s",
            [self._profile(customer).id],
        )
        self.assertEqual(self.env.cr.fetchone(), (None, None, None, None))

    def test_earlier_parameters_when_data_gets_thin(self):
        self._set_model(min_repeaters=10)
        partners = self._population(60)
        first = self._run()
        partners[:55].active = False
        second = self._run()
        self.assertEqual(second.fit["purchases"]["method"], "previous")
        self.assertEqual(
            second.fit["purchases"]["parameters"], first.fit["purchases"]["parameters"]
        )
        profile = self._profile(partners[-1])
        self.assertIn("did not support new ones", profile.explanation_html)


@tagged("post_install", "-at_install")
class TestValueLifecycle(ValueCommon):
    """The rules of thumb of the forecast keep the churn part predictable here."""

    def _stage(self, *purchases):
        customer = self._create_customer("Somebody")
        for day, amount in purchases:
            self._buy(customer, day, amount)
        self._run()
        return self._profile(customer)

    def setUp(self):
        super().setUp()
        self._set_model()

    def _ago(self, days):
        return self.as_of - timedelta(days=days)

    def test_new_up_to_the_limit(self):
        self.assertEqual(self._stage((self._ago(90), 10)).lifecycle, "new")
        self.assertEqual(self._stage((self._ago(91), 10)).lifecycle, "declining")

    def test_lost_after_the_limit(self):
        purchases = [(self._ago(days), 10) for days in (600, 500, 365)]
        self.assertNotEqual(self._stage(*purchases).lifecycle, "lost")
        purchases = [(self._ago(days), 10) for days in (600, 500, 366)]
        self.assertEqual(self._stage(*purchases).lifecycle, "lost")

    def test_growing_and_mature_and_declining(self):
        for amount, stage in ((120, "growing"), (119, "mature"), (70, "mature"),
                              (69.99, "declining")):  # fmt: skip
            with self.subTest(amount=amount):
                profile = self._stage((self._ago(400), 100), (self._ago(30), amount))
                self.assertEqual(profile.lifecycle, stage)
                self.assertIn(
                    dict(profile._fields["lifecycle"].selection)[stage],
                    profile.explanation_html,
                )

    def test_churn_level_follows_the_limits(self):
        for ago, level in ((30, "low"), (120, "medium"), (300, "high")):
            with self.subTest(ago=ago):
                profile = self._stage((self._ago(ago + 1), 10), (self._ago(ago), 10))
                self.assertEqual(profile.churn_level, level)

    def test_history_replays_to_the_present(self):
        profile = self._stage((date(2026, 6, 1), 10))
        for as_of in (date(2026, 10, 1), date(2027, 10, 1)):
            self._run(as_of)
        stages = self.env["crm.value.transition"].search(
            [("profile_id", "=", profile.id), ("kind", "=", "lifecycle")], order="id"
        )
        self.assertEqual(stages.mapped("to_lifecycle"), ["new", "declining", "lost"])
        self.assertEqual(stages.mapped("from_lifecycle"), [False, "new", "declining"])
        self.assertEqual(profile.lifecycle, "lost")
