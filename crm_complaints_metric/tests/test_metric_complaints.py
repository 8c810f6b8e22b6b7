from datetime import date, datetime, timedelta

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.crm_complaints.tests.common import ComplaintCommon
from odoo.addons.crm_metric.tests.common import MetricCommon


@tagged("post_install", "-at_install")
class TestMetricComplaints(ComplaintCommon, MetricCommon):
    """Complaints and service per month, against figures worked out by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policies.unlink()
        cls._create_policy(
            [("first_response", 24, "elapsed"), ("resolution", 48, "elapsed")]
        )
        cls.customer.user_id = cls.seller
        cls.orders = cls.env["sale.order"].union(
            *(
                cls._buy(cls.customer, date(2026, 6, day), 100, user_id=cls.leader.id)
                for day in (1, 2, 3, 4)
            )
        )
        cls.quiet = cls._create_customer("Value Test Quiet", user_id=cls.seller.id)
        cls._buy(cls.quiet, date(2026, 6, 5), 100)

    def _complain(self, moment="2026-06-10 08:00:00", **vals):
        vals = {"type": "complaint", "received_at": moment, **vals}
        return self._create_complaint(**vals)

    def test_rate_of_the_documents(self):
        """H3: fifteen of a hundred, then five of a hundred."""
        customers = [self._create_customer(f"Value Test {n}") for n in range(5)]
        for month, complaints in ((4, 15), (5, 5)):
            self._buy_many(
                [
                    (customers[n % 5], date(2026, month, 1 + n % 28), 10)
                    for n in range(100)
                ]
            )
            for number in range(complaints):
                self._complain(
                    f"2026-{month:02}-15 08:00:00", partner_id=customers[number % 5].id
                )
        self._measure(date(2026, 4, 1), date(2026, 5, 31))
        self.assertEqual(self._figure("complaint_rate", date(2026, 4, 1)), 15)
        self.assertEqual(self._figure("complaint_rate", date(2026, 5, 1)), 5)
        self.assertEqual(self._figure("complaints", date(2026, 5, 1)), 5)

    def test_what_counts(self):
        """Complaints only, of the month in which they were made; nothing excluded."""
        self._complain()
        self._complain(type="question")
        self._complain("2026-05-31 15:59:59")  # 23:59:59 in Shanghai
        self._complain()._exclude("mistaken")
        self._measure()
        self.assertEqual(self._figure("complaints"), 1)
        self.assertEqual(self._figure("complaint_rate"), 20, "of five orders")

    def test_no_complaint_is_a_figure(self):
        self._measure()
        self.assertEqual(self._figure("complaints"), 0)
        self.assertEqual(self._figure("complaint_rate"), 0)
        self.assertFalse(self._get_facts("first_response"), "nobody was answered")

    def test_for_whom(self):
        """For the salesperson of the order, else of the customer."""
        self._complain(order_id=self.orders[0].id)
        self._complain()
        self._complain()
        self._measure()
        found = self._figure("complaints", groupby="user_id")
        self.assertEqual(found, {self.leader.id: 1, self.seller.id: 2})

    def test_customers_who_complained(self):
        """One of two customers, however often; one of two complaints is a repeat."""
        first = self._complain()
        second = self._complain("2026-06-12 08:00:00")
        second.repeat_of_id = first
        self._measure()
        self.assertEqual(self._figure("complaint_customers"), 50)
        self.assertEqual(self._figure("complaint_repeat"), 50)

    def test_times(self):
        """12 and 36 hours to the answer are a day in the mean; closed after 2 and 4."""
        for answered, closed in ((12, 48), (36, 96)):
            self._solve(answered, closed)
        self._measure()
        self.assertEqual(self._figure("first_response"), 1)
        self.assertEqual(self._figure("resolution"), 3)

    def test_service_levels_kept(self):
        """Two of four: answered within 24 hours, and solved within 48, by one of two."""
        for answered, closed in ((12, 48), (36, 96)):
            self._solve(answered, closed)
        self._measure()
        self.assertEqual(self._figure("promises_kept"), 50)

    def _solve(self, answered, closed):
        """A request that was answered and closed so many hours after it came in."""
        received = datetime(2026, 6, 10, 8)
        request = self._complain(
            received,
            user_id=self.agent.id,
            cause_id=self.cause.id,
            root_cause="A loose wire",
            solution="Fixed it",
            carried_out_date=received.date(),
            follow_up_result="accepted",
            stage_id=self._stage("archive").id,
            first_response_at=received + timedelta(hours=answered),
            closed_at=received + timedelta(hours=closed),
        )
        self.env["crm.complaint.clock"]._sweep_company(self.company)
        return request

    def test_another_company_has_its_own(self):
        other = self._create_company("Complaint Metric Other")
        team = self.env["crm.complaint.team"].search([("company_id", "=", other.id)])
        self._complain(company_id=other.id, team_id=team.id)
        self.env.user.company_ids = [Command.link(other.id)]
        self._measure()
        self.assertEqual(self._figure("complaints"), 0)
        self._measure(company=other)
        self.assertEqual(self._figure("complaints", company=other), 1)

    def test_suggestions(self):
        """Four of June for who heard them; one of the two decided on is adopted."""
        gatherers = [self.seller, self.seller, self.leader, self.env["res.users"]]
        wishes = self.env["crm.complaint"].union(
            *(
                self._complain(
                    "2026-06-01 08:00:00",
                    type="suggestion",
                    severity=False,
                    gathered_by_id=user.id,
                )
                for user in gatherers
            )
        )
        self._complain(type="suggestion", severity=False)._exclude("mistaken")
        ideas = self.env["crm.complaint.idea"]
        for wish, state, moment in zip(
            wishes,
            ("adopted", "declined", "planned", "adopted"),
            ("2026-06-20", "2026-06-20", "2026-06-20", "2026-07-02"),
            strict=True,
        ):
            wish.idea_id = ideas.create(
                {
                    "name": "A dimmer",
                    "company_id": self.company.id,
                    "state": state,
                    "decided_at": f"{moment} 08:00:00",
                }
            )
        self._measure()
        self.assertEqual(self._figure("suggestions"), 4)
        self.assertEqual(
            self._figure("suggestions", groupby="user_id"),
            {self.seller.id: 2, self.leader.id: 1, False: 1},
        )
        self.assertEqual(self._figure("suggestion_adoption"), 50)
        self.assertEqual(self._figure("complaints"), 0)
