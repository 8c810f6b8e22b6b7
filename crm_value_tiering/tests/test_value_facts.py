"""What is counted, and what is not: the hard cases of real books."""

from datetime import date, time, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ..hooks import post_init_hook
from ..models import crm_value_source
from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueFacts(ValueCommon):
    def setUp(self):
        super().setUp()
        self._set_model(source="sale")
        self.customer = self._create_customer("Counted")

    def _facts(self, partner=None, as_of=None):
        self._run(as_of)
        return self._profile(partner or self.customer)

    def test_purchases_are_distinct_local_days(self):
        """Several orders a day are one purchase; amounts add up."""
        self._buy(self.customer, date(2026, 5, 1), 10.10, at=time(9))
        self._buy(self.customer, date(2026, 5, 1), 20.20, at=time(18))
        self._buy(self.customer, date(2026, 6, 1), 30.30)
        self.assertRecordValues(
            self._facts(),
            [
                {
                    "first_purchase": date(2026, 5, 1),
                    "last_purchase": date(2026, 6, 1),
                    "purchase_days": 2,
                    "revenue_year": 60.60,
                    "revenue_total": 60.60,
                    "average_purchase": 30.30,
                    "recency_days": 29,
                }
            ],
        )

    def test_day_is_the_companys_not_utc(self):
        """Shanghai: 23:30 UTC on 31 May is 7:30 on 1 June; the month ends at 16:00 UTC."""
        order = self._buy(self.customer, date(2026, 6, 1), 10)
        order.date_order = "2026-05-31 23:30:00"
        self.assertEqual(self._facts().last_purchase, date(2026, 6, 1))
        order.date_order = "2026-06-30 15:59:59"
        self.assertEqual(self._facts().last_purchase, date(2026, 6, 30))
        order.date_order = "2026-06-30 16:00:00"  # 1 July in Shanghai: not yet
        self.assertEqual(self._facts().purchase_days, 0)
        self.assertEqual(
            self._facts(as_of=date(2026, 7, 1)).last_purchase, date(2026, 7, 1)
        )

    def test_future_orders_are_not_counted(self):
        self._buy(self.customer, self.as_of, 10)
        self._buy(self.customer, self.as_of + timedelta(days=1), 1000)
        facts = self._facts()
        self.assertEqual((facts.purchase_days, facts.revenue_total), (1, 10))

    def test_only_confirmed_orders(self):
        self._buy(self.customer, self.as_of, 10)
        cancelled = self._buy(self.customer, self.as_of, 500)
        cancelled._action_cancel()
        self.env["sale.order"].create(
            {"partner_id": self.customer.id, "company_id": self.company.id}
        )
        self.assertEqual(self._facts().revenue_total, 10)

    def test_free_orders_are_a_setting(self):
        self._buy(self.customer, date(2026, 3, 1), 50)
        self._buy(self.customer, date(2026, 4, 1), 0)
        facts = self._facts()
        self.assertEqual(facts.purchase_days, 1)
        self.assertEqual(facts.last_purchase, date(2026, 3, 1))
        self._set_model(source="sale", include_zero=True)
        facts = self._facts()
        self.assertEqual(facts.purchase_days, 2)
        self.assertEqual(facts.last_purchase, date(2026, 4, 1))
        self.assertEqual(facts.revenue_total, 50)

    def test_refund_larger_than_revenue(self):
        """The customer owes us nothing: revenue is negative, no lifetime value is."""
        self._buy(self.customer, date(2026, 3, 1), 50)
        self._buy(self.customer, date(2026, 6, 1), -80)
        facts = self._facts()
        self.assertEqual(facts.revenue_year, -30)
        self.assertEqual(facts.refund_total, 80)
        self.assertEqual(facts.purchase_days, 1)
        self.assertEqual(facts.last_purchase, date(2026, 3, 1), "a refund is no visit")
        self.assertEqual(facts.clv_simple, 0)
        self.assertGreaterEqual(facts.clv_predictive, 0)

    def test_refund_only(self):
        self._buy(self.customer, date(2026, 6, 1), -80)
        facts = self._facts()
        self.assertEqual(facts.data_state, "no_purchase")
        self.assertEqual(facts.revenue_total, -80)
        self.assertFalse(facts.tier_id or facts.lifecycle or facts.churn_level)
        self.assertFalse(facts.last_purchase)
        self.assertIn("nothing to measure", facts.explanation_html)

    def test_a_year_has_365_days(self):
        self._buy(self.customer, self.as_of - timedelta(days=364), 1)
        self._buy(self.customer, self.as_of - timedelta(days=365), 10)
        self._buy(self.customer, self.as_of - timedelta(days=729), 100)
        self._buy(self.customer, self.as_of - timedelta(days=730), 1000)
        facts = self._facts()
        self.assertEqual(facts.revenue_year, 1)
        self.assertEqual(facts.revenue_previous_year, 110)
        self.assertEqual(facts.revenue_total, 1111)
        self.assertEqual(facts.window_purchases, 1)
        self._set_model(source="sale", window_days=0)
        facts = self._facts()
        self.assertEqual((facts.window_purchases, facts.revenue_window), (4, 1111))

    def test_variety_counts_different_products(self):
        product = self.env["product.product"].create({"name": "Other"})
        self._buy(self.customer, self.as_of, 10)
        self._buy(self.customer, self.as_of, 10)
        self._buy(self.customer, self.as_of, 10, product=product)
        self.assertEqual(self._facts().product_count, 2)

    def test_variety_counts_products_only(self):
        """Not what a discount, a delivery or a down payment adds to an order; the sizes
        of a shirt are one product."""
        order = self._buy(self.customer, self.as_of, 100)
        lines = self.env["sale.order.line"]

        def count():
            return self._facts().product_count

        def add(product, price=5, **vals):
            line = {"order_id": order.id, "product_id": product.id, **vals}
            line |= {"price_unit": price, "tax_ids": [Command.clear()]}
            return lines.create(line)

        self.env["sale.order.discount"].create(
            {
                "sale_order_id": order.id,
                "discount_type": "amount",
                "discount_amount": 10,
            }
        ).action_apply_discount()
        discount = self.company.sale_discount_product_id
        self.assertIn(discount, order.order_line.product_id)
        self.assertEqual(count(), 1)
        add(discount)  # taken back
        add(self.products[1], price=-5)
        add(self.products[2], is_downpayment=True)
        self.assertEqual(count(), 1)
        delivery = add(self.products[3], is_expense=True)
        self.assertEqual(count(), 2)
        names = ("is_downpayment", "is_expense", "of_a_module_that_is_not_there")
        with patch.object(crm_value_source, "NO_PRODUCT", names):
            self.assertEqual(count(), 1)
        delivery.product_uom_qty = 0
        size = self.env["product.attribute"].create(
            {
                "name": "Size",
                "value_ids": [Command.create({"name": name}) for name in "SML"],
            }
        )
        shirt = self.env["product.template"].create(
            {
                "name": "Shirt",
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": size.id,
                            "value_ids": [Command.set(size.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        for variant in shirt.product_variant_ids:
            add(variant)
        self.assertEqual(len(shirt.product_variant_ids), 3)
        self.assertEqual(count(), 2)

    def test_child_contacts_roll_up(self):
        child = self._create_customer("Buyer", parent_id=self.customer.id)
        self.customer.is_company = True
        self._buy(child, self.as_of, 10)
        self._buy(self.customer, self.as_of, 5)
        self.assertEqual(self._facts().revenue_total, 15)
        self.assertFalse(
            self.env["crm.value.profile"].search([("partner_id", "=", child.id)])
        )

    def test_customer_of_two_companies(self):
        """Each company sees its own revenue."""
        other = self.env["res.company"].create({"name": "Other company"})
        self.env.user.company_ids |= other
        self._buy(self.customer, self.as_of, 10)
        with self.subTest("other company"):
            run = self.env["crm.value.run"].sudo().recompute(other, self.as_of)
            self.assertEqual(run.customer_count, 0)
        self.assertEqual(self._facts().revenue_total, 10)
        profiles = (
            self.env["crm.value.profile"]
            .sudo()
            .search([("partner_id", "=", self.customer.id)])
        )
        self.assertEqual(profiles.company_id, self.company)

    def test_archived_customers_are_left_alone(self):
        self._buy(self.customer, self.as_of, 10)
        before = self._facts()
        self.customer.active = False
        self._buy(self.customer, self.as_of, 90)
        run = self._run()
        self.assertEqual(run.customer_count, 0)
        self.assertEqual(before.revenue_total, 10)
        self.customer.active = True
        self.assertEqual(self._facts().revenue_total, 100)

    def test_cancelling_the_only_order_empties_the_profile(self):
        order = self._buy(self.customer, self.as_of, 10)
        facts = self._facts()
        self.assertEqual(facts.lifecycle, "new")
        order._action_cancel()
        self._run()
        self.assertEqual(facts.data_state, "no_purchase")
        self.assertEqual(facts.purchase_days, 0)
        last = self.env["crm.value.transition"].search(
            [("profile_id", "=", facts.id), ("kind", "=", "lifecycle")], limit=1
        )
        self.assertEqual((last.from_lifecycle, last.to_lifecycle), ("new", False))

    def test_raw_rows_with_nulls(self):
        order = self._buy(self.customer, self.as_of, 10)
        other = self._buy(self.customer, self.as_of, 20)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET amount_untaxed = NULL, currency_rate = NULL "
            "WHERE id = %s",
            [order.id],
        )
        self.env.cr.execute(
            "UPDATE sale_order_line SET product_id = NULL, is_downpayment = TRUE "
            "WHERE order_id = %s",
            [other.id],
        )
        self.env.invalidate_all()
        facts = self._facts()
        self.assertEqual((facts.purchase_days, facts.revenue_total), (1, 20))
        self.assertEqual(facts.product_count, 1)

    def test_a_company_that_was_computed_can_be_deleted(self):
        company = self._create_company("Never sold a thing")
        run = self._run(company=company)
        self.assertTrue(run.policy_id)
        company.unlink()
        self.assertFalse(run.exists())

    def test_empty_company(self):
        run = self._run()
        self.assertEqual(run.customer_count, 0)
        self.assertEqual(run.written_count, 0)

    def _repeat_daily(self, order, times):
        """The same order on each of the following days."""
        self.env.flush_all()
        columns = SQL(", ").join(
            SQL.identifier(name)
            for name, field in order._fields.items()
            if field.store and field.column_type and name not in ("id", "date_order")
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO sale_order (%(columns)s, date_order)"
                " SELECT %(columns)s, date_order + day * interval '1 day'"
                " FROM sale_order, generate_series(1, %(times)s) day WHERE id = %(id)s",
                columns=columns,
                times=times,
                id=order.id,
            )
        )

    def test_very_many_purchases_do_not_overflow(self):
        """2,000 days of purchases in a row, then silence or not; and T = 0."""
        loyal = self._create_customer("Loyal")
        for customer, days_ago in ((self.customer, 2400), (loyal, 1999)):
            order = self._buy(customer, self.as_of - timedelta(days=days_ago), 1)
            self._repeat_daily(order, 1999)
        fresh = self._create_customer("Fresh")
        self._buy(fresh, self.as_of, 1)
        self._population(40)
        self._set_model(source="sale", min_repeaters=10)
        run = self._run()
        self.assertEqual(run.fit["purchases"]["method"], "fitted")
        many, new = self._profile(self.customer), self._profile(fresh)
        self.assertEqual(many.purchase_days, 2000)
        self.assertLess(many.p_alive, 0.001)
        daily = self._profile(loyal)
        self.assertEqual(daily.purchase_days, 2000)
        self.assertGreater(daily.p_alive, 0.99)
        self.assertTrue(250 < daily.expected_purchases < 366)
        self.assertTrue(0 < daily.clv_predictive < 10_000)
        self.assertTrue(0 < new.p_alive < 1)
        self.assertGreater(new.expected_purchases, 0)


@tagged("post_install", "-at_install")
class TestValueCurrency(ValueCommon):
    def setUp(self):
        super().setUp()
        self._set_model(source="sale")
        self.customer = self._create_customer("Foreign")
        self.foreign = self.env["res.currency"].create(
            {"name": "XFC", "symbol": "F", "rounding": 0.01}
        )
        self.day = date(2026, 6, 1)

    def _set_rate(self, rate, day=date(2026, 1, 1)):
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.foreign.id,
                "company_id": self.company.id,
                "name": day,
                "rate": rate,
            }
        )

    def test_rate_of_the_document(self):
        self._set_rate(4)
        order = self._buy(self.customer, self.day, 100, currency=self.foreign)
        self.assertEqual(order.currency_rate, 4)
        self._set_rate(5, date(2026, 6, 15))
        self._run()
        self.assertEqual(self._profile(self.customer).revenue_total, 25)

    def test_lost_rate_is_looked_up(self):
        """0, NULL, or the 1 that a former company currency leaves behind."""
        self._set_rate(4)
        self._set_rate(8, date(2026, 5, 1))
        order = self._buy(self.customer, self.day, 100, currency=self.foreign)
        for lost in (0, None, 1):
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE sale_order SET currency_rate = %s WHERE id = %s",
                [lost, order.id],
            )
            self.env.invalidate_all()
            with self.subTest(rate=lost):
                self._run()
                profile = self._profile(self.customer)
                self.assertEqual(profile.revenue_total, 12.50)

    def test_unknown_rate_is_left_out_and_reported(self):
        self._buy(self.customer, self.day, 100, currency=self.foreign)
        self._buy(self.customer, self.day, 7)
        run = self._run()
        self.assertEqual(run.counts["documents_without_rate"], 1)
        self.assertIn("without an exchange rate", run.summary_html)
        self.assertEqual(self._profile(self.customer).revenue_total, 7)

    def test_three_companies(self):
        """Each in its own currency and by its own rates, in a currency that is archived,
        with nobody at the keyboard; what has no rate is left out and counted."""
        companies = self.company
        for number, rate in enumerate((2, 5)):
            currency = self.env["res.currency"].create(
                {"name": f"XV{number}", "symbol": str(number), "rounding": 0.01}
            )
            company = self._create_company(
                f"Value Test Company {number}", currency_id=currency.id
            )
            self.env["res.currency.rate"].create(
                [
                    {
                        "currency_id": one.id,
                        "company_id": company.id,
                        "name": date(2026, 1, 1),
                        "rate": value,
                    }
                    for one, value in ((currency, 1), (self.foreign, rate))
                ]
            )
            companies += company
        for company in companies:
            order = self._buy(
                self.customer, self.day, 100, company=company, currency=self.foreign
            )
            self._buy(self.customer, self.day, 3, company=company)
            self.assertEqual(order.currency_id, self.foreign)
        self.foreign.active = False
        self.env.ref("base.user_admin").active = False
        post_init_hook(self.env)
        with self.enter_registry_test_mode():
            self.env.ref(
                "crm_value_tiering.ir_cron_crm_value_recompute"
            ).method_direct_trigger()
        self.env.invalidate_all()
        runs = self.env["crm.value.run"].search([("company_id", "in", companies.ids)])
        without = {run.company_id: run.counts["documents_without_rate"] for run in runs}
        self.assertEqual(set(runs.mapped("state")), {"done"})
        self.assertEqual(without, dict(zip(companies, (1, 0, 0), strict=True)))
        self.assertEqual(
            [self._profile(self.customer, one).revenue_total for one in companies],
            [3, 53, 23],
        )

    def test_company_changes_its_currency(self):
        """Orders of before have a rate to the earlier one: 80 at 0.8 were 100, at 0.9
        for the new currency they are 90."""
        new = self.env["res.currency"].create({"name": "XVN", "symbol": "N"})
        for currency, rate in ((self.currency, 1), (self.foreign, 0.8), (new, 0.9)):
            self.env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "company_id": self.company.id,
                    "name": date(2026, 1, 1),
                    "rate": rate,
                }
            )
        order = self._buy(self.customer, self.day, 80, currency=self.foreign)
        own = self._buy(self._create_customer("Own"), self.day, 100)
        with freeze_time(self._to_utc(self.as_of, time(12))):
            self._run()
        self.assertEqual(self._profile(self.customer).revenue_total, 100)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET create_date = '2026-06-01' WHERE id = ANY(%s)",
            [(order + own).ids],
        )
        with freeze_time(self._to_utc(self.as_of, time(13))):
            self.company.currency_id = new
        self.company.name = "Value Test Renamed"
        self.assertEqual(order.currency_rate, 0.8)
        later = self._buy(
            self._create_customer("Later"), self.as_of, 80, currency=self.foreign
        )
        later.currency_rate = 0.5  # agreed on
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET create_date = '2026-06-30 13:00' WHERE id = %s",
            [later.id],
        )
        # the next hourly job leaves nothing in the earlier currency
        with freeze_time(self._to_utc(self.as_of, time(14))):
            run = self.env["crm.value.run"]._recompute_changes(self.company, self.as_of)
        self.assertEqual((run.kind, run.state), ("full", "done"))
        self.assertEqual(
            [
                self._profile(one.partner_id).revenue_total
                for one in (order, own, later)
            ],
            [90, 90, 160],
        )
        with freeze_time(self._to_utc(self.as_of, time(15))):
            self.assertFalse(
                self.env["crm.value.run"]
                ._recompute_changes(self.company, self.as_of)
                .filtered(lambda one: one.kind == "full"),
                "once is enough",
            )

    def test_company_currency_needs_no_rate(self):
        order = self._buy(self.customer, self.day, 100)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET currency_rate = 3 WHERE id = %s", [order.id]
        )
        self.env.invalidate_all()
        self._run()
        self.assertEqual(self._profile(self.customer).revenue_total, 100)


@tagged("post_install", "-at_install")
class TestValueInvoices(ValueCommon):
    def setUp(self):
        super().setUp()
        self._set_model(source="invoice")
        self.customer = self._create_customer("Invoiced")

    def test_credit_note_reduces_revenue_but_not_recency(self):
        self._invoice(self.customer, date(2026, 3, 1), 100)
        self._invoice(self.customer, date(2026, 6, 1), 30, refund=True)
        self._run()
        self.assertRecordValues(
            self._profile(self.customer),
            [
                {
                    "purchase_days": 1,
                    "last_purchase": date(2026, 3, 1),
                    "revenue_total": 70,
                    "refund_total": 30,
                    "product_count": 1,
                }
            ],
        )

    def test_variety_counts_products_only(self):
        """Also of an invoice: it knows a delivery charge by its order line."""
        order = self._buy(self.customer, self.as_of, 1, product=self.products[3])
        order.order_line.is_expense = True
        discount = self.env["product.product"].create({"name": "Value Test Discount"})
        self.company.sale_discount_product_id = discount
        lines = [
            (self.products[0], 100, {}),
            (self.products[1], -10, {}),
            (discount, 5, {}),
            (self.products[3], 5, {"sale_line_ids": order.order_line.ids}),
        ]
        self._invoice(
            self.customer,
            self.as_of,
            100,
            invoice_line_ids=[
                Command.create(
                    {
                        "product_id": product.id,
                        "quantity": 1,
                        "price_unit": price,
                        "tax_ids": [Command.clear()],
                        **vals,
                    }
                )
                for product, price, vals in lines
            ],
        )
        self._run()
        self.assertEqual(self._profile(self.customer).product_count, 2)
        with patch.object(crm_value_source, "NO_PRODUCT", ("is_expense",)):
            self._run()
        self.assertEqual(self._profile(self.customer).product_count, 1)

    def test_orders_and_drafts_do_not_count(self):
        self._buy(self.customer, date(2026, 3, 1), 500)
        self._invoice(self.customer, date(2026, 3, 2), 40)
        draft = self._invoice(self.customer, date(2026, 3, 3), 60)
        draft.button_draft()
        self._invoice(self.customer, self.as_of + timedelta(days=1), 80)
        self._run()
        self.assertEqual(self._profile(self.customer).revenue_total, 40)

    def test_switching_the_source(self):
        self._buy(self.customer, date(2026, 3, 1), 500)
        self._invoice(self.customer, date(2026, 3, 2), 40)
        self._run()
        self.assertEqual(self._profile(self.customer).revenue_total, 40)
        self._set_model(source="sale")
        self._run()
        self.assertEqual(self._profile(self.customer).revenue_total, 500)

    def test_as_of_is_inclusive(self):
        self._invoice(self.customer, self.as_of, 40)
        self._run(fields.Date.subtract(self.as_of, days=1))
        self.assertFalse(self._profile(self.customer))
        self._run()
        self.assertEqual(self._profile(self.customer).last_purchase, self.as_of)
