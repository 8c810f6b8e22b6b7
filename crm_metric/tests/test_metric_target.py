from datetime import date

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .common import MetricCommon


@tagged("post_install", "-at_install")
class TestMetricTarget(MetricCommon):
    """Three new customers in June, for 100 each, and what was hoped for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.targets = cls.env["crm.metric.target"]
        cls.team, cls.other_team = cls.env["crm.team"].create(
            [
                {"name": "Metric Test Team", "company_id": cls.company.id},
                {"name": "Metric Test Other Team", "company_id": cls.company.id},
            ]
        )
        cls.team.crm_team_member_ids = [Command.create({"user_id": cls.seller.id})]
        for day, team in ((3, cls.team), (4, cls.team), (5, cls.other_team)):
            cls._buy(
                cls._create_customer(f"Metric Test Customer {day}"),
                date(2026, 6, day),
                100,
                user_id=cls.seller.id if team == cls.team else cls.manager.id,
                team_id=team.id,
            )

    @classmethod
    def _set_target(cls, code, target, **vals):
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

    # ------------------------------------------------------------------- status
    def test_finished_period(self):
        self._measure()
        for goal, status in (
            (2, "ahead"),
            (2.9, "on_track"),
            (3, "on_track"),
            (3.1, "on_track"),
            (3.5, "behind"),
        ):
            with self.subTest(goal=goal):
                target = self._set_target("customers_new", goal)
                self.assertRecordValues(
                    target, [{"actual": 3, "expected": goal, "status": status}]
                )

    def test_lower_is_better(self):
        campaign = self.env["utm.campaign"].create({"title": "Metric Test"})
        self.env["crm.campaign.cost"].create(
            {
                "campaign_id": campaign.id,
                "company_id": self.company.id,
                "amount": 90,
                "date_from": date(2026, 6, 1),
                "date_to": date(2026, 6, 30),
            }
        )
        self._measure()
        self.assertEqual(self._set_target("cac", 40).status, "ahead")
        self.assertEqual(self._set_target("cac", 31).status, "on_track")
        self.assertEqual(self._set_target("cac", 20).status, "behind")

    def test_running_period_expects_the_days_that_passed(self):
        """A sum of 600 by the end of June is 300 by the 15th; a rate is not divided."""
        with freeze_time("2026-06-15 04:00:00"):
            self._measure()
            revenue = self._set_target("revenue", 600)
            self.assertRecordValues(
                revenue,
                [
                    {
                        "expected": 300,
                        "actual": 300,
                        "status": "on_track",
                        "progress": 50,
                    }
                ],
            )
            rate = self._set_target("repeat_purchase", 10, date_to=False)
            self.assertEqual((rate.expected, rate.status), (10, "behind"))
        with freeze_time("2026-06-14 16:01:00"):  # the 15th has begun in Shanghai
            revenue.invalidate_recordset()
            self.assertEqual(revenue.expected, 300)
        with freeze_time("2026-06-24 04:00:00"):
            revenue.invalidate_recordset()
            self.assertEqual((revenue.expected, revenue.status), (480, "behind"))

    def test_nothing_known_yet(self):
        target = self._set_target("revenue", 600)
        self.assertRecordValues(
            target, [{"status": "unknown", "actual_text": False, "progress": 0}]
        )
        self.assertEqual(target.target_text, "600.00\N{NO-BREAK SPACE}V")

    def test_of_a_team_a_person_a_tier(self):
        self._measure()
        for vals, actual in (
            ({"team_id": self.team.id}, 2),
            ({"user_id": self.manager.id}, 1),
            ({"team_id": self.other_team.id, "user_id": self.seller.id}, 0),
            ({"tier_id": self.tier_high.id}, 0),
            ({}, 3),
        ):
            with self.subTest(vals=vals):
                self.assertEqual(
                    self._set_target("customers_new", 1, **vals).actual, actual
                )

    def test_nothing_is_a_figure(self):
        """Who sold nothing in a month that was measured has reached nothing."""
        idle = self._create_user("target_idle", "sales_team.group_sale_salesman")
        target = self._set_target("revenue", 600, user_id=idle.id)
        self.assertEqual(target.status, "unknown", "not measured yet")
        self._measure()
        target.invalidate_recordset()
        self.assertRecordValues(
            target,
            [
                {
                    "actual": 0,
                    "status": "behind",
                    "actual_text": "0.00\N{NO-BREAK SPACE}V",
                }
            ],
        )
        for code, vals, status in (
            ("customers_new", {"team_id": self.team.id, "tier_id": self.tier_mid.id},
             "behind"),
            ("customers", {"user_id": idle.id, "date_to": False}, "behind"),
            ("customers_lost", {}, "ahead"),  # the fewer, the better
            ("revenue", {"user_id": idle.id, "date_from": date(2026, 5, 1),
                         "date_to": date(2026, 6, 1)}, "unknown"),
            ("retention", {"user_id": idle.id}, "unknown"),  # of nobody
        ):  # fmt: skip
            with self.subTest(code, **vals):
                found = self._set_target(code, 1, **vals)
                self.assertEqual((found.actual, found.status), (0, status))

    def test_a_month_in_which_nobody_sold(self):
        """Zero is kept, so that totals over several months count the month."""
        self._measure(date(2026, 4, 1), date(2026, 5, 31))
        may = date(2026, 5, 1)
        self.assertRecordValues(
            self._get_facts("revenue", may),
            [{"value": 0, "numerator": 0, "team_id": False, "user_id": False}],
        )
        self.assertFalse(self._get_facts("retention", may))
        [run] = self._measure(date(2026, 4, 1), date(2026, 5, 31))
        self.assertEqual((run.written_count, run.deleted_count), (0, 0))
        june = date(2026, 6, 1)
        target = self._set_target("revenue", 600, date_from=may, date_to=june)
        self.assertEqual(target.status, "behind")
        self._buy(self._create_customer(), may, 70)
        self._measure(date(2026, 4, 1), date(2026, 6, 30))
        self.assertEqual(self._get_facts("revenue", may).mapped("value"), [70])
        # customers at the end of April, May, June: 0, 1, 4
        quarter = {"date_from": date(2026, 4, 1), "date_to": date(2026, 7, 1)}
        self.assertEqual(
            self._set_target("customers", 1, **quarter).actual, round(5 / 3, 2)
        )

    def test_average_of_a_level_counts_every_month(self):
        """Of the other team: none in May, one in June and July."""
        # something happened in May: figures begin with the first document
        self.env["crm.campaign.cost"].create(
            {
                "campaign_id": self.env["utm.campaign"].create({"title": "May"}).id,
                "amount": 1,
                "date_from": date(2026, 5, 1),
                "date_to": date(2026, 5, 31),
            }
        )
        self._measure(date(2026, 5, 1), date(2026, 7, 31))
        vals = {"date_from": date(2026, 5, 1), "date_to": date(2026, 8, 1)}
        for team, actual in ((self.team, round(4 / 3, 2)), (self.other_team, 0.67)):
            target = self._set_target("customers", 1, team_id=team.id, **vals)
            self.assertEqual(target.actual, actual)

    def test_ends_of_the_tolerance(self):
        """5 % short or over is on track, a cent more is not."""
        july = {"date_from": date(2026, 7, 1), "date_to": date(2026, 8, 1)}
        order = self._buy(self._create_customer(), date(2026, 7, 2), 1)
        target = self._set_target("revenue", 100, **july)
        for amount, status in (
            (94.99, "behind"),
            (95, "on_track"),
            (105, "on_track"),
            (105.01, "ahead"),
        ):
            order.order_line.price_unit = amount
            self._measure(date(2026, 7, 1), date(2026, 7, 31))
            target.invalidate_recordset()
            with self.subTest(amount=amount):
                self.assertEqual((target.actual, target.status), (amount, status))

    def test_over_several_months(self):
        """Sums are added, levels averaged: as in every other total."""
        self._buy(self._create_customer(), date(2026, 7, 2), 60)
        self._measure(date(2026, 6, 1), date(2026, 7, 31))
        quarter = {"date_to": date(2026, 10, 1)}
        self.assertEqual(self._set_target("revenue", 1, **quarter).actual, 360)
        self.assertEqual(self._set_target("customers", 1, **quarter).actual, 3.5)

    def test_one_query_for_all(self):
        self._measure()
        targets = self.targets.browse()
        for _number in range(20):
            targets += self._set_target("revenue", 100)
        self.env.flush_all()
        self.env.invalidate_all()
        targets.mapped("target")
        targets.metric_id.mapped("name")
        targets.company_id.partner_id.mapped("tz")
        with self.assertQueryCount(1):
            targets.mapped("status")

    def test_search_by_status(self):
        self._measure()
        ahead = self._set_target("customers_new", 1)
        behind = self._set_target("customers_new", 9)
        own = [("company_id", "=", self.company.id)]
        search = self.targets.with_user(self.manager).search
        self.assertEqual(search([*own, ("status", "=", "behind")]), behind)
        self.assertEqual(search([*own, ("status", "!=", "behind")]), ahead)
        self.assertEqual(
            search([*own, ("status", "in", ["ahead", "behind"])]), ahead + behind
        )

    # ---------------------------------------------------------------- interface
    @freeze_time("2026-06-15 04:00:00")
    def test_entered_by_hand(self):
        with Form(self.targets.with_user(self.manager)) as form:
            form.metric_id = self.env.ref("crm_metric.crm_metric_retention")
            form.target = 45
        self.assertRecordValues(
            form.save(),
            [
                {
                    "date_from": date(2026, 6, 1),
                    "date_to": date(2026, 7, 1),
                    "target_text": "45.0 %",
                    "company_id": self.company.id,
                }
            ],
        )

    def test_opens_the_figures_behind_it(self):
        self._measure(date(2026, 5, 1), date(2026, 6, 30))
        target = self._set_target("revenue", 100, team_id=self.team.id)
        self.team.user_id = self.seller
        action = target.with_user(self.seller).action_open_facts()
        facts = self.facts.with_user(self.seller).search(action["domain"])
        self.assertEqual(sum(facts.mapped("numerator")), target.actual)
        self.assertEqual(facts.team_id, self.team)

    @mute_logger("odoo.sql_db")
    def test_refused(self):
        for vals, message in (
            ({"date_from": date(2026, 6, 2)}, "first day"),
            ({"date_to": date(2026, 6, 30)}, "first day"),
            ({"date_to": date(2026, 6, 1)}, "end before it begins"),
            ({"date_to": False}, "adds up over time"),
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(ValidationError, message),
                self.env.cr.savepoint(),
            ):
                self._set_target("revenue", 1, **vals)
        with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            self._set_target("revenue", 0)

    def test_for_whom(self):
        """Internal users of the company, whoever sends it."""
        other = self._create_company("Metric Test Other Company")
        foreigner = self._create_user(
            "target_elsewhere",
            "sales_team.group_sale_salesman",
            name="SECRET user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for user in (self.env.ref("base.public_user"), self.portal, foreigner):
            with (
                self.subTest(user=user.login),
                self.assertRaises(UserError),
                self.env.cr.savepoint(),
            ):
                self._set_target("revenue", 100, user_id=user.id)
        team = self.env["crm.team"].create(
            {"name": "SECRET team", "company_id": other.id}
        )
        self.env.invalidate_all()
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            self.targets.with_user(self.manager).create(
                {
                    "metric_id": self.env.ref("crm_metric.crm_metric_revenue").id,
                    "company_id": self.company.id,
                    "target": 1,
                    "team_id": team.id,
                }
            )
        self.assertNotIn("SECRET", str(caught.exception))

    # ------------------------------------------------------------------- access
    def test_who_sees_which_target(self):
        """The same as of the figures; whoever sees a target sees what it came to."""
        self._measure()
        company_wide = self._set_target("revenue", 100)
        of_team = self._set_target("revenue", 100, team_id=self.team.id)
        of_others = self._set_target("revenue", 100, team_id=self.other_team.id)
        own = self._set_target("revenue", 100, user_id=self.seller.id)
        every = company_wide + of_team + of_others + own
        leader = self._create_user("target_leader", "sales_team.group_sale_salesman")
        self.team.user_id = leader
        domain = [("id", "in", every.ids)]
        for user, visible in (
            (self.manager, every),
            (self.seller, own),
            (leader, of_team),
        ):
            found = self.targets.with_user(user).search(domain, order="id")
            self.assertEqual(found, visible.with_user(user))
            self.assertEqual(found.mapped("actual"), visible.sudo().mapped("actual"))
        with self.assertRaises(AccessError):
            own.with_user(self.seller).target = 1
        with self.assertRaises(AccessError):
            self.targets.with_user(self.outsider).search(domain)
        other = self._create_company("Metric Test Other Company")
        foreigner = self._create_user(
            "target_foreigner",
            "sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        foreign = self.env(
            user=foreigner,
            context={**self.env.context, "allowed_company_ids": other.ids},
        )
        self.assertFalse(foreign["crm.metric.target"].search(domain))
