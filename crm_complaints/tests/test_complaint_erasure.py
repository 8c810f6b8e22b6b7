from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.crm_value_tiering.models.crm_erasable_mixin import ERASED

from .common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaintErasure(ComplaintCommon):
    """A customer asks to be forgotten: what was said goes, what was counted stays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.complaint = cls._create_complaint(
            description="<p>Mr Smith fell over it</p>",
            email_from="smith@example.com",
            stage_id=cls._stage("classify").id,
        )
        cls.message = cls.complaint.message_post(
            body="Mr Smith again",
            author_id=cls.customer.id,
            email_from="smith@example.com",
            attachments=[("smith.txt", b"Mr Smith")],
            subtype_xmlid="mail.mt_comment",
        )
        cls.complaint._pause("customer", False, "Smith is away", cls.env.cr.now())

    def test_by_the_quality_manager_only(self):
        for user in (self.agent, self.leader, self.reader):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.complaint.with_user(user).action_erase()
        self.complaint.with_user(self.quality).action_erase()
        self.assertEqual(self.complaint.name, ERASED)

    def test_what_goes_and_what_stays(self):
        deadlines = self.complaint.clock_ids.mapped("target_seconds")
        received, state = self.complaint.received_at, self.complaint.state
        self.complaint.with_user(self.quality).action_erase()
        self.env.invalidate_all()
        complaint = self.complaint
        self.assertFalse(complaint.description)
        self.assertFalse(complaint.email_from)
        self.assertFalse(any(complaint.message_ids.mapped("body")))
        self.assertFalse(any(complaint.message_ids.mapped("email_from")))
        self.assertFalse(complaint.message_ids.attachment_ids)
        self.assertFalse(any(complaint.clock_ids.event_ids.mapped("note")))
        self.assertEqual((complaint.received_at, complaint.state), (received, state))
        self.assertEqual(complaint.clock_ids.mapped("target_seconds"), deadlines)
        self.assertTrue(self.message.exists(), "that there was an answer is a figure")

    def test_others_are_untouched(self):
        other = self._create_complaint(description="<p>Mrs Jones</p>")
        other.message_post(body="Mrs Jones", subtype_xmlid="mail.mt_comment")
        self.complaint.with_user(self.quality).action_erase()
        self.assertEqual(other.description, "<p>Mrs Jones</p>")
        self.assertIn("Jones", str(other.message_ids.mapped("body")))
