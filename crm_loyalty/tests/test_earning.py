from datetime import date

from odoo.fields import Command
from odoo.tests import tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestEarning(LoyaltyCommon):
    """Purchases give points once, whatever happens to the documents."""

    def _invoiced(self, amount=100, partner=None, **vals):
        order = self._order(amount, partner, **vals)
        order.action_confirm()
        return self._bill(order)

    # -------------------------------------------------------------------- states
    def test_an_invoice_that_flips(self):
        """LC01: posted, draft, posted, three times; at last deleted."""
        invoice = self._invoiced()
        self._assert_balance(100)
        for _round in range(3):
            invoice.button_draft()
            self._assert_balance(0)
            invoice.action_post()
            self._assert_balance(100)
        invoice.button_draft()
        self._post()
        invoice.unlink()
        self._assert_balance(0)
        self.assertEqual(sum(self._moves().mapped("points")), 0)

    def test_flips_between_two_runs_of_the_job(self):
        invoice = self._invoiced()
        for _round in range(3):
            invoice.button_draft()
            invoice.action_post()
        self._assert_balance(100)
        self.assertEqual(len(self._moves()), 1)

    def test_posted_again_with_another_amount(self):
        invoice = self._invoiced()
        self._assert_balance(100)
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 70
        invoice.action_post()
        self._assert_balance(70)

    def test_reported_again_it_gives_nothing(self):
        invoice = self._invoiced()
        self._post()
        for _round in range(3):
            self.env["crm.loyalty.event"]._mark(invoice)
            self._post()
        self.env["crm.loyalty.event"]._process_document("account.move", invoice.id)
        self._assert_balance(100)
        self.assertEqual(len(self._moves()), 1)

    def test_credited_then_invoiced_again(self):
        """LC02."""
        order = self._order()
        order.action_confirm()
        invoice = self._bill(order)
        self._assert_balance(100)
        self._credit(invoice)
        self._assert_balance(0)
        order.action_cancel()
        order.action_draft()
        order.action_confirm()
        self._bill(order)
        self._assert_balance(100)

    def test_payment_and_a_change_of_the_setting(self):
        """LC04: what is known keeps the setting that held when it came."""
        invoice = self._invoiced()
        self._assert_balance(100)
        self.program.crm_earn_on = "payment"
        self._pay(invoice)
        self._assert_balance(100)
        waiting = self._invoiced(50)
        self._assert_balance(100)
        self.program.crm_earn_on = "invoice"
        self._assert_balance(100)
        lines = self._pay(waiting)
        self._assert_balance(150)
        lines.remove_move_reconcile()
        self._assert_balance(100)
        lines.reconcile()
        self._assert_balance(150)

    def test_paid_after_a_partial_credit(self):
        """Credited 100 of 200, paid 100: 100, though the invoice's total is 200."""
        self.program.crm_earn_on = "payment"
        invoice = self._invoiced(200)
        note = self._credit(invoice, share=0.5)
        lines = (invoice | note).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        lines.filtered(lambda line: not line.reconciled).reconcile()
        self._assert_balance(0)
        self._pay(invoice)
        self.assertEqual(invoice.payment_state, "paid")
        self._assert_balance(100)

    def test_fully_credited_before_it_was_paid(self):
        self.program.crm_earn_on = "payment"
        self._credit(self._invoiced())
        self._assert_balance(0)

    def test_on_confirmation(self):
        self.program.crm_earn_on = "order"
        order = self._order()
        self._assert_balance(0)
        order.action_confirm()
        self._assert_balance(100)
        self._bill(order)
        self._assert_balance(100)
        order.order_line.product_uom_qty = 3
        self._assert_balance(300)
        order.order_line.product_uom_qty = 2
        self._assert_balance(200)

    def test_confirmed_cancelled_confirmed(self):
        self.program.crm_earn_on = "order"
        order = self._order()
        order.action_confirm()
        self._assert_balance(100)
        order._action_cancel()
        self._assert_balance(0)
        order.action_draft()
        order.action_confirm()
        self._assert_balance(100)

    def test_order_and_invoice_never_both(self):
        """The setting changes between confirmation and invoice, and the other way."""
        self.program.crm_earn_on = "order"
        order = self._order()
        order.action_confirm()
        self._assert_balance(100)
        self.program.crm_earn_on = "invoice"
        self._bill(order)
        self._assert_balance(100)
        second = self._order()
        second.action_confirm()
        self._bill(second)
        self._assert_balance(200)
        self.program.crm_earn_on = "order"
        self.env["crm.loyalty.event"]._mark(second)
        self._assert_balance(200)

    def test_purchases_before_the_program(self):
        self.program.crm_earn_from = date(2026, 7, 1)
        self._invoiced()
        self._assert_balance(0)
        self.today[0] = date(2026, 7, 1)
        self._invoiced()
        self._assert_balance(100)

    def test_catch_up_finds_what_nobody_reported(self):
        invoice = self._invoiced()
        self.env["crm.loyalty.event"].search([]).unlink()
        self.env.cr.precommit.data.pop("crm_loyalty_event", None)
        self.env.cr.precommit.clear()
        self.assertEqual(self._balance(), (0, 0, 0))
        catch_up = self.env["crm.loyalty.event"]._catch_up_company
        catch_up(self.company)
        self._assert_balance(100)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET state = 'draft' WHERE id = %s", [invoice.id]
        )
        self.env.invalidate_all()
        catch_up(self.company)
        self._assert_balance(0)

    # -------------------------------------------------------------- what counts
    def test_taxes(self):
        """LC07: 100 + 21 % → 100 or 121; a credit note uses what held then."""
        self.company.account_fiscal_country_id = self.env.ref("base.us")
        tax = self.env["account.tax"].create(
            {
                "name": "Loyalty Test 21 %",
                "amount": 21,
                "tax_group_id": self.env["account.tax.group"]
                .create({"name": "Loyalty Test", "company_id": self.company.id})
                .id,
                "company_id": self.company.id,
                "country_id": self.env.ref("base.us").id,
            }
        )
        for base, points in (("untaxed", 100), ("taxed", 121)):
            self.program.crm_base = base
            order = self._order(partner=self.other)
            order.order_line.tax_ids = tax
            order.action_confirm()
            invoice = self._bill(order)
            self._assert_balance(points, partner=self.other)
            self.program.crm_base = "untaxed" if base == "taxed" else "taxed"
            self._credit(invoice, share=0.2)
            self._credit(invoice, share=0.8)
            self._assert_balance(0, partner=self.other)

    def test_gift_cards_are_money(self):
        """LC08: sold, they give nothing; goods paid with one give all."""
        gift = self.env["product.product"].create(
            {"name": "Gift Card", "type": "service"}
        )
        self.env["loyalty.program"].create(
            {
                "name": "Gift Cards",
                "program_type": "gift_card",
                "applies_on": "future",
                "trigger": "auto",
                "company_id": self.company.id,
                "rule_ids": [
                    Command.create(
                        {
                            "reward_point_mode": "money",
                            "reward_point_amount": 1,
                            "product_ids": gift.ids,
                        }
                    )
                ],
                "reward_ids": [
                    Command.create(
                        {
                            "reward_type": "discount",
                            "discount_mode": "per_point",
                            "discount": 1,
                            "required_points": 1,
                        }
                    )
                ],
            }
        )
        self._invoiced(50, product=gift)
        self._assert_balance(0)

    def test_orders_paid_partly_with_points(self):
        """LC09: 265 less a reward of 100."""
        reward = self.env["loyalty.reward"].create(
            {
                "program_id": self.program.id,
                "reward_type": "discount",
                "discount_mode": "per_order",
                "discount": 100,
                "required_points": 50,
            }
        )
        for gross, points in ((False, 165), (True, 265)):
            self.program.crm_gross = gross
            self._grant(50, self.other)
            before = self._balance(self.other)[0]
            order = self._order(265, self.other)
            self._claim(order, reward)
            self.assertEqual(order.amount_untaxed, 165)
            order.action_confirm()
            self._bill(order)
            self._assert_balance(before - 50 + points, partner=self.other)

    def test_categories_and_excluded_products(self):
        category = self.env["product.category"].create({"name": "Loyalty Test"})
        self.products[1].categ_id = category
        self.program.crm_category_ids = category
        order = self._order(100)
        order.order_line = [
            Command.create(
                {
                    "product_id": product.id,
                    "price_unit": price,
                    "tax_ids": [Command.clear()],
                }
            )
            for product, price in ((self.products[1], 40), (self.products[2], 7))
        ]
        order.action_confirm()
        self._bill(order)
        self._assert_balance(40)
        self.program.crm_category_ids = False
        self.program.crm_excluded_product_ids = self.products[1]
        copy = order.copy()
        copy.date_order = f"{self.today[0]} 04:00:00"
        copy.action_confirm()
        self._bill(copy)
        self._assert_balance(147)

    def test_delivery(self):
        """LC06: out of the base unless the program says so, free delivery too."""
        order_class = type(self.env["sale.order"])
        service = self.products[3]
        self.patch(
            order_class,
            "_get_no_effect_on_threshold_lines",
            lambda order: order.order_line.filtered(
                lambda line: line.product_id == service
            ),
        )
        for included, amounts, points in (
            (False, (7,), 100), (True, (7,), 107), (False, (7, -7), 100),
            (True, (7, -7), 100),
        ):  # fmt: skip
            self.program.crm_with_delivery = included
            partner = self._create_customer("Loyalty Test Delivery")
            order = self._order(100, partner)
            order.order_line = [
                Command.create(
                    {
                        "product_id": service.id,
                        "price_unit": amount,
                        "tax_ids": [Command.clear()],
                    }
                )
                for amount in amounts
            ]
            order.action_confirm()
            self._bill(order)
            self._assert_balance(points, partner=partner)

    def test_full_steps_on_the_whole_document(self):
        """LC05: 5 points per full 2.50; two lines of 1.25 are one step."""
        self.program.write(
            {"crm_rate_points": 5, "crm_rate_amount": 2.5, "crm_full_steps": True}
        )
        order = self._order(1.25)
        order.order_line = [
            Command.create(
                {
                    "product_id": self.product.id,
                    "price_unit": 1.25,
                    "tax_ids": [Command.clear()],
                }
            )
        ]
        order.action_confirm()
        self._bill(order)
        self._assert_balance(5)

    def test_foreign_currency_at_the_rate_of_the_document(self):
        foreign = self.env["res.currency"].create(
            {
                "name": "XLT",
                "symbol": "L",
                "rounding": 0.01,
                "rate_ids": [
                    Command.create(
                        {
                            "name": "2026-01-01",
                            "rate": 4,
                            "company_id": self.company.id,
                        }
                    )
                ],
            }
        )
        self._invoiced(100, currency=foreign)
        self._assert_balance(25)

    # ------------------------------------------------------------------ by whom
    def test_the_company_of_the_contact(self):
        """LC24: contacts share the member of their company."""
        firm = self._create_customer("Loyalty Test Firm", is_company=True)
        contact = self._create_customer("Loyalty Test Contact", parent_id=firm.id)
        self._invoiced(partner=contact)
        self._invoiced(partner=firm)
        self._assert_balance(200, partner=firm)
        self.assertEqual(self._member(contact), self._member(firm))
        cards = self.env["loyalty.card"].search([("program_id", "=", self.program.id)])
        self.assertEqual(cards.partner_id, firm)

    def test_buyer_or_payer(self):
        """LC24: a group pays for two clinics, on one invoice."""
        group = self._create_customer("Loyalty Test Group")
        clinics = [self._create_customer(f"Loyalty Test Clinic {n}") for n in range(2)]
        orders = self.env["sale.order"]
        for clinic, amount in zip(clinics, (100, 30), strict=True):
            orders |= self._order(
                amount,
                clinic,
                partner_invoice_id=group.id,
                partner_shipping_id=group.id,
            )
        orders.action_confirm()
        invoice = self._bill(orders)
        self.assertEqual(len(invoice), 1)
        self._assert_balance(100, partner=clinics[0])
        self._assert_balance(30, partner=clinics[1])
        self._credit(invoice, share=0.5)
        self._assert_balance(50, partner=clinics[0])
        self._assert_balance(15, partner=clinics[1])
        self.program.crm_beneficiary = "payer"
        order = self._order(80, clinics[0], partner_invoice_id=group.id)
        order.action_confirm()
        self._bill(order)
        self._assert_balance(80, partner=group)

    def test_whoever_confirms(self):
        """LC10: the customer of the order gets them, not the session's user."""
        for user in (self.seller, self.env.ref("base.public_user")):
            order = self._order(partner=self.other)
            order.with_user(user).sudo().action_confirm()
            self._bill(order)
        self._assert_balance(200, partner=self.other)

    def test_a_branch_sells_under_the_program(self):
        """LC23: the move carries the branch; its salesperson sees their own."""
        branch = self._create_company("Loyalty Test Branch", parent_id=self.company.id)
        clerk = self._create_user(
            "loyalty_clerk",
            "sales_team.group_sale_salesman",
            company_id=branch.id,
            company_ids=[Command.set(branch.ids)],
        )
        order = self._order(partner=self.other, company=branch, user_id=clerk.id)
        as_clerk = (
            self.env["sale.order"]
            .with_user(clerk)
            .with_context(allowed_company_ids=branch.ids)
        )
        self.program.crm_earn_on = "order"
        as_clerk.browse(order.id).action_confirm()
        self._assert_balance(100, partner=self.other)
        move = self._moves(self.other)
        self.assertEqual(move.company_id, branch)
        moves = self.env["crm.loyalty.move"].with_user(clerk)
        moves = moves.with_context(allowed_company_ids=branch.ids)
        self.assertEqual(moves.search([]), move)

    # ------------------------------------------------------------- tiers and time
    def test_multiplier_of_the_tier(self):
        """LC25: by the tier held before the purchase; the move says so."""
        self._ladder()
        self._run()
        high = (
            self.env["crm.value.profile"]
            .search(
                [
                    ("tier_id", "=", self.tier_high.id),
                    ("company_id", "=", self.company.id),
                ]
            )[:1]
            .partner_id
        )
        self.program.crm_multiplier_ids = [
            Command.create({"tier_id": self.tier_high.id, "percent": 150})
        ]
        self._invoiced(99.99, high)
        self._invoiced(99.99, self.other)
        self._assert_balance(149.98, partner=high)
        self._assert_balance(99.99, partner=self.other)
        why = self._moves(high)._get_explanation()
        self.assertIn(
            {"label": "Multiplier", "amount": "× 1.50", "formula": self.tier_high.name},
            why["values"],
        )

    def test_waiting_and_valid_days(self):
        self.program.write({"crm_pending_days": 14, "crm_expiry_days": 100})
        self._invoiced()
        self._assert_balance(0, pending=100)
        lot = self._member().lot_ids
        self.assertEqual(lot.available_from, date(2026, 7, 14))
        self.assertEqual(lot.expires_on, date(2026, 10, 22))
        self.today[0] = date(2026, 7, 13)
        self._member()._lock()
        self._assert_balance(0, pending=100)
        self.today[0] = date(2026, 7, 14)
        self._member()._lock()
        self._assert_balance(100)

    def test_a_leap_day(self):
        self.today[0] = date(2028, 2, 29)
        self._invoiced()
        self._assert_balance(100)
        self.assertEqual(self._member().lot_ids.expires_on, date(2029, 2, 28))

    def test_a_move_explains_itself(self):
        invoice = self._invoiced(99.99)
        self._post()
        why = self._moves()._get_explanation()
        self.assertEqual(why["summary"], [f"Purchase: {invoice.name}: 99.99 points"])
        self.assertEqual(
            [
                {name: text.replace("\xa0", " ") for name, text in value.items()}
                for value in why["values"]
            ],
            [
                {
                    "label": "What counts",
                    "amount": "99.99 V",
                    "formula": "goods without taxes, after rewards and discounts",
                },
                {"label": "Rate", "amount": "1 points for each 1.00 V", "formula": ""},
                {
                    "label": "Points",
                    "amount": "99.99 points",
                    "formula": "rounded down to 0.01",
                },
            ],
        )
        [table] = why["tables"]
        self.assertEqual([row["points"] for row in table["rows"]], ["99.99 points"])
