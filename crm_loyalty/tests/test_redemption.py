from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestRedemption(LoyaltyCommon):
    """Stock reward lines spend what the ledger has, and cancelling gives it back."""

    def _create_reward(self, points, **vals):
        return self.env["loyalty.reward"].create(
            {
                "program_id": self.program.id,
                "reward_type": "discount",
                "discount_mode": "per_order",
                "discount": 5,
                "required_points": points,
                **vals,
            }
        )

    def test_earned_anywhere_spent_here(self):
        """LC13: the oldest points pay, whatever they came from."""
        first = self._grant(60, days=10)
        second = self._grant(40, days=20)
        order = self._order(claim=1, user_id=self.seller.id)
        self.assertEqual(order.amount_untaxed, 90)
        self._assert_balance(100)
        order.with_user(self.seller).action_confirm()
        self._assert_balance(0)
        [move] = self._moves(None, "redeem")
        self.assertEqual(move.document, order.name)
        self.assertEqual(
            [(a.lot_id.move_id, a.points) for a in move.allocation_ids],
            [(first, 6000), (second, 4000)],
        )

    def test_a_salesperson_does_it_all(self):
        """Quotation, reward, confirmation and cancellation, without a right to balances."""
        self._grant(100)
        order = self._order(user_id=self.seller.id).with_user(self.seller)
        order._update_programs_and_rewards()
        [(card, rewards)] = order._get_claimable_rewards().items()
        wizard = self.env["sale.loyalty.reward.wizard"].with_user(self.seller)
        wizard = wizard.with_context(active_id=order.id).create(
            {"selected_reward_id": rewards.id}
        )
        wizard.action_apply()
        order.action_confirm()
        self._assert_balance(0)
        order._action_cancel()
        self._assert_balance(100)
        self.assertEqual(self._member().lot_ids.remaining, 10000)
        for model in ("member", "lot", "move", "allocation", "document", "event"):
            records = self.env[f"crm.loyalty.{model}"].with_user(self.seller)
            for operation in ("write", "create", "unlink"):
                self.assertFalse(records.has_access(operation), (model, operation))
        self.assertFalse(card.with_user(self.seller).has_access("unlink"))

    def test_two_rewards_on_one_order(self):
        """LC11: the second after confirmation works while points last."""
        self._grant(500)
        gift = self._create_reward(
            200,
            discount_applicability="specific",
            discount_product_ids=[Command.set(self.product.ids)],
        )
        order = self._order(claim=1)
        order.action_confirm()
        self._assert_balance(400)
        self._claim(order, gift)
        self._assert_balance(200)
        self.assertEqual(self._moves(None, "redeem").mapped("points"), [-10000, -20000])

    def test_second_reward_refused_when_points_do_not_last(self):
        self._grant(299)
        gift = self._create_reward(200)
        order = self._order(claim=1)
        order.action_confirm()
        with self.assertRaises(AssertionError):
            self._claim(order, gift)
        self._assert_balance(199)

    def test_the_same_reward_twice(self):
        """LX3: a double click gives one."""
        self._grant(500)
        order = self._order(claim=1)
        error = order._apply_program_reward(self.reward, self._member().card_id)
        self.assertEqual(error, {"error": "This reward is on the order already."})
        order.action_confirm()
        self._assert_balance(400)

    def test_a_stranger_pays_nothing(self):
        """LX2: neither the card of another customer nor another program's reward."""
        self._grant(100)
        other_reward = self._create_program(name="Another").reward_ids
        order = self._order(partner=self.other)
        card = self._member().card_id
        for reward, own in ((self.reward, card), (other_reward, card)):
            self.assertIn("error", order._apply_program_reward(reward, own))
        mine = self._order()
        self.assertIn("error", mine._apply_program_reward(other_reward, card))

    def test_a_foreign_card_on_a_line_is_refused_at_the_end(self):
        """Whatever came past the checks: confirming is where points are paid."""
        self._grant(100)
        order = self._order(partner=self.other)
        order.action_confirm()
        with self.assertRaisesRegex(UserError, "points of another customer"):
            order.order_line = [
                Command.create(
                    {
                        "product_id": self.reward.discount_line_product_id.id,
                        "reward_id": self.reward.id,
                        "coupon_id": self._member().card_id.id,
                        "name": "Somebody else's",
                        "points_cost": 100,
                        "price_unit": -10,
                        "tax_ids": [Command.clear()],
                    }
                )
            ]

    def test_another_customer_on_the_quotation(self):
        """LX1: the reward leaves the quotation, the first customer keeps the points."""
        for update in (True, False):
            self._grant(100)
            order = self._order(claim=1)
            order.partner_id = self.other
            if update:
                order._update_programs_and_rewards()
            order.action_confirm()
            self.assertEqual(order.amount_untaxed, 100)
            self.assertFalse(order.order_line.reward_id)
            self._assert_balance(200 if not update else 100)

    def test_from_the_company_to_its_contact(self):
        """LX1: contacts spend what their company has."""
        firm = self._create_customer("Loyalty Test Firm", is_company=True)
        contact = self._create_customer("Loyalty Test Contact", parent_id=firm.id)
        self._grant(100, firm)
        order = self._order(partner=contact, claim=1)
        order.partner_id = firm
        order._update_programs_and_rewards()
        order.partner_id = contact
        order.action_confirm()
        self.assertEqual(order.amount_untaxed, 90)
        self._assert_balance(0, partner=firm)

    def test_two_orders_confirmed_together(self):
        """Stock ends at −100: here nothing is half confirmed."""
        self._grant(100)
        orders = self._order(claim=1) | self._order(claim=1)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            orders.action_confirm()
        self.env.invalidate_all()
        self.assertEqual(set(orders.mapped("state")), {"draft"})
        self._assert_balance(100)
        orders[0].action_confirm()
        self._assert_balance(0)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            orders[1].action_confirm()

    def test_points_that_expired_on_the_quotation(self):
        self._grant(100, days=5)
        order = self._order(claim=1)
        self._travel(days=6)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            order.action_confirm()

    def test_cancelled_after_the_points_expired(self):
        self._grant(100, days=5)
        order = self._order(claim=1)
        order.action_confirm()
        self._travel(days=10)
        order._action_cancel()
        self._assert_balance(100)

    def test_a_reward_line_set_to_zero(self):
        """LC12: the points come back to their lot."""
        lot = self._grant(100).made_lot_ids
        order = self._order(claim=1)
        order.action_confirm()
        self.assertEqual(lot.remaining, 0)
        order.order_line.filtered("reward_id").product_uom_qty = 0
        self.assertEqual(order.amount_untaxed, 100)
        self._assert_balance(100)
        self.assertEqual(lot.remaining, 10000)

    def test_a_reward_has_no_other_quantity(self):
        self._grant(100)
        order = self._order(claim=1)
        line = order.order_line.filtered("reward_id")
        for confirmed in (False, True):
            if confirmed:
                order.action_confirm()
            with self.assertRaisesRegex(UserError, "paid with points"):
                line.with_user(self.seller).product_uom_qty = 5

    def test_a_gift_costs_what_was_taken(self):
        """LC12: never the price of two for one."""
        self._grant(10)
        gift = self._create_reward(
            4, reward_type="product", reward_product_id=self.products[1].id
        )
        order = self._order()
        self._claim(order, gift)
        line = order.order_line.filtered("reward_id")
        self.assertEqual((line.product_uom_qty, line.points_cost), (2, 8))
        with self.assertRaises(UserError):
            line.product_uom_qty = 1
        order.action_confirm()
        self._assert_balance(2)

    def test_prices_updated_on_a_confirmed_order(self):
        """E6: whatever is written in between, the ledger sees the end only."""
        self._grant(500)
        order = self._order(claim=1)
        order.action_confirm()
        order._update_programs_and_rewards()
        order._update_programs_and_rewards()
        self._assert_balance(400)
        self.assertEqual(len(self._moves(None, "redeem", "restore")), 1)

    def test_currencies_without_decimals(self):
        """E2: hundredths of points do not depend on the currency."""
        self.currency.rounding = 1
        self._grant(100.75)
        order = self._order(claim=1)
        order.action_confirm()
        self._assert_balance(0.75)

    def test_merged_with_an_open_quotation(self):
        """LX6: the reward stays, and the heir pays; cancelling pays back to the heir."""
        self._grant(100)
        self._grant(50, self.other)
        order = self._order(claim=1)
        old = self._order(partner=self.customer)
        old.action_confirm()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | self.other).ids, self.other, extra_checks=False)
        self.env.invalidate_all()
        self.assertEqual(order.partner_id, self.other)
        order.action_confirm()
        self.assertEqual(order.amount_untaxed, 90)
        self._assert_balance(50, partner=self.other)
        order._action_cancel()
        self._assert_balance(150, partner=self.other)

    def test_a_redemption_is_cheap(self):
        self._grant(100)
        order = self._order(claim=1)
        member, key = self._member(), "cheap"
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(30):
            member._redeem(10000, {"kind": "redeem", "key": key})
            self.env.flush_all()
        self.assertFalse(order.state == "sale")

    # --------------------------------------------------------------- what is shown
    def test_note_on_the_quotation(self):
        self._grant(300, days=365)
        self._grant(40, days=9)
        order = self._order(90)
        note = order.with_user(self.seller).crm_loyalty_note
        self.assertEqual(
            note,
            "Loyalty Test A has 340 points. This order gives 90 points. "
            "40 points expire on 07/09/2026.",
        )
        self._claim(order)
        self.assertIn("This order gives 80 points.", order.crm_loyalty_note)
        order.action_confirm()
        self.assertEqual(order.crm_loyalty_note, "Loyalty Test A has 240 points.")

    def test_note_for_a_newcomer(self):
        order = self._order(90, self.other)
        self.assertEqual(order.crm_loyalty_note, "This order gives 90 points.")
        self.program.active = False
        order.invalidate_recordset()
        self.assertFalse(order.crm_loyalty_note)
