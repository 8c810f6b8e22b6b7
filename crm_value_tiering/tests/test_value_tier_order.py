"""What guards a value model holds when a tier is changed instead."""

from datetime import date, timedelta

from odoo.exceptions import ValidationError
from odoo.tests import Form, freeze_time, tagged

from .common import ValueCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 04:00:00")
class TestValueTierOrder(ValueCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls._set_model(tier_rule="score")  # from 70, from 40, the rest
        cls.tiers = cls.tier_high + cls.tier_mid + cls.tier_low
        # all companies share the tiers
        cls.admin = cls._create_user(
            "value_tiers", "base.group_system,crm_value_tiering.group_value_manager"
        )

    def _drag(self, tiers, offset=0):
        """As the list of tiers does it: one sequence after the other."""
        tiers.with_user(self.admin).web_resequence({"sequence": {}}, offset=offset)

    def test_low_dragged_above_high(self):
        for rule in ("score", "clv"):
            self.model.tier_rule = rule
            with (
                self.subTest(rule),
                self.assertRaisesRegex(ValidationError, "tiers overlap"),
                self.env.cr.savepoint(),
            ):
                self._drag(self.tier_low + self.tier_high + self.tier_mid)

    def test_written_or_imported(self):
        refused = self.assertRaisesRegex(ValidationError, "Value model.*tiers overlap")
        with refused, self.env.cr.savepoint():
            self.tier_low.sequence = 1
        self.env.flush_all()
        [external_id] = self.tier_low.get_external_id().values()
        found = self.env["crm.value.tier"].load(["id", "sequence"], [[external_id, 1]])
        self.assertFalse(found["ids"])
        self.assertIn("tiers overlap", found["messages"][0]["message"])

    def test_what_may_be_dragged(self):
        """The same order, also when the numbers cross each other on the way."""
        others = self.env["crm.value.tier"].create(
            [{"name": f"Value Test {number}", "sequence": 900} for number in range(4)]
        )
        self._drag(self.tiers)
        self._drag(others + self.tiers)
        self.assertEqual(self.tiers.sorted(), self.tiers)
        self.model.tier_rule = "share_customers"
        self._drag(self.tier_low + self.tier_high + self.tier_mid)
        self.assertEqual(self.tiers.sorted()[0], self.tier_low)

    def test_another_company_and_a_later_version(self):
        """Whatever model it is that would break, of today or of a day to come."""
        self.model.tier_rule = "share_customers"
        later = self.model._revise({"tier_rule": "score"}, date(2026, 8, 1))
        with (
            self.assertRaisesRegex(ValidationError, "tiers overlap"),
            self.env.cr.savepoint(),
        ):
            self.tier_low.sequence = 1
        other = self._create_company("Value Test Other Company")
        later.tier_rule = "share_customers"
        self._set_model(company=other, tier_rule="clv")
        with (
            self.assertRaisesRegex(ValidationError, "Value Test Other Company"),
            self.env.cr.savepoint(),
        ):
            self.tier_low.sequence = 1

    def test_a_version_that_ended(self):
        """It stops nobody; a computation as of its days says what is wrong."""
        today = self.company._get_value_today()
        self.model._revise({"tier_rule": "share_customers"}, today)
        self.tier_low.sequence = 1
        self._buy(self._create_customer(), today - timedelta(days=40), 10)
        with self.assertLogs("odoo.addons.crm_value_tiering.models.crm_value_run"):
            run = self.env["crm.value.run"].recompute(
                self.company, today - timedelta(days=30)
            )
        self.assertEqual(run.state, "failed")
        self.assertIn("tiers overlap", run.error)
        self.assertEqual(self._run(today).state, "done")

    def test_archived(self):
        for tier in self.tiers:
            with (
                self.subTest(tier.name),
                self.assertRaisesRegex(ValidationError, f"use them: {tier.name}"),
                self.env.cr.savepoint(),
            ):
                tier.with_user(self.admin).action_archive()
        lines = self.env["crm.value.policy.tier"]
        lines.search([("tier_id", "=", self.tier_mid.id)]).unlink()
        self.tier_mid.action_archive()
        self.assertFalse(self.tier_mid.active)

    def test_copied(self):
        """A copy proposes no share: a new company can begin."""
        copy = self.tier_high.copy()
        self.assertEqual((copy.default_share, copy.default_min_score), (0, 70))
        company = self._create_company("Value Test New Company")
        model = self.env["crm.value.policy"]._get_for_company(company, self.as_of)
        self.assertEqual(sum(model.tier_line_ids.mapped("share")), 100)

    def test_proposed_shares(self):
        refused = self.assertRaisesRegex(ValidationError, "sum to 100.5 %")
        with refused, self.env.cr.savepoint():
            self.env["crm.value.tier"].create(
                {"name": "One more", "default_share": 0.5}
            )
        with refused, self.env.cr.savepoint():
            self.tier_mid.default_share = 30.5
        with refused, self.env.cr.savepoint(), Form(self.tier_low) as form:
            form.default_share = 50.5
        self.tier_low.default_share = 49.5
        self.tier_mid.default_share = 30.5
