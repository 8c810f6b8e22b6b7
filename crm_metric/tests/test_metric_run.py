from datetime import date
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import SQL, mute_logger

from ..models import crm_metric_run
from .common import MetricCommon

RUN_LOGGER = "odoo.addons.crm_metric.models.crm_metric_run"


@tagged("post_install", "-at_install")
class TestMetricRun(MetricCommon):
    """Repeating, resuming, failing; what is written and what is not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._ladder()
        cls._run()
        cls.engine = cls.env.registry["crm.metric.engine"]
        cls.cron = cls.env.ref("crm_metric.ir_cron_crm_metric_recompute")
        cls.env["crm.metric.run"].search([]).unlink()

    def _own_runs(self):
        return self.metric_runs.search([("company_id", "=", self.company.id)])

    def _read_facts(self):
        self.env.invalidate_all()
        return self.facts.search_read([("company_id", "=", self.company.id)])

    # ------------------------------------------------------------------ writing
    def test_again_writes_nothing(self):
        first = self._measure(date(2025, 7, 1), date(2026, 6, 30))
        self.assertGreater(first.written_count, 20)
        before = self._read_facts()
        again = self._measure(date(2025, 7, 1), date(2026, 6, 30))
        self.assertRecordValues(again, [{"written_count": 0, "deleted_count": 0}])
        self.assertEqual(self._read_facts(), before)
        self.assertEqual(again.counts["revenue"], {"written": 0, "deleted": 0})

    def test_only_what_changed_is_written(self):
        self._measure()
        order = self.env["sale.order"].search(
            [("partner_id", "=", self.customers[0].id)]
        )
        order.order_line.price_unit = 1001
        run = self._measure()
        changed = {
            code: rows for code, rows in run.counts.items() if any(rows.values())
        }
        self.assertEqual(changed, {"revenue": {"written": 1, "deleted": 0}})

    def test_what_is_gone_is_deleted(self):
        self._measure()
        orders = self.env["sale.order"].search(
            [("partner_id", "in", self.customers.ids)]
        )
        orders._action_cancel()
        run = self._measure()
        self.assertGreater(run.deleted_count, 0)
        # what is left says that the month was measured, and that nobody bought
        for fact in self._read_facts():
            self.assertEqual(
                (fact["value"], fact["tier_id"], fact["user_id"]), (0, False, False)
            )

    def test_one_day_is_one_set_of_statements(self):
        """As many queries for 30 customers as for 10."""

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._measure()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count()
        few = count()
        more = self.env["res.partner"].create(
            [{"name": f"Metric Test More {number}"} for number in range(20)]
        )
        self._buy_many([(customer, self.as_of, 5) for customer in more])
        count()
        self.assertLessEqual(count(), few)
        self.assertEqual(self._figure("customers_new"), 21)

    # ------------------------------------------------------------------ periods
    @freeze_time("2026-06-30 16:30:00")
    def test_default_months(self):
        """The current one and the one before: in Shanghai it is July already."""
        run = self.metric_runs.recompute()
        self.assertRecordValues(
            run,
            [
                {
                    "date_from": date(2026, 6, 1),
                    "date_to": date(2026, 7, 1),
                    "next_month": False,
                    "state": "done",
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(run.display_name, "Value Test Company, Jun 2026 to Jul 2026")

    @freeze_time("2026-06-15 12:00:00")
    def test_refused_periods(self):
        for first, last, message in (
            ("2026-05-01", "2026-04-30", "must not be after"),
            ("2026-05-01", "2026-07-01", "cannot be measured"),
            ("2026-07-01", False, "must not be after"),
            ("05/01/2026", "2026-05-01", "“05/01/2026” is not a date: write it as"),
            ("2026-05-01", "2026-05-32", "“2026-05-32” is not a date"),
            (5, None, "“5” is not a date"),
        ):
            with (
                self.subTest(first=first, last=last),
                self.assertRaisesRegex(UserError, message),
            ):
                self.metric_runs.recompute(self.company, first, last)

    @freeze_time("2026-06-15 12:00:00")
    def test_wizard_hands_over_to_the_scheduled_action(self):
        with Form(self.env["crm.metric.recompute"].with_user(self.manager)) as form:
            self.assertEqual(form.date_to, date(2026, 6, 1))
            self.assertEqual(form.date_from, date(2025, 7, 1))
            form.date_from = date(2026, 2, 17)
            wizard = form.save()
        triggers = self.env["ir.cron.trigger"].search_count(
            [("cron_id", "=", self.cron.id)]
        )
        action = wizard.action_recompute()
        run = self.metric_runs.browse(action["res_id"])
        self.assertRecordValues(
            run, [{"state": "waiting", "next_month": date(2026, 2, 1)}]
        )
        self.assertEqual(
            self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.cron.id)]),
            triggers + 1,
        )
        self.assertFalse(self._read_facts())

    def test_progress_follows_the_months(self):
        run = self.metric_runs._request(self.company, "2026-01-01", "2026-04-30")
        self.assertEqual(run.progress, 0)
        run.next_month = date(2026, 2, 1)
        self.assertEqual(run.progress, 25, "in the same transaction, too")
        run.state = "done"
        self.assertEqual(run.progress, 100)

    # --------------------------------------------------------------------- cron
    def _trigger(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_cron(self):
        """A daily run per company that sells, and what others have asked for."""
        idle = self._create_company("Metric Test Idle Company")
        asked = self.metric_runs._request(self.company, "2026-05-01", "2026-06-30")
        self._trigger()
        self.assertRecordValues(asked, [{"state": "done", "next_month": False}])
        daily = self._own_runs() - asked
        self.assertRecordValues(daily, [{"state": "done", "is_scheduled": True}])
        self.assertEqual(self._figure("customers_new"), 1)
        self.assertFalse(self.metric_runs.search([("company_id", "=", idle.id)]))
        self._trigger()
        self.assertEqual(self._own_runs(), asked + daily, "not twice within the hour")

    def test_cron_goes_on_where_it_stopped(self):
        """Killed after each month: the next call begins with the month after."""
        asked = self.metric_runs._request(self.company, "2026-04-01", "2026-06-30")
        months, compute = [], self.engine._prepare_month

        def note(engine, company, month, parameters):
            if company == self.company:
                months.append(month)
            return compute(engine, company, month, parameters)

        with patch.object(self.engine, "_prepare_month", note):
            for _turn in range(3):
                asked._process(seconds=0)
        self.assertEqual(months, [date(2026, month, 1) for month in (4, 5, 6)])
        self.assertEqual(asked.state, "done")
        self.assertEqual(self._figure("customers_new"), 1)

    def test_cron_with_an_unknown_time_zone(self):
        """It counts by another one, says so, and the companies after it are measured."""
        healthy = self._create_company("Metric Test Healthy Company")
        self._buy(self.customers[0], self.as_of, 10, company=healthy)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET tz = 'US/Pacific-New' WHERE id = %s",
            [self.company.partner_id.id],
        )
        self.company.partner_id.invalidate_recordset(["tz"])
        self._trigger()
        runs = self.metric_runs.search(
            [("company_id", "in", (self.company + healthy).ids)]
        )
        self.assertEqual(
            {run.company_id: (run.state, bool(run.note)) for run in runs},
            {self.company: ("done", True), healthy: ("done", False)},
        )

    def test_tiers_do_not_wait(self):
        """While metrics are computed elsewhere, tiers are, and the other way round."""
        jobs = {
            "crm.value.run": lambda: self.env["crm.value.run"].recompute(self.company),
            "crm.metric.run": lambda: self.metric_runs.recompute(self.company),
        }
        self._check_only_one_blocked("crm.metric.run", jobs)

    def test_companies_to_measure(self):
        """Those that sell, however they do: a quotation is no sale, a receipt is one."""
        customer = self._create_customer()
        expected = {}
        for name in ("nothing", "quotation", "order", "invoice", "receipt", "lead"):
            company = self._create_company(f"Metric Test Company {name}")
            expected[company] = name not in ("nothing", "quotation")
            if name in ("quotation", "order"):
                order = self._create_quotation(customer, 10, company=company)
                if name == "order":
                    order.action_confirm()
            elif name in ("invoice", "receipt"):
                self.patch(type(self), "company", company)
                self.patch(type(self), "sale_journal", self.env["account.journal"])
                kind = {"move_type": "out_receipt"} if name == "receipt" else {}
                self._invoice(customer, self.as_of, 10, **kind)
            elif name == "lead":
                lead = self.env["crm.lead"].create(
                    {"name": "Deal", "company_id": company.id}
                )
                lead.action_set_lost()
        self.env.flush_all()
        found = self.metric_runs._get_companies_to_measure()
        for company, measured in expected.items():
            with self.subTest(company=company.name):
                self.assertEqual(company in found, measured)

    def test_somebody_else_is_at_it(self):
        """The second leaves it to the first, and leaves no run behind."""
        with self.registry.cursor() as cr:
            company = self.company.with_env(self.env(cr=cr))
            self.assertTrue(
                company.env["crm.job.run"]._try_lock(company, "crm.metric.run")
            )
            self.assertFalse(self.metric_runs.recompute(self.company))
            self.assertFalse(self._own_runs())
            waiting = self.metric_runs._request(self.company)
            self.assertFalse(waiting._process())
            self.assertEqual(waiting.state, "waiting")
        self.assertTrue(waiting._process())
        self.assertEqual(waiting.state, "done")

    # ----------------------------------------------------------------- failures
    @mute_logger(RUN_LOGGER, "odoo.sql_db")
    def test_one_metric_fails_the_others_stand(self):
        self._measure()
        kept = self._figure("retention"), self._figure("revenue")
        self._buy(self.customers[0], self.as_of, 5)
        broken = patch.object(
            self.engine, "_collect_metric_revenue", lambda *a: SQL("SELECT 1 / 0")
        )
        with broken:
            run = self.metric_runs.recompute(self.company, self.as_of, self.as_of)
        self.assertEqual(run.state, "failed")
        self.assertIn("Jun 2026, Revenue: ", run.error)
        self.assertEqual((self._figure("retention"), self._figure("revenue")), kept)
        self.assertEqual(run.counts["repeat_purchase"]["written"], 1)
        self.assertNotIn("revenue", run.counts)

    @mute_logger(RUN_LOGGER)
    def test_one_month_fails_the_others_stand(self):
        prepare = self.engine._collect_customers

        def fail_in_may(engine, job):
            if job.date_from.month == 5:
                raise ValueError("not in May")
            return prepare(engine, job)

        with patch.object(self.engine, "_collect_customers", fail_in_may):
            run = self.metric_runs.recompute(self.company, "2026-04-01", "2026-06-30")
        self.assertEqual((run.state, run.error), ("failed", "May 2026: not in May\n"))
        self.assertEqual(
            [bool(self._figure("customers", date(2026, m, 1))) for m in (4, 5, 6)],
            [True, False, True],
        )

    def test_conflict_is_not_a_failed_run(self):
        """The caller's transaction is repeated: nothing may hide the conflict."""
        conflict = psycopg2.errors.SerializationFailure("meanwhile")
        for stage in ("_collect_customers", "_collect_metric_revenue"):
            with (
                patch.object(self.engine, stage, side_effect=conflict),
                self.assertRaises(psycopg2.errors.SerializationFailure),
                self.env.cr.savepoint(),
            ):
                self.metric_runs.recompute(self.company)

    # ------------------------------------------------------------- housekeeping
    def test_old_daily_runs_go(self):
        daily = self.metric_runs._request(self.company, is_scheduled=True)
        asked = self.metric_runs._request(self.company)
        for run in daily + asked:
            run._process()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_metric_run SET create_date = %s WHERE id IN %s",
            [
                fields.Datetime.subtract(fields.Datetime.now(), months=4),
                (daily + asked)._ids,
            ],
        )
        self.env.invalidate_all()
        self.metric_runs._gc_runs()
        self.assertEqual((daily + asked).exists(), asked)

    def test_open_the_figures(self):
        run = self._measure()
        action = run.with_user(self.manager).action_open_facts()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found.company_id, self.company)
        self.assertEqual(set(found.mapped("date")), {date(2026, 6, 1)})

    # ---------------------------------------------------------------------- long
    def test_nothing_before_the_first_document(self):
        first = min(
            self.env["sale.order"]
            .search([("company_id", "=", self.company.id)])
            .mapped("date_order")
        ).date()
        run = self.metric_runs._request(self.company, "0001-01-01", "2026-06-30")
        self.assertEqual(run.date_from, first.replace(day=1))
        empty = self._create_company("Metric Test Empty Company")
        run = self.metric_runs._request(empty, "1926-01-01", "1926-12-31")
        self.assertEqual((run.date_from, run.date_to), (date(1926, 12, 1),) * 2)

    def test_figures_without_documents_are_reached(self):
        """They become nothing, though nothing is as old any more."""
        self._measure()
        self.facts.search([("company_id", "=", self.company.id)], limit=1).copy(
            {"date": date(2001, 5, 1)}
        )
        run = self.metric_runs._request(self.company, "1990-01-01", "2001-06-30")
        self.assertEqual(run.date_from, date(2001, 5, 1))
        run._process()
        left = self.facts.search([("date", "=", date(2001, 5, 1))])
        self.assertFalse(any(left.mapped("numerator")), "zero is a figure, too")

    def test_half_a_century_at_most(self):
        order = self.env["sale.order"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        order.date_order = "1901-01-01 12:00:00"
        with self.assertRaisesRegex(UserError, "At most 50 years"):
            self.metric_runs._request(self.company, "0001-01-01")

    def test_nobody_waits_for_a_long_run(self):
        """Daily runs first, then each in turn: the long one's second turn comes last."""
        companies = self.company + self._create_company("Metric Test Second Company")
        long, short = self.metric_runs._request(companies)
        long.date_from = long.next_month = fields.Date.subtract(long.date_to, months=3)
        self.env.flush_all()
        for run, minutes in ((short, 5), (long, 10)):
            self.env.cr.execute(
                "UPDATE crm_metric_run SET write_date = %s WHERE id = %s",
                [fields.Datetime.subtract(run.create_date, minutes=minutes), run.id],
            )
        self.env.invalidate_all()
        turns, process = [], type(self.metric_runs)._process

        def note(run, seconds=None):
            turns.append(run.id)
            return process(run, seconds)

        with (
            patch.object(self.registry["crm.metric.run"], "_process", note),
            patch.object(crm_metric_run, "BATCH_SECONDS", 0),
        ):
            for _call in range(8):
                self._trigger()
        self.assertEqual(turns[-1], long.id)
        daily = self._own_runs().filtered("is_scheduled")
        self.assertEqual(turns[: len(daily)], daily.ids)
        waiting = [run_id for run_id in turns if run_id in (long + short).ids]
        self.assertEqual(waiting[:2], [long.id, short.id])
        self.assertEqual((long + short).mapped("state"), ["done", "done"])

    @mute_logger(RUN_LOGGER)
    def test_any_error_ends_the_run(self):
        """A slip in a metric's program leaves no run that waits for ever."""
        for error in (
            AttributeError("slip"),
            OverflowError("slip"),
            AssertionError("slip"),
        ):
            with patch.object(
                self.engine, "_collect_metric_revenue", side_effect=error
            ):
                run = self.metric_runs.recompute(self.company, self.as_of, self.as_of)
            with self.subTest(error=repr(error)):
                self.assertEqual(run.state, "failed")
                self.assertIn("Revenue: slip", run.error)
