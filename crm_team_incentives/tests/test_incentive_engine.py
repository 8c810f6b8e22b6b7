from decimal import Decimal

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import IncentiveCommon


@tagged("post_install", "-at_install")
class TestIncentiveSteps(IncentiveCommon):
    """Published results of others, and the edges of a step."""

    def _total(self, amounts, *steps, **vals):
        version = self._draft(self._stepped(*steps, **vals))
        return sum(map(Decimal, self._case(version, amounts)))

    def test_marginal(self):
        """Trailhead, Aptify, NetSuite, Oracle, Prowi and Spiff print these results."""
        cases = {
            "GG1": ([145000, 20000], [(0, 4), (150000, 6), (250000, 8)], "6900.00"),
            "GG2": ([11000], [(0, 5), (5000, 10), (10000, 15)], "900.00"),
            "GG3": ([8000, 3000], [(0, 0), (10000, 4)], "40.00"),
            "Oracle": (
                [200, 300, 1500, 1200, 2000, 4500],
                [(0, 1), (1000, 2), (3000, 3), (8000, 5)],
                "285.00",
            ),
            "Prowi": ([195000], [(0, 8), (150000, 12), (180000, 16)], "18000.00"),
            "Spiff": ([220000], [(0, 4), (200000, 6)], "9200.00"),
            "5/6/7": ([150000], [(0, 5), (100000, 6), (125000, 7)], "8250.00"),
        }
        for name, (amounts, steps, expected) in cases.items():
            with self.subTest(name):
                self.assertEqual(str(self._total(amounts, *steps)), expected)

    def test_deal_over_an_edge(self):
        version = self._draft(self._stepped((0, 4), (150000, 6), (250000, 8)))
        self.assertEqual(self._case(version, [145000, 20000]), ["5800.00", "1100.00"])

    def test_retroactive(self):
        steps = [(0, 5), (5000, 10), (10000, 15)]
        total = self._total([11000], *steps, step_mode="retroactive")
        self.assertEqual(str(total), "1650.00")

    def test_which_side_of_the_step(self):
        """IC08: exactly 1,500,000 is on the side that the plan says."""
        steps = [(0, 1.75), (1500000, 2.5)]
        retroactive = {"step_mode": "retroactive"}
        for side, exactly in (("lower", "26250.00"), ("upper", "37500.00")):
            with self.subTest(side):
                vals = {**retroactive, "step_side": side}
                self.assertEqual(str(self._total([1500000], *steps, **vals)), exactly)
                self.assertEqual(
                    str(self._total([1500000.01], *steps, **vals)), "37500.00"
                )
                self.assertEqual(
                    str(self._total([1500000], *steps, step_side=side)), "26250.00"
                )

    def test_sentence_says_the_side(self):
        version = self._draft(
            self._stepped((0, 1), (10, 2), step_mode="retroactive", step_side="lower")
        )
        self.assertIn("the lower one exactly at a limit", version.rule_ids.sentence)

    def test_curve(self):
        """The jump of a retroactive step is two points of one total."""
        version = self._draft(self._stepped((0, 1), (1000, 2), step_mode="retroactive"))
        curve = version.rule_ids._get_curve()
        points = [point.split(",") for point in curve["line"].split()]
        self.assertEqual([x for x, _y in points], ["10.0", "210.0", "210.0", "310.0"])
        self.assertEqual(points[1][1], "106.7")  # 10 of 30
        self.assertEqual(points[2][1], "63.3")  # 20 of 30
        self.assertIn("<polyline", version.rule_ids.curve_html)


@tagged("post_install", "-at_install")
class TestIncentiveReadings(IncentiveCommon):
    """The documents' words, in each of their readings."""

    def _weighted(self, reading):
        return self._draft(
            {"kind": "percent", "rate": 2},
            weight_reading=reading,
            weights={self.tier_mid: 45, self.tier_high: 65, self.tier_low: 25},
        )

    def test_tier_weights(self):
        """65/45/25 on 2,000, the pay of a contract of 100,000 at 2 %."""
        expected = {
            "none": ["2000.00"] * 3,
            "relative": ["2888.89", "2000.00", "1111.11"],
            "credit": ["1300.00", "900.00", "500.00"],
            "pool": ["962.96", "666.67", "370.37"],
        }
        for reading, pays in expected.items():
            version = self._weighted(reading)
            for tier, pay in zip(
                (self.tier_high, self.tier_mid, self.tier_low), pays, strict=True
            ):
                with self.subTest(reading=reading, tier=tier.name):
                    self.assertEqual(self._case(version, [100000], tier=tier), [pay])

    def test_example_on_screen(self):
        """What is shown beside the choice is what the computation gives."""
        version = self._weighted("relative")
        for reading in version._get_readings():
            for (name, shown), tier in zip(
                reading["parts"],
                (self.tier_high, self.tier_mid, self.tier_low),
                strict=True,
            ):
                self.assertEqual(name, tier.name)
                key = next(
                    key
                    for key, label in version._fields["weight_reading"].selection
                    if label == reading["label"]
                )
                version.weight_reading = key
                pay = float(self._case(version, [100000], tier=tier)[0])
                self.assertEqual(shown, self._points(pay))

    def _points(self, value):
        return self.env["crm.explanation.mixin"]._format_points(value)

    def test_no_tier_is_the_reference(self):
        self.assertEqual(self._case(self._weighted("relative"), [100000]), ["2000.00"])
        self.assertEqual(self._case(self._weighted("credit"), [100000]), ["900.00"])

    def test_extra_percentage(self):
        """+5 % on 100,000 at 2 %: 5,000 of the amount, or 100 of the commission."""
        for reading, extra in (("points", "5000.00"), ("relative", "100.00")):
            version = self._draft(
                self._percent(2),
                {
                    "kind": "uplift",
                    "rate": 5,
                    "rate_low": 5,
                    "rate_high": 10,
                    "uplift_reading": reading,
                    "tier_ids": [Command.link(self.tier_high.id)],
                },
            )
            with self.subTest(reading):
                case = self._case(version, [100000], tier=self.tier_high)
                self.assertEqual(case, ["2000.00", extra])
                case = self._case(version, [100000], tier=self.tier_low)
                self.assertEqual(case, ["2000.00"])

    def test_the_documents_plan(self):
        """2 % of a new customer's contract, 5 % on high value, 3,000 once if complex."""
        version = self.env["crm.incentive.version"].create({"plan_id": self.plan.id})
        version.action_take_template()
        self.assertEqual(
            self._case(version, [100000], tier=self.tier_high, is_complex=True),
            ["2888.89", "5000.00", "3000.00"],
        )
        self.assertTrue(all(version.example_ids.mapped("is_passed")))

    def test_precedence(self):
        """IC13: A 20, B 30, 10 % on everything and 50 % on B: 17.00 or 20.00."""
        special = self._percent(50, tier_ids=[Command.link(self.tier_high.id)])
        for precedence, pay in (("first", "17.00"), ("add", "20.00")):
            version = self._draft(special, self._percent(10), precedence=precedence)
            with self.subTest(precedence):
                lines = self._case(version, [20], tier=self.tier_low)
                lines += self._case(version, [30], tier=self.tier_high)
                self.assertEqual(str(sum(map(Decimal, lines))), pay)

    def test_new_customers_only(self):
        version = self._draft(self._percent(2, new_only=True))
        self.assertEqual(self._case(version, [1000]), ["20.00"])
        self.assertEqual(self._case(version, [1000], is_new=False), [])


@tagged("post_install", "-at_install")
class TestIncentiveShares(IncentiveCommon):
    """Cents: none is lost, none is found."""

    def _shared(self, version, amount, people):
        """What each of some people, by weight, gets of an amount."""
        engine = self.env["crm.incentive.engine"]
        day = version.date_from
        plans = engine._get_plans_sql(self.company)
        lines = engine._compute_pretended(
            [
                {
                    "event_id": 1,
                    "kind": "order",
                    "document_id": 1,
                    "res_id": 1,
                    "amount": amount,
                    "day": day,
                    "tier_id": None,
                    "customer_since": day,
                }
            ],
            people,
            plans,
            self.company,
        )
        return [str(line["amount"].quantize(Decimal("0.01"))) for line in lines]

    def test_the_last_cent(self):
        """IC12: the largest remainder gets it, then the lowest id."""
        third = self._create_user("incentive_r3", "sales_team.group_sale_salesman")
        people = self.rep + self.other + third
        version = self._set_plan(self._percent(10), people=people)
        shares = [(user.id, None, 1) for user in people]
        self.assertEqual(self._shared(version, 1000, shares[:1]), ["100.00"])
        self.assertEqual(self._shared(version, 1000, shares[:2]), ["50.00"] * 2)
        self.assertEqual(
            self._shared(version, 1000, shares), ["33.34", "33.33", "33.33"]
        )
        # 6.45 at 30 %, published as 1.93 + 4.51 by those who lost a cent
        self.assertEqual(
            self._shared(
                version, 64.5, [(self.rep.id, None, 30), (self.other.id, None, 70)]
            ),
            ["1.94", "4.51"],
        )

    def test_fixed_amount_is_split(self):
        version = self._set_plan({"kind": "fixed", "amount": 100, "trigger": "order"})
        shares = [(self.rep.id, None, 2), (self.other.id, None, 1)]
        self.assertEqual(self._shared(version, 7, shares), ["66.67", "33.33"])


@tagged("post_install", "-at_install")
class TestIncentiveTaking(IncentiveCommon):
    """IC01: every kind of rule takes the sign from the source."""

    def test_every_kind(self):
        steps = self._stepped((0, 5), (10000, 10))
        kinds = {
            "percent": ([self._percent(10)], 1000, ["100.00", "-100.00"]),
            "marginal": ([steps], 12000, ["700.00", "-700.00"]),
            "retroactive": (
                [{**steps, "step_mode": "retroactive"}],
                12000,
                ["1200.00", "-1200.00"],
            ),
            "fixed": (
                [{"kind": "fixed", "amount": 3000}],
                1000,
                ["3000.00", "-3000.00"],
            ),
            "points": (
                [self._percent(2), {"kind": "uplift", "rate": 5}],
                1000,
                ["20.00", "50.00", "-20.00", "-50.00"],
            ),
            "relative": (
                [
                    self._percent(2),
                    {"kind": "uplift", "rate": 5, "uplift_reading": "relative"},
                ],
                1000,
                ["20.00", "1.00", "-20.00", "-1.00"],
            ),
        }
        for name, (rules, amount, expected) in kinds.items():
            with self.subTest(name):
                version = self._draft(*rules)
                self.assertEqual(self._case(version, [amount, -amount]), expected)

    def test_in_proportion(self):
        """Half of 100.00 is taken back for half the amount, with what it was paid by."""
        version = self._draft(self._percent(10))
        self.assertEqual(
            self._case(version, [8000, 3000, -500]), ["800.00", "300.00", "-50.00"]
        )

    def test_never_more_than_it_was(self):
        version = self._draft(self._percent(3.333))
        lines = self._case(version, [10, -3, -3, -3, -3])
        self.assertEqual(str(sum(map(Decimal, lines))), "0.00")

    def test_nothing_to_take(self):
        version = self._draft(self._percent(10))
        self.assertEqual(self._case(version, [-500]), [])


@tagged("post_install", "-at_install")
class TestIncentiveTry(IncentiveCommon):
    """Three numbers in a dialog."""

    def test_result(self):
        version = self._draft(self._percent(10))
        case = self.env["crm.incentive.try"].create({"version_id": version.id})
        self.assertIn("1,050.00", case.result_html)
        case.amount_1 = 0
        self.assertIn("250.00", case.result_html)

    def test_limits(self):
        version = self._draft(self._percent(10))
        for amount in (1e13, -1e13):
            with self.subTest(amount), self.assertRaises(ValidationError):
                self.env["crm.incentive.try"].create(
                    {"version_id": version.id, "amount_1": amount}
                )
