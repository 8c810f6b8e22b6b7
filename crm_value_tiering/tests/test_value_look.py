"""A look at the past is seen for a while, and leaves nothing behind."""

from datetime import time, timedelta

from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from .common import ValueCommon


@tagged("post_install", "-at_install")
class TestValueLook(ValueCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls.runs = cls.env["crm.value.run"]
        cls.past = cls.as_of - timedelta(days=70)
        cls._run()

    @classmethod
    def _run(cls, as_of=None, company=None):
        """A computation of the day ``as_of``, made on the last day."""
        with freeze_time(cls._to_utc(max(as_of or cls.as_of, cls.as_of), time(12))):
            return super()._run(as_of, company)

    def _state(self):
        """Every column of every profile and of the whole history of the company."""
        self.env.flush_all()
        return [
            [
                row[0]
                for row in self.env.execute_query(
                    SQL(
                        "SELECT to_jsonb(line) - 'write_date' FROM %s line"
                        " WHERE company_id = %s ORDER BY id",
                        SQL.identifier(table),
                        self.company.id,
                    )
                )
            ]
            for table in ("crm_value_profile", "crm_value_transition", "crm_lead")
        ]

    def _lead(self, customer):
        return self.env["crm.lead"].create(
            {
                "name": "Value Test Deal",
                "partner_id": customer.id,
                "company_id": self.company.id,
            }
        )

    def test_no_trace(self):
        """Whatever was looked at, in whatever order: byte for byte."""
        self.tier_high.lead_priority = "3"
        for customer in self.customers:
            self._lead(customer)
        before = self._state()
        for days in (70, 200, 30, 1):
            look = self._run(self.as_of - timedelta(days=days))
            self.assertRecordValues(
                look, [{"kind": "look", "state": "done", "transition_count": 0}]
            )
            self.assertNotEqual(self._state()[0], before[0])
            self.assertEqual(self._state()[1:], before[1:])
        run = self._run()
        self.assertRecordValues(run, [{"kind": "full", "transition_count": 0}])
        self.assertEqual(self._state(), before)
        self.assertFalse(self.env["crm.value.present"].search([]))
        self.assertEqual(self._run().written_count, 0)

    def test_what_is_seen(self):
        """The customers as they were: who came later has bought nothing yet."""
        self._run(self.past)
        self.assertEqual(self._profile(self.customers[0]).data_state, "no_purchase")
        profile = self._profile(self.customers[5])
        self.assertEqual((profile.as_of, profile.recency_days), (self.past, 85))
        self.assertIn("value score", profile.explanation_html)

    def test_the_same_look_shows_the_same(self):
        """By the figures alone, not by what customers are today."""
        self._run(self.past)
        first = self._state()[0]
        self._run(self.as_of - timedelta(days=150))
        self._run(self.past)
        self.assertEqual(self._state()[0], first)

    def test_downgrade_tolerance(self):
        """Who is held within the margin is held after the look as before it."""
        self._set_model(hysteresis=50)
        held = self.customers[1]
        self.assertEqual(self._profile(held).tier_id, self.tier_high)
        self._buy(self.customers[4], self.as_of, 5000)
        self._buy(self.customers[5], self.as_of, 5000)
        self._run()
        self.assertEqual(self._profile(held).tier_id, self.tier_high)
        self.assertIn("downgrade tolerance", self._profile(held).explanation_html)
        before = self._state()
        self._run(self.as_of - timedelta(days=36))  # a day before it bought
        self.assertFalse(self._profile(held).tier_id)
        self._run()
        self.assertEqual(self._state(), before)

    def test_what_really_changed(self):
        """The way back records the change since the last computation, once."""
        count = self.env["crm.value.transition"].search_count
        own = [("company_id", "=", self.company.id)]
        before = count(own)
        self._run(self.past)
        for _number in range(3):
            self._buy(self.customers[-1], self.as_of, 3000)
        run = self._run()
        moved = self.env["crm.value.transition"].search(
            [*own, ("profile_id", "=", self._profile(self.customers[-1]).id)],
            order="id desc",
        )
        self.assertRecordValues(
            moved.filtered(lambda change: change.kind == "tier"),
            [
                {"from_tier_id": self.tier_low.id, "to_tier_id": self.tier_high.id},
                {"from_tier_id": False, "to_tier_id": self.tier_low.id},
            ],
        )
        self.assertEqual(count(own) - before, run.transition_count)

    def test_customer_found_by_the_look(self):
        """One whom no computation knew: the first tier is that of the present."""
        customer = self._create_customer()
        self._buy(customer, self.as_of - timedelta(days=100), 10)
        self._run(self.past)
        profile = self._profile(customer)
        self.assertTrue(profile.tier_id)
        self._run()
        changes = self.env["crm.value.transition"].search(
            [("profile_id", "=", profile.id)]
        )
        self.assertEqual(set(changes.mapped("date")), {self.as_of})
        self.assertEqual(
            changes.filtered(lambda change: change.kind == "tier").direction, "first"
        )

    def test_tier_set_by_hand_during_a_look(self):
        """It counts from the tier of the present, in the history once."""
        customer = self.customers[9]
        self._run(self.past)
        with freeze_time(self._to_utc(self.as_of, time(12))):
            self.env["crm.value.override"].create(
                {
                    "partner_id": customer.id,
                    "company_id": self.company.id,
                    "tier_id": self.tier_high.id,
                    "date_from": self.as_of,
                    "reason": "A friend of the house",
                }
            )
        self._run()
        profile = self._profile(customer)
        self.assertRecordValues(
            profile,
            [{"tier_id": self.tier_high.id, "earned_tier_id": self.tier_low.id}],
        )
        changes = self.env["crm.value.transition"].search(
            [("profile_id", "=", profile.id), ("kind", "=", "tier")], order="id"
        )
        self.assertEqual(changes.mapped("reason"), ["computed", "override"])
        self.assertEqual(changes[1].from_tier_id, self.tier_low)

    def test_preview_during_a_look(self):
        """It compares with the tiers of the present."""
        policy = self._set_model()
        engine = self.env["crm.value.engine"]
        self._run(self.past)
        preview = engine._preview(self.company, policy, self.as_of)
        self.assertFalse(preview["moves"])

    def test_the_history_goes_forward(self):
        """Days that follow each other are no looks, also when all of them are over."""
        company = self._create_company("Value Test Late Starter")
        customer = self._create_customer()
        self._buy(customer, self.past, 10, company=company)
        kinds = [
            self._run(self.past + timedelta(days=days), company).kind
            for days in (0, 30, 60, 31)
        ]
        self.assertEqual(kinds, ["full", "full", "full", "look"])

    def test_failed_look(self):
        """Nothing was shown, so there is nothing to come back from."""
        self.patch(
            self.registry["crm.value.engine"],
            "_store_profiles",
            lambda engine, job: 1 / 0,
        )
        before = self._state()
        with self.assertLogs("odoo.addons.crm_value_tiering.models.crm_value_run"):
            run = self.runs.recompute(self.company, self.past)
        self.assertEqual((run.kind, run.state), ("look", "failed"))
        self.assertEqual(self._state(), before)
        self.assertFalse(self.runs._is_looking(self.company))
