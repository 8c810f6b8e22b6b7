from datetime import date, datetime, timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import format_date, mute_logger

from ..hooks import post_init_hook
from .common import ValueCommon

RUN_LOGGER = "odoo.addons.crm_value_tiering.models.crm_value_run"


@tagged("post_install", "-at_install")
class TestValueRun(ValueCommon):
    """A computation: what it keeps, that it repeats itself, how it fails."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls.runs = cls.env["crm.value.run"]

    def _read_profiles(self):
        """All stored columns of the company's profiles, as the database has them."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT * FROM crm_value_profile WHERE company_id = %s ORDER BY id",
            [self.company.id],
        )
        return self.env.cr.fetchall()

    # ----------------------------------------------------------------- results
    def test_what_a_run_keeps(self):
        run = self._run()
        self.assertRecordValues(
            run,
            [
                {
                    "company_id": self.company.id,
                    "as_of": self.as_of,
                    "state": "done",
                    "customer_count": 10,
                    "written_count": 10,
                    "transition_count": 20,
                    "error": False,
                }
            ],
        )
        self.assertEqual(
            {
                int(tier): part["customers"]
                for tier, part in run.counts["tiers"].items()
            },
            {self.tier_high.id: 2, self.tier_mid.id: 4, self.tier_low.id: 4},
        )
        self.assertEqual(run.parameters["source"], "sale")
        self.assertTrue(run.calibration["sufficient"])
        self.assertEqual(run.fit["purchases"]["method"], "rule")
        self.assertGreater(run.duration, 0)
        self.assertIn("Value Test Company", run.display_name)
        self.assertIn(format_date(self.env, self.as_of), run.display_name)

    def test_summary(self):
        """The run tells tiers, their limits and the forecast in words."""
        self._buy(
            self.customers[0],
            self.as_of,
            10,
            currency=self.env["res.currency"].create({"name": "XVU", "symbol": "U"}),
        )
        run = self._run()
        html = str(run.with_user(self.manager).summary_html).replace("\xa0", " ")
        for part in ("High", "Mid", "Low", "20.0 %", "40.0 %", "1,910.00"):
            self.assertIn(part, html)
        self.assertIn("rule of thumb", html)
        self.assertIn("1 orders are in a currency", html)
        lines = self.env["crm.value.policy.tier"]
        lines.search([("tier_id", "=", self.tier_high.id)]).unlink()
        self.tier_high.active = False
        self.assertIn("High", str(run.with_user(self.manager).summary_html))

    def test_again_writes_nothing(self):
        """The second computation of a day finds the same and touches nothing."""
        first = self._run()
        before = self._read_profiles()
        second = self._run()
        self.assertRecordValues(
            second, [{"written_count": 0, "transition_count": 0, "customer_count": 10}]
        )
        self.assertEqual(self._read_profiles(), before)
        profile = self._profile(self.customers[0])
        self.assertEqual(profile.run_id, second, "the last one of its day")
        self.assertIn("High: the value score", str(profile.explanation_html))
        self.assertEqual(second.calibration, first.calibration)

    def test_again_with_a_forecast(self):
        """The same where a fit and floating point are involved."""
        self._population(60)
        first = self._run()
        self.assertEqual(first.fit["purchases"]["method"], "fitted")
        self.assertEqual(first.fit["spend"]["method"], "fitted")
        before = self._read_profiles()
        self.assertEqual(self._run().written_count, 0)
        self.assertEqual(self._read_profiles(), before)

    def test_another_day(self):
        """A later day counts what came since, and writes what changed only."""
        self._run(self.as_of - timedelta(days=1))
        day_before = self._read_profiles()
        run = self._run(self.as_of)
        self.assertEqual(run.written_count, 10)  # one day older, all of them
        self.assertNotEqual(self._read_profiles(), day_before)
        self.assertEqual(run.transition_count, 0)

    def test_default_day_is_the_companys(self):
        with freeze_time("2026-06-30 20:00:00"):  # 4 in the morning, in Shanghai
            run = self.runs.with_user(self.manager).recompute()
        self.assertEqual(run.as_of, date(2026, 7, 1))
        self.assertEqual(run.company_id, self.company)
        self.assertEqual(run.started_at, datetime(2026, 6, 30, 20))

    def test_day_as_text(self):
        self.assertEqual(
            self.runs.recompute(self.company, "2026-06-30").as_of, self.as_of
        )

    def test_text_after_a_day(self):
        """Odoo would read the first ten characters and forget the rest."""
        runs = self.env["crm.value.run"]
        for day in ("2026-01-01'; drop table x;--", "2026-06-30 12:00:00", "20260101"):
            with (
                self.subTest(day=day),
                self.assertRaisesRegex(UserError, "is not a date"),
            ):
                runs.recompute(self.company, day)

    def test_before_the_first_purchase(self):
        """Nobody was a customer; the history would fill with comings and goings."""
        runs = self.env["crm.value.run"].with_user(self.manager)
        first = self.as_of - timedelta(days=275)
        for day in ("0001-01-01", "1900-06-01", first - timedelta(days=1)):
            with (
                self.subTest(day=day),
                self.assertRaisesRegex(UserError, "Nobody had bought yet"),
            ):
                runs.recompute(self.company.ids, day)
        self.assertEqual(runs.recompute(self.company.ids, first).state, "done")

    def test_a_company_named_often(self):
        runs = self.env["crm.value.run"].with_user(self.manager)
        self.assertEqual(len(runs.recompute(self.company.ids * 20, self.as_of)), 1)

    def test_several_companies(self):
        other = self._create_company("Value Test Other Company")
        self.manager.company_ids = [Command.link(other.id)]
        companies = self.company + other
        runs = (
            self.runs.with_user(self.manager)
            .with_context(allowed_company_ids=companies.ids)
            .recompute(companies, self.as_of)
        )
        self.assertEqual(runs.company_id, companies)
        self.assertEqual(runs.mapped("customer_count"), [10, 0])
        self.assertFalse(runs.env.su)

    # ---------------------------------------------------------------- failures
    @mute_logger(RUN_LOGGER)
    def test_failure(self):
        """A failed computation says why, changes nothing and spoils nothing."""
        self._run()
        before = self._read_profiles()
        transitions = self.env["crm.value.transition"].search_count([])
        self._buy(self.customers[9], self.as_of, 10000)
        engine = self.env.registry["crm.value.engine"]
        problems = (
            UserError("no tiers today"),
            ValueError("no tiers today"),
            ZeroDivisionError("no tiers today"),
        )
        for problem in problems:
            # The last stage: everything before has been written by then.
            with patch.object(engine, "_update_leads", side_effect=problem):
                run = self.runs.recompute(self.company, self.as_of)
            with self.subTest(problem=type(problem).__name__):
                self.assertEqual(run.state, "failed")
                self.assertEqual(run.error, "no tiers today")
                self.assertFalse(run.counts)
                self.assertEqual(self._read_profiles(), before)
                self.assertEqual(
                    self.env["crm.value.transition"].search_count([]), transitions
                )
        profile = self._profile(self.customers[9])
        self.assertEqual(profile.tier_id, self.tier_low)
        self.assertIn("Low", str(profile.explanation_html))
        self.assertEqual(self._run().written_count, 10)
        self.assertEqual(profile.tier_id, self.tier_high)

    @mute_logger(RUN_LOGGER, "odoo.sql_db")
    def test_failure_in_the_database(self):
        """An error of a statement is a failed run, not a broken transaction."""
        engine = self.env.registry["crm.value.engine"]

        def divide(engine, job):
            engine.env.cr.execute("SELECT 1 / 0")

        with patch.object(engine, "_calibrate_forecast", divide):
            run = self.runs.recompute(self.company, self.as_of)
        self.assertEqual(run.state, "failed")
        self.assertIn("division by zero", run.error)
        self.assertFalse(self._read_profiles())
        self.assertEqual(self._run().written_count, 10)

    # ------------------------------------------------------------------- locks
    def test_somebody_else_computes(self):
        """While another session computes the company, this one leaves it alone."""
        other = self._create_company("Value Test Other Company")
        before = self.runs.search_count([])
        with self.registry.cursor() as cr:
            company = self.company.with_env(self.env(cr=cr))
            self.assertTrue(
                company.env["crm.job.run"]._try_lock(company, "crm.value.run")
            )
            self.assertFalse(self.runs.recompute(self.company, self.as_of))
            self.assertEqual(self.runs.search_count([]), before)
            runs = self.runs.recompute(self.company + other, self.as_of)
            self.assertEqual(runs.company_id, other)
            wizard = self.env["crm.value.recompute"].with_user(self.manager).create({})
            action = wizard.action_recompute()
            self.assertEqual(action["tag"], "display_notification")
            self.assertIn("being computed already", action["params"]["message"])
        self.assertEqual(self._run().customer_count, 10)

    # ------------------------------------------------------------------ wizard
    @freeze_time("2026-06-30 20:00:00")
    def test_wizard(self):
        form = Form(self.env["crm.value.recompute"].with_user(self.manager))
        self.assertEqual(form.as_of, date(2026, 7, 1))
        self.assertFalse(form.is_past)
        form.as_of = self.as_of
        self.assertTrue(form.is_past)
        action = form.save().action_recompute()
        self.assertEqual(action["res_model"], "crm.value.run")
        run = self.runs.browse(action["res_id"])
        self.assertRecordValues(run, [{"as_of": self.as_of, "state": "done"}])
        self.assertEqual(run.company_id, self.company)

    @freeze_time("2026-06-30 20:00:00")
    def test_wizard_refuses_the_future(self):
        wizard = (
            self.env["crm.value.recompute"]
            .with_user(self.manager)
            .create({"as_of": date(2026, 7, 2)})
        )
        with self.assertRaisesRegex(UserError, "2026-07-02 is in the future"):
            wizard.action_recompute()
        self.assertFalse(self.runs.search([("company_id", "=", self.company.id)]))

    # -------------------------------------------------------------- cron, hooks
    def test_cron(self):
        """One run per company that sells; started again soon after, none."""
        idle = self._create_company("Value Test Idle Company")
        cron = self.env.ref("crm_value_tiering.ir_cron_crm_value_recompute")
        domain = [("company_id", "in", (self.company + idle).ids)]
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        run = self.runs.search(domain)
        self.assertEqual(run.company_id, self.company)
        self.assertRecordValues(
            run, [{"state": "done", "as_of": self.company._get_value_today()}]
        )
        self.assertEqual(len(self.env["crm.value.profile"].search(domain)), 10)
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(self.runs.search(domain), run)

    @mute_logger(RUN_LOGGER)
    def test_cron_survives_a_failing_company(self):
        """One company's trouble is not the next one's."""
        other = self._create_company("Value Test Other Company")
        self._buy_many([(self.customers[0], self.as_of, 10)], company=other)
        engine = self.env.registry["crm.value.engine"]
        collect = engine._collect_facts

        def fail_here(engine, job):
            if job.company == self.company:
                raise ValueError("not this one")
            return collect(engine, job)

        with (
            self.enter_registry_test_mode(),
            patch.object(engine, "_collect_facts", fail_here),
        ):
            self.env.ref(
                "crm_value_tiering.ir_cron_crm_value_recompute"
            ).method_direct_trigger()
        runs = self.runs.search([("company_id", "in", (self.company + other).ids)])
        self.assertEqual(
            {run.company_id: run.state for run in runs},
            {self.company: "failed", other: "done"},
        )

    @mute_logger("odoo.addons.base.models.ir_cron")
    def test_cron_repeats_after_a_conflict(self):
        """A lead saved meanwhile costs a second try, not the month's computation."""
        engine = self.env.registry["crm.value.engine"]
        update = engine._update_leads
        tries = []

        def conflict_once(engine, job):
            if job.company == self.company:
                tries.append(job)
                if len(tries) == 1:
                    raise psycopg2.errors.SerializationFailure("lead saved meanwhile")
            return update(engine, job)

        with (
            self.enter_registry_test_mode(),
            patch.object(engine, "_update_leads", conflict_once),
        ):
            cron = self.env.ref("crm_value_tiering.ir_cron_crm_value_recompute")
            # With another company computed meanwhile Odoo repeats within the same
            # trigger; else the job is "partially done" and due again at once.
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        self.assertEqual(len(tries), 2)
        self.assertFalse(cron.failure_count)
        runs = self.runs.search([("company_id", "=", self.company.id)])
        self.assertRecordValues(runs, [{"state": "done", "written_count": 10}])

    def test_conflict_is_not_a_failed_run(self):
        """The caller's transaction is repeated: nothing may hide the conflict."""
        engine = self.env.registry["crm.value.engine"]
        for conflict in (
            psycopg2.errors.SerializationFailure("meanwhile"),
            psycopg2.errors.DeadlockDetected("meanwhile"),
            psycopg2.errors.LockNotAvailable("meanwhile"),
        ):
            with (
                patch.object(engine, "_update_leads", side_effect=conflict),
                self.assertRaises(type(conflict)),
            ):
                self.runs.recompute(self.company, self.as_of)
        self.assertFalse(self.runs.search([("company_id", "=", self.company.id)]))

    def test_post_init_hook(self):
        """Installed on years of orders: the first tiers come within a minute."""
        cron = self.env.ref("crm_value_tiering.ir_cron_crm_value_recompute")
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search([("cron_id", "=", cron.id)])
        post_init_hook(self.env)
        added = triggers.search([("cron_id", "=", cron.id)]) - before
        self.assertEqual(len(added), 1)
        self.assertLessEqual(added.call_at, fields.Datetime.now())
