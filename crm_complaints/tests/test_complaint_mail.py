from email.message import EmailMessage

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MockEmail

from .common import ComplaintCommon

QUIET = ("odoo.addons.mail.models.mail_thread", "odoo.addons.mail.models.mail_mail")
# header → value of mails that no person wrote
HOSTILE = [
    {"Auto-Submitted": "auto-replied"},
    {"Auto-Submitted": "auto-generated"},
    {"Auto-Submitted": "auto-notified; owner=x"},
    {"X-Auto-Response-Suppress": "All"},
    {"X-Autoreply": "yes"},
    {"X-Autorespond": "yes"},
    {"Precedence": "bulk"},
    {"Precedence": "junk"},
    {"Precedence": "list"},
    {"Precedence": "auto_reply"},
    {"List-Id": "<news.example.com>"},
    {"List-Unsubscribe": "<https://example.com/out>"},
    {"List-Post": "<mailto:list@example.com>"},
    {"Return-Path": "<>"},
    {"From": "MAILER-DAEMON@example.com"},
    {"From": "Mail System <postmaster@example.com>"},
    {"From": "no-reply@example.com"},
    {"From": "noreply+123@example.com"},
    {"From": "do-not-reply@example.com"},
    {"From": "bounces@example.com"},
    {"From": ""},
    {"Authentication-Results": "mx.example.org; spf=fail; dmarc=fail (p=reject)"},
]


@tagged("post_install", "-at_install")
class TestComplaintMail(ComplaintCommon, MockEmail):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domain = cls.env["mail.alias.domain"].create(
            {
                "name": "complaints.test",
                "bounce_alias": "bounce-test",
                "catchall_alias": "catchall-test",
            }
        )
        cls.company.alias_domain_id = domain
        cls.team.write({"alias_name": "service-test", "alias_domain_id": domain.id})
        cls.address = cls.team.alias_email
        cls.number = 0

    def _mail(self, body="The lamp flickers", subject="The lamp", **headers):
        """A mail as it comes in; returns its source."""
        type(self).number += 1
        message = EmailMessage()
        headers = {
            "From": self.customer.email_formatted,
            "To": self.address,
            "Subject": subject,
            "Message-Id": f"<{self.number}@example.com>",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        for name, value in headers.items():
            if value:
                message[name] = value
        message.set_content(body)
        return message.as_string()

    @mute_logger(*QUIET)
    def _receive(self, source):
        """Let it come in; the request that it is, or was added to."""
        with self.mock_mail_gateway():
            found = self.env["mail.thread"].message_process(None, source)
        self.sent = self._new_mails
        return self.env["crm.complaint"].browse(found or [])

    def _count(self):
        return self.env["crm.complaint"].search_count([])

    # -------------------------------------------------------------------- new
    def test_a_mail_is_a_request(self):
        complaint = self._receive(self._mail())
        self.assertRecordValues(
            complaint,
            [
                {
                    "name": "The lamp",
                    "channel": "email",
                    "partner_id": self.customer.id,
                    "team_id": self.team.id,
                    "company_id": self.company.id,
                    "user_id": False,
                }
            ],
        )
        self.assertTrue(complaint.clock_ids)
        self.assertIn(self.customer, complaint.message_partner_ids)

    def test_acknowledged_once(self):
        complaint = self._receive(self._mail())
        self.assertEqual(len(self.sent), 1)
        mail = self.sent
        self.assertIn(complaint.reference, mail.subject or mail.mail_message_id.subject)
        self.assertIn("'Auto-Submitted': 'auto-replied'", mail.headers)
        self.assertEqual(mail.reply_to and self.address in mail.reply_to, True)
        clock = self._clock(complaint, "acknowledge")
        self.assertEqual(clock.result, "met")
        self.assertEqual(self._clock(complaint, "first_response").result, "open")
        complaint._acknowledge()
        messages = complaint.message_ids.filtered(
            lambda one: one.message_type == "auto_comment"
        )
        self.assertEqual(len(messages), 1)

    def test_no_template_no_acknowledgement(self):
        self.team.acknowledge_template_id = False
        self._receive(self._mail())
        self.assertFalse(self.sent)

    def test_unknown_sender(self):
        """No contact is made of each spammer; the answer reaches the address."""
        partners = self.env["res.partner"].search_count([])
        complaint = self._receive(self._mail(From="Jane <jane@unknown.example>"))
        self.assertFalse(complaint.partner_id)
        self.assertEqual(complaint.email_from, '"Jane" <jane@unknown.example>')
        self.assertEqual(self.env["res.partner"].search_count([]), partners)
        self.assertEqual(len(self.sent), 1)
        self.assertIn("jane@unknown.example", str(self._mails))

    def test_dates_that_are_not_believed(self):
        complaint = self._receive(self._mail(Date="Mon, 01 Jan 2035 10:00:00 +0000"))
        self.assertLess(complaint.received_at.year, 2035)
        complaint = self._receive(self._mail(Date="Mon, 01 Jan 2001 10:00:00 +0000"))
        self.assertGreater(complaint.received_at.year, 2001)

    def test_one_mail_to_two_teams_is_one_request(self):
        second = self.env["crm.complaint.team"].create(
            {
                "name": "Second",
                "company_id": self.company.id,
                "alias_name": "second-test",
                "alias_domain_id": self.company.alias_domain_id.id,
            }
        )
        before = self._count()
        self._receive(self._mail(To=f"{self.address}, {second.alias_email}"))
        self.assertEqual(self._count(), before + 1)

    def test_the_same_mail_twice(self):
        source = self._mail()
        before = self._count()
        self._receive(source)
        self.assertFalse(self._receive(source))
        self.assertEqual(self._count(), before + 1)

    def test_copies_get_nothing(self):
        copies = ", ".join(f"copy{number}@example.com" for number in range(50))
        complaint = self._receive(self._mail(Cc=copies))
        self.assertEqual(complaint.message_partner_ids, self.customer)
        self.assertEqual(len(self._mails), 1)

    def test_hostile_content(self):
        """Scripts in subject and body are text, or gone."""
        complaint = self._receive(
            self._mail(subject="<script>alert(1)</script>", body="<img onerror=x>")
        )
        self.assertEqual(complaint.name, "<script>alert(1)</script>", "plain text")
        acknowledgement = complaint.message_ids.filtered(
            lambda one: one.message_type == "auto_comment"
        )
        self.assertNotIn("<script>", acknowledgement.body)
        mail = self._mail()
        mail = mail.replace("text/plain", "text/html").replace(
            "The lamp flickers",
            "<p style='position:fixed' onclick='x()'>Hi<script>x()</script>"
            "<iframe src='x'></iframe><a href='javascript:x()'>a</a></p>",
        )
        body = (
            self._receive(mail)
            .message_ids.filtered(lambda one: one.message_type == "email")
            .body
        )
        for evil in ("<script", "<iframe", "javascript:", "onclick"):
            self.assertNotIn(evil, body)

    # ---------------------------------------------------------------- programs
    def test_programs_are_not_answered(self):
        """C14: no request, no mail out, one held mail; each of them twice."""
        before = self._count()
        for headers in HOSTILE:
            with self.subTest(headers=headers):
                held = self.env["crm.complaint.intake"].search_count([])
                source = self._mail(**headers)
                for _time in range(2):
                    self.assertFalse(self._receive(source))
                    self.assertFalse(self.sent)
                    self.assertFalse(self._mails)
                found = self.env["crm.complaint.intake"].search_count([])
                self.assertEqual(found, held + 1)
        self.assertEqual(self._count(), before)

    def test_delivery_report(self):
        report = (
            self._mail(body="BODY", Return_Path="<>")
            .replace(
                'text/plain; charset="utf-8"',
                'multipart/report; report-type=delivery-status; boundary="b"',
            )
            .replace("BODY", "--b\nContent-Type: text/plain\n\nNo such user\n--b--")
        )
        before = self._count()
        self._receive(report)
        self.assertEqual(self._count(), before)
        self.assertFalse(self._mails)
        held = self.env["crm.complaint.intake"].search([], limit=1)
        self.assertEqual(held.reason, "bounce")

    def test_thirty_out_of_office_mails(self):
        """The peer defect: thirty automatic answers make thirty records."""
        before = self._count()
        for _number in range(30):
            self._receive(self._mail(Auto_Submitted="auto-replied"))
            self.assertFalse(self._mails)
        self.assertEqual(self._count(), before)

    def test_program_answers_a_request(self):
        complaint = self._receive(self._mail())
        complaint.stage_id = self._stage("classify")
        complaint._pause("customer", False, False, complaint.received_at)
        reference = complaint.message_ids.filtered(
            lambda one: one.message_type == "auto_comment"
        ).message_id
        for headers in HOSTILE[:-2]:
            with self.subTest(headers=headers):
                self._receive(self._mail(In_Reply_To=reference, **headers))
                self.assertEqual(complaint.state, "waiting", "it wakes nobody")
                self.assertFalse(self._mails)
                latest = complaint.message_ids.sorted("id")[-1]
                self.assertEqual(
                    latest.subtype_id, self.env.ref("mail.mt_note"), "internal"
                )
        self.assertEqual(complaint.state, "waiting")

    def test_fallback_without_alias(self):
        """Also when the mail server itself sends everything to requests."""
        source = self._mail(To="anything@else.example", Auto_Submitted="auto-replied")
        before = self._count()
        with self.mock_mail_gateway(), mute_logger(*QUIET):
            self.env["mail.thread"].message_process("crm.complaint", source)
        self.assertEqual(self._count(), before)

    def test_decide_on_a_held_mail(self):
        self._receive(self._mail(List_Id="<a.b>", subject="A real one"))
        held = self.env["crm.complaint.intake"].search([], limit=1)
        with self.assertRaises(AccessError):
            held.with_user(self.reader).action_accept()
        with self.mock_mail_gateway():
            held.with_user(self.agent).action_accept()
        self.assertFalse(self._new_mails, "a program is not told that it arrived")
        self.assertEqual(held.complaint_id.name, "A real one")
        self.assertEqual(held.complaint_id.partner_id, self.customer)
        self.assertEqual((held.state, held.decided_by_id), ("accepted", self.agent))
        self._receive(self._mail(List_Id="<a.b>"))
        held = self.env["crm.complaint.intake"].search([], limit=1)
        held.with_user(self.agent).action_reject()
        self.assertEqual(held.state, "rejected")

    # ----------------------------------------------------------------- answers
    def _reply(self, complaint, **headers):
        first = complaint.message_ids.sorted("id")[0]
        return self._receive(self._mail(In_Reply_To=first.message_id, **headers))

    def test_customer_s_answer(self):
        complaint = self._receive(self._mail())
        before = self._count()
        complaint.stage_id = self._stage("classify")
        complaint._pause("customer", False, False, complaint.received_at)
        self.assertEqual(self._reply(complaint), complaint)
        self.assertEqual(complaint.state, "open")
        self.assertEqual(self._count(), before)

    def test_stranger_s_answer(self):
        """C15: kept, shown to nobody outside, counts for nothing until accepted."""
        complaint = self._receive(self._mail())
        complaint.stage_id = self._stage("classify")
        complaint._pause("customer", False, False, complaint.received_at)
        self._reply(complaint, From="Mallory <mallory@evil.example>")
        message = complaint.message_ids.sorted("id")[-1]
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_note"))
        self.assertTrue(message.subtype_id.internal)
        self.assertEqual(complaint.state, "waiting")
        self.assertFalse(self._mails, "nothing is told to the customer")
        self.assertEqual(complaint.held_count, 1)
        held = self.env["crm.complaint.intake"].search([], limit=1)
        with mute_logger(*QUIET), self.mock_mail_gateway():
            held.with_user(self.agent).action_accept()
        self.assertEqual(complaint.state, "open")
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertIn(
            "mallory@evil.example", complaint.message_partner_ids.mapped("email")
        )

    def test_number_in_the_subject_attaches_nothing(self):
        complaint = self._receive(self._mail())
        other = self._receive(
            self._mail(
                subject=f"Re: [{complaint.reference}] The lamp",
                From="Mallory <mallory@evil.example>",
            )
        )
        self.assertNotEqual(other, complaint)

    def test_copied_person_takes_part(self):
        """C17: once in copy of the customer's mail, an answer is no stranger's."""
        complaint = self._receive(self._mail(Cc="colleague@example.com"))
        complaint.stage_id = self._stage("classify")
        complaint._pause("customer", False, False, complaint.received_at)
        before = self._count()
        self._reply(complaint, From="colleague@example.com")
        self.assertEqual(self._count(), before)
        self.assertFalse(complaint.held_count)
        self.assertEqual(complaint.partner_id, self.customer)

    def test_agent_answers_by_mail(self):
        self.agent.email = "agent@complaints.test"
        complaint = self._receive(self._mail())
        self._reply(complaint, From="agent@complaints.test")
        self.assertTrue(complaint.first_response_at)

    def test_answer_to_a_duplicate(self):
        """C21"""
        original, duplicate = self._receive(self._mail()), self._receive(self._mail())
        duplicate._exclude("duplicate", original)
        self.assertEqual(self._reply(duplicate), original)
        self.assertEqual(duplicate.state, "excluded")

    # --------------------------------------------------------------- forwarded
    def test_colleague_forwards(self):
        """C16: proposed, not taken; nobody is told before it is confirmed."""
        self.agent.email = "agent@complaints.test"
        body = (
            "FYI\n\n---- Forwarded message ----\nFrom: Jane <jane@client.example>\n"
            "Date: today\n\nOn Monday Bob <bob@other.example> wrote:\n> From: x@y.example"
        )
        complaint = self._receive(self._mail(body, From="agent@complaints.test"))
        self.assertEqual(complaint.proposed_email, "jane@client.example")
        self.assertFalse(complaint.partner_id)
        self.assertFalse(complaint.first_response_at, "no answer")
        self.assertFalse(self._mails)
        with self.mock_mail_gateway():
            complaint.with_user(self.agent).action_confirm_forwarded()
        self.assertEqual(complaint.partner_id.email, "jane@client.example")
        told = self._new_mails.recipient_ids.filtered("partner_share")
        self.assertEqual(told, complaint.partner_id)

    def test_customer_forwards(self):
        """Whoever outside forwards is the customer, whatever they quote."""
        complaint = self._receive(self._mail("From: Jane <jane@client.example>\n"))
        self.assertEqual(complaint.partner_id, self.customer)
        self.assertFalse(complaint.proposed_email)
