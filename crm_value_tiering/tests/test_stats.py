"""Golden values of the statistics, from the literature and from independent numerics."""

from collections import Counter
from math import exp, gamma, isfinite, lgamma, log
from random import Random

from odoo.tests import BaseCase, tagged

from ..stats import gamma_gamma, mbg_nbd, optimize

# Fitted to the 2,357 customers of the CDNOW sample, weeks, up to 30 September 1997.
CDNOW = mbg_nbd.Parameters(r=0.5248, alpha=6.183, a=0.8914, b=1.614)


def integrate(function, low, high, steps=4000):
    """Simpson's rule."""
    width = (high - low) / steps
    inner = sum(
        (4 if step % 2 else 2) * function(low + step * width)
        for step in range(1, steps)
    )
    return (function(low) + inner + function(high)) * width / 3


def expected_by_quadrature(p, x, big_t, weeks):
    """The defining integral over the leaving probability, substituted with u = s^k so
    that the integrand is smooth at 0 for any a > 0."""
    beta = lgamma(p.a) + lgamma(p.b + x + 1) - lgamma(p.a + p.b + x + 1)
    power = 4 / p.a

    def integrand(s):
        if s in (0.0, 1.0):
            return 0.0
        u = s**power
        bought = -(((p.alpha + big_t) / (p.alpha + big_t + u * weeks)) ** (p.r + x) - 1)
        log_density = (p.a - 1) * log(u) + (p.b + x) * log(1 - u) - beta
        return exp(log_density) * bought / u * power * s ** (power - 1)

    return integrate(integrand, 0.0, 1.0)


@tagged("post_install", "-at_install")
class TestMbgNbd(BaseCase):
    def test_published_customers(self):
        for customer, alive, purchases, quarter in [
            ((2, 30.43, 38.86), 0.7061, 1.2627, 0.3315),
            ((0, 0.0, 38.86), 0.3897, 0.1540, 0.0481),
        ]:
            x, t_x, big_t = customer
            got = mbg_nbd.probability_alive(CDNOW, x, t_x, big_t)
            self.assertAlmostEqual(got, alive, delta=1e-4)
            expected = mbg_nbd.expected_purchases_if_alive(CDNOW, x, big_t, 39)
            self.assertAlmostEqual(got * expected, purchases, delta=1e-4)
            buys = mbg_nbd.probability_buy(CDNOW, x, t_x, big_t, 90 / 7)
            self.assertAlmostEqual(buys, quarter, delta=1e-4)

    def test_expectation_against_its_integral(self):
        """Also where a < 1, a > 1, a is nearly 1 and purchases are many."""
        for a in (0.3, 0.8914, 0.99999999, 1.0, 1.00001, 1.7, 6.0):
            for x, big_t, weeks in ((0, 0.0, 52), (1, 3.0, 156), (40, 100.0, 52)):
                p = mbg_nbd.Parameters(0.5248, 6.183, a, 1.614)
                with self.subTest(a=a, x=x):
                    got = mbg_nbd.expected_purchases_if_alive(p, x, big_t, weeks)
                    expected = expected_by_quadrature(p, x, big_t, weeks)
                    self.assertAlmostEqual(got, expected, delta=2e-4 * max(1, expected))

    def test_likelihood_against_its_definition(self):
        """The likelihood of one customer, integrated over both heterogeneities."""
        x, t_x, big_t = 2, 5.0, 12.0
        p = mbg_nbd.Parameters(1.3, 8.0, 1.5, 2.5)

        def density_p(u):
            beta = gamma(p.a) * gamma(p.b) / gamma(p.a + p.b)
            return u ** (p.a - 1) * (1 - u) ** (p.b - 1) / beta

        def buys(t):
            """Integral of lambda^x e^(-lambda t) over Gamma(r, alpha)."""
            return (
                p.alpha**p.r * gamma(p.r + x) / gamma(p.r) / (p.alpha + t) ** (p.r + x)
            )

        still = integrate(lambda u: density_p(u) * (1 - u) ** (x + 1), 1e-12, 1 - 1e-12)
        gone = integrate(lambda u: density_p(u) * u * (1 - u) ** x, 1e-12, 1 - 1e-12)
        expected = log(still * buys(big_t) + gone * buys(t_x))
        got = -mbg_nbd.negative_log_likelihood(p, {(x, t_x, big_t): 1})
        self.assertAlmostEqual(got, expected, places=5)

    def test_extremes_stay_probabilities(self):
        for x, t_x, big_t in ((0, 0, 0), (2000, 300.0, 300.0), (2000, 1.0, 300.0)):
            for a in (1e-4, 1.0, 1e4):
                p = mbg_nbd.Parameters(0.5, 6.0, a, 1.6)
                alive = mbg_nbd.probability_alive(p, x, t_x, big_t)
                buys = mbg_nbd.probability_buy(p, x, t_x, big_t, 52)
                expected = mbg_nbd.expected_purchases_if_alive(p, x, big_t, 52)
                self.assertTrue(0 <= buys <= alive <= 1, (x, t_x, big_t, a))
                self.assertTrue(isfinite(expected) and expected >= 0, (x, big_t, a))

    def test_nothing_in_no_time(self):
        self.assertEqual(mbg_nbd.expected_purchases_if_alive(CDNOW, 3, 10, 0), 0)

    def test_fit_is_a_maximum(self):
        """On customers simulated from the model's own story."""
        random = Random(7)
        customers = []
        for _number in range(1500):
            rate = random.gammavariate(CDNOW.r, 1 / CDNOW.alpha)
            leaves = random.betavariate(CDNOW.a, CDNOW.b)
            big_t = random.randint(27, 39)
            x, last = 0, 0.0
            while random.random() >= leaves:
                following = last + random.expovariate(rate)
                if following > big_t:
                    break
                x, last = x + 1, following
            customers.append((x, last, float(big_t)))
        fit = mbg_nbd.fit(customers)
        self.assertTrue(fit.converged)
        self.assertEqual(fit.customers, 1500)
        customers = Counter(customers)
        truth = -mbg_nbd.negative_log_likelihood(CDNOW, customers)
        self.assertGreater(fit.log_likelihood, truth)
        for factor in (0.9, 1.1):
            for name in ("r", "alpha", "a", "b"):
                moved = mbg_nbd.Parameters(
                    **{
                        **vars(fit.parameters),
                        name: getattr(fit.parameters, name) * factor,
                    }
                )
                worse = -mbg_nbd.negative_log_likelihood(moved, customers)
                self.assertLessEqual(worse, fit.log_likelihood + 1e-4)

    def test_no_customers(self):
        with self.assertRaisesRegex(ValueError, "No customers"):
            mbg_nbd.fit([])


@tagged("post_install", "-at_install")
class TestGammaGamma(BaseCase):
    GOLDEN = gamma_gamma.Parameters(p=6.249, q=3.745, v=15.448)

    def test_mean(self):
        self.assertAlmostEqual(self.GOLDEN.mean, 35.17, delta=0.01)
        self.assertIsNone(gamma_gamma.Parameters(2.0, 0.9, 10.0).mean)

    def test_spend_is_between_own_and_common_mean(self):
        previous = self.GOLDEN.mean
        for x in (1, 3, 10, 1000):
            spend = gamma_gamma.expected_spend(self.GOLDEN, x, 80.0)
            self.assertTrue(previous < spend < 80.0)
            previous = spend
        self.assertAlmostEqual(
            gamma_gamma.expected_spend(self.GOLDEN, 0, 0), self.GOLDEN.mean
        )
        self.assertIsNone(
            gamma_gamma.expected_spend(gamma_gamma.Parameters(2, 0.9, 10), 0, 0)
        )

    def test_currency_does_not_matter(self):
        """Yen or euros: the same shape, the same spend, a shifted log-likelihood."""
        euros = {(1, 10.0): 3, (2, 35.0): 5, (3, 20.0): 4, (5, 90.0): 2, (1, 60.0): 4}
        yen = {(x, spend * 160): count for (x, spend), count in euros.items()}
        one, other = gamma_gamma.fit(euros), gamma_gamma.fit(yen)
        self.assertAlmostEqual(other.parameters.v / one.parameters.v, 160, delta=0.5)
        self.assertAlmostEqual(
            gamma_gamma.expected_spend(other.parameters, 2, 3200) / 160,
            gamma_gamma.expected_spend(one.parameters, 2, 20),
            delta=0.01,
        )
        self.assertAlmostEqual(
            other.log_likelihood, one.log_likelihood - 18 * log(160), delta=0.001
        )

    def test_bad_input(self):
        with self.assertRaisesRegex(ValueError, "positive mean"):
            gamma_gamma.fit([(1, 0.0)])
        with self.assertRaisesRegex(ValueError, "No repeat buyers"):
            gamma_gamma.fit([])


@tagged("post_install", "-at_install")
class TestOptimize(BaseCase):
    def test_finds_the_minimum(self):
        found = optimize.minimize_positive(
            lambda x, y: (log(x) - 1) ** 2 + 100 * (log(y) - log(x) ** 2) ** 2, (5, 5)
        )
        self.assertTrue(found.converged)
        self.assertAlmostEqual(log(found.point[0]), 1, delta=0.02)
        self.assertAlmostEqual(log(found.point[1]), 1, delta=0.04)

    def test_running_away_is_not_convergence(self):
        found = optimize.minimize_positive(lambda x, y: 1 / (x * y), (1, 1))
        self.assertFalse(found.converged)

    def test_bound_on_work(self):
        found = optimize.minimize_positive(
            lambda x, y: (log(x) - 9) ** 2 + log(y) ** 2, (1, 1), max_evaluations=8
        )
        self.assertFalse(found.converged)
        self.assertLess(found.evaluations, 20)

    def test_function_that_fails_everywhere(self):
        def fails(_x):
            raise OverflowError

        self.assertFalse(optimize.minimize_positive(fails, (1,)).converged)
