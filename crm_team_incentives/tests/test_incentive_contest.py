from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import IncentiveCommon


@tagged("post_install", "-at_install")
class TestIncentiveContest(IncentiveCommon):
    """The best 10 % of the teams win a trip; the rules come first, and stay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.company._get_value_today()
        cls.teams = cls.env["crm.team"].create(
            [
                {"name": f"Contest Team {number}", "company_id": cls.company.id}
                for number in range(1, 5)
            ]
        )

    @classmethod
    def _contest(cls, **vals):
        """A contest of today and tomorrow."""
        return (
            cls.env["crm.incentive.contest"]
            .with_user(cls.boss)
            .create(
                {
                    "name": "Best teams",
                    "company_id": cls.company.id,
                    "date_from": cls.today,
                    "date_to": cls.today + timedelta(days=1),
                    "criterion_ids": [Command.create({"metric": "amount_order"})],
                    "prize_ids": [
                        Command.create(
                            {
                                "name": "Trip",
                                "flight_amount": 500,
                                "hotel_amount": 300,
                                "meal_amount": 100.01,
                            }
                        )
                    ],
                    **vals,
                }
            )
        )

    def _places(self, contest):
        return {row["unit_id"]: row["place"] for row in contest.sudo()._get_places()}

    def _order(self, amount, team=None, user=None):
        order = self._create_quotation(
            self.customer,
            amount,
            user_id=(user or self.rep).id,
            team_id=team.id if team else False,
        )
        order.action_confirm()
        self._collect()
        return order

    def _collect(self):
        self.env.flush_all()
        self.env["crm.incentive.event"]._collect_marked()

    def _on(self, days):
        """Some days from today."""
        day = self.today + timedelta(days=days)
        return patch.object(type(self.company), "_get_value_today", lambda company: day)

    def _announce(self, contest):
        with self._on(-1):
            contest.action_announce()

    def _end(self, contest):
        """The day after."""
        with self._on(1):
            contest.with_user(self.boss).action_close()
        return contest.result_ids.sorted(lambda one: (one.place, one.id))

    # -------------------------------------------------------------------- places
    def test_teams(self):
        """101, 100, 100, 99 → 1, 2, 2, 4; one in ten of four is at least one."""
        contest = self._contest()
        self._announce(contest)
        for team, amount in zip(self.teams, (101, 100, 100, 99), strict=True):
            self._order(amount, team)
        self.assertEqual(
            self._places(contest),
            dict(zip(self.teams.ids, (1, 2, 2, 4), strict=True)),
        )
        results = self._end(contest)
        self.assertEqual(results.mapped("place"), [1, 2, 2, 4])
        winner = results[0]
        self.assertEqual(winner.team_id, self.teams[0])
        self.assertEqual((winner.amount, winner.state), (900.01, "proposed"))
        self.assertEqual(set(results[1:].mapped("state")), {"none"})
        self.assertIn("Contest Team 1", contest.explanation_html)

    def test_equal_scores_share(self):
        """IC24: 300/200/100 for 101, 100, 100, 99 → 300.00, 150.00, 150.00, 0.00."""
        prizes = [
            Command.create(
                {"name": str(amount), "kind": "money", "other_amount": amount,
                 "place_from": place, "place_to": place}
            )
            for place, amount in enumerate((300, 200, 100), start=1)
        ]  # fmt: skip
        for ties, expected in (
            ("share", [300, 150, 150, 0]), ("all", [300, 200, 200, 0]),
        ):  # fmt: skip
            contest = self._contest(winner_share=0, prize_ids=prizes, ties=ties)
            self._announce(contest)
            if ties == "share":
                for team, amount in zip(self.teams, (101, 100, 100, 99), strict=True):
                    self._order(amount, team)
            with self.subTest(ties):
                self.assertEqual(self._end(contest).mapped("amount"), expected)

    def test_tie_at_the_cut(self):
        """Three share one trip of 900.01: the last cent goes to the lowest id."""
        contest = self._contest()
        self._announce(contest)
        for team in self.teams[:3]:
            self._order(100, team)
        results = self._end(contest)
        self.assertEqual(results.mapped("place"), [1, 1, 1])
        self.assertEqual(results.mapped("amount"), [300.01, 300, 300])

    def test_people_and_shares(self):
        """What somebody shares counts by the share; a credit note takes it back."""
        contest = self._contest(
            unit="user",
            criterion_ids=[
                Command.create({"metric": "amount_order", "weight": 2}),
                Command.create({"metric": "count_order", "weight": 1}),
            ],
        )
        self._announce(contest)
        order = self._create_quotation(
            self.customer, 1000, user_id=self.rep.id, team_id=False
        )
        order.incentive_split_ids = [
            Command.create({"user_id": self.rep.id, "share": 70}),
            Command.create({"user_id": self.other.id, "share": 30}),
        ]
        order.action_confirm()
        self._collect()
        self._order(100, user=self.other)
        rows = contest.sudo()._get_places()
        first, second = contest.criterion_ids.ids
        figures = {
            row["unit_id"]: (
                float(row["figures"][str(first)]["value"]),
                float(row["figures"][str(second)]["value"]),
            )
            for row in rows
        }
        self.assertEqual(figures, {self.rep.id: (700, 0.7), self.other.id: (400, 1.3)})
        # ahead in 2 of 3 parts of the weight
        self.assertEqual(
            [(row["unit_id"], row["score"]) for row in rows],
            [(self.rep.id, "66.6667"), (self.other.id, "33.3333")],
        )
        order.order_line.price_unit = 100
        self._collect()
        self.assertEqual(self._places(contest), {self.rep.id: 2, self.other.id: 1})

    # ------------------------------------------------------- figures of other modules
    def _service(self, contest_vals, answers):
        """A contest on a mean that another module measures: unit → (total, n)."""
        model = type(self.env["crm.incentive.contest"])
        own = model._get_metrics
        rows = SQL(", ").join(
            SQL("(%s::int, %s::numeric, %s::int)", unit, total, n)
            for unit, (total, n) in answers.items()
        )

        def metrics(records):
            return own(records) | {
                "test_mean": {
                    "label": "Satisfaction",
                    "units": ("user",),
                    "is_mean": True,
                    "sql": lambda contest: SQL(
                        "SELECT * FROM (VALUES %s) one (unit_id, total, n)", rows
                    ),
                },
                "test_hours": {
                    "label": "Solving time",
                    "units": ("user",),
                    "is_mean": True,
                    "is_less_better": True,
                    "sql": lambda contest: SQL(
                        "SELECT * FROM (VALUES %s) one (unit_id, total, n)", rows
                    ),
                },
            }

        patcher = patch.object(model, "_get_metrics", metrics)
        patcher.start()
        self.addCleanup(patcher.stop)
        return self._contest(unit="user", **contest_vals)

    def test_few_answers_do_not_win(self):
        """Two fives against 40 of 4.5: drawn to the mean, the many are ahead."""
        third = self._create_user("incentive_r3", "sales_team.group_sale_salesman")
        answers = {
            self.rep.id: ("10", 2), self.other.id: ("180", 40), third.id: ("120", 40),
        }  # fmt: skip
        contest = self._service(
            {
                "criterion_ids": [
                    Command.create({"metric": "test_mean", "prior_count": 10})
                ]
            },
            answers,
        )
        rows = contest.sudo()._get_places()
        key = str(contest.criterion_ids.id)
        # mean of all 310 ÷ 82 = 3.780488; (10 + 37.80488) ÷ 12 = 3.983740
        values = {row["unit_id"]: row["figures"][key]["value"] for row in rows}
        self.assertEqual(values[self.rep.id], "3.983740")
        self.assertEqual([row["unit_id"] for row in rows],
                         [self.other.id, self.rep.id, third.id])  # fmt: skip

    def test_too_few_to_judge(self):
        answers = {self.rep.id: ("10", 2), self.other.id: ("90", 20)}
        contest = self._service(
            {
                "criterion_ids": [
                    Command.create({"metric": "test_mean", "minimum_count": 5})
                ]
            },
            answers,
        )
        self.assertEqual(self._places(contest), {self.other.id: 1, self.rep.id: 0})
        self.assertIn("too few to judge", contest.explanation_html)

    def test_less_is_better(self):
        """IC24: 4.0, 6.5, 5.0 hours → 1, 3, 2."""
        third = self._create_user("incentive_r3", "sales_team.group_sale_salesman")
        people = (self.rep, self.other, third)
        answers = {
            user.id: (str(10 * hours), 10)
            for user, hours in zip(people, (4, 6.5, 5), strict=True)
        }
        contest = self._service(
            {"criterion_ids": [Command.create({"metric": "test_hours"})]}, answers
        )
        places = self._places(contest)
        self.assertEqual([places[user.id] for user in people], [1, 3, 2])

    def test_figure_of_a_module_that_is_gone(self):
        contest = self._contest(
            criterion_ids=[
                Command.create({"metric": "amount_order"}),
                Command.create({"metric": "count_new"}),
            ]
        )
        self._announce(contest)
        for team, amount in zip(self.teams[:2], (10, 20), strict=True):
            self._order(amount, team)
        model = type(self.env["crm.incentive.contest"])
        own = model._get_metrics

        def fewer(records):
            return {k: v for k, v in own(records).items() if k != "count_new"}

        with patch.object(model, "_get_metrics", fewer):
            contest.invalidate_recordset()
            self.assertIn("not measured any more", contest.explanation_html)
            places = self._places(contest)
        self.assertEqual(places, {self.teams[1].id: 1, self.teams[0].id: 2})

    def test_figure_of_another_unit(self):
        contest = self._service(
            {"criterion_ids": [Command.create({"metric": "test_hours"})]},
            {self.rep.id: ("1", 1)},
        )
        contest.unit = "team"
        with self.assertRaisesRegex(UserError, "not measured"):
            self._announce(contest)

    # --------------------------------------------------------------------- rules
    def test_rules_are_closed(self):
        contest = self._contest()
        self._announce(contest)
        for record, vals in (
            (contest, {"winner_share": 50}),
            (contest, {"user_ids": [Command.set(self.rep.ids)]}),
            (contest, {"date_to": self.today + timedelta(days=9)}),
            (contest.criterion_ids, {"weight": 1}),
            (contest.prize_ids, {"flight_amount": 1}),
            (contest, {"prize_ids": [Command.create({"name": "More"})]}),
            (contest, {"criterion_ids": [Command.clear()]}),
        ):
            with self.subTest(vals), self.assertRaises(UserError):
                record.write(vals)
        with self.assertRaises(UserError):
            contest.unlink()
        for statement in (
            "UPDATE crm_incentive_contest SET winner_share = 99",
            "UPDATE crm_incentive_contest SET state = 'draft'",
            "DELETE FROM crm_incentive_contest_prize",
            "UPDATE crm_incentive_contest_criterion SET weight = 1",
        ):
            with (
                self.subTest(statement),
                self.assertRaises(psycopg2.Error),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def test_announced_before_it_starts(self):
        contest = self._contest()
        with self.assertRaisesRegex(UserError, "before it begins"):
            contest.action_announce()
        contest = self._contest(prize_ids=[])
        with self.assertRaisesRegex(UserError, "no prize"):
            self._announce(contest)
        contest = self._contest(criterion_ids=[])
        with self.assertRaisesRegex(UserError, "no criterion"):
            self._announce(contest)
        contest = self._contest(winner_share=0)
        contest.prize_ids.write({"place_from": 2, "place_to": 3})
        with self.assertRaisesRegex(UserError, "from 1 on"):
            self._announce(contest)

    def test_ends_when_it_is_over(self):
        contest = self._contest()
        with self.assertRaises(UserError):
            contest.action_close()
        self._announce(contest)
        with self.assertRaisesRegex(UserError, "lasts until"):
            contest.action_close()
        with self.assertRaises(UserError):
            contest.write({"state": "closed"})
        contest.action_cancel()
        with self.assertRaises(UserError):
            self._announce(contest)

    def test_results_are_closed(self):
        contest = self._contest()
        self._announce(contest)
        self._order(100, self.teams[0])
        result = self._end(contest)
        for user in (self.boss, self.approver, self.rep):
            with self.assertRaises(UserError):
                result.with_user(user).write({"amount": 1})
        with self.assertRaises(UserError):
            result.unlink()
        for statement in (
            "UPDATE crm_incentive_contest_result SET amount = 1",
            "UPDATE crm_incentive_contest_result SET place = 2",
            "UPDATE crm_incentive_contest_result SET state = 'delivered'",
            "DELETE FROM crm_incentive_contest_result",
        ):
            with (
                self.subTest(statement),
                self.assertRaises(psycopg2.Error),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)
        # what comes later changes nothing
        self._order(1000, self.teams[1])
        self.assertEqual(contest.result_ids, result)

    def test_prize_goes_its_way(self):
        contest = self._contest(unit="user")
        self._announce(contest)
        self._order(100)
        result = self._end(contest)
        with self.assertRaises(UserError):
            result.with_user(self.boss).action_deliver()
        with self.assertRaises(UserError):
            result.with_user(self.boss).action_approve()
        result.with_user(self.approver).action_approve()
        self.assertEqual(result.approved_by_id, self.approver)
        result.with_user(self.boss).action_deliver()
        self.assertEqual((result.state, result.delivered_by_id),
                         ("delivered", self.boss))  # fmt: skip
        if "gamification.badge.user" in self.env:
            badge = self.env["gamification.badge.user"].search(
                [("user_id", "=", self.rep.id)]
            )
            self.assertEqual(badge.badge_id.name, "Best teams")

    def test_winner_does_not_approve(self):
        self.approver.group_ids += self.env.ref("sales_team.group_sale_salesman")
        contest = self._contest(unit="user")
        self._announce(contest)
        self._order(100, user=self.approver)
        result = self._end(contest)
        with self.assertRaisesRegex(UserError, "You win"):
            result.with_user(self.approver).action_approve()

    # -------------------------------------------------------------------- rights
    def test_who_sees_what(self):
        """Announced contests are everybody's; a prize is its winner's."""
        contest = self._contest(unit="user")
        with self.assertRaises(AccessError):
            contest.with_user(self.rep).read(["name"])
        self._announce(contest)
        self._order(100)
        self._order(50, user=self.other)
        board = contest.with_user(self.other).explanation_html
        self.assertIn("incentive_r1", board)
        self.assertIn("Trip", board)
        results = self._end(contest)
        for user in (self.rep, self.other):
            seen = results.with_user(user).search([("contest_id", "=", contest.id)])
            self.assertEqual(seen.user_id, user)
        for user in (self.portal, self.outsider):
            with self.assertRaises(AccessError):
                contest.with_user(user).read(["name"])
        for method in ("action_announce", "action_close", "action_cancel"):
            with self.assertRaises(AccessError):
                getattr(contest.with_user(self.rep), method)()

    def test_limits(self):
        for vals in ({"winner_share": 101}, {"winner_share": float("nan")},
                     {"winner_share": -1}):  # fmt: skip
            with self.subTest(vals), self.assertRaises(ValidationError):
                self._contest(**vals)
        contest = self._contest()
        for record, vals in (
            (contest.criterion_ids, {"weight": 0}),
            (contest.criterion_ids, {"minimum_count": -1}),
            (contest.prize_ids, {"flight_amount": float("inf")}),
            (contest.prize_ids, {"place_to": 0}),
        ):
            with self.subTest(vals), self.assertRaises(ValidationError):
                record.write(vals)

    def test_board_is_one_statement(self):
        contest = self._contest(
            criterion_ids=[
                Command.create({"metric": "amount_order"}),
                Command.create({"metric": "count_new"}),
            ]
        ).sudo()
        self._announce(contest)
        for team in self.teams:
            self._order(100, team)
        contest._get_places()
        with self.assertQueryCount(1):
            contest._get_places()
