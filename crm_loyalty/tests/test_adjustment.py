from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestAdjustment(LoyaltyCommon):
    """Points by hand: with a reason, within limits, above them by two people."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.write({"crm_grant_limit": 100, "crm_approval_limit": 1000})
        cls.second = cls._create_user("loyalty_second", "sales_team.group_sale_manager")
        cls.member = cls._member()

    def _ask(self, points, user=None, **vals):
        asked = (
            self.env["crm.loyalty.adjustment"]
            .with_user(user or self.seller)
            .create(
                {
                    "member_id": self.member.id,
                    "points": points,
                    "reason": "Late delivery",
                    **vals,
                }
            )
        )
        asked.action_post()
        return asked

    def test_within_the_limit(self):
        asked = self._ask(60)
        self.assertEqual(asked.state, "posted")
        self._assert_balance(60)
        move = self._moves()
        self.assertEqual((move.kind, move.reason), ("grant", "Late delivery"))
        story = move._get_explanation()["summary"]
        self.assertTrue(any("asked for by" in sentence for sentence in story))
        asked.action_post()
        self._assert_balance(60)

    def test_erased_in_both_places(self):
        """A reason may name a person: it goes, the points stay."""
        asked = self._ask(60)
        with self.assertRaisesRegex(AccessError, "Only managers"):
            asked.action_erase()
        asked.with_user(self.manager).action_erase()
        self.assertNotIn("Late", asked.reason)
        self.assertNotIn("Late", self._moves().reason or "")
        self._assert_balance(60)

    def test_many_small_ones_are_a_large_one(self):
        self._ask(60)
        self.assertEqual(self._ask(41).state, "waiting")
        self.assertEqual(self._ask(40).state, "posted")
        self._assert_balance(100)

    def test_above_the_limit_a_manager_decides(self):
        asked = self._ask(101)
        self.assertEqual(asked.state, "waiting")
        self._assert_balance(0)
        with self.assertRaises(AccessError):
            asked.action_approve()
        asked.with_user(self.manager).action_approve()
        self.assertEqual((asked.state, asked.decided_by_id), ("posted", self.manager))
        self._assert_balance(101)
        with self.assertRaises(AccessError):
            asked.with_user(self.second).action_approve()
        self._assert_balance(101)

    def test_above_the_second_limit_another_manager_does(self):
        self.assertEqual(self._ask(1000, self.manager).state, "posted")
        asked = self._ask(1000.01, self.manager)
        self.assertEqual(asked.state, "waiting")
        with self.assertRaises(AccessError):
            asked.action_approve()
        asked.with_user(self.second).action_approve()
        self._assert_balance(2000.01)

    def test_refused(self):
        asked = self._ask(500)
        asked.with_user(self.manager).action_refuse()
        self.assertEqual(asked.state, "refused")
        self._assert_balance(0)
        with self.assertRaises(AccessError):
            asked.with_user(self.manager).action_approve()

    def test_only_managers_take_points(self):
        self._ask(50)
        with self.assertRaises(AccessError):
            self._ask(-10, kind="correct")
        with self.assertRaises(ValidationError):
            self._ask(-10)
        self._ask(-10, self.manager, kind="correct")
        self._assert_balance(40)
        with self.assertRaisesRegex(UserError, "no more can be taken"):
            self._ask(-41, self.manager, kind="correct")

    def test_no_numbers_that_are_none(self):
        """LC15."""
        for points in (0, float("nan"), float("inf"), 10**9 + 1):
            with self.assertRaises(ValidationError):
                self._ask(points, self.manager, kind="correct")
        with self.assertRaises(ValidationError):
            self._ask(5, reason="   ")
        self._assert_balance(0)

    def test_nobody_decides_by_writing(self):
        asked = self._ask(500)
        for vals in (
            {"state": "posted"},
            {"points": 5},
            {"decided_by_id": self.manager.id},
        ):
            for user in (self.seller, self.manager):
                with self.assertRaises(UserError):
                    asked.with_user(user).write(vals)
        forged = (
            self.env["crm.loyalty.adjustment"]
            .with_user(self.seller)
            .create(
                {
                    "member_id": self.member.id,
                    "points": 5000,
                    "reason": "x",
                    "state": "posted",
                }
            )
        )
        self.assertEqual(forged.state, "draft")
        with self.assertRaises(UserError):
            asked.unlink()
        with self.assertRaises(UserError):
            forged.with_user(self.manager).points = 7
