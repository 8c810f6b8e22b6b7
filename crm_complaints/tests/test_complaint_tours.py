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

    def test_customers_day(self):
        user = self._create_user("tour_portal", "base.group_portal")
        user.partner_id.email = "tour@example.com"
        self.start_tour("/my", "crm_complaints_portal", login="tour_portal")
        complaint = self.env["crm.complaint"].search(
            [("partner_id", "=", user.partner_id.id)]
        )
        self.assertEqual(complaint.name, "My lamp is broken")
        self.assertTrue(complaint.accepted_at)
