import io
import random
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.crm_team_incentives.models.crm_incentive_engine import LINE_COLUMNS

from .common import IncentiveCommon

# Ids that no document has: the comparison with documents leaves such events alone.
FIRST_ID = 100_000_000


class SimulationCommon(IncentiveCommon):
    @classmethod
    def _simulate(cls, version, first, last, **vals):
        simulation = (
            cls.env["crm.incentive.simulation"]
            .with_user(cls.boss)
            .create(
                {
                    "version_id": version.id,
                    "period_from_id": first.id,
                    "period_to_id": last.id,
                    **vals,
                }
            )
        )
        simulation.action_compute()
        return simulation

    def _figures(self, simulation, name="user_id"):
        return {
            value: (str(self._sum([paid])), str(self._sum([new])))
            for value, paid, new in simulation._get_sums(name)
        }

    @classmethod
    def _note(cls, *events):
        """Events that some documents brought: tuples of kind, document, source,
        sequence, day, amount, values, and parts of people."""
        for kind, document, source, sequence, day, amount, vals, parts in events:
            event_id = cls.env.execute_query(
                SQL(
                    """
                    INSERT INTO crm_incentive_event (
                        company_id, kind, res_id, sequence, document_id, holder_id,
                        document_name, moment, day, document_day, amount, partner_id,
                        tier_id, customer_since, lifetime_value, lifetime_day,
                        recent_orders)
                    VALUES (%s, %s, %s, %s, %s, %s, 'D', now(), %s, %s, %s, %s, %s, %s,
                            %s, %s, %s)
                    RETURNING id
                    """,
                    cls.company.id, kind, FIRST_ID + source, sequence,
                    FIRST_ID + document, FIRST_ID + source, day, day, amount,
                    cls.customer.id, vals.get("tier_id"), vals.get("since", day),
                    vals.get("value"), day if vals.get("value") else None,
                    vals.get("orders", 0),
                )
            )[0][0]  # fmt: skip
            for user, weight in parts:
                cls.env.cr.execute(
                    SQL(
                        "INSERT INTO crm_incentive_event_credit (event_id, user_id,"
                        " weight) VALUES (%s, %s, %s)",
                        event_id,
                        user.id,
                        weight,
                    )
                )
        cls.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestIncentiveSimulation(SimulationCommon):
    """A version before it goes live, against what was paid."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.version = cls._set_plan(cls._percent(10))
        cls.months = [cls._period(month) for month in (3, 4, 5)]
        cls.march, cls.april, cls.may = cls.months

    @classmethod
    def _sell_some(cls):
        cls._sell(date(2024, 3, 10), 1000)
        cls._sell(date(2024, 4, 10), 3000)
        cls._sell(date(2024, 4, 11), 500, user=cls.other)

    # --------------------------------------------------------------- the figures
    def test_lower_rate(self):
        """10 % were paid; a draft of 4 % would have paid two fifths."""
        self._sell_some()
        self._close(self.march)
        self._compute()
        draft = self._draft(self._percent(4), date_from=date(2027, 1, 1))
        one = self._simulate(draft, self.march, self.may)
        self.assertEqual(
            self._figures(one),
            {self.rep: ("400.00", "160.00"), self.other: ("50.00", "20.00")},
        )
        self.assertEqual((one.paid_amount, one.simulated_amount), (450, 180))
        self.assertEqual(one.difference, -270)
        self.assertIn("-60.0 %", one.explanation_html)
        self.assertIn("less: 2", one.explanation_html)

    def test_one_gains_one_loses(self):
        self._sell_some()
        self._compute()
        draft = self._draft(self._stepped((0, 5), (1000, 15)))
        one = self._simulate(draft, self.march, self.april)
        # R1: 1,000 × 5 % = 50; 50 + 2,000 × 15 % = 350; R2: 500 × 5 %
        self.assertEqual(
            self._figures(one),
            {self.rep: ("400.00", "400.00"), self.other: ("50.00", "25.00")},
        )
        self.assertEqual(
            self._figures(one, "period_id"),
            {self.march: ("100.00", "50.00"), self.april: ("350.00", "375.00")},
        )
        summary = " ".join(one._get_explanation()["summary"])
        self.assertIn("more: 0, less: 1, the same: 1", summary)

    def test_by_rule_and_tier(self):
        self._compute()
        self._note(
            ("order", 1, 1, 1, date(2024, 3, 5), 1000,
             {"tier_id": self.tier_high.id}, [(self.rep, 1)]),
            ("order", 2, 2, 1, date(2024, 3, 6), 500, {}, [(self.rep, 1)]),
        )  # fmt: skip
        self._compute()
        draft = self._draft(
            self._percent(10),
            {"kind": "uplift", "rate": 5, "name": "More",
             "tier_ids": [Command.set(self.tier_high.ids)]},
        )  # fmt: skip
        one = self._simulate(draft, self.march, self.march)
        self.assertEqual(
            self._figures(one, "tier_id"),
            {
                self.tier_high: ("100.00", "150.00"),
                self.tier_high.browse(): ("50.00", "50.00"),
            },
        )
        self.assertEqual(
            self._figures(one, "rule_name"),
            {"Rule 1": ("150.00", "150.00"), "More": ("0.00", "50.00")},
        )

    def test_lifetime_value_of_the_day(self):
        """Acceptance 22: steps by the value of then; what is missing is named."""
        self._note(
            ("order", 1, 1, 1, date(2024, 3, 5), 1000,
             {"value": 60000, "orders": 3}, [(self.rep, 1)]),
            ("order", 2, 2, 1, date(2024, 3, 6), 1000, {}, [(self.rep, 1)]),
        )  # fmt: skip
        self._compute()
        draft = self._draft(
            self._stepped((0, 1), (50000, 4), by_lifetime=True, by_frequency=True),
            frequency_ids=[
                Command.create({"orders_from": 0, "factor": 100}),
                Command.create({"orders_from": 3, "factor": 150}),
            ],
        )
        one = self._simulate(draft, self.march, self.march)
        self.assertEqual(self._figures(one), {self.rep: ("200.00", "70.00")})
        self.assertEqual(one.findings["no_value"], 1)
        self.assertIn(
            "Documents without a lifetime value of their day: 1.", one.explanation_html
        )
        self.assertIn("would have done", one.explanation_html)

    def test_budget(self):
        self._sell_some()
        self._close(self.march, pay=True)
        self._compute()
        draft = self._draft(self._percent(20))
        one = self._simulate(draft, self.march, self.april)
        table = one._get_budget_table()
        self.assertEqual(
            [(row["name"][:12], row["paid"][:6], row["new"][:6])
             for row in table["rows"]],
            [("In periods t", "100.00", "200.00"), ("Not approved", "350.00", "700.00")],
        )  # fmt: skip
        # 450 in 61 days
        self.assertIn("2,692.62", table["note"])

    def test_decided_by_hand(self):
        self._sell_some()
        self._compute()
        line = self.env["crm.incentive.line"].search([("user_id", "=", self.rep.id)])
        inquiry = (
            self.env["crm.incentive.inquiry"]
            .with_user(self.rep)
            .create({"line_id": line[0].id, "reason": "amount"})
        )
        inquiry.with_user(self.boss).write({"decision": "Yes", "granted": 7})
        inquiry.with_user(self.boss).action_accept()
        self._compute()
        one = self._simulate(self.version, self.march, self.may)
        self.assertEqual((one.paid_amount, one.simulated_amount), (450, 450))
        self.assertIn("7.00", " ".join(one._get_explanation()["notes"]))

    # ------------------------------------------------------------------- for whom
    def test_people_of_the_plan(self):
        """Others, and other plans, are in neither figure; they are counted."""
        third = self._create_user("incentive_r3", "sales_team.group_sale_salesman")
        other_plan = self.plan.create({"name": "Other", "company_id": self.company.id})
        self._set_plan(self._percent(50), people=third, plan=other_plan)
        fourth = self._create_user("incentive_r4", "sales_team.group_sale_salesman")
        for user in (self.rep, third, fourth):
            self._sell(date(2024, 3, 10), 1000, user=user)
        self._compute()
        draft = self._draft(self._percent(20))
        one = self._simulate(draft, self.march, self.march)
        self.assertEqual(self._figures(one), {self.rep: ("100.00", "200.00")})
        self.assertEqual(one.findings["not_covered"], 2)

    def test_chosen_people(self):
        """A new plan for some: what they got by the plans that they had."""
        third = self._create_user("incentive_r3", "sales_team.group_sale_salesman")
        for user in (self.rep, self.other, third):
            self._sell(date(2024, 3, 10), 1000, user=user)
        self._compute()
        plan = self.plan.create({"name": "Other", "company_id": self.company.id})
        draft = self._draft(self._percent(20), plan=plan)
        with self.assertRaisesRegex(UserError, "Nobody was assigned"):
            self._simulate(draft, self.march, self.march)
        people = self.rep + third
        one = self._simulate(
            draft, self.march, self.march, user_ids=[Command.set(people.ids)]
        )
        self.assertEqual(
            self._figures(one),
            {self.rep: ("100.00", "200.00"), third: ("0.00", "200.00")},
        )

    # --------------------------------------------------------- nothing else changes
    def _get_state(self):
        """All that pay consists of, with the versions of the rows."""
        return {
            table: self.env.execute_query(
                SQL("SELECT xmin, one.* FROM %s one ORDER BY id", SQL.identifier(table))
            )
            for table in (
                "crm_incentive_line", "crm_incentive_event", "crm_incentive_period",
                "crm_incentive_statement", "crm_incentive_run",
                "crm_incentive_event_credit", "crm_incentive_version",
                "crm_incentive_rule", "crm_incentive_assignment", "mail_message",
                "mail_activity",
            )
        }  # fmt: skip

    def test_touches_nothing(self):
        self._sell_some()
        self._close(self.march, pay=True)
        self._compute()
        self._sell(date(2024, 4, 20), 100)  # known, not computed yet
        self.env["crm.incentive.event"]._collect_all(self.company)
        draft = self._draft(self._percent(20))
        one = self._simulate(draft, self.march, self.april)
        self.env.flush_all()
        before = self._get_state()
        one.action_compute()
        self.env.flush_all()
        self.assertEqual(self._get_state(), before)
        # what was not computed is in neither figure
        self.assertEqual((one.paid_amount, one.simulated_amount), (450, 900))
        # nothing of it gets into the next computation
        self._compute()
        self.assertEqual(self._pay(), "410.00")

    def test_payees_see_nothing(self):
        self._sell_some()
        self._compute()
        one = self._simulate(self._draft(self._percent(20)), self.march, self.april)
        leader = self._create_user(
            "incentive_l", "crm_team_incentives.group_incentive_leader"
        )
        for user in (self.rep, leader, self.portal, self.outsider):
            for record in (one, one.row_ids):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    record.with_user(user).read(["display_name"])
            with self.assertRaises(AccessError):
                one.with_user(user).action_compute()
        for user in (self.auditor, self.approver):
            self.assertTrue(one.with_user(user).row_ids.read(["paid_amount"]))
            self.assertTrue(one.with_user(user).explanation_html)
            with self.assertRaises(UserError):
                one.with_user(user).action_compute()

    def test_result_is_nobodys_word(self):
        self._sell_some()
        self._compute()
        one = self._simulate(self._draft(self._percent(20)), self.march, self.april)
        for vals in (
            {"fingerprint": "x"},
            {"findings": {}},
            {"state": "done", "computed_by_id": self.rep.id},
            {"row_ids": [Command.clear()]},
        ):
            with self.subTest(vals), self.assertRaises(UserError):
                one.with_user(self.boss).write(vals)
        with self.assertRaises(AccessError):
            one.row_ids.with_user(self.boss).write({"simulated_amount": 1})
        with self.assertRaises(UserError):
            one.with_user(self.boss).write({"version_id": self.version.id})

    def test_another_choice(self):
        self._sell_some()
        self._compute()
        one = self._simulate(self._draft(self._percent(20)), self.march, self.april)
        one.period_to_id = self.march
        self.assertEqual(one.state, "draft")
        self.assertFalse(one.row_ids)
        one.action_compute()
        self.assertEqual((one.paid_amount, one.simulated_amount), (100, 200))

    def test_outdated(self):
        self._sell_some()
        self._compute()
        draft = self._draft(self._percent(20))
        one = self._simulate(draft, self.march, self.april)
        self.assertFalse(one.is_outdated)
        draft.rule_ids.rate = 30
        one.invalidate_recordset()
        self.assertTrue(one.is_outdated)
        one.action_compute()
        self.assertFalse(one.is_outdated)
        self.assertEqual(one.simulated_amount, 1350)

    def test_choices(self):
        draft = self._draft(self._percent(20))
        with self.assertRaisesRegex(UserError, "nothing to compare"):
            self._simulate(draft, self.march, self.april)
        self._compute()
        with self.assertRaisesRegex(ValidationError, "must not come after"):
            self._simulate(draft, self.april, self.march)
        with self.assertRaisesRegex(UserError, "no rule"):
            self._simulate(self._draft(), self.march, self.april)
        company = self._create_company("Incentive Test Elsewhere")
        period = self.march.create(
            {
                "company_id": company.id,
                "date_from": date(2024, 3, 1),
                "date_to": date(2024, 4, 1),
            }
        )
        with self.assertRaises(ValidationError):
            self.env["crm.incentive.simulation"].create(
                {
                    "version_id": draft.id,
                    "period_from_id": period.id,
                    "period_to_id": period.id,
                }
            )

    def test_button(self):
        """From the version: the computed periods are proposed."""
        self._compute()
        draft = self._draft(self._percent(20))
        action = draft.with_user(self.boss).action_simulate()
        vals = (
            self.env["crm.incentive.simulation"]
            .with_user(self.boss)
            .with_context(**action["context"])
            .default_get(["version_id", "period_from_id", "period_to_id"])
        )
        self.assertEqual(vals["period_from_id"], self.march.id)
        self.assertEqual(vals["period_to_id"], self.may.id)
        with self.assertRaises(AccessError):
            draft.with_user(self.rep).action_simulate()

    def test_export(self):
        self._sell_some()
        self._compute()
        self.boss.group_ids += self.env.ref("base.group_allow_export")
        draft = self._draft(self._percent(20, name="=1+1"))
        one = self._simulate(draft, self.march, self.april)
        action = one.with_user(self.boss).action_export_xlsx()
        export = self.env["crm.value.export"].browse(
            int(action["url"].rsplit("/", 1)[1])
        )
        output = io.BytesIO()
        export.with_user(self.boss)._write_xlsx(output)
        sheet = openpyxl.load_workbook(output).active
        header, *rows = sheet.iter_rows(values_only=True)
        rows = [dict(zip(header, row, strict=True)) for row in rows]
        self.assertEqual(sum(row["By the Version"] for row in rows), 900)
        self.assertEqual(sum(row["As It Was"] for row in rows), 450)
        place = header.index("Rule") + 1
        types = {sheet.cell(row + 2, place).data_type for row in range(len(rows))}
        self.assertEqual(types, {"s"})


@tagged("post_install", "-at_install")
class TestIncentiveSimulationSame(SimulationCommon):
    """The version that was paid gives what was paid: line by line, to the last digit."""

    PLANS = (
        ("first", "relative"), ("add", "credit"), ("first", "pool"), ("add", "none"),
    )  # fmt: skip

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.third = cls._create_user("incentive_r3", "sales_team.group_sale_salesman")
        cls.people = cls.rep + cls.other + cls.third

    def _rules(self, chance):
        kinds = [
            self._percent(chance.choice([2, 3.333, 7.5]), new_only=True, new_days=0,
                          is_weighted=True, by_frequency=True),
            self._stepped(
                (0, chance.randint(1, 5)), (3000, 6.25), (9000, 11), is_weighted=True,
                step_mode=chance.choice(["marginal", "retroactive"]),
                step_side=chance.choice(["lower", "upper"]),
            ),
            self._stepped((0, 1), (4000, 2.5), (50000, 4), by_lifetime=True,
                          trigger="invoice", by_frequency=chance.random() < 0.5),
            {"kind": "uplift", "rate": 7, "uplift_reading": "relative"},
            {"kind": "uplift", "rate": 1.5,
             "tier_ids": [Command.set(self.tier_high.ids)]},
            {"kind": "fixed", "amount": 99.99, "trigger": "invoice"},
        ]  # fmt: skip
        return [rule for rule in kinds if chance.random() < 0.8] or kinds[:1]

    def _documents(self, chance, first, start, end):
        """Documents with parts, changes and what is taken back."""
        events = []
        tiers = [None, *(self.tier_low + self.tier_mid + self.tier_high).ids]
        for document in range(first, first + 20):
            kind = chance.choice(["order", "invoice"])
            day = start + timedelta(days=chance.randrange((end - start).days))
            vals = {
                "tier_id": chance.choice(tiers),
                "since": day - timedelta(days=chance.choice([0, 90])),
                "value": chance.choice([None, 4000, 49999.99, 70000]),
                "orders": chance.randint(0, 6),
            }
            people = chance.sample(list(self.people), chance.randint(1, 3))
            parts = [(user, chance.randint(1, 5)) for user in people]
            left = chance.randint(1, 600_000)
            for sequence in range(1, chance.randint(1, 4) + 1):
                cents = left if sequence == 1 else chance.randint(-left, left)
                if not cents:
                    continue
                events.append(
                    (kind, document, document, sequence, day,
                     f"{Decimal(cents) / 100}", vals, parts if cents > 0 else [])
                )  # fmt: skip
                day += timedelta(days=chance.randint(0, 40))
        return events

    def test_random_months(self):
        """Late documents, credit notes, splits, closed and open periods, any plan."""
        for seed, (precedence, reading) in enumerate(self.PLANS):
            chance = random.Random(seed)
            with self.subTest(seed), self.env.cr.savepoint() as savepoint:
                version = self._set_plan(
                    *self._rules(chance),
                    people=self.people,
                    precedence=precedence,
                    weight_reading=reading,
                    weights={
                        self.tier_mid: 45, self.tier_high: 65, self.tier_low: 25,
                    },
                    frequency_ids=[
                        Command.create({"orders_from": 0, "factor": 87.5}),
                        Command.create({"orders_from": 3, "factor": 133.33}),
                    ],
                )  # fmt: skip
                periods = [self._period(month) for month in range(1, 7)]
                end = periods[-1].date_to - timedelta(days=120)
                self._note(*self._documents(chance, 0, date(2024, 1, 1), end))
                self._close(periods[0], pay=True)
                # what came to light after January, or after February
                self._note(*self._documents(chance, 100, date(2024, 1, 1), end))
                self._close(periods[1])
                self._note(*self._documents(chance, 200, date(2024, 1, 15), end))
                self._compute()
                whole = self._simulate(version, periods[0], periods[-1])
                self._check_same(whole, 40)
                later = self._simulate(version, periods[1], periods[-1])
                self._check_same(later, 20)
                savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _check_same(self, simulation, number):
        columns = SQL(", ").join(map(SQL.identifier, LINE_COLUMNS))
        ids = simulation._get_periods().ids
        paid, simulated = (
            self.env.execute_query(
                SQL(
                    "SELECT %s FROM %s WHERE period_id = ANY(%s)"
                    " ORDER BY event_id, rule_id, user_id, kind",
                    columns,
                    SQL.identifier(table),
                    ids,
                )
            )
            for table in ("crm_incentive_line", "incentive_simulated")
        )
        self.assertEqual(simulated, paid)
        self.assertGreater(len(paid), number)
        self.assertTrue(any(row[5] == "clawback" for row in paid))
        self.assertFalse(simulation.row_ids.filtered("difference"))
        self.assertEqual(simulation.difference, 0)

    def test_queries(self):
        """As many statements for a hundred documents as for twenty."""
        version = self._set_plan(self._percent(10), people=self.people)
        periods = [self._period(month) for month in (1, 2, 3)]
        chance = random.Random(7)
        counts = []
        for first in (0, 1000):
            for more in range(1 if first == 0 else 4):
                self._note(
                    *self._documents(
                        chance, first + 100 * more, date(2024, 1, 1), date(2024, 3, 1)
                    )
                )
            self._compute()
            one = self._simulate(version, periods[0], periods[-1])
            one.action_compute()  # caches of the server
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            one.action_compute()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
        self.assertLess(counts[0], 40)

    def test_trigger_still_guards(self):
        """A simulation opens no door to closed rows."""
        version = self._set_plan(self._percent(10), people=self.people)
        march = self._period(3)
        self._sell(date(2024, 3, 10), 1000)
        self._close(march)
        self._simulate(version, march, march)
        with (
            self.assertRaises(psycopg2.Error),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute("UPDATE crm_incentive_line SET amount = 1")
