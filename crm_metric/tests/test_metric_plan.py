from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import MetricCommon


@tagged("post_install", "-at_install")
class TestMetricPlan(MetricCommon):
    """Three new customers in June, two of one team; July brings what was changed (E3)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.targets = cls.env["crm.metric.target"]
        cls.plans = cls.env["crm.metric.plan"]
        cls.leader = cls._create_user(
            "metric_plan_leader",
            "sales_team.group_sale_salesman",
        )
        cls.team, cls.other_team = cls.env["crm.team"].create(
            [
                {
                    "name": "Plan Test Team",
                    "company_id": cls.company.id,
                    "user_id": cls.leader.id,
                },
                {"name": "Plan Test Other Team", "company_id": cls.company.id},
            ]
        )
        cls.team.crm_team_member_ids = [Command.create({"user_id": cls.seller.id})]
        for day, team in ((3, cls.team), (4, cls.team), (5, cls.other_team)):
            cls._win(date(2026, 6, day), team)

    @classmethod
    def _win(cls, day, team):
        user = cls.seller if team == cls.team else cls.manager
        customer = cls._create_customer(f"Plan Test Customer {day}")
        cls._buy(customer, day, 100, user_id=user.id, team_id=team.id)

    @classmethod
    def _set_target(cls, target, code="customers_new", **vals):
        return cls.targets.create(
            {
                "metric_id": cls.env["crm.metric"].search([("code", "=", code)]).id,
                "company_id": cls.company.id,
                "date_from": date(2026, 6, 1),
                "date_to": date(2026, 7, 1),
                "target": target,
                **vals,
            }
        )

    def _start(self, day="2026-07-02", measure=True):
        with freeze_time(f"{day} 04:00:00"):
            if measure:
                self._measure(date(2026, 6, 1), date.fromisoformat(day))
            return self.plans._start_company(self.company)

    # ----------------------------------------------------------------- beginning
    def test_missed_target(self):
        """Two instead of four: the leader gets a plan with the figures, once."""
        target = self._set_target(4, team_id=self.team.id)
        plan = self._start()
        self.env["crm.metric.fact"].search([("date", ">", date(2026, 6, 30))]).unlink()
        self.assertRecordValues(
            plan,
            [
                {
                    "target_id": target.id,
                    "goal": 4,
                    "missed": 2,
                    "user_id": self.leader.id,
                    "state": "open",
                    "change": "unknown",
                }
            ],
        )
        self.assertEqual(plan.month, date(2026, 6, 1))
        self.assertEqual(plan.activity_ids.user_id, self.leader)
        self.assertEqual(plan.activity_ids.date_deadline, date(2026, 10, 2))
        self.assertFalse(self._start(measure=False), "run again, nothing is new")
        self.assertEqual(target.plan_count, 1)
        self.assertEqual(target.action_open_plans()["res_id"], plan.id)

    def test_who_gets_none(self):
        self._set_target(3)  # reached
        self._set_target(3.1)  # within 5 %
        self._set_target(9, starts_plan=False)
        self._set_target(9, date_from=date(2026, 7, 1), date_to=date(2026, 8, 1))
        self._set_target(9, date_from=date(2026, 5, 1), date_to=date(2026, 6, 1))
        self.assertFalse(self._start())

    def test_a_sum_is_compared_by_month(self):
        """24 by the end of the year are 2 a month, not 24: three in June is enough."""
        year = {"date_from": date(2026, 6, 1), "date_to": date(2027, 1, 1)}
        self._set_target(21, **year)
        self.assertFalse(self._start())
        target = self._set_target(42, **year)
        plan = self._start()
        self.assertEqual(plan.target_id, target)
        self.assertEqual(plan.missed, 3)
        self.assertAlmostEqual(plan.goal, 42 * 30 / 214, places=2)

    def test_one_open_plan(self):
        """While one is open nothing new begins, however many months are missed."""
        self._set_target(50, date_to=date(2026, 9, 1))
        plan = self._start()
        self.assertEqual(len(plan), 1)
        self.assertFalse(self._start("2026-08-03"))
        plan.action_cancel()
        again = self._start("2026-08-03")
        self.assertEqual(again.month, date(2026, 7, 1))
        self.assertEqual(again.missed, 1.5, "three in two months")

    def test_lower_is_better(self):
        campaign = self.env["utm.campaign"].create({"title": "Plan Test"})
        for month, amount in ((6, 300), (7, 50)):
            self.env["crm.campaign.cost"].create(
                {
                    "campaign_id": campaign.id,
                    "company_id": self.company.id,
                    "amount": amount,
                    "date_from": date(2026, month, 1),
                    "date_to": date(2026, month, 28),
                }
            )
        self._win(date(2026, 7, 7), self.team)
        self._set_target(60, code="cac", date_to=False)
        plan = self._start()
        self.assertEqual(plan.missed, 100)
        with freeze_time("2026-08-03 04:00:00"):
            self._measure(date(2026, 6, 1), date(2026, 8, 3))
            self.assertRecordValues(plan, [{"now_value": 50, "change": "reached"}])

    # ------------------------------------------------------------------- effect
    def test_before_and_after(self):
        """July is counted when it is over; the review keeps what it came to."""
        self._set_target(4, team_id=self.team.id)
        plan = self._start()
        for day in (6, 7, 8):
            self._win(date(2026, 7, day), self.team)
        with freeze_time("2026-07-20 04:00:00"):
            self._measure(date(2026, 6, 1), date(2026, 7, 20))
            plan.invalidate_recordset()
            self.assertEqual(plan.change, "unknown", "July is not over")
        with freeze_time("2026-08-03 04:00:00"):
            self._measure(date(2026, 6, 1), date(2026, 8, 3))
            plan.invalidate_recordset()
            self.assertRecordValues(plan, [{"now_value": 3, "change": "better"}])
            self.assertEqual(plan.now_text, "3")
            with self.assertRaisesRegex(UserError, "at least one measure"):
                plan.with_user(self.leader).action_close()
            with Form(plan.with_user(self.leader)) as form:
                form.reason = "Nobody called"
                form.lesson = "Calling helps"
                with form.measure_ids.new() as line:
                    line.name = "Call ten a week"
                    line.user_id = self.seller
            plan.measure_ids.with_user(self.seller).action_done()
            self.assertEqual(plan.measure_ids.done_date, date(2026, 8, 3))
            plan.with_user(self.leader).action_close()
        self.assertFalse(plan.activity_ids)
        for day in (6, 7, 8, 9, 10):
            self._win(date(2026, 8, day), self.team)
        with freeze_time("2026-09-03 04:00:00"):
            self._measure(date(2026, 6, 1), date(2026, 9, 3))
            plan.invalidate_recordset()
            self.assertEqual(plan.now_value, 3, "as reviewed")
        with self.assertRaisesRegex(UserError, "is over"):
            plan.action_close()
        with self.assertRaisesRegex(UserError, "is over"):
            plan.action_cancel()

    def test_reached(self):
        self._set_target(4, team_id=self.team.id)
        plan = self._start()
        for day in (6, 7, 8, 9):
            self._win(date(2026, 7, day), self.team)
        self._start("2026-07-30")
        self.assertFalse(plan.reached_date)
        self._start("2026-08-03")
        self.assertEqual(plan.reached_date, date(2026, 8, 3))
        self.assertEqual(plan.state, "open", "people review it")

    # ------------------------------------------------------------------- cascade
    def test_for_each_team(self):
        """Seven customers are four and three; a rate is the same for both."""
        whole = self._set_target(7)
        self.other_team.crm_team_member_ids = [
            Command.create({"user_id": self.manager.id})
        ]
        action = whole.action_cascade()
        parts = self.targets.search(action["domain"])
        ours = parts.filtered(lambda one: one.team_id in self.team | self.other_team)
        self.assertEqual(len(ours), 2)
        self.assertEqual(sum(parts.mapped("target")), 7)
        self.assertTrue(all(part.target == int(part.target) for part in parts))
        with self.assertRaisesRegex(UserError, "nobody left"):
            whole.action_cascade()
        rate = self._set_target(33.3, code="repeat_purchase", team_id=self.team.id)
        person = self.targets.search(rate.action_cascade()["domain"])
        self.assertEqual((person.user_id, person.target), (self.seller, 33.3))
        with self.assertRaisesRegex(UserError, "one person already"):
            person.action_cascade()
        money = self._set_target(100, code="revenue")
        money.target = 0.01
        with self.assertRaisesRegex(UserError, "too small"):
            money.action_cascade()

    def test_where_it_is_behind(self):
        self._set_target(9)
        behind = self._set_target(6, team_id=self.team.id)
        self._set_target(1, team_id=self.other_team.id)
        person = self._set_target(5, user_id=self.seller.id)
        plans = self._start()
        whole = plans.filtered(lambda one: not one.team_id and not one.salesperson_id)
        self.assertEqual(whole.narrower_ids, behind | person)
        of_team = plans.filtered(lambda one: one.team_id == self.team)
        self.assertEqual(of_team.narrower_ids, person)

    # -------------------------------------------------------------------- rights
    def test_nobody_writes_their_success(self):
        self._set_target(4, team_id=self.team.id)
        plan = self._start()
        for user in (self.leader, self.manager):
            for name, value in (
                ("missed", 1),
                ("goal", 1),
                ("state", "closed"),
                ("month", date(2026, 1, 1)),
                ("reached_date", date(2026, 7, 1)),
            ):
                with self.assertRaisesRegex(UserError, "Use the buttons"):
                    plan.with_user(user).write({name: value})
        other = self._set_target(2)
        with self.assertRaisesRegex(UserError, "stays with its target"):
            plan.target_id = other
        stranger = self._create_user("metric_plan_portal", "base.group_portal")
        with self.assertRaises(ValidationError):
            plan.user_id = stranger

    def test_who_sees_it(self):
        """The person, the leader, who takes a measure, and managers; nobody else."""
        self._set_target(4, team_id=self.team.id)
        plan = self._start()
        other = self._create_user(
            "metric_plan_other",
            "sales_team.group_sale_salesman",
        )
        self.assertTrue(plan.with_user(self.leader).has_access("write"))
        self.assertTrue(plan.with_user(self.manager).has_access("write"))
        self.assertFalse(plan.with_user(other).has_access("read"))
        with self.assertRaises(AccessError):
            self.env["crm.metric.measure"].with_user(other).create(
                {"plan_id": plan.id, "name": "Mine"}
            )
        plan.measure_ids = [Command.create({"name": "Call", "user_id": other.id})]
        self.assertTrue(plan.with_user(other).has_access("read"))
        with self.assertRaises(AccessError):
            self.plans.with_user(self.leader).create({"target_id": plan.target_id.id})

    def test_by_hand(self):
        target = self._set_target(4, team_id=self.team.id, starts_plan=False)
        reached = self._set_target(2, team_id=self.team.id)
        with freeze_time("2026-07-02 04:00:00"):
            self._measure(date(2026, 6, 1), date(2026, 7, 2))
            action = target.action_start_plan()
            plan = self.plans.browse(action["res_id"])
            self.assertEqual(plan.target_id, target)
            self.assertEqual(target.action_start_plan()["res_id"], plan.id)
            with self.assertRaisesRegex(UserError, "was not behind"):
                reached.action_start_plan()
        with self.assertRaises(AccessError):
            target.with_user(self.leader).action_start_plan()

    def test_erased(self):
        self._set_target(4, team_id=self.team.id)
        plan = self._start()
        plan.write({"reason": "Lee was ill", "lesson": "Lee is back"})
        plan.message_post(body="Lee was ill")
        plan.measure_ids = [Command.create({"name": "Help Lee"})]
        plan.action_cancel()
        plan.action_erase()
        self.assertFalse(plan.reason or plan.lesson)
        self.assertEqual(plan.measure_ids.name, "–")
        self.assertFalse(
            plan.message_ids.filtered(lambda one: "Lee" in (one.body or ""))
        )
        self.assertEqual(plan.missed, 2)

    # ----------------------------------------------------------------------- job
    def test_scheduled(self):
        """After the figures, plans; without anybody to own one, there is none."""
        target = self._set_target(4, team_id=self.team.id)
        cron = self.env.ref("crm_metric.ir_cron_crm_metric_recompute")
        with (
            self.enter_registry_test_mode(),
            freeze_time("2026-07-02 04:00:00"),
        ):
            cron.method_direct_trigger()
        target.invalidate_recordset()
        self.assertEqual(target.plan_count, 1)

    def test_few_queries(self):
        """Many targets cost the same as one, but for the plans that begin."""
        for _number in range(3):
            self._set_target(2)
        with freeze_time("2026-07-02 04:00:00"):
            self._measure(date(2026, 6, 1), date(2026, 7, 2))

            def count():
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.assertFalse(self.plans._start_company(self.company))
                return self.env.cr.sql_log_count - before

            count()
            few = count()
            for _number in range(20):
                self._set_target(2)
            self.assertLessEqual(count(), few)
