"""Who is High, Mid or Low, and who stays so."""

from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueTiers(ValueCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tiers = cls.env["crm.value.tier"]
        cls.high, cls.mid, cls.low = cls.tiers = (
            tiers.create({"name": "Gold", "sequence": 1})
            + tiers.create({"name": "Silver", "sequence": 2})
            + tiers.create({"name": "Bronze", "sequence": 3})
        )

    def _set_tiers(self, rule, limits, **vals):
        field = {"score": "min_score", "clv": "min_clv"}.get(rule, "share")
        return self._set_model(
            min_customers=2,
            tier_rule=rule,
            # amount alone decides, so that the tests can say what is expected
            weight_recency=0,
            weight_frequency=0,
            weight_monetary=100,
            weight_variety=0,
            tier_line_ids=[
                Command.clear(),
                *(
                    Command.create({"tier_id": tier.id, field: limit})
                    for tier, limit in zip(self.tiers, limits, strict=True)
                ),
            ],
            **vals,
        )

    def _customers(self, amounts):
        customers = self.env["res.partner"]
        for number, amount in enumerate(amounts):
            customer = self._create_customer(f"Customer {number}")
            self._buy(customer, self.as_of - timedelta(days=10), amount)
            customers += customer
        return customers

    def _tiers_of(self, customers):
        return "".join(
            self._profile(customer).tier_id.name[0] for customer in customers
        )

    def test_share_of_customers(self):
        self._set_tiers("share_customers", (20, 30, 50))
        customers = self._customers([100 - number for number in range(10)])
        run = self._run()
        self.assertEqual(self._tiers_of(customers), "GGSSSBBBBB")
        # the second is ahead of 8 of 9 others, the fifth of 5
        self.assertEqual(
            [tier.get("limit") for tier in run.calibration["tiers"]],
            ["88.89", "55.56", None],
        )

    def test_share_of_revenue(self):
        self._set_tiers("share_revenue", (60, 30, 10))
        customers = self._customers([500, 50, 45, 40, 35, 30, 25, 20, 15, 10])
        self._run()
        # the best has 500 of 770 (65 %, two 71 %), six have 700 (91 %, five 87 %)
        self.assertEqual(self._tiers_of(customers), "GSSSSSBBBB")

    def test_minimum_score(self):
        self._set_tiers("score", (75, 50, 0))
        customers = self._customers([50, 40, 30, 20, 10])
        self._run()
        self.assertEqual(self._tiers_of(customers), "GGSBB")
        why = [self._profile(customer).explanation_html for customer in customers]
        self.assertIn("reaches the limit of 75.00", why[0])
        self.assertNotIn("begins at", why[0])
        self.assertIn("Gold begins at 75.00.", why[2])
        self.assertIn("Silver begins at 50.00.", why[4])

    def test_minimum_lifetime_value(self):
        self._set_tiers("clv", (150, 50, 0))
        customers = self._customers([400, 200, 10])
        self._run()
        values = [self._profile(customer).clv_predictive for customer in customers]
        self.assertTrue(values[0] >= 150 > values[1] >= 50 > values[2], values)
        self.assertEqual(self._tiers_of(customers), "GSB")

    def test_no_flapping_at_a_limit(self):
        """Falling takes more than the margin; rising takes the limit."""
        self._set_tiers("clv", (100, 50, 0), hysteresis=10)
        customers = self._customers([400, 100, 10])
        subject = customers[0]
        order = subject.sale_order_ids
        self._run()
        profile = self._profile(subject)
        self.assertEqual(profile.tier_id, self.high)
        factor = profile.clv_predictive / 400

        def worth(value):
            order.order_line.price_unit = value / factor
            self._run()
            return profile.tier_id

        self.assertEqual(worth(95), self.high, "within the margin")
        self.assertIn("downgrade tolerance of 10 %", profile.explanation_html)
        self.assertEqual(worth(89), self.mid, "below the margin")
        self.assertEqual(worth(95), self.mid, "rising takes the limit itself")
        self.assertEqual(worth(101), self.high)
        self.assertEqual(worth(20), self.low, "far below: straight down")
        changes = self.env["crm.value.transition"].search(
            [("profile_id", "=", profile.id), ("kind", "=", "tier")], order="id"
        )
        self.assertEqual(changes.mapped("direction"), ["first", "down", "up", "down"])
        self.assertEqual(
            [change.to_tier_id for change in changes],
            [self.high, self.mid, self.high, self.low],
        )
        for earlier, later in zip(changes, changes[1:], strict=False):
            self.assertEqual(earlier.to_tier_id, later.from_tier_id)

    def test_last_tier_takes_the_rest(self):
        self._set_tiers("score", (100, 99, 50))
        customers = self._customers([30, 20, 10])
        self._run()
        self.assertEqual(self._profile(customers[2]).tier_id, self.low)

    def test_ties_at_the_top_leave_a_tier_empty(self):
        """Six equal customers are best: 20 % cannot be met, and they are not split by
        chance. Half of all is met best by the six."""
        self._set_tiers("share_customers", (20, 30, 50))
        customers = self._customers([100] * 6 + [50] * 2 + [1] * 2)
        self._run()
        self.assertEqual(self._tiers_of(customers), "SSSSSSBBBB")

    def test_counts_of_the_run(self):
        self._set_tiers("score", (75, 50, 0))
        self._customers([50, 40, 30, 20, 10])
        run = self._run()
        counts = run.counts["tiers"]
        self.assertEqual(counts[str(self.high.id)]["customers"], 2)
        self.assertEqual(float(counts[str(self.high.id)]["revenue"]), 90)
        self.assertAlmostEqual(counts[str(self.low.id)]["share"], 0.4)
        self.assertIn("Gold", run.summary_html)
        self.assertIn("40.0 %", run.summary_html)


@tagged("post_install", "-at_install")
class TestTiersOfAllCompanies(ValueCommon):
    """All companies share the tiers: who may change them, and with what."""

    def test_managers_of_one_company_do_not(self):
        """Renamed, moved, archived or deleted here, a tier is so everywhere."""
        tier = self.tier_high.with_user(self.manager)
        for change in (
            lambda: tier.write({"name": "Platinum"}),
            lambda: tier.write({"sequence": 99}),
            lambda: tier.action_archive(),
            lambda: tier.unlink(),
            lambda: tier.create({"name": "Platinum"}),
            lambda: tier.write({"pricelist_id": False, "color": 1}),
        ):
            with self.assertRaisesRegex(AccessError, "All companies share this"):
                change()
        with self.assertRaisesRegex(AccessError, "create|modify"):
            self.tier_high.with_user(self.seller).write({"name": "Platinum"})

    def test_the_price_list_is_the_companys_own(self):
        tier = self.tier_high.with_user(self.manager)
        tier.pricelist_id = self._get_pricelist(self.currency)
        self.assertFalse(self.tier_high.with_company(1).pricelist_id)

    def test_who_changes_them(self):
        """Managers who work in every company, and administrators."""
        everywhere = self.env["res.company"].search([])
        self.manager.company_ids = everywhere
        tier = self.tier_high.with_user(self.manager)
        tier.name = "Platinum"
        self.manager.company_ids = self.company
        with self.assertRaises(AccessError):
            tier.name = "Gold"
        self.manager.group_ids += self.env.ref("base.group_system")
        tier.name = "Gold"
        self.assertEqual(self.tier_high.name, "Gold")

    def test_a_price_list_exists(self):
        """Odoo stores any text for it, and fails whenever the tier is read."""
        gone = self._get_pricelist(self.currency)
        gone_id = gone.id
        gone.unlink()
        tier = self.tier_high.with_user(self.manager)
        for value in ("x", gone_id, [5], "1"):
            with (
                self.subTest(value=value),
                self.assertRaisesRegex(ValidationError, "no such price list"),
            ):
                tier.write({"pricelist_id": value})
        with self.assertRaisesRegex(ValidationError, "no such price list"):
            self.env["crm.value.tier"].create({"name": "Bad", "pricelist_id": "x"})
        self.assertTrue(tier.read(["pricelist_id"]))
