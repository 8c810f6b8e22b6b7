from datetime import date

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import IncentiveCommon


@tagged("post_install", "-at_install")
class TestIncentivePeriod(IncentiveCommon):
    """Open, computed, in review, approved, paid; and never back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_plan(cls._percent(10))

    def test_account(self):
        """begin + new - paid = end, month after month; a minus goes on."""
        march, april = self._period(3), self._period(4)
        order = self._sell(date(2024, 3, 10), 1000)
        self._close(march, pay=True)
        first = march.statement_ids.filtered(lambda s: s.user_id == self.rep)
        self.assertRecordValues(
            first,
            [
                {
                    "begin_amount": 0,
                    "new_amount": 100,
                    "paid_amount": 100,
                    "end_amount": 0,
                }
            ],
        )
        self._sell(date(2024, 4, 2), 300)
        order._action_cancel()
        current = self._current()
        self._close(april, pay=True)
        self._compute()
        self.assertEqual(self._pay(current), "-100.00")
        now = current.statement_ids.filtered(lambda s: s.user_id == self.rep)
        self.assertEqual((now.begin_amount, now.end_amount), (0, -100))
        self.assertEqual(self._pay(april), "30.00")
        self._close(current, pay=True)
        now.invalidate_recordset()
        self.assertEqual((now.paid_amount, now.end_amount), (0, -100))
        self.assertIn("A negative balance goes on", now.explanation_html)

    def test_everybody_has_a_statement(self):
        """Also when nothing was earned."""
        march = self._period(3)
        self._compute()
        self.assertEqual(march.statement_ids.user_id, self.rep + self.other)
        self.assertIn("No earnings", march.statement_ids[0].explanation_html)

    def test_what_waits(self):
        """A month names what it waits for, not what a later month waits for."""
        self.env["crm.incentive.assignment"].search([]).unlink()
        plan = self.env["crm.incentive.plan"].create(
            {"name": "Evidence", "company_id": self.company.id}
        )
        self._set_plan(
            self._percent(10, trigger="payment"),
            {"kind": "fixed", "amount": 3000, "trigger": "complex"},
            plan=plan,
        )
        march, april = self._period(3), self._period(4)
        first = self._bill(date(2024, 3, 31), 1000)
        second = self._bill(date(2024, 4, 1), 1000)
        orders = [self._sell(date(2024, month, 20), 9000) for month in (3, 4)]
        for order in orders:
            self.env["crm.incentive.evaluation"].create({"order_id": order.id})
        self._compute()
        waits = [
            {
                document.name
                for document in (first, second, *orders)
                if document.name in self._get_why(period)
            }
            for period in (march, april)
        ]
        everything = {first.name, second.name, *(order.name for order in orders)}
        self.assertEqual(waits, [{first.name, orders[0].name}, everything])
        self._close(march)
        self.assertNotIn("Waiting", self._get_why(march))

    def _get_why(self, period):
        statement = period.statement_ids.filtered(lambda one: one.user_id == self.rep)
        statement.invalidate_recordset()
        return statement.with_user(self.rep).explanation_html

    def test_late_document(self):
        """IC09: F(13,000) - F(9,000) = 290.00, in April, for March."""
        plan = self.env["crm.incentive.plan"].create(
            {"name": "Steps", "company_id": self.company.id}
        )
        self.env["crm.incentive.assignment"].search([]).unlink()
        self._set_plan(self._stepped((0, 5), (10000, 8)), plan=plan)
        march, april = self._period(3), self._period(4)
        self._sell(date(2024, 3, 10), 9000)
        self._close(march, pay=True)
        self.assertEqual(self._pay(march), "450.00")
        self._sell(date(2024, 3, 28), 4000)
        self._sell(date(2024, 4, 2), 1000)
        self._compute()
        self.assertEqual(self._pay(march), "450.00")
        self.assertEqual(self._pay(april, home_period_id=march.id), "290.00")
        # April's own total begins at nothing
        self.assertEqual(self._pay(april, home_period_id=april.id), "50.00")
        late = self.env["crm.incentive.line"].search(
            [("period_id", "=", april.id), ("home_period_id", "=", march.id)]
        )
        self.assertTrue(late.is_late)
        self.assertIn("It belongs to March 2024", late.explanation_html)

    def test_taken_back_later(self):
        """A refund of a closed month is taken back in the next one, to the cent."""
        march, april = self._period(3), self._period(4)
        invoiced = self.env["crm.incentive.plan"].create(
            {"name": "Invoices", "company_id": self.company.id}
        )
        self.env["crm.incentive.assignment"].search([]).unlink()
        self._set_plan(self._percent(4, trigger="invoice"), plan=invoiced)
        invoice = self._bill(date(2024, 3, 10), 1000)
        self._close(march, pay=True)
        self.assertEqual(self._pay(march), "40.00")
        self._bill(date(2024, 4, 20), 200, refund=True, reversed_entry_id=invoice.id)
        self._compute()
        self.assertEqual(self._pay(march), "40.00")
        self.assertEqual(self._pay(april), "-8.00")
        line = self.env["crm.incentive.line"].search([("kind", "=", "clawback")])
        self.assertIn("200.00", line.explanation_html)

    def test_again_changes_nothing(self):
        march = self._period(3)
        self._sell(date(2024, 3, 10), 1000)
        first = self._compute()
        ids = march.line_ids.ids
        second = self._compute()
        self.assertEqual(first.changed, 1)
        self.assertEqual(second.changed, 0)
        self.assertEqual(first.digest, second.digest)
        self.assertEqual(march.line_ids.ids, ids)

    def test_one_run_or_three(self):
        """IC10: whatever the order of arrival and the batches, the lines are equal."""
        plan = self.env["crm.incentive.plan"].create(
            {"name": "Steps", "company_id": self.company.id}
        )
        self.env["crm.incentive.assignment"].search([]).unlink()
        self._set_plan(self._stepped((0, 5), (10000, 8)), plan=plan)
        march = self._period(3)
        orders = [
            self._sell(date(2024, 3, day), amount)
            for day, amount in ((3, 6000), (5, 3500), (9, 2500))
        ]
        run = self._compute()
        lines = march.line_ids.sorted("day")
        self.assertEqual(lines.mapped("amount"), [300, 175, 185])
        whole = run.digest
        for arrival in ((2, 0, 1), (1, 2, 0), (0, 1, 2)):
            with self.subTest(arrival), self.env.cr.savepoint() as savepoint:
                self._forget()
                for place in range(3):
                    for index, order in enumerate(orders):
                        order.state = "draft"
                        if index in arrival[: place + 1]:
                            order.state = "sale"
                    self.env["crm.incentive.event"]._collect_all(self.company)
                    run = self._compute()
                self.assertEqual(run.digest, whole)
                savepoint.rollback()
                self.env.invalidate_all()

    def _forget(self):
        """Lines and events as if nothing had happened yet, past the guards."""
        for table in ("crm_incentive_line", "crm_incentive_event_credit",
                      "crm_incentive_event"):  # fmt: skip
            self.env.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            self.env.cr.execute(f"DELETE FROM {table}")
            self.env.cr.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        self.env.invalidate_all()

    def test_reasons(self):
        """IC21: what was used, and why the rest was not."""
        self._period(3)
        self._sell(date(2024, 3, 10), 1000)
        self._sell(date(2024, 3, 11), 1000, user=self.seller)
        order = self._sell(date(2024, 3, 12), 1000)
        order.user_id = False
        run = self._compute()
        self.assertEqual(run.counts, {"used": 1, "no_plan": 1, "nobody": 1})
        self.assertEqual(
            run.summary, "1 used · 1 without a plan · 1 without a salesperson"
        )

    def test_nothing_is_said_in_words(self):
        self._period(3)
        self.assertEqual(self._compute().summary, "0 used")

    # ------------------------------------------------------------------- closing
    def test_second_person(self):
        march = self._period(3)
        self._sell(date(2024, 3, 10), 1000)
        self._compute()
        with self.assertRaisesRegex(UserError, "Your role does not decide"):
            march.with_user(self.approver).action_review()
        both = self.boss
        march.with_user(both).action_review()
        with self.assertRaisesRegex(UserError, "Your role does not decide"):
            march.with_user(both).action_approve()
        both.group_ids += self.env.ref("crm_team_incentives.group_incentive_approver")
        with self.assertRaisesRegex(UserError, "somebody else must approve"):
            march.with_user(both).action_approve()
        self.rep.group_ids += self.env.ref(
            "crm_team_incentives.group_incentive_approver"
        )
        with self.assertRaisesRegex(UserError, "You are paid in this period"):
            march.with_user(self.rep).action_approve()
        march.with_user(self.approver).action_approve()
        self.assertEqual(march.state, "approved")

    def test_one_after_the_other(self):
        march, april = self._period(3), self._period(4)
        self._compute()
        for period in (march, april):
            period.with_user(self.boss).action_review()
        with self.assertRaisesRegex(UserError, "March 2024 comes first"):
            april.with_user(self.approver).action_approve()
        march.with_user(self.approver).action_approve()
        with self.assertRaisesRegex(UserError, "March 2024 comes first"):
            april.with_user(self.approver).action_approve()
        march.with_user(self.boss).action_pay()
        april.with_user(self.approver).action_approve()
        with self.assertRaisesRegex(UserError, "A later period is approved"):
            self._period(2)

    def test_review_is_not_computed(self):
        march = self._period(3)
        self._compute()
        march.with_user(self.boss).action_review()
        self._sell(date(2024, 3, 10), 1000)
        with self.assertRaisesRegex(UserError, "in review or closed"):
            march.with_user(self.boss).action_compute()
        self._compute()
        self.assertEqual(self._pay(march), "0.00")
        march.with_user(self.approver).action_back()
        march.with_user(self.boss).action_compute()
        self.assertEqual(self._pay(march), "100.00")

    def test_buttons_only(self):
        march = self._period(3)
        with self.assertRaisesRegex(UserError, "Use the buttons"):
            march.with_user(self.boss).write({"state": "paid"})
        with self.assertRaisesRegex(UserError, "Use the buttons"):
            # what a client may send along
            march.with_user(self.boss).with_context(incentive_decision=True).write(
                {"state": "paid"}
            )
        with self.assertRaisesRegex(UserError, "begins open"):
            self._period(4, state="paid")

    def test_closed_in_python(self):
        march = self._close(self._period(3))
        with self.assertRaises(UserError):
            march.line_ids.write({"amount": 1})
        with self.assertRaises(UserError):
            march.statement_ids.unlink()
        with self.assertRaises(UserError):
            march.unlink()

    def test_closed_in_sql(self):
        """Superuser code and SQL change nothing of what was approved."""
        march = self._period(3)
        self._sell(date(2024, 3, 10), 1000)
        self._close(march)
        self.env.flush_all()
        for statement in (
            "UPDATE crm_incentive_line SET amount = 1",
            "DELETE FROM crm_incentive_line",
            "INSERT INTO crm_incentive_line (company_id, period_id, user_id, kind,"
            " amount) SELECT company_id, period_id, user_id, 'adjustment', 9"
            " FROM crm_incentive_line",
            "UPDATE crm_incentive_statement SET new_amount = 1",
            "DELETE FROM crm_incentive_statement",
            "UPDATE crm_incentive_period SET state = 'open' WHERE state = 'approved'",
            "UPDATE crm_incentive_period SET date_to = date_to + 1"
            " WHERE state = 'approved'",
            "UPDATE crm_incentive_event SET amount = 1",
            "UPDATE crm_incentive_event SET period_id = NULL",
            "DELETE FROM crm_incentive_event",
            "UPDATE crm_incentive_event_credit SET weight = 1",
            "UPDATE crm_incentive_rule SET rate = 99",
            "DELETE FROM crm_incentive_rule",
            "INSERT INTO crm_incentive_rule (version_id, name, kind, trigger,"
            " uplift_reading, step_mode, step_side) SELECT version_id, 'x', kind,"
            " trigger, uplift_reading, step_mode, step_side FROM crm_incentive_rule",
            "UPDATE crm_incentive_version SET precedence = 'add'",
            "UPDATE crm_incentive_version SET state = 'draft'",
        ):
            with (
                self.subTest(statement),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(psycopg2.errors.RaiseException, "closed"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def test_paid_is_final(self):
        march = self._period(3)
        self._sell(date(2024, 3, 10), 1000)
        self._close(march, pay=True)
        self.env.flush_all()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.RaiseException),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute("UPDATE crm_incentive_statement SET paid_amount = 0")

    def test_limits(self):
        with mute_logger("odoo.sql_db"):
            for start, stop in (
                ("2024-03-01", "2024-03-01"),
                ("2024-03-01", "2028-01-01"),
            ):
                with (
                    self.subTest(stop),
                    self.assertRaises(psycopg2.IntegrityError),
                    self.env.cr.savepoint(),
                ):
                    self.env.cr.execute(
                        "INSERT INTO crm_incentive_period"
                        " (company_id, date_from, date_to, state)"
                        " VALUES (%s, %s, %s, 'open')",
                        [self.company.id, start, stop],
                    )
