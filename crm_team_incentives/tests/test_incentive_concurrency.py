from datetime import date

import psycopg2

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_value_tiering.tests.common_concurrency import ConcurrencyCase


@tagged("post_install", "-at_install")
class TestIncentiveConcurrency(ConcurrencyCase):
    """Two hosts compute at once, on connections of their own, with real commits."""

    NAME = "Incentive Test Concurrent"

    def setUp(self):
        super().setUp()
        self._delete_data()  # of a run that was killed
        self.addCleanup(self._delete_data)
        with self._session() as env:
            company = env["res.company"].create({"name": self.NAME})
            company.partner_id.tz = "UTC"
            env.ref("base.user_admin").company_ids += company
            plan = env["crm.incentive.plan"].create(
                {"name": self.NAME, "company_id": company.id}
            )
            version = env["crm.incentive.version"].create(
                {
                    "plan_id": plan.id,
                    "date_from": date(2024, 1, 1),
                    "weight_reading": "none",
                    "rule_ids": [
                        Command.create(
                            {"name": "Ten", "rate": 10, "is_weighted": False}
                        )
                    ],
                }
            )
            version._decide({"state": "approved"})
            seller = env.ref("base.user_admin")
            env["crm.incentive.assignment"].create(
                {
                    "plan_id": plan.id,
                    "company_id": company.id,
                    "user_id": seller.id,
                    "date_from": date(2024, 1, 1),
                    "reason": "Test",
                }
            )
            env["crm.incentive.period"].create(
                {
                    "company_id": company.id,
                    "date_from": date(2024, 3, 1),
                    "date_to": date(2024, 4, 1),
                }
            )
            product = env["product.product"].create(
                {"name": self.NAME, "type": "service"}
            )
            customer = env["res.partner"].create({"name": f"{self.NAME} Customer"})
            for number in range(3):
                env["sale.order"].with_company(company).create(
                    {
                        "partner_id": customer.id,
                        "company_id": company.id,
                        "pricelist_id": False,
                        "user_id": seller.id,
                        "date_order": f"2024-03-{10 + number} 12:00:00",
                        "order_line": [
                            Command.create(
                                {
                                    "product_id": product.id,
                                    "price_unit": 100,
                                    "tax_ids": False,
                                }
                            )
                        ],
                        "state": "sale",
                    }
                )
            # As if nothing had noted them: the computation has to.
            env.cr.precommit.clear()
            self.company_id = company.id

    def _delete_data(self):
        """Past the guards, which let nobody delete what was computed."""
        self.company_id = False
        with self._session() as env:
            company = env["res.company"].search([("name", "=", self.NAME)])
            tables = (
                "statement", "line", "run", "event_credit", "event", "period",
                "assignment", "step", "rule", "version", "plan",
            )  # fmt: skip
            owner = {
                "event_credit": "event_id IN (SELECT id FROM crm_incentive_event"
                " WHERE company_id = ANY(%s))",
                "step": "version_id IN (SELECT id FROM crm_incentive_version"
                " WHERE company_id = ANY(%s))",
                "rule": "version_id IN (SELECT id FROM crm_incentive_version"
                " WHERE company_id = ANY(%s))",
            }
            for table in tables if company else ():
                name, condition = f"crm_incentive_{table}", owner.get(table)
                env.cr.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
                env.cr.execute(
                    f"DELETE FROM {name} WHERE {condition or 'company_id = ANY(%s)'}",
                    [company.ids],
                )
            for table in tables if company else ():
                env.cr.execute(f"ALTER TABLE crm_incentive_{table} ENABLE TRIGGER USER")
            orders = env["sale.order"].search([("company_id", "in", company.ids)])
            orders.state = "cancel"
            orders.unlink()
            env.cr.precommit.clear()
            env["product.product"].search([("name", "=", self.NAME)]).unlink()
            env["res.partner"].search([("name", "=", f"{self.NAME} Customer")]).unlink()
            env.ref("base.user_admin").company_ids -= company
            partner = company.partner_id
            company.unlink()
            partner.unlink()

    def _assert_once(self):
        with self._session() as env:
            own = [("company_id", "=", self.company_id)]
            self.assertEqual(env["crm.incentive.event"].search_count(own), 3)
            lines = env["crm.incentive.line"].search(own)
            self.assertEqual(lines.mapped("amount"), [10, 10, 10])
            statement = env["crm.incentive.statement"].search(own)
            self.assertEqual(statement.new_amount, 30)

    def test_second_leaves_it_to_the_first(self):
        with self._session() as first, self._session() as second:
            self.assertTrue(first["crm.incentive.run"]._compute_now(first.company))
            self.assertFalse(second["crm.incentive.run"]._compute_now(second.company))
        self._assert_once()

    def test_second_started_before_the_first_ended(self):
        """Its view of the data is too old: the database refuses, nothing is doubled."""
        with self._session() as second:
            second.cr.execute("SELECT 1")  # here its view of the data is taken
            with self._session() as first:
                first["crm.incentive.run"]._compute_now(first.company)
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.SerializationFailure),
            ):
                second["crm.incentive.run"]._compute_now(second.company)
            second.cr.rollback()
        self._assert_once()

    def test_at_once(self):
        """Four hosts start in the same moment."""
        done = self._run_hosts(
            lambda env: env["crm.incentive.run"]._compute_now(env.company)
        )
        self.assertIn(1, done)
        self._assert_once()

    def test_killed(self):
        """A computation that dies leaves nothing, and the next one does it all."""
        with self._session() as env:
            env["crm.incentive.run"]._compute_now(env.company)
            env.cr.rollback()
        with self._session() as env:
            self.assertFalse(
                env["crm.incentive.line"].search([("company_id", "=", self.company_id)])
            )
            env["crm.incentive.run"]._compute_now(env.company)
        self._assert_once()

    def test_noted_while_computing(self):
        """What is confirmed meanwhile is in the next computation."""
        with self._session() as first:
            first["crm.incentive.run"]._compute_now(first.company)
            with self._session() as second:
                order = second["sale.order"].search(
                    [("company_id", "=", self.company_id)], limit=1
                )
                order.note = "Somebody works on it"
        self._assert_once()
