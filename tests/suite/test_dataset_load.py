"""Loaded orders must be what a salesperson's own orders would have been."""

import tempfile
from datetime import date, datetime, time
from pathlib import Path

from odoo import fields
from odoo.tests import Form, TransactionCase, tagged

from tools.datasets import cdnow, odoo_copy, odoo_loader
from tools.datasets.odoo_loader import Loaded, Loader
from tools.datasets.odoo_opportunities import create_opportunities
from tools.datasets.odoo_records import LAST_DAY_PARAMETER, SILENT, LoadError

# Ids that the real files do not have, so that the demo database can be tested too.
# Per salesperson and price class the first order is made by the ORM; everybody here
# has enough orders for the copies to be compared.
LINES = """\
 90001 0001 19970101  2   29.33
 90001 0001 19970118  2   29.73
 90001 0001 19970118  2   29.73
 90001 0001 19970802  1   14.96
 90001 0001 19971212  3   40.00
 90002 0002 19970102  1   29.99
 90002 0002 19970103  7   99.99
 90003 0003 19970101  1    0.00
 90003 0003 19980630  1    0.00
 90004 0004 19970329  1   11.77
 90005 0005 19970330  1   17.50
 90005 0005 19971026  4   69.95
 90006 0006 19970331  1    8.00
 90006 0006 19980629  3   25.00
"""
# Differ between any two orders, however they were made.
OWN_COLUMNS = {"id", "name", "order_id", "create_date", "write_date"}


@tagged("standard", "post_install", "-at_install")
class TestDatasetLoad(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Whatever the database holds of the real data is not ours to meet.
        cls.env.cr.execute("DELETE FROM ir_model_data WHERE module = '__cdnow__'")
        cls.env["ir.config_parameter"].set_param(LAST_DAY_PARAMETER, False)
        # A zone with summer time, so that a shift crosses its changes.
        cls.env.company.partner_id.tz = "Europe/Brussels"
        cls.env.company.quotation_validity_days = 30
        cls.env.company.sale_order_template_id = False
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "purchases.txt"
            path.write_text(LINES)
            cls.purchases = cdnow.read(path)
        cls.addClassCleanup(cls.env.cr.execute, "SELECT pg_advisory_unlock_all()")

    def load(self, as_of=cdnow.LAST_DAY, *, reshift=False, env=None, progress=None):
        loader = Loader(
            env or self.env,
            self.purchases,
            as_of,
            commit=lambda: None,
            progress=progress or (lambda text: None),
        )
        return loader.run(reshift=reshift)

    def order(self, key):
        return self.env.ref(f"__cdnow__.order_{key}")

    def local(self, order):
        there = order.with_context(tz="Europe/Brussels")
        stamp = fields.Datetime.context_timestamp(there, order.date_order)
        return stamp.replace(tzinfo=None)

    def assert_days(self, last_day):
        """Every order is on its own day, moved by the same, at noon."""
        delta = last_day - cdnow.LAST_DAY
        for purchase in self.purchases:
            noon = datetime.combine(purchase.day + delta, time(12))
            self.assertEqual(self.local(self.order(purchase.key)), noon)

    def row(self, record):
        record.flush_recordset()
        self.env.cr.execute(
            f'SELECT * FROM "{record._table}" WHERE id = %s', [record.id]
        )
        (row,) = self.env.cr.dictfetchall()
        return {name: row[name] for name in row if name not in OWN_COLUMNS}

    def links(self, record):
        return {
            name: record[name].ids
            for name, each in record._fields.items()
            if each.type == "many2many" and each.store
        }

    def twin(self, loaded):
        """The same order, clicked together by hand."""
        line = loaded.order_line
        with Form(self.env["sale.order"].with_context(**SILENT)) as form:
            form.partner_id = loaded.partner_id
            form.client_order_ref = loaded.client_order_ref
            form.validity_date = False
            with form.order_line.new() as line_form:
                line_form.product_id = line.product_id
                line_form.product_uom_qty = line.product_uom_qty
                line_form.price_unit = line.price_unit
                line_form.tax_ids.clear()
        order = form.record
        order.action_confirm()
        order.date_order = loaded.date_order
        return order

    def test_every_column_is_as_the_orm_writes_it(self):
        self.load()
        self.assertEqual(self.env.company.currency_id.decimal_places, 2)
        for purchase in self.purchases:
            with self.subTest(purchase=purchase.key):
                loaded = self.order(purchase.key)
                twin = self.twin(loaded)
                self.assertEqual(self.row(loaded), self.row(twin))
                self.assertEqual(self.row(loaded.order_line), self.row(twin.order_line))
                self.assertEqual(self.links(loaded), self.links(twin))
                self.assertEqual(
                    self.links(loaded.order_line), self.links(twin.order_line)
                )
                self.assertFalse(loaded.message_ids | twin.message_ids)
                self.assertFalse(loaded.activity_ids | twin.activity_ids)
                self.assertFalse(
                    loaded.message_follower_ids | twin.message_follower_ids
                )

    def test_some_orders_are_copies(self):
        made = []
        confirm = Loader._confirm_orders

        def counted(loader, orders):
            made.extend(orders)
            return confirm(loader, orders)

        self.patch(Loader, "_confirm_orders", counted)
        loaded = self.load()
        self.assertEqual(loaded, Loaded(customers=6, orders=14))
        kinds = {order.kind for order in made}
        self.assertEqual(len(made), len(kinds))
        self.assertLess(len(made), len(self.purchases))

    def test_the_default_template_is_not_for_history(self):
        template = self.env["sale.order.template"].create(
            {"name": "Default", "note": "Template terms", "require_payment": True}
        )
        self.env.company.sale_order_template_id = template
        self.env.company.portal_confirmation_pay = False
        self.load()
        for purchase in self.purchases:
            order = self.order(purchase.key)
            self.assertFalse(order.sale_order_template_id)
            self.assertNotIn("Template", order.note or "")
            self.assertFalse(order.require_payment)

    def test_fields_of_unknown_modules_are_computed_by_the_orm(self):
        # As if Sales itself were such a module: its computed fields are then not
        # copied but computed, the expiry (30 days, see above) among them.
        self.patch(odoo_copy, "_KNOWN_MODULES", set())
        self.load()
        for purchase in self.purchases:
            order = self.order(purchase.key)
            self.assertEqual(order.amount_total, float(purchase.amount))
        copied = self.order("90003_002")
        self.assertEqual(
            copied.validity_date,
            fields.Date.add(fields.Date.context_today(copied), days=30),
        )

    def test_orders_carry_the_real_days_and_amounts(self):
        self.load()
        for purchase in self.purchases:
            order = self.order(purchase.key)
            self.assertRecordValues(
                order,
                [
                    {
                        "state": "sale",
                        "amount_untaxed": float(purchase.amount),
                        "amount_total": float(purchase.amount),
                        "invoice_status": "no",
                        "partner_id": self.env.ref(
                            f"__cdnow__.customer_{purchase.customer}"
                        ).id,
                    }
                ],
            )
            self.assertEqual(order.order_line.product_uom_qty, purchase.discs)
        self.assert_days(cdnow.LAST_DAY)

    def test_loaded_order_can_be_edited_and_its_amounts_recompute_alike(self):
        self.load()
        order = self.order("90002_002")
        with Form(order) as form:
            form.client_order_ref = "edited"
        self.assertEqual(order.client_order_ref, "edited")
        order.order_line._compute_amount()
        order._compute_amounts()
        self.assertEqual(order.amount_total, 99.99)
        name = order.order_line.name
        order.order_line._compute_name()
        self.assertEqual(order.order_line.name, name)

    def test_numbers_come_from_the_sequence_and_grow_with_the_days(self):
        self.load()
        before = self.env["sale.order"].search([], order="id desc", limit=1)
        orders = [self.order(purchase.key) for purchase in self.purchases]
        names = [order.name for order in orders]
        self.assertEqual(names, sorted(names, key=lambda name: (len(name), name)))
        self.assertEqual(len(set(names)), len(names))
        after = self.env["sale.order"].create({"partner_id": before.partner_id.id})
        self.assertGreater((len(after.name), after.name), (len(names[-1]), names[-1]))

    def test_second_load_writes_nothing(self):
        self.load()
        with self.env.cr.savepoint():
            # Until the savepoint is left, PostgreSQL refuses every write.
            self.env.cr.execute("SET LOCAL transaction_read_only = on")
            self.assertEqual(self.load(), Loaded())

    def test_interrupted_load_goes_on(self):
        self.patch(odoo_loader, "PURCHASES_PER_COMMIT", 4)

        def interrupt(text):
            if text.startswith("8 of 14 orders"):
                raise KeyboardInterrupt

        # Not assertRaises: Odoo's own rolls back what was "committed".
        try:
            self.load(progress=interrupt)
        except KeyboardInterrupt:
            pass
        else:
            self.fail("the load was not interrupted")
        self.assertEqual(self.load(), Loaded(customers=0, orders=6))
        orders = self.env["sale.order"].search(
            [("client_order_ref", "=like", "CDNOW 9%")]
        )
        self.assertEqual(
            sorted(orders.mapped("client_order_ref")),
            sorted(f"CDNOW {purchase.key}" for purchase in self.purchases),
        )

    def test_as_of_moves_every_day_by_the_same(self):
        self.load(as_of=date(2026, 3, 31))
        self.assert_days(date(2026, 3, 31))

    def test_other_dates_are_refused_unless_everything_moves(self):
        self.load(as_of=date(2026, 3, 1))
        with self.assertRaisesRegex(
            LoadError, "end on 2026-03-01, not 2026-03-31: load with AS_OF=2026-03-01"
        ):
            self.load(as_of=date(2026, 3, 31))
        self.assertEqual(
            self.load(as_of=date(2026, 3, 31), reshift=True), Loaded(moved=14)
        )
        # Across the beginning of summer time, and still noon.
        self.assert_days(date(2026, 3, 31))

    def test_company_without_cents_is_refused(self):
        yen = self.env.ref("base.JPY")
        company = self.env["res.company"].create({"name": "Yen", "currency_id": yen.id})
        with self.assertRaisesRegex(LoadError, "Yen keeps its books in JPY, which has"):
            self.load(env=company.with_company(company).env)

    def test_price_list_in_another_currency_is_refused(self):
        euro, dollar = self.env.ref("base.EUR"), self.env.ref("base.USD")
        (euro | dollar).active = True
        other = euro if self.env.company.currency_id == dollar else dollar
        self.env["product.pricelist"].search([]).currency_id = other
        self.env.user.group_ids += self.env.ref("product.group_product_pricelist")
        with self.assertRaisesRegex(LoadError, f"price list is in {other.name}"):
            self.load()

    def test_opportunities_are_made_once(self):
        self.load()
        made = create_opportunities(self.env, self.purchases, cdnow.LAST_DAY)
        self.assertGreater(made, 0)
        leads = self.opportunities()
        self.assertEqual(len(leads), made)
        self.assertEqual(set(leads.mapped("type")), {"opportunity"})
        self.assertFalse(leads.filtered(lambda lead: lead.stage_id.is_won))
        self.assertEqual(leads.user_id, leads.partner_id.user_id)
        with self.env.cr.savepoint():
            self.env.cr.execute("SET LOCAL transaction_read_only = on")
            self.assertEqual(
                create_opportunities(self.env, self.purchases, cdnow.LAST_DAY), 0
            )

    def test_opportunities_move_along(self):
        self.load()
        create_opportunities(self.env, self.purchases, cdnow.LAST_DAY)
        leads = self.opportunities()
        before = {lead: lead.date_deadline for lead in leads}
        self.assertTrue(before)
        self.load(as_of=date(2026, 3, 31), reshift=True)
        delta = date(2026, 3, 31) - cdnow.LAST_DAY
        self.assertEqual(
            {lead: lead.date_deadline for lead in leads},
            {lead: deadline + delta for lead, deadline in before.items()},
        )

    def opportunities(self):
        names = self.env["ir.model.data"].search(
            [("module", "=", "__cdnow__"), ("model", "=", "crm.lead")]
        )
        return self.env["crm.lead"].browse(names.mapped("res_id"))
