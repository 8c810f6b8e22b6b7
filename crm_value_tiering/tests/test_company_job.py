from contextlib import contextmanager

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ValueCommon

LOGGER = "odoo.addons.crm_value_tiering.models.crm_company_job"
JOB = "value.test.job"


@tagged("post_install", "-at_install")
class TestCompanyJob(ValueCommon):
    """Work company by company: what one meets is its own affair."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.companies = cls.company.concat(
            *(cls._create_company(f"Value Test Company {n}") for n in range(2))
        )
        cls.runs = cls.env["crm.job.run"]

    @contextmanager
    def _committing(self):
        """Companies on a cursor that may commit, as a scheduled action has it."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            yield self.companies.with_env(self.env(cr=cr))

    def _run_each(self, work, **options):
        with self._committing() as companies:
            companies.env["crm.job.run"]._run_each(companies, work, JOB, **options)
        self.env.invalidate_all()

    def _kept(self):
        return self.runs.search([("job", "=", JOB)])

    # -------------------------------------------------------------------- errors
    @mute_logger(LOGGER)
    def test_an_error_stops_nobody_else(self):
        """What the company had done is undone, the error is on a run, the rest goes on."""
        done = []

        def work(company):
            company.partner_id.comment = "touched"
            company.env.flush_all()
            if company == self.companies[0]:
                raise KeyError("no such rate")
            done.append(company.id)

        self._run_each(work)
        self.assertEqual(done, self.companies[1:].ids)
        self.assertEqual(
            [bool(company.partner_id.comment) for company in self.companies],
            [False, True, True],
        )
        self.assertRecordValues(
            self._kept(),
            [
                {
                    "company_id": self.companies[0].id,
                    "state": "failed",
                    "error": "'no such rate'",
                }
            ],
        )

    @mute_logger(LOGGER, "odoo.sql_db")
    def test_an_error_of_the_database(self):
        """The transaction is broken: it ends, the next company has a new one."""
        done = []

        def work(company):
            if company == self.companies[1]:
                company.env.cr.execute("SELECT 1 / 0")
            done.append(company.id)

        self._run_each(work)
        self.assertEqual(done, [self.companies[0].id, self.companies[2].id])
        self.assertIn("division by zero", self._kept().error)

    @mute_logger(LOGGER)
    def test_a_conflict_is_no_failure(self):
        seen = []

        def work(company):
            seen.append(company.id)
            if company == self.companies[0]:
                raise psycopg2.errors.SerializationFailure("saved meanwhile")

        self._run_each(work)
        self.assertEqual(seen, self.companies.ids)
        self.assertFalse(self._kept())

    def test_what_is_left_is_counted_as_left(self):
        """A company that somebody else is at remains: the job is called again at once."""
        for repeat, remaining in ((True, 1), (False, 0)):
            with self.subTest(repeat=repeat):
                progress = self._run_in_cron(
                    lambda company: company != self.companies[2], repeat
                )
                self.assertEqual((progress.done, progress.remaining), (
                    3 - remaining, remaining
                ))  # fmt: skip

    def _run_in_cron(self, work, repeat):
        cron = self.env.ref("crm_value_tiering.ir_cron_crm_value_override")
        progress = self.env["ir.cron.progress"].create({"cron_id": cron.id})
        with self._committing() as companies:
            env = companies.env(
                context={
                    **companies.env.context,
                    "cron_id": cron.id,
                    "ir_cron_progress_id": progress.id,
                    "cron_end_time": float("inf"),
                }
            )
            companies = companies.with_env(env)
            env["crm.job.run"]._run_each(companies, work, JOB, repeat=repeat)
        self.env.invalidate_all()
        return progress

    # -------------------------------------------------------------------- cancel
    def test_cancel(self):
        """What waits is given up; what is over stays as it ended."""
        waiting, done = self.runs.create(
            [
                {"company_id": self.company.id, "job": JOB, "state": state}
                for state in ("waiting", "done")
            ]
        )
        with self.assertRaises(AccessError):
            waiting.with_user(self.seller).action_cancel()
        (waiting + done).with_user(self.manager).action_cancel()
        self.assertEqual(waiting.state, "cancelled")
        self.assertTrue(waiting.finished_at)
        self.assertRecordValues(
            done, [{"state": "done", "finished_at": False, "progress": 100}]
        )

    def test_cancel_elsewhere(self):
        waiting = self.runs.create(
            {"company_id": self.companies[1].id, "job": JOB, "state": "waiting"}
        )
        with self.assertRaises(AccessError):
            waiting.with_user(self.manager).action_cancel()

    # --------------------------------------------------------------------- label
    def test_a_job_is_called_as_its_records(self):
        """In words, without a right on the list of models; else by its own name."""
        runs = self.runs.create(
            [
                {"company_id": self.company.id, "job": job, "state": "failed"}
                for job in ("crm.value.override", JOB)
            ]
        ).with_user(self.manager)
        self.assertEqual(runs.mapped("display_name"), ["Tier Set by Hand", JOB])
        self.env["res.lang"]._activate_lang("zh_CN")
        known = runs[0].with_context(lang="zh_CN")
        self.env["ir.model"]._get("crm.value.override").with_context(
            lang="zh_CN"
        ).name = "人工指定"
        self.assertEqual(known.name, "人工指定")

    # ------------------------------------------------------------------- company
    def test_companies_that_a_caller_may_name(self):
        runs = self.runs.with_user(self.manager)
        self.assertEqual(runs._resolve_companies(), self.company)
        self.assertEqual(runs._resolve_companies(self.company.ids), self.company)
        with self.assertRaises(AccessError):
            runs._resolve_companies(self.companies)
        self.assertEqual(self.runs._resolve_companies(self.companies), self.companies)

    def test_the_company_stays(self):
        """Nor does the superuser move what figures and rights follow from."""
        policy = self._set_model()
        with self.assertRaisesRegex(UserError, "company cannot be changed"):
            policy.company_id = self.companies[1]
        policy.company_id = self.company
        self.assertEqual(policy.company_id, self.company)
