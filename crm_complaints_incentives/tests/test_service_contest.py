from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.crm_complaints.tests.common import ComplaintCommon

START, STOP = date(2026, 6, 1), date(2026, 7, 1)


@tagged("post_install", "-at_install")
class TestServiceContest(ComplaintCommon):
    """Acceptance 33: satisfaction, solving time and attitude, with winners."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_agent = cls._create_user(
            "agent_two", "crm_complaints.group_complaint_agent"
        )

    def _contest(self, *metrics, **vals):
        return self.env["crm.incentive.contest"].create(
            {
                "name": "Best service",
                "company_id": self.company.id,
                "unit": "user",
                "date_from": START,
                "date_to": STOP,
                "criterion_ids": [
                    Command.create({"metric": metric, "prior_count": 0, **vals})
                    for metric in metrics
                ],
                "prize_ids": [Command.create({"name": "Weekend", "hotel_amount": 300})],
            }
        )

    def _solve(self, user, mark, received="2026-06-10 08:00:00", hours=4):
        """A request that was closed some hours later, with its mark."""
        day, at = received.split(" ")
        closed = f"{day} {int(at[:2]) + hours:02}{at[2:]}"
        with freeze_time(received):
            complaint = self._create_complaint(received_at=received, user_id=user.id)
        with freeze_time(closed):
            self._fill(complaint)
            complaint.user_id = user
            complaint.stage_id = self._stage("archive")
            if mark:
                complaint._rate_from_portal(mark, "")
        return complaint

    def _answer(self, user, answer, **vals):
        return self.env["crm.satisfaction.answer"].create(
            {
                "company_id": self.company.id,
                "partner_id": self._create_customer(f"Asked {answer}").id,
                "date": date(2026, 6, 15),
                "kind": "csat",
                "dimension": "service",
                "answer": answer,
                "user_id": user.id,
                **vals,
            }
        )

    def _figures(self, contest):
        key = str(contest.criterion_ids[:1].id)
        return {
            row["unit_id"]: (
                row["place"],
                float(row["figures"][key]["value"]),
                row["figures"][key]["n"],
            )
            for row in contest._get_places()
        }

    def test_satisfaction(self):
        for mark in (5, 4):
            self._solve(self.agent, mark)
        self._solve(self.other_agent, 3)
        self._solve(self.other_agent, None)  # not asked: no mark
        excluded = self._solve(self.other_agent, 5)
        excluded._exclude("mistaken", note="No")
        self._solve(self.agent, 1, received="2026-05-30 08:00:00")  # before the contest
        self.assertEqual(
            self._figures(self._contest("service_satisfaction")),
            {self.agent.id: (1, 4.5, 2), self.other_agent.id: (2, 3, 1)},
        )

    def test_solving_time(self):
        self._solve(self.agent, None, hours=6)
        self._solve(self.other_agent, None, hours=2)
        self._solve(self.other_agent, None, hours=4)
        self.assertEqual(
            self._figures(self._contest("service_hours")),
            {self.other_agent.id: (1, 3, 2), self.agent.id: (2, 6, 1)},
        )

    def test_attitude(self):
        self._answer(self.agent, 5)
        self._answer(self.other_agent, 4)
        self._answer(self.other_agent, 5, dimension="price")
        self._answer(self.other_agent, 5, date=date(2026, 7, 1))
        self._answer(self.other_agent, 5)._withdraw("Wrong person")
        self.assertEqual(
            self._figures(self._contest("service_attitude")),
            {self.agent.id: (1, 5, 1), self.other_agent.id: (2, 4, 1)},
        )

    def test_marks_are_not_attitude(self):
        """A mark is an answer on service, too; it counts once."""
        self._solve(self.agent, 5)
        with freeze_time("2026-06-12 12:00:00"):
            self.assertTrue(self.env["crm.complaint"]._record_marks(self.company))
        self.assertEqual(self._figures(self._contest("service_attitude")), {})

    def test_too_few(self):
        for _number in range(3):
            self._solve(self.agent, 4)
        self._solve(self.other_agent, 5)
        contest = self._contest("service_satisfaction", minimum_count=3)
        self.assertEqual(
            {unit: place for unit, (place, *_rest) in self._figures(contest).items()},
            {self.agent.id: 1, self.other_agent.id: 0},
        )

    def test_all_three_and_the_winner(self):
        for mark in (5, 5):
            self._solve(self.agent, mark, hours=2)
        self._solve(self.other_agent, 4, hours=5)
        self._answer(self.agent, 5)
        self._answer(self.other_agent, 5)
        contest = self._contest(
            "service_satisfaction", "service_hours", "service_attitude"
        )
        with freeze_time("2026-05-20 12:00:00"):
            contest.action_announce()
        board = contest.explanation_html
        self.assertIn("Hours to solve a request", board)
        with freeze_time("2026-07-02 12:00:00"):
            contest.action_close()
        winner = contest.result_ids.filtered(lambda result: result.place == 1)
        self.assertEqual(winner.user_id, self.agent)
        self.assertEqual((winner.state, winner.amount), ("proposed", 300))

    def test_no_team_of_sales(self):
        """Service is measured for people."""
        metrics = self.env["crm.incentive.contest"]._get_metrics()
        for name in ("satisfaction", "hours", "attitude"):
            self.assertEqual(metrics[f"service_{name}"]["units"], ("user",))
