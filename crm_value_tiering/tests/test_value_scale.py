"""The value score: where a customer stands among all, in each dimension."""

from bisect import bisect_left
from dataclasses import replace
from fractions import Fraction
from random import Random

from odoo.tests import BaseCase, tagged
from odoo.tools import SQL

from ..stats.scale import STEPS, Scale
from .common import ValueCommon

MEASURES = {
    "recency": "last_purchase",
    "frequency": "window_purchases",
    "monetary": "revenue_window",
    "variety": "product_count",
}


def count_steps(measures):
    """Steps of a scale, by counting: each percentile (the smallest measure that so many
    percent of the customers have or stay below), the smallest and the largest."""
    ranked = sorted(measures)
    chosen = {ranked[0]} | {
        ranked[-(-len(ranked) * percent // STEPS) - 1]
        for percent in range(1, STEPS + 1)
    }
    return [
        [value, sum(m < value for m in ranked), ranked.count(value)]
        for value in sorted(chosen)
    ]


def get_share(measures, measure):
    """Share of the others that have less; a half when all are equal."""
    if len(set(measures)) == 1:
        return Fraction(1, 2)
    return Fraction(sum(m < measure for m in measures), len(measures) - 1)


@tagged("post_install", "-at_install")
class TestScale(BaseCase):
    def test_every_customer_of_a_small_company(self):
        """Up to a hundred customers the rank is exact, ties share the lower one."""
        chance = Random(4)
        for _book in range(50):
            measures = [
                chance.choice((0, 0, 1, chance.randint(-5, 50)))
                for _customer in range(chance.randint(1, 100))
            ]
            scale = Scale(count_steps(measures))
            for measure in measures:
                self.assertAlmostEqual(
                    scale.share(measure), float(get_share(measures, measure)), 12
                )

    def test_never_off_by_a_hundredth(self):
        chance = Random(5)
        for size in (101, 250, 3000):
            measures = [
                chance.choice((0, 5, round(chance.expovariate(0.01), 2)))
                for _customer in range(size)
            ]
            scale = Scale(count_steps(measures))
            self.assertLessEqual(len(scale.limits), 2 * (STEPS + 1))
            found = [(m, scale.share(m)) for m in sorted(set(measures))]
            self.assertEqual(found, sorted(found, key=lambda pair: pair[1]))
            for measure, share in found:
                error = share - float(get_share(measures, measure))
                self.assertTrue(-1 / STEPS < error < 1e-12, (measure, error))

    def test_ahead_of_all_is_one(self):
        """The best of 2,357 is ahead of all others; nobody else of the best percent."""
        scale = Scale(count_steps(list(range(2357))))
        shares = [scale.share(measure) for measure in range(2357)]
        self.assertEqual(shares[-1], 1)
        self.assertLess(max(shares[:-1]), 0.995)
        self.assertGreater(min(shares[-22:]), 0.98)

    def test_outside(self):
        scale = Scale([[2, 0, 5], [4, 5, 3], [9, 8, 2]])
        self.assertEqual([scale.share(m) for m in (-1, 2)], [0, 0])
        self.assertEqual([scale.share(m) for m in (2.5, 4)], [5 / 9, 5 / 9])
        self.assertEqual([scale.share(m) for m in (4.5, 8.99)], [8 / 9, 8 / 9])
        self.assertEqual(scale.share(9), 8 / 9, "level with another")
        self.assertEqual(scale.share(9.01), 1, "more than anybody had")

    def test_all_equal(self):
        scale = Scale([[2, 0, 5]])
        self.assertEqual((scale.shares, scale.scores), ([0.5], [3]))
        self.assertEqual([scale.share(m) for m in (1, 2, 3)], [0.5] * 3)

    def test_scores_are_fifths(self):
        scale = Scale([[value, value, 1] for value in range(10)])
        self.assertEqual(
            [scale.scores[bisect_left(scale.limits, value)] for value in range(11)],
            [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5],
        )
        self.assertEqual(len(scale.scores), len(scale.shares))


@tagged("post_install", "-at_install")
class TestValueScore(ValueCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_model(
            min_customers=2,
            weight_recency=15,
            weight_frequency=25,
            weight_monetary=40,
            weight_variety=20,
        )

    def _expect(self, profiles, skip=lambda profile, code: False):
        """Value scores from the profiles' measures, exactly, in fractions."""
        model = self.env["crm.value.policy"]._get_for_company(self.company, self.as_of)
        known = {
            code: [p[name] for p in profiles if not skip(p, code)]
            for code, name in MEASURES.items()
        }
        expected = {}
        for profile in profiles:
            points = weights = 0
            for code, name in MEASURES.items():
                if not skip(profile, code):
                    weight = model[f"weight_{code}"]
                    points += weight * get_share(known[code], profile[name])
                    weights += weight
            expected[profile] = float(100 * points / weights)
        return expected

    def test_is_the_weighted_share(self):
        profiles = self._compute(self._population(60))
        self.assertGreater(len(set(profiles.mapped("value_score"))), 40)
        for profile, expected in self._expect(profiles).items():
            self.assertAlmostEqual(profile.value_score, expected, delta=0.005001)

    def _compute(self, customers):
        self._run()
        return self.env["crm.value.profile"].concat(*map(self._profile, customers))

    def test_unknown_measure(self):
        """Who was not measured in a dimension is compared in the others only, and those
        who were with each other."""
        engine = self.registry["crm.value.engine"]
        original = engine._get_all_dimensions

        def get_all_dimensions(engine):
            *others, variety = original(engine)[:4]
            unknown = SQL("NULLIF(f.product_count, 1)")
            return [*others, replace(variety, measure=unknown)]

        self.patch(engine, "_get_all_dimensions", get_all_dimensions)
        profiles = self._compute(self._population(40))
        unknown = profiles.filtered(lambda p: p.product_count == 1)
        self.assertTrue(unknown and profiles - unknown)
        self.assertEqual(set(unknown.mapped("score_variety")), {0})
        expected = self._expect(
            profiles, lambda p, code: code == "variety" and p.product_count == 1
        )
        for profile in profiles:
            self.assertAlmostEqual(
                profile.value_score, expected[profile], delta=0.005001
            )
        *known, part = self._parts(unknown[0].partner_id)
        self.assertEqual((part["points"], part["comparison"]), (None, None))
        weights = [float(part["weight"]) for part in known]
        self.assertEqual(weights, [18.75, 31.25, 50])

    def test_nobody_measured(self):
        engine = self.registry["crm.value.engine"]
        original = engine._get_all_dimensions

        def get_all_dimensions(engine):
            return [
                replace(dimension, measure=SQL("NULL::int"))
                for dimension in original(engine)
            ]

        self.patch(engine, "_get_all_dimensions", get_all_dimensions)
        profile = self._compute(self._population(5))[0]
        self.assertFalse(profile.value_score or profile.tier_id)
        self.assertEqual(profile.data_state, "ok")
        self.assertNotIn("Value Score", str(profile.explanation_html))

    # -------------------------------------------------------------------- in words
    def test_words(self):
        """Ten customers: the third is ahead of seven of the nine others."""
        customers = self._ladder()
        self._run()
        recency, frequency, monetary, _variety = self._parts(customers[2])
        self.assertEqual(
            recency["comparison"].replace("\xa0", " "),
            "more recently than about 78 % of customers",
        )
        self.assertEqual((recency["points"], recency["weight"]), ("11.67", "15"))
        self.assertEqual(
            monetary["comparison"].replace("\xa0", " "),
            "more than about 78 % of customers",
        )
        self.assertEqual(
            (frequency["comparison"], frequency["points"], frequency["score"]),
            ("like all customers: half of the points", "12.50", 3),
        )
        first = self._parts(customers[0])
        self.assertEqual(
            first[0]["comparison"], "more recently than all other customers"
        )
        last = self._parts(customers[-1])
        self.assertEqual(
            [part["comparison"] for part in last[:3:2]],
            ["no customer bought longer ago", "no customer has less"],
        )

    def test_ahead_of_all_is_said_of_one(self):
        """A scale of a hundred steps cannot tell the best from the next ones."""
        self._set_model(weight_monetary=100, weight_recency=0, weight_frequency=0,
                        weight_variety=0)  # fmt: skip
        customers = self.env["res.partner"].create(
            [{"name": f"Value Test {number:03}"} for number in range(350)]
        )
        self._buy_many([(c, self.as_of, 1000 + n) for n, c in enumerate(customers)])
        base = self._run()
        said = {}
        for customer in customers[-4:]:  # the best percent
            part = self._parts(customer)[2]
            said[customer] = part["comparison"].replace("\xa0", " "), part["points"]
        best = customers[-1]
        self.assertEqual(said.pop(best), ("more than all other customers", "100.00"))
        for text, points in said.values():
            self.assertEqual(text, "more than about 99 % of customers")
            self.assertTrue(98 < float(points) < 99.5, points)
        # somebody came since, and has more
        self._buy(customers[0], self.as_of, 9000)
        self.env["crm.value.run"]._execute(
            self.company,
            base.policy_id,
            self.as_of,
            scope=SQL("SELECT %s", customers[0].id),
            base=base,
        )
        self.assertEqual(
            [
                self._parts(c)[2]["comparison"].replace("\xa0", " ")
                for c in (customers[0], best)
            ],
            ["more than all other customers", "more than about 99 % of customers"],
        )

    def test_words_at_the_ends(self):
        """Somebody is level or ahead: not 100 %; somebody is behind: not 0 %."""
        profile = self.env["crm.value.profile"]
        self.assertIn("99", profile._get_comparison_text("frequency", 0.9999))
        self.assertIn("1", profile._get_comparison_text("frequency", 0.0001))
        self.assertEqual(
            profile._get_comparison_text("frequency", 1),
            "more often than all other customers",
        )

    def test_points_sum_to_the_score(self):
        """As somebody would add up the table: the points, and what they are of."""
        for profile in self._compute(self._population(60)):
            [table] = profile._get_explanation()["tables"]
            points, weights = zip(
                *(row["points"].split(" of ") for row in table["rows"]), strict=True
            )
            self.assertEqual(
                sum(round(100 * float(number)) for number in points),
                round(100 * profile.value_score),
            )
            self.assertEqual(sum(map(float, weights)), 100)
            self.assertEqual(
                table["total"],
                {"label": "Value Score", "points": f"{profile.value_score:.2f} of 100"},
            )
