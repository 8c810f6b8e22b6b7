from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import IncentiveCommon


@tagged("post_install", "-at_install")
class TestIncentiveEstimate(IncentiveCommon):
    """What winning would pay: shown, stored nowhere, and equal to what comes."""

    def _deal(self, amount, user=None, **vals):
        return self.env["crm.lead"].create(
            {
                "name": "Incentive Test Deal",
                "type": "opportunity",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "user_id": (user or self.rep).id,
                "expected_revenue": amount,
                **vals,
            }
        )

    def _html(self, document, user=None):
        html = document.with_user(user or self.rep).get_incentive_estimate()
        return str(html).replace("\xa0", " ")

    def test_it_is_what_comes(self):
        """The estimate on a quotation, then the line of the confirmed order."""
        self._set_plan(self._stepped((0, 5), (10000, 8)))
        period = self._current()
        today = self.company._get_value_today()
        self._sell(today, 9000)
        self._compute()
        order = self._create_quotation(self.customer, 4000, user_id=self.rep.id)
        html = self._html(order)
        self.assertIn("If you win this: 290.00", html)
        before = self.env["crm.incentive.line"].search_count([])
        self.assertEqual(before, 1)
        order.action_confirm()
        self._compute()
        self.assertEqual(self._pay(period), "740.00")
        self.assertEqual(self._html(order), "")  # decided

    def test_next_step(self):
        self._set_plan(self._stepped((0, 5), (10000, 8)))
        html = self._html(
            self._create_quotation(self.customer, 9500, user_id=self.rep.id)
        )
        self.assertIn("500.00 V more this month, and the step of 8 % begins", html)

    def test_deal(self):
        self._set_plan(
            self._percent(2),
            {
                "kind": "uplift",
                "rate": 5,
                "tier_ids": [Command.link(self.tier_high.id)],
            },
        )
        html = self._html(self._deal(1000))
        self.assertIn("If you win this: 20.00", html)
        self.assertIn("1,000.00 V × 2 %", html)

    def test_own_part_only(self):
        self._set_plan(self._percent(10))
        deal = self._deal(
            1000,
            incentive_split_ids=[
                Command.create({"user_id": self.rep.id, "share": 70}),
                Command.create({"user_id": self.other.id, "share": 30}),
            ],
        )
        html = self._html(deal)
        self.assertIn("70.00", html)
        self.assertNotIn("30.00", html)
        self.assertIn("somebody else, not you", self._html(deal, self.manager))

    def test_says_why_there_is_none(self):
        self.assertIn("No plan pays you today", self._html(self._deal(10)))
        self._set_plan(self._percent(10, trigger="complex"))
        self.assertIn("no rule fits it", self._html(self._deal(10)))

    def test_rights(self):
        deal = self._deal(10, user=self.other)
        for user in (self.rep, self.outsider, self.portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._html(deal, user)

    def test_cost(self):
        """Few queries, however many lines the month has."""
        self._set_plan(self._percent(10))
        today = self.company._get_value_today()
        self._current()
        for _number in range(5):
            self._sell(date(today.year, today.month, 1), 10)
        self._compute()
        order = self._create_quotation(self.customer, 10, user_id=self.rep.id)
        self._html(order)
        self.env.invalidate_all()
        with self.assertQueryCount(40):
            self._html(order)
