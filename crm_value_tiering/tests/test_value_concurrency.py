import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, timedelta

import psycopg2

from odoo.exceptions import ConcurrencyError
from odoo.fields import Command
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_concurrency import ConcurrencyCase


@tagged("post_install", "-at_install")
class TestValueRunConcurrency(ConcurrencyCase):
    """Two sessions at once, with connections and commits of their own.

    They need data that both see: a company that is committed, and deleted afterwards.
    """

    NAME = "Value Test Concurrent"

    def setUp(self):
        super().setUp()
        self.as_of = date(2026, 6, 30)
        self._delete_data()  # of a run that was killed
        self.addCleanup(self._delete_data)
        with self._session() as env:
            company = env["res.company"].create({"name": self.NAME})
            customer = env["res.partner"].create({"name": self.NAME})
            product = env["product.product"].create(
                {"name": self.NAME, "type": "service"}
            )
            line = {"product_id": product.id, "price_unit": 9, "tax_ids": False}
            order = (
                env["sale.order"]
                .with_company(company)
                .create(
                    {
                        "partner_id": customer.id,
                        "company_id": company.id,
                        "pricelist_id": False,
                        "date_order": "2026-06-01 12:00:00",
                        "order_line": [Command.create(line)],
                    }
                )
            )
            order.state = "sale"
            self.company_id = company.id

    def _delete_data(self):
        self.company_id = False
        with self._session() as env:
            named = [("name", "=", self.NAME)]
            company = env["res.company"].search(named)
            own = [("company_id", "in", company.ids)]
            for model in ("transition", "profile", "run", "policy"):
                env[f"crm.value.{model}"].search(own).unlink()
            orders = env["sale.order"].search(own)
            orders._action_cancel()
            orders.unlink()
            calendars = env["resource.calendar"].search(own)
            company.unlink()
            calendars.unlink()
            env["res.partner"].search(named).unlink()
            env["product.template"].search(named).unlink()

    def _recompute(self, env):
        return env["crm.value.run"].recompute(env.company, self.as_of)

    def _assert_one_result(self):
        with self._session() as env:
            own = [("company_id", "=", self.company_id)]
            profile = env["crm.value.profile"].search(own)
            self.assertRecordValues(
                profile, [{"purchase_days": 1, "revenue_total": 9, "lifecycle": "new"}]
            )
            self.assertEqual(len(env["crm.value.transition"].search(own)), 1)
            self.assertEqual(len(env["crm.value.policy"].search(own)), 1)
            runs = env["crm.value.run"].search(own)
            self.assertEqual(set(runs.mapped("state")), {"done"})
            self.assertEqual(sum(runs.mapped("written_count")), 1)
            return len(runs)

    def test_second_leaves_it_to_the_first(self):
        with self._session() as first, self._session() as second:
            self.assertEqual(self._recompute(first).state, "done")
            self.assertFalse(self._recompute(second))
        self.assertEqual(self._assert_one_result(), 1)

    def test_second_started_before_the_first_ended(self):
        """Its view of the data is too old: it is repeated, without an error."""
        with self._session() as second:
            second.cr.execute("SELECT 1")  # here its view of the data is taken
            with self._session() as first:
                self._recompute(first)
            tries = []

            def recompute():
                tries.append(1)
                return self._recompute(second)

            with mute_logger("odoo.sql_db", "odoo.service.model"):
                run = retrying(recompute, second)
            self.assertEqual(len(tries), 2)
            self.assertRecordValues(run, [{"state": "done", "written_count": 0}])
        self.assertEqual(self._assert_one_result(), 2)

    def test_too_old_to_write(self):
        """Once there is a model and a profile, too: the conflict is not swallowed."""
        with self._session() as env:
            self._recompute(env)
        with self._session() as second:
            second.cr.execute("SELECT 1")
            with self._session() as first:
                first["crm.value.run"].recompute(
                    first.company, self.as_of + timedelta(days=1)
                )
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.SerializationFailure),
            ):
                second["crm.value.run"].recompute(
                    second.company, self.as_of + timedelta(days=2)
                )
            second.cr.rollback()
        with self._session() as env:
            runs = env["crm.value.run"].search([("company_id", "=", self.company_id)])
            self.assertEqual(runs.mapped("state"), ["done", "done"])

    def test_at_once(self):
        """Four sessions start at the same moment, as four impatient managers would."""
        start = threading.Barrier(4)

        def work(env):
            """Repeat after a conflict, as Odoo does with a request."""
            start.wait(timeout=30)
            while True:
                try:
                    runs = self._recompute(env)
                    env.cr.commit()
                    return len(runs)
                except (psycopg2.errors.SerializationFailure, ConcurrencyError):
                    env.cr.rollback()

        with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
            # Here, because the test's own thread holds the lock of the registry.
            sessions = [stack.enter_context(self._session()) for _number in range(4)]
            with mute_logger("odoo.sql_db", "odoo.service.model"):
                computed = list(pool.map(work, sessions, timeout=60))
        self.assertGreaterEqual(sum(computed), 1)
        self.assertEqual(self._assert_one_result(), sum(computed))
