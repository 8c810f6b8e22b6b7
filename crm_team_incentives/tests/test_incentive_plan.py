from datetime import date

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import IncentiveCommon


@tagged("post_install", "-at_install")
class TestIncentivePlan(IncentiveCommon):
    """Draft, reviewed, approved by a second person; then frozen."""

    def _ready(self):
        version = self._draft(self._percent(10))
        self.env["crm.incentive.example"].create(
            {
                "version_id": version.id,
                "name": "A thousand",
                "amount_1": 1000,
                "expected": 100,
            }
        )
        return version

    def test_examples_must_pass(self):
        version = self._draft(self._percent(10))
        with self.assertRaisesRegex(UserError, "Add an example first"):
            version.with_user(self.boss).action_review()
        example = self.env["crm.incentive.example"].create(
            {
                "version_id": version.id,
                "name": "A thousand",
                "amount_1": 1000,
                "expected": 99,
            }
        )
        self.assertEqual((example.result, example.is_passed), (100, False))
        with self.assertRaisesRegex(UserError, "something else.*: A thousand"):
            version.with_user(self.boss).action_review()
        example.expected = 100
        version.with_user(self.boss).action_review()
        self.assertEqual(version.state, "reviewed")

    def test_complete(self):
        with self.assertRaisesRegex(UserError, "no rule yet"):
            self._draft().with_user(self.boss).action_review()
        steps = self._draft(self._stepped((10, 5)))
        with self.assertRaisesRegex(UserError, "must begin at 0"):
            steps.with_user(self.boss).action_review()
        weighted = self._draft(
            self._percent(1), weight_reading="relative", weights={self.tier_high: 65}
        )
        with self.assertRaisesRegex(UserError, "Mark one tier as the reference"):
            weighted.with_user(self.boss).action_review()

    def _take_usual_plan(self):
        """Its examples come out, whatever tiers the company has."""
        version = self.env["crm.incentive.version"].create(
            {"plan_id": self.plan.id, "date_from": date(2030, 1, 1)}
        )
        version.action_take_template()
        version._check_complete()
        return version

    def test_usual_plan_with_five_tiers(self):
        self.env["crm.value.tier"].create(
            [{"name": f"Pay Test {place}", "sequence": place} for place in (90, 91)]
        )
        version = self._take_usual_plan()
        self.assertGreaterEqual(len(version.weight_ids), 5)

    def test_usual_plan_with_one_tier(self):
        tiers = self.env["crm.value.tier"].search([])
        (tiers - self.tier_high).active = False
        self.assertEqual(self._take_usual_plan().weight_ids.tier_id, self.tier_high)

    def test_author_does_not_approve(self):
        version = self._ready()
        self.boss.group_ids += self.env.ref(
            "crm_team_incentives.group_incentive_approver"
        )
        version.with_user(self.boss).rule_ids.rate = 11
        version.example_ids.expected = 110
        version.with_user(self.boss).action_review()
        with self.assertRaisesRegex(UserError, "You wrote a part"):
            version.with_user(self.boss).action_approve()
        version.with_user(self.approver).action_approve()
        self.assertEqual(version.approved_by_id, self.approver)
        self.assertEqual(len(version.fingerprint), 64)

    def test_authors_stay_authors(self):
        """Neither at the beginning nor afterwards does anybody say who wrote it."""
        version = self._ready().with_user(self.boss)
        version.rule_ids.rate = 11
        self.assertIn(self.boss, version.author_ids)
        for vals in (
            {"author_ids": [Command.clear()]},
            {"approved_by_id": self.approver.id},
            {"fingerprint": "x"},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(UserError, "Use the buttons"),
            ):
                version.write(vals)
            with (
                self.subTest(created=vals),
                self.assertRaisesRegex(UserError, "begins as a draft"),
            ):
                version.create(
                    {
                        "plan_id": self.plan.id,
                        "date_from": date(2031, 1, 1),
                        **vals,
                        "author_ids": [Command.link(self.approver.id)],
                    }
                )
        self.assertIn(self.boss, version.author_ids)

    def test_payee_does_not_approve(self):
        version = self._ready()
        self.rep.group_ids += self.env.ref(
            "crm_team_incentives.group_incentive_approver"
        )
        self.env["crm.incentive.assignment"].create(
            {
                "plan_id": self.plan.id,
                "company_id": self.company.id,
                "user_id": self.rep.id,
                "date_from": date(2024, 1, 1),
                "reason": "Test",
            }
        )
        version.with_user(self.boss).action_review()
        with self.assertRaisesRegex(UserError, "You are paid by this plan"):
            version.with_user(self.rep).action_approve()

    def test_a_change_goes_back_to_draft(self):
        version = self._ready()
        version.with_user(self.boss).action_review()
        version.rule_ids.rate = 20
        self.assertEqual(version.state, "draft")

    def test_frozen(self):
        version = self._ready()
        version.with_user(self.boss).action_review()
        version.with_user(self.approver).action_approve()
        boss = version.with_user(self.boss)
        for change in (
            lambda: boss.write({"precedence": "add"}),
            lambda: boss.rule_ids.write({"rate": 99}),
            lambda: boss.rule_ids.unlink(),
            lambda: boss.rule_ids.create(
                {"version_id": boss.id, "name": "More", "rate": 1}
            ),
            lambda: boss.example_ids.unlink(),
            lambda: boss.write({"rule_ids": [Command.clear()]}),
        ):
            with self.assertRaisesRegex(
                UserError, "approved version cannot be changed"
            ):
                change()
        with self.assertRaisesRegex(UserError, "Only a draft is reviewed"):
            boss.action_review()
        with self.assertRaisesRegex(UserError, "Use the buttons"):
            self._ready().with_user(self.boss).write({"state": "approved"})

    def test_new_version_ends_the_old_one(self):
        version = self._ready()
        version.with_user(self.boss).action_review()
        version.with_user(self.approver).action_approve()
        action = version.with_user(self.boss).action_new_version()
        draft = self.env["crm.incentive.version"].browse(action["res_id"])
        self.assertEqual((draft.state, draft.rule_ids.rate), ("draft", 10))
        self.assertEqual(draft.author_ids, self.boss)
        draft.with_user(self.boss).action_review()
        draft.with_user(self.approver).action_approve()
        self.assertEqual(version.date_to, draft.date_from)
        self.assertEqual(version.fingerprint, draft.fingerprint)

    def test_valid_today(self):
        self.assertFalse(self.plan.current_version_id)
        version = self._set_plan(self._percent(10))
        self.plan.invalidate_recordset()
        self.assertEqual(self.plan.current_version_id, version)
        self.assertEqual(self.plan.people_count, 2)

    def test_not_into_closed_months(self):
        self._set_plan(self._percent(10))
        self._close(self._period(3))
        version = self._ready()
        version.date_from = date(2024, 2, 1)
        version.with_user(self.boss).action_review()
        with self.assertRaisesRegex(UserError, "the version must begin later"):
            version.with_user(self.approver).action_approve()
        with self.assertRaisesRegex(ValidationError, "choose a later first day"):
            self.env["crm.incentive.assignment"].create(
                {
                    "plan_id": self.plan.id,
                    "company_id": self.company.id,
                    "user_id": self.seller.id,
                    "date_from": date(2024, 3, 1),
                    "reason": "Late",
                }
            )

    def test_never_matches(self):
        version = self._draft(
            self._percent(10),
            self._percent(50, tier_ids=[Command.link(self.tier_high.id)]),
        )
        self.assertEqual(
            version.warning,
            "“Rule 2” never counts: “Rule 1” comes first and takes everything.",
        )
        version.precedence = "add"
        self.assertFalse(version.warning)

    def test_sentences(self):
        version = self._draft(
            self._percent(50, tier_ids=[Command.link(self.tier_high.id)]),
            self._percent(10, new_only=True, trigger="payment"),
            self._percent(10),
            {"kind": "fixed", "amount": 3000, "trigger": "complex"},
        )
        self.assertEqual(
            [
                sentence.replace("\xa0", " ")
                for sentence in version.rule_ids.mapped("sentence")
            ],
            [
                "50 % of the untaxed amount, for customers in High, when the contract is"
                " signed.",
                "10 % of the untaxed amount, for new customers (until 90 days after the"
                " first purchase), when the money is received, in proportion.",
                "10 % of the untaxed amount, except what “Rule 1” takes, when the"
                " contract is signed.",
                "3,000.00 V once per document, on top of other rules, when the"
                " contract is signed and somebody approved that it is complex.",
            ],
        )

    def test_limits(self):
        """Every number has its limits, also by RPC."""
        version = self._draft(self._percent(1), self._stepped((0, 1)))
        percent, stepped = version.rule_ids
        cases = [
            (percent, {"rate": 101}),
            (percent, {"rate_high": 200}),
            (percent, {"rate": float("nan")}),
            (percent, {"new_days": 4000}),
            (percent, {"amount": 1e13}),
            (stepped.step_ids, {"rate": 101}),
            (stepped.step_ids, {"bound": -1}),
            (stepped.step_ids, {"bound": 1e16}),
            (self.company, {"incentive_complex_points": 0}),
        ]
        for record, vals in cases:
            with (
                self.subTest(vals),
                self.assertRaisesRegex(ValidationError, "must be"),
                self.env.cr.savepoint(),
            ):
                record.write(vals)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.IntegrityError),
            self.env.cr.savepoint(),
        ):
            percent.write({"rate_low": 5, "rate_high": 10})
            self.env.flush_all()
        with self.assertRaisesRegex(ValidationError, "a rate of more than 0"):
            percent.rate = 0

    def test_assignments(self):
        vals = {
            "plan_id": self.plan.id,
            "company_id": self.company.id,
            "user_id": self.rep.id,
        }
        assignments = self.env["crm.incentive.assignment"]
        with (
            self.assertRaisesRegex(ValidationError, "in the past"),
            self.env.cr.savepoint(),
        ):
            assignments.create({**vals, "date_from": date(2020, 1, 1)})
        one = assignments.create({**vals, "date_from": date(2020, 1, 1), "reason": "x"})
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.IntegrityError),
            self.env.cr.savepoint(),
        ):
            assignments.create({**vals, "date_from": date(2021, 1, 1), "reason": "x"})
        one.date_to = date(2021, 1, 1)
        one.flush_recordset()
        assignments.create({**vals, "date_from": date(2021, 1, 1), "reason": "x"})
        outsider = self._create_user(
            "incentive_elsewhere",
            "base.group_user",
            company_id=self.env.ref("base.main_company").id,
            company_ids=[Command.set(self.env.ref("base.main_company").ids)],
        )
        with self.assertRaisesRegex(ValidationError, "does not work in"):
            assignments.create(
                {**vals, "user_id": outsider.id, "date_from": date.today()}
            )

    def test_only_managers_write(self):
        with self.assertRaises(AccessError):
            self.plan.with_user(self.rep).write({"name": "Mine"})
        with self.assertRaises(AccessError):
            self.plan.with_user(self.approver).write({"name": "Mine"})
