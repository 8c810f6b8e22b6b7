"""Golden values of the statistics, from the literature and from independent numerics."""

from collections import Counter
from math import exp, gamma, isfinite, lgamma, log
from random import Random

from odoo.tests import BaseCase, tagged

from ..stats import gamma_gamma, mbg_nbd, optimize, special

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

    def test_very_frequent_buyer(self):
        """2,500 days of purchases, and still buying: as by simulation."""
        p, x, big_t, weeks = CDNOW, 2499, 2499 / 7, 365 / 7
        self.assertGreater(mbg_nbd.probability_alive(p, x, big_t, big_t), 0.999)
        got = mbg_nbd.expected_purchases_if_alive(p, x, big_t, weeks)
        chance, total, draws = Random(25), 0, 20_000
        for _draw in range(draws):
            pace = chance.gammavariate(p.r + x, 1 / (p.alpha + big_t))
            leaves = chance.betavariate(p.a, p.b + x + 1)
            total += (1 - exp(-pace * leaves * weeks)) / leaves
        self.assertAlmostEqual(got, total / draws, delta=0.5)
        self.assertAlmostEqual(
            got, expected_by_quadrature(p, x, big_t, weeks), delta=0.01
        )

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

    def test_where_the_series_is_slowest(self):
        """Bought a moment ago, ten years ahead: 5,000 terms do not suffice, and what is
        left out is within the bound that the docstring states."""
        weeks, margin = 520, 1e-7  # of the integration
        for alpha, largest in ((0.05, 0.05), (0.5, 1e-4)):
            p = mbg_nbd.Parameters(0.5248, alpha, 0.8914, 1.614)
            series = mbg_nbd.ExpectedPurchases(p)
            error = abs(
                series.if_alive(0, 0.0, weeks)
                - expected_by_quadrature(p, 0, 0.0, weeks)
            )
            [coefficients] = series._coefficients.values()
            self.assertEqual(len(coefficients), mbg_nbd.MOST_TERMS)
            z = weeks / (alpha + weeks)
            left_out = coefficients[-1] * z**mbg_nbd.MOST_TERMS * weeks / alpha
            bound = (p.a + p.b) * (1 - z) ** (p.a - 1) * left_out
            self.assertTrue(0 < error < bound + margin, (alpha, error, bound))
            self.assertLess(bound, largest)

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
        self.assertFalse(fit.prior)
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

    def test_customers_who_all_stay(self):
        """Nobody is seen to leave: the likelihood grows with a -> 0 without end."""
        random = Random(11)
        customers = []
        for _number in range(80):
            rate, t = random.gammavariate(3.0, 0.1), 0.0
            days = []
            while (t := t + random.expovariate(rate)) <= 60:
                days.append(t)
            customers.append((len(days), days[-1] if days else 0.0, 60.0))
        repeaters = [customer for customer in customers if customer[0] > 4]
        fit = mbg_nbd.fit(repeaters)
        self.assertTrue(fit.converged)
        self.assertTrue(fit.prior)
        for customer in repeaters:
            self.assertGreater(
                mbg_nbd.probability_alive(fit.parameters, *customer), 0.5
            )
        self.assertAlmostEqual(
            fit.log_likelihood,
            -mbg_nbd.negative_log_likelihood(fit.parameters, Counter(repeaters)),
        )

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
        with self.assertRaisesRegex(ValueError, "No buyers"):
            gamma_gamma.fit([])

    # ----------------------------------------------------------------- robustness
    def _simulate(self, number, chance):
        """(x, mean spend) of customers as the model has them, with GOLDEN parameters."""
        p, q, v = vars(self.GOLDEN).values()
        customers = Counter()
        for _customer in range(number):
            x = 1 + int(chance.expovariate(0.7))
            rate = chance.gammavariate(q, 1 / v)
            spends = [chance.gammavariate(p, 1 / rate) for _purchase in range(x)]
            customers[x, sum(spends) / x] += 1
        return customers

    def test_outliers(self):
        """Whoever follows the model is one of the others; a bar code as a price is not."""
        customers = self._simulate(3000, Random(3))
        usual, (low, high) = gamma_gamma.split_outliers(customers)
        self.assertEqual(usual, customers)
        self.assertTrue(low < 0.35 and high > 3500, (low, high))
        odd = customers + Counter({(1, 4006381333931.0): 1, (2, 1e-6): 2})
        self.assertEqual(gamma_gamma.split_outliers(odd)[0], customers)

    def test_outliers_where_all_are_alike(self):
        """Everybody pays 9.99: whoever pays 99 is no mistake, who pays 1,000 is."""
        customers = Counter({(1, 9.99): 90, (3, 99.0): 1, (2, 1000.0): 1, (1, 0.05): 1})
        usual, limits = gamma_gamma.split_outliers(customers)
        self.assertEqual(usual, Counter({(1, 9.99): 90, (3, 99.0): 1}))
        for limit, expected in zip(limits, (0.0999, 999), strict=True):
            self.assertAlmostEqual(limit / expected, 1, 9)

    def test_heavy_tail(self):
        """Pareto amounts with an index of 0.8, which have no mean at all: q is held at its
        bound, and nobody is expected to spend many times what they did."""
        chance = Random(8)
        customers = Counter()
        for _customer in range(160):
            x = chance.choice((1, 1, 2, 3))
            level = 100 * chance.paretovariate(0.8)
            spends = [level * chance.uniform(0.7, 1.3) for _purchase in range(x)]
            customers[x, sum(spends) / x] += 1
        fit = gamma_gamma.fit(customers)
        self.assertTrue(fit.converged and fit.bounded)
        self.assertEqual(fit.parameters.q, gamma_gamma.SMALLEST_Q)
        for x, spend in customers:
            expected = gamma_gamma.expected_spend(fit.parameters, x, spend)
            self.assertTrue(0.3 * spend < expected < 3 * spend, (x, spend, expected))
        # the best at that bound: neither a larger nor a smaller p or v is likelier
        for name in ("p", "v"):
            for factor in (0.98, 1.02):
                moved = vars(fit.parameters) | {
                    name: getattr(fit.parameters, name) * factor
                }
                worse = -gamma_gamma.negative_log_likelihood(
                    gamma_gamma.Parameters(**moved), customers
                )
                self.assertLess(worse, fit.log_likelihood)

    def test_bound_does_not_touch_others(self):
        fit = gamma_gamma.fit(self._simulate(3000, Random(4)))
        self.assertFalse(fit.bounded or fit.prior)
        self.assertAlmostEqual(fit.parameters.mean / self.GOLDEN.mean, 1, delta=0.02)


@tagged("post_install", "-at_install")
class TestDerivatives(BaseCase):
    """The derivatives that the fits follow, against differences of the likelihood."""

    def assertDerivatives(self, module, parameters, customers):
        groups = module._by_count(customers)
        _value, derivatives = module._objective(parameters, groups)
        for name, derivative in zip(vars(parameters), derivatives, strict=True):
            sides = []
            for side in (1, -1):
                moved = vars(parameters) | {
                    name: getattr(parameters, name) + side * 1e-5
                }
                sides.append(
                    module.negative_log_likelihood(type(parameters)(**moved), customers)
                )
            difference = (sides[0] - sides[1]) / 2e-5
            self.assertAlmostEqual(
                derivative, difference, delta=1e-5 * max(1, abs(difference)), msg=name
            )

    def test_purchases(self):
        customers = {
            (0, 0.0, 0.0): 2,
            (0, 0.0, 38.9): 5,
            (2, 30.4, 38.9): 1,
            (1, 3.0, 140.0): 3,
            (60, 138.0, 140.0): 1,  # certainly active
            (40, 20.0, 140.0): 1,  # certainly gone
        }
        for a in (0.3, 1.0, 6.0):
            parameters = mbg_nbd.Parameters(0.5248, 6.183, a, 1.614)
            self.assertDerivatives(mbg_nbd, parameters, customers)

    def test_spend(self):
        customers = {(1, 10.0): 3, (2, 35.5): 5, (3, 0.5): 1, (50, 90.0): 2}
        self.assertDerivatives(gamma_gamma, TestGammaGamma.GOLDEN, customers)

    def test_digamma(self):
        """Known values, and psi(x + 1) = psi(x) + 1/x."""
        for x, expected in ((1, -0.5772156649015329), (0.5, -1.9635100260214235)):
            self.assertAlmostEqual(special.digamma(x), expected, places=12)
        for x in (1e-3, 0.7, 7.9, 8.0, 1e6):
            self.assertAlmostEqual(
                special.digamma(x + 1), special.digamma(x) + 1 / x, places=10
            )


@tagged("post_install", "-at_install")
class TestOptimize(BaseCase):
    def test_finds_the_minimum(self):
        """A curved valley (Rosenbrock's) in the logarithms."""

        def valley(x, y):
            u, v = log(x), log(y)
            bend = v - u**2
            return (u - 1) ** 2 + 100 * bend**2, (
                (2 * (u - 1) - 400 * u * bend) / x,
                200 * bend / y,
            )

        found = optimize.minimize_positive(valley, (5, 5))
        self.assertTrue(found.converged)
        self.assertAlmostEqual(log(found.point[0]), 1, delta=0.005)
        self.assertAlmostEqual(log(found.point[1]), 1, delta=0.01)

    def test_running_away_is_not_convergence(self):
        found = optimize.minimize_positive(
            lambda x, y: (1 / (x * y), (-1 / (x * x * y), -1 / (x * y * y))), (1, 1)
        )
        self.assertFalse(found.converged)

    def test_a_parameter_that_does_not_matter_is_not_found(self):
        """There is a lowest value, but anything will do for y."""
        found = optimize.minimize_positive(
            lambda x, y: ((log(x) - 1) ** 2, (2 * (log(x) - 1) / x, 0.0)), (5, 5)
        )
        self.assertAlmostEqual(log(found.point[0]), 1, delta=0.01)
        self.assertFalse(found.converged)

    def test_the_prior_settles_what_the_data_leave_open(self):
        """x is where the data say, y where the search began."""
        found = optimize.estimate(
            lambda point, scale: (
                scale * (log(point[0]) - 1) ** 2,
                (2 * scale * (log(point[0]) - 1) / point[0], 0.0),
            ),
            {"observation": 50},
            lambda terms: sum(terms.values()),
            (5, 3),
        )
        self.assertTrue(found.converged)
        self.assertTrue(found.prior)
        self.assertAlmostEqual(log(found.point[0]), 1, delta=0.01)
        self.assertAlmostEqual(found.point[1], 3, delta=0.01)

    def test_a_saddle_is_no_minimum(self):
        found = optimize.minimize_positive(
            lambda x, y: (
                log(x) ** 2 - log(y) ** 2,
                (2 * log(x) / x, -2 * log(y) / y),
            ),
            (2, 1),
        )
        self.assertFalse(found.converged)

    def test_bound_on_work(self):
        found = optimize.minimize_positive(
            lambda x, y: (
                (log(x) - 9) ** 2 + log(y) ** 2,
                (2 * (log(x) - 9) / x, 2 * log(y) / y),
            ),
            (1, 1),
            max_evaluations=3,
        )
        self.assertFalse(found.converged)
        self.assertLess(found.evaluations, 10)

    def test_function_that_fails_everywhere(self):
        def fails(_x):
            raise OverflowError

        self.assertFalse(optimize.minimize_positive(fails, (1,)).converged)
