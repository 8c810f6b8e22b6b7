from datetime import date, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestLedger(LoyaltyCommon):
    """Lots, debts and what comes back."""

    def _redeem(self, points, partner=None):
        member = self._member(partner)
        return member._redeem(
            100 * points, {"kind": "redeem", "key": member._get_next_key("test")}
        )

    def _reverse(self, move, points):
        member = move.member_id._get_current()
        return member._take(
            100 * points,
            {
                "kind": "reverse",
                "key": member._get_next_key("test"),
                "reversal_of_id": move.id,
            },
            own=move.made_lot_ids._get_heirs(),
        )

    def _restore(self, move, points):
        member = move.member_id._get_current()
        return member._restore(
            move, 100 * points, {"key": member._get_next_key("test")}
        )

    def _left(self, *moves):
        return [move.made_lot_ids.remaining / 100 for move in moves]

    def test_oldest_first(self):
        late = self._grant(50, days=90)
        soon = self._grant(30, days=10)
        never = self._grant(20, days=0)
        self._redeem(45)
        self.assertEqual(self._left(soon, late, never), [0, 35, 20])
        self._redeem(50)
        self.assertEqual(self._left(soon, late, never), [0, 0, 5])
        self._assert_balance(5)

    def test_no_more_than_there_is(self):
        self._grant(99.99)
        with self.assertRaisesRegex(UserError, "Loyalty Test A has 99.99 points"):
            self._redeem(100)
        self._assert_balance(99.99)

    def test_given_back_to_their_lots(self):
        """The last points taken come back first, whatever the parts."""
        first, second = self._grant(60, days=10), self._grant(40, days=20)
        move = self._redeem(100)
        self._restore(move, 30)
        self.assertEqual(self._left(first, second), [0, 30])
        self._restore(move, 70)
        self.assertEqual(self._left(first, second), [60, 40])
        self._assert_balance(100)
        with self.assertRaisesRegex(UserError, "More points would be given back"):
            self._restore(move, 1)

    def test_taken_back_from_its_own_lot_then_from_others_then_owed(self):
        earned = self._grant(50, days=90)
        other = self._grant(30, days=10)
        self._reverse(earned, 10)
        self.assertEqual(self._left(earned, other), [40, 30])
        self._redeem(60)  # 30 of the other one, 30 of the first
        self._reverse(earned, 40)
        self.assertEqual(self._left(earned, other), [0, 0])
        self._assert_balance(0, debt=30)

    def test_new_points_settle_a_debt_first(self):
        """LC18 without a waiting time."""
        earned = self._grant(20)
        self._redeem(20)
        self._reverse(earned, 20)
        self._assert_balance(0, debt=20)
        self._grant(50)
        self._assert_balance(30)
        self.assertEqual(
            self._moves().mapped("kind"),
            ["grant", "redeem", "reverse", "grant", "repay"],
        )

    def test_a_reversal_eats_what_waits(self):
        """LC18 with a waiting time."""
        member = self._member()
        move = member._earn(
            2000,
            {"kind": "grant", "key": "waits"},
            available_from=self.today[0] + timedelta(days=14),
        )
        self._assert_balance(0, pending=20)
        self._reverse(move, 20)
        self._assert_balance(0)

    def test_a_debt_that_was_settled_comes_back_as_new_points(self):
        earned = self._grant(20)
        self._redeem(20)
        reversal = self._reverse(earned, 20)
        self._grant(50)
        self._restore(reversal, 20)
        self._assert_balance(50)
        self.assertEqual(self._moves()[-2:].mapped("kind"), ["regrant", "restore"])

    def test_a_debt_that_is_open_ends(self):
        earned = self._grant(20)
        self._redeem(20)
        self._restore(self._reverse(earned, 20), 15)
        self._assert_balance(0, debt=5)

    def test_the_same_request_twice(self):
        """LC03: the second answer is the first move."""
        first = self._grant(100, key="same")
        self.assertEqual(self._grant(100, key="same"), first)
        self.assertEqual(self._grant(70, key="same"), first)
        self._assert_balance(100)

    def test_no_numbers_that_are_none(self):
        member = self._member()
        for points in (0, -5000, 10**11 + 1):
            for verb in (member._earn, member._take, member._redeem):
                with self.assertRaises(ValidationError):
                    verb(points, {"kind": "grant", "key": f"{points}"})
        self._assert_balance(0)

    def test_large_numbers_are_exact(self):
        """A thousand million points, and one hundredth."""
        self._grant(10**9, days=0)
        self._grant(0.01, days=0)
        self._assert_balance(1_000_000_000.01)
        self._redeem(10**9)
        self._assert_balance(0.01)

    def test_running_balance_is_the_sum_so_far(self):
        """LC19: +50, −50, +21, −21, +50 end at 50."""
        self._grant(50)
        redeemed = self._redeem(50)
        earned = self._grant(21)
        self._reverse(earned, 21)
        self._restore(redeemed, 50)
        self.assertEqual(
            self._moves().mapped("points"), [5000, -5000, 2100, -2100, 5000]
        )
        self._assert_balance(50)

    # -------------------------------------------------------------------- expiry
    def test_expiry_takes_what_is_left_only(self):
        """LC20: earned 100, spent 100, earned 50; the first day passes: 50."""
        self._grant(100, days=10)
        self._redeem(100)
        self._grant(50, days=100)
        self._travel(days=11)
        self._member()._lock()
        self._assert_balance(50)
        self.assertFalse(self._moves(None, "expire"))

    def test_the_last_day_counts(self):
        self._grant(100, days=10)
        self._travel(days=10)
        self._member()._lock()
        self._assert_balance(100)
        self._travel(days=1)
        self._member()._lock()
        self._assert_balance(0)
        self.assertEqual(self._moves(None, "expire").points, -10000)

    def test_spending_does_not_wait_for_the_job(self):
        """Points that expired yesterday are not spent today, job or no job."""
        self._grant(100, days=10)
        self._travel(days=14)
        with self.assertRaises(UserError):
            self._redeem(100)

    def test_the_job_does_everybody(self):
        """Cron three days late: what waits becomes usable, what is over expires."""
        customers = [self._create_customer(f"Expiring {n}") for n in range(3)]
        for customer in customers:
            self._grant(30, customer, days=10)
            self._grant(20, customer, days=40)
            self._member(customer)._earn(
                500,
                {"kind": "grant", "key": f"waits {customer.id}"},
                available_from=self.today[0] + timedelta(days=12),
                expires_on=self.today[0] + timedelta(days=60),
            )
        self._travel(days=13)
        self.assertTrue(self.env["crm.loyalty.member"]._settle_company(self.company))
        for customer in customers:
            self.assertEqual(self._balance(customer), (25, 0, 0))
            self.assertEqual(self._member(customer).card_id.points, 25)
        self._assert_sound()
        moves = self.env["crm.loyalty.move"].search_count([])
        self.env["crm.loyalty.member"]._settle_company(self.company)
        self.assertEqual(self.env["crm.loyalty.move"].search_count([]), moves)

    def test_given_back_after_its_time_it_has_days_of_grace(self):
        self._grant(100, days=10)
        move = self._redeem(100)
        self._travel(days=20)
        self._restore(move, 100)
        self._assert_balance(100)
        lots = self._member().lot_ids
        self.assertEqual(lots.mapped("expires_on"), [date(2026, 7, 20) + timedelta(30)])
        self._travel(days=31)
        self._member()._lock()
        self._assert_balance(0)

    def test_what_expires_when(self):
        """LC21: 30, 20 and 50; within 30 days of 20 February 50 expire."""
        self.today[0] = date(2027, 2, 20)
        for points, day in (
            (30, date(2027, 3, 1)), (20, date(2027, 3, 5)), (50, date(2027, 6, 1)),
        ):  # fmt: skip
            self._grant(points, days=(day - self.today[0]).days)
        member = self._member()
        self.assertEqual(member.lot_ids.mapped("remaining"), [3000, 2000, 5000])
        expiring = member._get_expiring(30)
        self.assertEqual(expiring, {date(2027, 3, 1): 3000, date(2027, 3, 5): 2000})
        self.assertEqual(
            member.outlook.splitlines(),
            [
                "100 points can be used now.",
                "30 points expire on 03/01/2027.",
                "20 points expire on 03/05/2027.",
            ],
        )
        self._travel(days=20)
        member._lock()
        expired = self._moves(None, "expire")
        self.assertEqual(sum(expired.mapped("points")), -5000)

    # --------------------------------------------------------------------- merge
    def _merge(self, source, target):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((source | target).ids, target, extra_checks=False)

    def test_merged_points_keep_their_days(self):
        """No row of another program is lost, and nothing is left behind."""
        other_program = self._create_program(name="Another program")
        self._grant(100, self.customer, days=10)
        self._grant(40, self.other, days=20)
        member = self._member(self.customer, other_program)
        member._earn(60000, {"kind": "grant", "key": "other program"})
        source, target = self._member(self.customer), self._member(self.other)
        self._merge(self.customer, self.other)
        self._assert_balance(140, partner=self.other)
        self.assertEqual(
            self._member(self.other).lot_ids.mapped("expires_on"),
            [date(2026, 7, 10), date(2026, 7, 20)],
        )
        self.assertEqual(source.merged_into_id, target)
        self.assertFalse(source.active or source.partner_id or source.card_id.active)
        self.assertEqual(self._balance(self.other, other_program), (600, 0, 0))
        self.assertEqual(self._member(self.other, other_program), member)
        self.assertEqual(member.card_id.partner_id, self.other)

    def test_merge_takes_debts_along(self):
        earned = self._grant(20, self.customer)
        self._redeem(20, self.customer)
        self._reverse(earned, 20)
        self._grant(50, self.other)
        self._merge(self.customer, self.other)
        self._assert_balance(30, partner=self.other)

    def test_after_a_merge_the_heir_gives_and_gets_back(self):
        earned = self._grant(100, self.customer)
        redeemed = self._redeem(30, self.customer)
        self._grant(5, self.other)
        self._merge(self.customer, self.other)
        self._assert_balance(75, partner=self.other)
        self._restore(redeemed, 30)
        self._assert_balance(105, partner=self.other)
        self._reverse(earned, 100)
        self._assert_balance(5, partner=self.other)

    def test_a_new_parent_moves_no_points(self):
        """LC24: the member stays with the contact until somebody merges it."""
        self._grant(100, self.customer)
        member = self._member()
        self.other.is_company = True
        self.customer.parent_id = self.other
        self.assertEqual(member.partner_id, self.customer)
        member._move_partner(self.customer)
        self._assert_balance(100, partner=self.other)
