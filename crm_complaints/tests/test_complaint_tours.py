from odoo.tests import HttpCase, tagged

from .common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaintTours(ComplaintCommon, HttpCase):
    def test_agents_day(self):
        """Take the next request, classify it, let it wait, go on, and move it."""
        complaint = self._create_complaint(name="Tour: the lamp flickers")
        self.start_tour("/odoo/complaints-queue", "crm_complaints_day", login="agent")
        complaint.invalidate_recordset()
        self.assertEqual(complaint.user_id, self.agent)
        self.assertEqual(complaint.stage_id, self._stage("investigate"))
        self.assertTrue(complaint.first_response_at)
        events = self._clock(complaint).event_ids.mapped("event")
        self.assertIn("pause", events)
        self.assertIn("resume", events)

    def test_what_is_learnt(self):
        """A leader approves and carries out a solution, and begins an action."""
        complaint = self._create_complaint(
            cause_id=self.cause.id, user_id=self.agent.id
        )
        solution = (
            self.env["crm.complaint.solution"]
            .with_user(self.agent)
            .create(
                {
                    "complaint_id": complaint.id,
                    "remedy_id": self.env.ref(
                        "crm_complaints.crm_complaint_remedy_repair"
                    ).id,
                    "amount": 500,
                }
            )
        )
        self.start_tour(
            f"/odoo/complaints/{complaint.id}", "crm_complaints_lesson", login="leader"
        )
        self.env.invalidate_all()
        self.assertEqual(solution.state, "done")
        self.assertEqual(solution.approval_ids.user_id, self.leader)
        action = complaint.capa_ids
        self.assertEqual(action.state, "watched")
        self.assertEqual(action.user_id, self.leader)

    def test_customers_day(self):
        user = self._create_user("tour_portal", "base.group_portal")
        user.partner_id.email = "tour@example.com"
        self.start_tour("/my", "crm_complaints_portal", login="tour_portal")
        complaint = self.env["crm.complaint"].search(
            [("partner_id", "=", user.partner_id.id)]
        )
        self.assertEqual(complaint.name, "My lamp is broken")
        self.assertTrue(complaint.accepted_at)
