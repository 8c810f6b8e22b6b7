"""What is missing to the next tier: said in words, and true."""

from datetime import time, timedelta
from decimal import Decimal

from odoo.tests import freeze_time, tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueMissing(ValueCommon):
    @classmethod
    def _run(cls, as_of=None, company=None):
        """A computation made on the day it is for: changes are measured with it."""
        with freeze_time(cls._to_utc(as_of or cls.as_of, time(12))):
            return super()._run(as_of, company)

    def _recompute_changes(self):
        self.env.cr.flush()
        with freeze_time(self._to_utc(self.as_of, time(13))):
            runs = self.env["crm.value.run"]
            run = runs._recompute_changes(self.company, self.as_of)
        self.assertEqual((run.kind, run.state), ("changes", "done"))

    def _missing(self, customer):
        profile = self._profile(customer)
        return profile._get_missing_sentences(profile._get_explaining_run())

    def _buy_on_free_days(self, customer, number, amount):
        """So many purchases, the latest today, of ``amount`` in all."""
        bought = {order.date_order.date() for order in customer.sale_order_ids}
        days = (self.as_of - timedelta(days=back) for back in range(90))
        free = [day for day in days if day not in bought][:number]
        rest = round(amount - 0.01 * (number - 1), 2)
        self._buy_many(
            [(customer, day, 0.01 if nth else rest) for nth, day in enumerate(free)],
            product=self.product,
        )

    def _get_tier_after(self, customer, number, amount):
        """The tier after these purchases; they are taken back."""
        with self.env.cr.savepoint() as savepoint:
            self._buy_on_free_days(customer, number, amount)
            self._recompute_changes()
            tier = self._profile(customer).tier_id
            savepoint.rollback()
            self.env.cr.precommit.data.clear()
            self.env.invalidate_all()
        return tier

    def test_by_hand(self):
        """Ten customers, one purchase each: 1,000 five days ago, 910 a month before …

        High begins at the score of the second: 30 × 8/9 for recency as for revenue, and
        half of 30 and 10 points for frequency and variety, as all are equal: 73.33. With
        a purchase today the third has 30 + 30 × 7/9 + 20 = 73.33. The fifth needs 7/9
        for revenue, too: more than the fourth's 730, and has 640.
        """
        customers = self._ladder()
        self._run()
        expected = {
            0: [],
            1: [],
            2: ["One more purchase leads to High."],
            4: ["One more purchase of 90.01\xa0V leads to High."],
        }
        for rung, sentences in expected.items():
            self.assertEqual(self._missing(customers[rung]), sentences)
        self.assertEqual(self._get_tier_after(customers[2], 1, 0.01), self.tier_high)
        self.assertEqual(self._get_tier_after(customers[4], 1, 90.01), self.tier_high)
        self.assertEqual(self._get_tier_after(customers[4], 1, 90), self.tier_mid)

    def test_where_it_stands(self):
        """On the Value page and on the card; not with a tier set by hand."""
        third = self._ladder()[2]
        self._run()
        sentence = "One more purchase leads to High."
        third = third.with_user(self.seller)
        self.assertIn(sentence, third.value_explanation_html)
        self.assertIn(sentence, third.get_value_card()[0]["reasons"])
        with freeze_time(self._to_utc(self.as_of, time(12))):
            self.env["crm.value.override"].create(
                {
                    "partner_id": third.id,
                    "tier_id": self.tier_low.id,
                    "reason": "Test",
                    "date_from": self.as_of,
                }
            )
        third.invalidate_recordset()
        self.assertNotIn("leads to", third.value_explanation_html)

    def test_true(self):
        """Whatever is said to be missing: with it, the tier is reached."""
        customers = self._population(60)
        self._set_model(min_customers=5, min_repeaters=10)
        self._run()
        ranked = self.env["crm.value.engine"]._get_ranked_tier_ids()
        kinds, checked = set(), 0
        for customer in customers[::3]:
            profile = self._profile(customer)
            run = profile._get_explaining_run()
            above = profile._get_tier_above(run)
            if not above:
                continue
            for number, amount in profile._get_missing_purchases(
                run, Decimal(above["limit"])
            ):
                kinds.add((number > 1, amount > 0))
                tier = self._get_tier_after(customer, number, amount or number / 100)
                checked += 1
                with self.subTest(customer=customer.name, number=number, amount=amount):
                    self.assertLessEqual(
                        ranked.index(tier.id), ranked.index(above["tier_id"])
                    )
        self.assertGreater(checked, 10)
        self.assertGreaterEqual(kinds, {(True, False), (False, True)})

    def test_by_lifetime_value(self):
        customers = self._ladder()
        self._set_model(
            tier_rule="clv",
            limits={
                self.tier_high: {"min_clv": 500},
                self.tier_mid: {"min_clv": 100},
                self.tier_low: {"min_clv": 0},
            },
        )
        self._run()
        profile = self._profile(customers[9])
        self.assertEqual(profile.tier_id, self.tier_low)
        missing = profile._format_money(100 - profile.clv_predictive)
        self.assertEqual(
            self._missing(customers[9]),
            [f"{missing} of predicted lifetime value are missing to Mid."],
        )

    def test_words(self):
        """Each way that there can be."""
        customers = self._ladder()
        self._run()
        profile = self._profile(customers[2])
        ways = {
            ((1, 0),): "One more purchase leads to High.",
            ((1, 120),): "One more purchase of 120.00\xa0V leads to High.",
            ((2, 0),): "2 more purchases, on different days, lead to High.",
            (
                (2, 0),
                (1, 120),
            ): "2 more purchases, on different days, or one of 120.00\xa0V lead to High.",
            (
                (3, 120),
            ): "3 more purchases, on different days, of 120.00\xa0V in all lead "
            "to High.",
        }
        for way, sentence in ways.items():
            self.assertEqual(profile._get_ways_sentence("High", list(way)), sentence)
