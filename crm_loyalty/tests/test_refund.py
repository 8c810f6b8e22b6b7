from odoo.tests import tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestRefund(LoyaltyCommon):
    """Credit notes take points back in proportion, and give back those of rewards."""

    def _sold(self, amount=100, claim=0):
        order = self._order(amount, claim=claim)
        order.action_confirm()
        return self._bill(order)

    def test_any_split_takes_back_everything(self):
        """99.99 in three thirds, with a multiplier that never comes out even."""
        self.program.write({"crm_rate_points": 1.37})
        for parts in ((1,), (1 / 3,) * 3, (0.5, 0.25, 0.25), (0.9, 0.1)):
            with self.subTest(parts=parts):
                invoice = self._sold(99.99)
                self._assert_balance(136.98)
                for part in parts:
                    self._credit(invoice, share=part)
                    self._post()
                self._assert_balance(0)

    def test_proportion_of_each_part(self):
        """100 points, credited in thirds of 99.99: 33.33, 33.34, 33.33."""
        self.program.write({"crm_rate_points": 100, "crm_rate_amount": 99.99})
        invoice = self._sold(99.99)
        taken = []
        for _number in range(3):
            before = self._balance()[0] or 100
            self._credit(invoice, share=1 / 3)
            self._post()
            taken.append(round(before - self._balance()[0], 2))
        self.assertEqual(taken, [33.33, 33.34, 33.33])

    def test_a_credit_note_taken_back(self):
        invoice = self._sold()
        note = self._credit(invoice, share=0.4)
        self._assert_balance(60)
        note.button_draft()
        self._assert_balance(100)
        note.action_post()
        self._assert_balance(60)
        note.button_draft()
        note.button_cancel()
        self._assert_balance(100)

    def test_it_names_its_computation(self):
        invoice = self._sold()
        self._credit(invoice, share=0.4)
        self._post()
        why = self._moves(None, "reverse")._get_explanation()
        self.assertEqual(
            [
                tuple(value[name].replace("\xa0", " ") for name in value)
                for value in why["values"]
            ],
            [
                ("Credited so far", "40.00 V", "of 100.00 V that counted"),
                (
                    "Taken back so far",
                    "40 points",
                    "100 points × 40.00 V ÷ 100.00 V",
                ),
            ],
        )
        self.assertIn("Belongs to: Purchase", why["notes"][0])

    def test_credit_without_a_link_to_the_invoice(self):
        """The order's quantity is lowered and the difference credited from the order."""
        order = self._order()
        order.order_line.write({"product_uom_qty": 4, "price_unit": 100})
        order.order_line.product_id.invoice_policy = "order"
        order.action_confirm()
        self._bill(order)
        self._assert_balance(400)
        order.order_line.product_uom_qty = 1
        note = order._create_invoices(final=True)
        self.assertEqual(note.move_type, "out_refund")
        self.assertFalse(note.reversed_entry_id)
        note.invoice_date = self.today[0]
        note.action_post()
        self._assert_balance(100)

    def test_lowered_and_credited_counts_once(self):
        """The same goods, taken off the order and credited, are returned once."""
        self.program.crm_earn_on = "order"
        order = self._order()
        order.order_line.write({"product_uom_qty": 4, "price_unit": 100})
        order.order_line.product_id.invoice_policy = "order"
        order.action_confirm()
        self._bill(order)
        self._assert_balance(400)
        order.order_line.product_uom_qty = 3
        self._assert_balance(300)
        note = order._create_invoices(final=True)
        note.invoice_date = self.today[0]
        note.action_post()
        self._assert_balance(300)
        self._credit(order.invoice_ids.filtered(lambda m: m.move_type == "out_invoice"))
        self._assert_balance(0)

    def test_lowered_and_credited_before_the_job_saw_it(self):
        self.program.crm_earn_on = "order"
        order = self._order()
        order.order_line.write({"product_uom_qty": 4, "price_unit": 100})
        order.order_line.product_id.invoice_policy = "order"
        order.action_confirm()
        self._bill(order)
        order.order_line.product_uom_qty = 3
        note = order._create_invoices(final=True)
        note.invoice_date = self.today[0]
        note.action_post()
        self._assert_balance(300)

    def test_points_that_were_spent(self):
        """LC18: the order is returned after its points were used: they are owed."""
        invoice = self._sold()
        self._post()
        order = self._order(partner=self.customer, claim=1)
        order.action_confirm()
        self._assert_balance(0)
        self._credit(invoice)
        self._assert_balance(0, debt=100)
        order._action_cancel()
        self._assert_balance(0)

    def test_an_order_with_a_reward_returned_as_a_whole(self):
        """LC16: 90 earned go, 100 of the reward come back."""
        self._grant(100)
        invoice = self._sold(claim=1)
        self._assert_balance(90)
        self._credit(invoice)
        self._assert_balance(100)

    def test_only_the_goods_returned(self):
        """LC16: the reward line is not credited, its points stay spent."""
        self._grant(100)
        invoice = self._sold(claim=1)
        goods = invoice.invoice_line_ids.filtered(
            lambda line: not line.sale_line_ids.reward_id
        )
        self._credit(invoice, lines=goods)
        self._assert_balance(0)
        self.assertEqual(len(self._moves(None, "redeem")), 1)

    def test_half_of_everything_returned(self):
        self._grant(100)
        invoice = self._sold(claim=1)
        self._credit(invoice, share=0.5)
        self._assert_balance(95)
        self._credit(invoice, share=0.5)
        self._assert_balance(100)

    def test_cancelling_the_order_too_gives_nothing_twice(self):
        self._grant(100)
        order = self._order(claim=1)
        order.action_confirm()
        self._credit(self._bill(order))
        self._assert_balance(100)
        order._action_cancel()
        self._assert_balance(100)
