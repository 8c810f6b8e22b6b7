"""What one company meets stops no other one, in whatever scheduled action."""

from __future__ import annotations

import re
from collections.abc import Callable
from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_value_retention.tests.common import RetentionCommon
from odoo.addons.crm_value_tiering.tests.common_registry import RegistryCommon

JOB_LOGGER = "odoo.addons.crm_value_tiering.models.crm_company_job"


def _divide(record: BaseModel) -> None:
    record.env.cr.execute("SELECT 1 / 0")


def _overflow(record: BaseModel) -> None:
    record.env.cr.execute("SELECT DATE '2026-01-01' + 2147483647")


def _raise(error: Exception) -> Callable[[BaseModel], None]:
    def fail(_record: BaseModel) -> None:
        raise error

    return fail


# One of each kind that Python and PostgreSQL know.
ERRORS = {
    "a sentence": _raise(UserError("no")),
    "a wrong value": _raise(ValueError("no")),
    "a missing key": _raise(KeyError("no")),
    "a slip in the program": _raise(AttributeError("no")),
    "a number too large": _raise(OverflowError("no")),
    "a failed check": _raise(AssertionError("no")),
    "a broken connection": _raise(psycopg2.OperationalError("no")),
    "an error of the database": _divide,
    "a date out of range": _overflow,
}


@tagged("standard", "post_install", "-at_install")
class TestRegistryJobs(RegistryCommon, RetentionCommon):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.others = cls.env["res.company"]
        for number in range(2):
            company = cls._create_company(f"Suite Test Company {number}")
            company.write({"crm_value_save": True})
            cls._set_model(company=company, min_customers=2)
            cls._buy(cls._create_customer(), cls.as_of, 50, company=company)
            cls._run(company=company)
            cls.others += company
        cls.env["crm.value.override"].create(
            [
                {
                    "company_id": company.id,
                    "partner_id": cls._create_customer().id,
                    "tier_id": cls.tier_mid.id,
                    "reason": "For the test",
                    "date_from": cls.as_of,
                }
                for company in cls.company + cls.others
            ]
        )
        for company in cls.company + cls.others:
            cls._start_points(company)
            cls._start_pay(company)
            cls._act(company)
            cls.env["crm.satisfaction.plan"].create(
                {"name": "Suite", "company_id": company.id, "is_running": True}
            )
        # long enough ago for every schedule
        cls.env["crm.value.run"].search([]).write(
            {"started_at": "2026-01-01 00:00:00", "as_of": "2026-01-01"}
        )

    @classmethod
    def _start_points(cls, company: BaseModel) -> None:
        """A program with something to post."""
        programs = cls.env["loyalty.program"].with_company(company)
        programs._create_ledger_program(
            {
                "name": "Suite Test Points",
                "company_id": company.id,
                "reward_ids": programs._prepare_reward_commands(100, 10),
            }
        )
        order = cls.env["sale.order"].search(
            [("company_id", "=", company.id)], limit=1
        ) or cls._buy(cls._create_customer(), cls.as_of, 50, company=company)
        cls.env["crm.loyalty.event"].create(
            {
                "company_id": company.id,
                "res_model": order._name,
                "res_id": order.id,
            }
        )

    @classmethod
    def _act(cls, company: BaseModel) -> None:
        """A corrective action that is being watched."""
        cause = cls.env["crm.complaint.cause"].search([], limit=1)
        action = cls.env["crm.complaint.capa"].create(
            {"company_id": company.id, "cause_id": cause.id, "analysis": "Because"}
        )
        action.action_carried_out()

    @classmethod
    def _start_pay(cls, company: BaseModel) -> None:
        """An approved plan, so there is something to compute."""
        plan = cls.env["crm.incentive.plan"].create(
            {"name": "Suite Test Pay", "company_id": company.id}
        )
        version = cls.env["crm.incentive.version"].create(
            {"plan_id": plan.id, "weight_reading": "none"}
        )
        version._decide({"state": "approved"})

    def _get_crons(self) -> BaseModel:
        data = self.env["ir.model.data"].search(
            [("model", "=", "ir.cron"), ("module", "in", list(self.modules))]
        )
        crons = self.env["ir.cron"].with_context(active_test=False)
        return crons.browse(data.mapped("res_id"))

    def _get_jobs(self) -> list[tuple[BaseModel, str]]:
        """Model and method of each scheduled action of the suite."""
        jobs = []
        for cron in self._get_crons():
            [method] = re.fullmatch(
                r"model\.(_cron_\w+)\(\)", cron.code.strip()
            ).groups()
            jobs.append((self.env[cron.model_id.model], method))
        return jobs

    def test_there_is_something_to_check(self) -> None:
        self.assertGreaterEqual(len(self._get_jobs()), 5)

    @mute_logger(JOB_LOGGER, "odoo.sql_db")
    def test_an_error_of_one_company_stops_no_other(self) -> None:
        """The first company of each job meets each kind of error; the others are done."""
        for model, method in self._get_jobs():
            for kind, fail in ERRORS.items():
                with self.subTest(job=f"{model._name}.{method}", error=kind):
                    with self.cr.savepoint() as savepoint:
                        failed, done = self._run_job(model, method, fail)
                        savepoint.rollback()
                    self.env.invalidate_all()
                    self.assertTrue(failed, "the job does not go company by company")
                    self.assertGreaterEqual(len(done), 2)

    def _run_job(
        self, model: BaseModel, method: str, fail: Callable[[BaseModel], None]
    ) -> tuple[list, list]:
        """Companies that met the error, and those whose work was done."""
        failed, done = [], []
        jobs = self.registry["crm.company.job"]
        run_each = jobs._run_each

        def spoilt(self, records, work, *args, **kwargs):
            def work_or_fail(record: BaseModel) -> object:
                if record == records[:1]:
                    failed.append(record.id)
                    fail(record)
                result = work(record)
                done.append(record.id)
                return result

            return run_each(self, records, work_or_fail, *args, **kwargs)

        with (
            self.enter_registry_test_mode(),
            patch.object(jobs, "_run_each", spoilt),
            self.registry.cursor() as cr,
        ):
            getattr(self.env(cr=cr)[model._name], method)()
        self.env.invalidate_all()
        return failed, done
