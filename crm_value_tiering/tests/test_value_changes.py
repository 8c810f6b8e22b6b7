from datetime import time, timedelta

from odoo import Command
from odoo.tests import freeze_time, tagged

from ..models.crm_value_dirty import PENDING
from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueChanges(ValueCommon):
    """Between two full computations: only the customers that changed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls.runs = cls.env["crm.value.run"]
        cls.full = cls._run()
        cls._queue().unlink()

    @classmethod
    def _run(cls, as_of=None, at=None):
        """A computation made on the day it is for, or ``at`` another moment."""
        day = as_of or cls.as_of
        with freeze_time(at or cls._to_utc(day, time(12))):
            return super()._run(day)

    @classmethod
    def _queue(cls):
        cls.env.cr.flush()  # as at the end of a transaction
        return (
            cls.env["crm.value.dirty"]
            .sudo()
            .search([("company_id", "=", cls.company.id)])
        )

    def _changes(self, days=0, at=time(12)):
        """The job of the company's day ``days`` after ``as_of``, at ``at`` o'clock."""
        self.env.cr.flush()  # the orders are saved, in transactions of their own
        day = self.as_of + timedelta(days=days)
        with freeze_time(self._to_utc(day, at)):
            return self.runs._recompute_changes(self.company, day)

    def _read(self):
        profiles = self.env["crm.value.profile"].search(
            [("company_id", "=", self.company.id)], order="partner_id"
        )
        names = [
            name
            for name, field in profiles._fields.items()
            if field.store and name not in ("id", "create_date", "write_date")
        ]
        return profiles.read(names, load=None)

    # ----------------------------------------------------------------- the queue
    def test_order_confirmed(self):
        customer = self._create_customer()
        order = self._buy(customer, self.as_of, 100)
        self.assertEqual(self._queue().partner_id, customer)
        self._queue().unlink()
        order.client_order_ref = "A reference makes nobody richer"
        self.assertFalse(self._queue())

    def test_quotation(self):
        """What is not confirmed changes nothing."""
        self.env["sale.order"].create(
            {"partner_id": self.customers[0].id, "company_id": self.company.id}
        )
        self.assertFalse(self._queue())

    def test_line_changed(self):
        order = self._buy(self.customers[0], self.as_of, 100)
        self._queue().unlink()
        order.order_line.price_unit = 50
        self.assertEqual(self._queue().partner_id, self.customers[0])
        self._queue().unlink()
        order.order_line = [
            Command.create({"product_id": order.order_line.product_id.id})
        ]
        self.assertEqual(self._queue().partner_id, self.customers[0])

    def test_order_cancelled_or_moved(self):
        """Who had the order is computed again as well as who has it now."""
        order = self._buy(self.customers[0], self.as_of, 100)
        self._queue().unlink()
        order.partner_id = self.customers[1]
        self.assertEqual(
            self._queue().partner_id, sum(self.customers[:2], order.partner_id.browse())
        )
        self._queue().unlink()
        order._action_cancel()
        self.assertEqual(self._queue().partner_id, self.customers[1])

    def test_invoice_posted(self):
        self._invoice(self.customers[0], self.as_of, 100)
        self.assertEqual(self._queue().partner_id, self.customers[0])

    def test_contact(self):
        """The queue names the contact; its customer is found when computing."""
        contact = self._create_customer(parent_id=self.customers[3].id)
        self._buy(contact, self.as_of, 1000)
        self.assertEqual(self._queue().partner_id, contact)
        self._changes()
        self.assertEqual(self._profile(self.customers[3]).last_purchase, self.as_of)

    def test_company_never_computed(self):
        """Its first computation will count everything: nothing is queued for it."""
        company = self.env["res.company"].create({"name": "Value Test Newcomer"})
        self.env["crm.value.dirty"]._mark(self.customers[0].ids)
        self.assertEqual(self._queue().partner_id, self.customers[0])
        self.assertFalse(
            self.env["crm.value.dirty"].search([("company_id", "=", company.id)])
        )

    def test_nobody(self):
        """A contact saved without consequence costs the transaction's end nothing."""
        self.env.cr.flush()
        callbacks = len(self.env.cr.precommit._funcs)
        with self.assertQueryCount(0):
            self.env["crm.value.dirty"]._mark([])
            self.env["res.partner"]._mark_value_dirty()
            self.env["sale.order"]._mark_value_dirty()
            self.env["account.move"]._mark_value_dirty()
        self.assertEqual(len(self.env.cr.precommit._funcs), callbacks)
        self.assertNotIn(PENDING, self.env.cr.precommit.data)

    def test_deleted_customer(self):
        customer = self._create_customer()
        self.env["crm.value.dirty"]._mark(customer.ids)
        customer.unlink()
        self.assertFalse(self._queue())

    # ----------------------------------------------------------- the computation
    def test_only_the_changed_one(self):
        worst, other = self.customers[-1], self.customers[4]
        before = self._profile(other).as_of
        self._buy(worst, self.as_of + timedelta(days=1), 5000)
        run = self._changes(days=1)
        self.assertRecordValues(
            run, [{"kind": "changes", "state": "done", "written_count": 1}]
        )
        self.assertFalse(self._queue())
        self.assertEqual(run.calibration, self.full.calibration)
        profile = self._profile(worst)
        self.assertEqual(profile.as_of, self.as_of + timedelta(days=1))
        self.assertEqual(profile.run_id, run)
        self.assertEqual(self._profile(other).as_of, before)

    def test_nothing_changed(self):
        """Nobody has bought since: no run is recorded."""
        self.assertFalse(self._changes(days=40))

    def test_again_writes_nothing(self):
        self._buy(self.customers[5], self.as_of, 700)
        self.assertEqual(self._changes().written_count, 1)
        self.assertEqual(self._changes().written_count, 0)

    def test_dated_ahead(self):
        """An order of tomorrow counts tomorrow, though nobody touches it then."""
        customer = self.customers[7]
        self._buy(customer, self.as_of + timedelta(days=1), 300)
        self._changes()
        self.assertLess(self._profile(customer).last_purchase, self.as_of)
        self.assertFalse(self._queue())
        self._changes(days=1)
        self.assertEqual(
            self._profile(customer).last_purchase, self.as_of + timedelta(days=1)
        )

    def test_better_than_anybody_was(self):
        """Who breaks all records has all points, until all are computed again."""
        worst = self.customers[-1]
        for days in range(3):
            self._buy(worst, self.as_of - timedelta(days=days), 90000)
        self.assertEqual(self._changes().written_count, 1)
        profile = self._profile(worst)
        # Recency and amount 30 points each; in frequency and variety, 30 and 10, all
        # customers were equal: half.
        self.assertEqual(profile.value_score, 30 + 30 + 40 / 2)
        self.assertIn("more than all other customers", profile.explanation_html)

    def test_base_of_an_earlier_version(self):
        """What it learned measures nobody today: all are computed, and pages open."""
        self.full.calibration = {
            **self.full.calibration,
            "dimensions": {
                code: {"cuts": ["1", "2", "3", "4"], "neutral": False}
                for code in ("recency", "frequency", "monetary", "variety")
            },
        }
        self.assertIn("of 5", self._profile(self.customers[0]).explanation_html)
        self._buy(self.customers[5], self.as_of, 700)
        run = self._changes()
        self.assertEqual((run.kind, run.state), ("full", "done"))

    def test_same_as_all(self):
        """Byte for byte what a computation of all customers with the same scales
        gives, and the same history."""
        self._population(60)
        self._run()
        self._queue().unlink()
        changed = self.customers[0] + self.customers[5] + self.customers[9]
        for customer in changed:
            self._buy(customer, self.as_of, 333)
        base = self.runs._get_base(self.company)
        with self.env.cr.savepoint() as savepoint:
            run = self._changes()
            self.assertEqual(run.kind, "changes")
            self.assertEqual(run.written_count, 3)
            transitions = run.transition_count
            some = self._read()
            savepoint.rollback()
        self.env.invalidate_all()
        model = self.env["crm.value.policy"]._get_for_company(self.company, self.as_of)
        run = self.runs._execute(self.company, model, self.as_of, base=base)
        self.assertEqual(run.written_count, 3)
        self.assertEqual(run.transition_count, transitions)
        self.assertEqual(self._read(), some)

    def test_model_changed(self):
        """Other weights need other limits of the tiers: everybody is computed."""
        self._buy(self.customers[5], self.as_of, 700)
        self._set_model(weight_recency=40, weight_variety=0)
        self.assertEqual(self._changes().kind, "full")

    # ---------------------------------------------------------------- looking back
    def test_after_a_look_back(self):
        """Who looked at April finds everybody in the present again, an hour later."""
        self._set_model(schedule="monthly")
        before = self._read()
        noon = self._to_utc(self.as_of, time(12))
        april = self.as_of - timedelta(days=70)
        self._run(april, at=noon)
        self.assertEqual(self._profile(self.customers[5]).as_of, april)
        self._buy(self.customers[-1], self.as_of, 5000)
        self.assertFalse(self._changes(at=time(12, 59)), "there is time to look")
        self.assertEqual(self._profile(self.customers[-1]).as_of, april)
        run = self._changes(at=time(13, 1))
        self.assertRecordValues(run, [{"kind": "full", "as_of": self.as_of}])
        self.assertFalse(self._queue())
        unchanged = [row for row in self._read() if row["purchase_days"] == 1]
        self.assertEqual(len(unchanged), 9)
        self.assertEqual({row["as_of"] for row in self._read()}, {self.as_of})
        self.assertEqual(
            {row["id"]: row["last_purchase"] for row in unchanged},
            {
                row["id"]: row["last_purchase"]
                for row in before
                if row["partner_id"] != self.customers[-1].id
            },
        )
        self._buy(self.customers[5], self.as_of, 700)
        self.assertEqual(self._changes(at=time(14)).kind, "changes", "cheap again")

    def test_yesterday_is_past(self):
        self._run(self.as_of - timedelta(days=1), at=self._to_utc(self.as_of, time(1)))
        self.assertEqual(self._changes().kind, "full")

    def test_base_of_last_month(self):
        """The schedule's own computation may be old: changes stay cheap."""
        self._buy(self.customers[5], self.as_of + timedelta(days=30), 700)
        self.assertEqual(self._changes(days=30).kind, "changes")

    def test_full_empties_the_queue(self):
        self._buy(self.customers[5], self.as_of, 700)
        self.assertTrue(self._queue())
        self._run()
        self.assertFalse(self._queue())

    def test_failure_keeps_the_queue(self):
        """A computation that fails leaves the customers to the next one."""
        self._buy(self.customers[5], self.as_of, 700)
        self._queue()
        engine = self.registry["crm.value.engine"]

        def fail(engine, job):
            raise ValueError("no space left on device")

        self.patch(engine, "_store_profiles", fail)
        with self.assertLogs("odoo.addons.crm_value_tiering.models.crm_value_run"):
            run = self._changes()
        self.assertEqual(run.state, "failed")
        self.assertEqual(self._queue().partner_id, self.customers[5])

    def test_leads_follow(self):
        customer = self.customers[-1]
        lead = self.env["crm.lead"].create(
            {
                "name": "Value Test Deal",
                "partner_id": customer.id,
                "company_id": self.company.id,
            }
        )
        self.assertEqual(lead.value_tier_id, self.tier_low)
        for days in range(5):
            self._buy(customer, self.as_of - timedelta(days=days), 5000)
        run = self._changes()
        self.assertEqual(run.counts["leads"], 1)
        self.assertEqual(lead.value_tier_id, self.tier_high)

    def test_cron(self):
        self._buy(self.customers[5], self.as_of, 700)
        self._queue()
        cron = self.env.ref("crm_value_tiering.ir_cron_crm_value_changes")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertFalse(self._queue())
