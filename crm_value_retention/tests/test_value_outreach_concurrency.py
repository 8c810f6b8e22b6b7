from datetime import timedelta

import psycopg2

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_value_tiering.tests.common_concurrency import ConcurrencyCase


@tagged("post_install", "-at_install")
class TestValueOutreachConcurrency(ConcurrencyCase):
    """Two hosts run the job at once, on connections of their own, with real commits."""

    NAME = "Value Test Concurrent Action"
    KIND = "save"

    def setUp(self):
        super().setUp()
        self._delete_data()  # of a run that was killed
        self.addCleanup(self._delete_data)
        with self._session() as env:
            admin = env.ref("base.user_admin")
            company = env["res.company"].create(
                {"name": self.NAME, f"crm_value_{self.KIND}": True}
            )
            admin.company_ids += company
            company.crm_value_outreach_user_id = admin
            today = company._get_value_today()
            for number in range(3):
                customer = env["res.partner"].create({"name": f"{self.NAME} {number}"})
                env["sale.order"].with_company(company).create(
                    {
                        "partner_id": customer.id,
                        "company_id": company.id,
                        "pricelist_id": False,
                        "date_order": f"{today - timedelta(days=200 + number)} 12:00:00",
                        "order_line": [
                            Command.create(
                                {
                                    "product_id": env["product.product"]
                                    .create({"name": self.NAME, "type": "service"})
                                    .id,
                                    "price_unit": 9,
                                    "tax_ids": False,
                                }
                            )
                        ],
                        "state": "sale",
                    }
                )
            self.company_id = company.id
        with self._session() as env:
            run = env["crm.value.run"].recompute(env.company)
            self.assertEqual(run.state, "done", run.error)
            self._make_due(env)

    def _make_due(self, env):
        """Nothing: who was silent for 200 days is at risk."""

    def _delete_data(self):
        self.company_id = False
        with self._session() as env:
            company = env["res.company"].search([("name", "=", self.NAME)])
            own = [("company_id", "in", company.ids)]
            env["crm.value.outreach"].search(own).activity_id.unlink()
            for model in (
                "outreach", "transition", "profile", "override", "run", "policy",
            ):  # fmt: skip
                env[f"crm.value.{model}"].search(own).unlink()
            orders = env["sale.order"].search(own)
            orders.state = "cancel"
            orders.unlink()
            env["product.product"].search([("name", "=", self.NAME)]).unlink()
            named = env["res.partner"].search([("name", "=like", f"{self.NAME} %")])
            named.unlink()
            env.ref("base.user_admin").company_ids -= company
            env["stock.warehouse"].search(own).unlink() if (
                "stock.warehouse" in env
            ) else None
            partner = company.partner_id
            company.unlink()
            partner.unlink()
            env["crm.value.tier"].search([("name", "=", self.NAME)]).unlink()

    def _assert_one_each(self):
        with self._session() as env:
            actions = env["crm.value.outreach"].search(
                [("company_id", "=", self.company_id)]
            )
            self.assertEqual(actions.mapped("kind"), [self.KIND] * 3)
            activities = env["mail.activity"].search(
                [
                    ("res_model", "=", "res.partner"),
                    ("res_id", "in", actions.partner_id.ids),
                ]
            )
            self.assertEqual(activities, actions.activity_id)
            self.assertEqual(len(activities), 3)

    def test_second_leaves_it_to_the_first(self):
        with self._session() as first, self._session() as second:
            self.assertEqual(
                len(first["crm.value.outreach"]._schedule_company(first.company)), 3
            )
            self.assertFalse(
                second["crm.value.outreach"]._schedule_company(second.company)
            )
        self._assert_one_each()

    def test_second_started_before_the_first_ended(self):
        """Its view of the data is too old: the database refuses, nothing is doubled."""
        with self._session() as second:
            second.cr.execute("SELECT 1")  # here its view of the data is taken
            with self._session() as first:
                first["crm.value.outreach"]._schedule_company(first.company)
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.SerializationFailure),
            ):
                second["crm.value.outreach"]._schedule_company(second.company)
            second.cr.rollback()
        self._assert_one_each()

    def test_at_once(self):
        """Four hosts start in the same moment."""
        claimed = self._run_hosts(
            lambda env: env["crm.value.outreach"]._schedule_company(env.company)
        )
        self.assertEqual(sorted(claimed), [0, 0, 0, 3])
        self._assert_one_each()

    def test_killed(self):
        """A job that dies after claiming leaves nothing, and the next one does it all."""
        with self._session() as env:
            env["crm.value.outreach"]._schedule_company(env.company)
            env.cr.rollback()
        with self._session() as env:
            self.assertFalse(
                env["crm.value.outreach"].search([("company_id", "=", self.company_id)])
            )
            env["crm.value.outreach"]._schedule_company(env.company)
        self._assert_one_each()


@tagged("post_install", "-at_install")
class TestValueContactConcurrency(TestValueOutreachConcurrency):
    """The same for regular contact, whose due dates the job finds and writes as well."""

    NAME = "Value Test Concurrent Contact"
    KIND = "contact"

    def _make_due(self, env):
        """A tier of their own asks for contact; they have been known for long."""
        tier = env["crm.value.tier"].create({"name": self.NAME, "contact_days": 30})
        profiles = env["crm.value.profile"].search(
            [("company_id", "=", self.company_id)]
        )
        env["crm.value.override"].create(
            [
                {
                    "company_id": self.company_id,
                    "partner_id": partner.id,
                    "tier_id": tier.id,
                    "date_from": env.company._get_value_today(),
                    "reason": self.NAME,
                }
                for partner in profiles.partner_id
            ]
        )
        env.cr.execute(
            "UPDATE crm_value_profile SET create_date = create_date - interval '40 days'"
            " WHERE company_id = %s",
            [self.company_id],
        )

    def test_second_finds_the_dates_written(self):
        """Where dates are known from last night, the claim alone decides."""
        with self._session() as env:
            env["crm.value.profile"]._update_contacts(
                env.company, env.company._get_value_today()
            )
        self.test_second_started_before_the_first_ended()
