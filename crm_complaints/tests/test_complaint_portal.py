import re

from odoo import http
from odoo.fields import Command
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import ComplaintCommon

SECRET = "marker-of-what-is-internal"
QUIET = ("odoo.http", "odoo.addons.base.models.ir_http")


@tagged("post_install", "-at_install")
class TestComplaintPortal(ComplaintCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner = cls._create_portal_user("owner", parent_id=cls.customer.id)
        cls.colleague = cls._create_portal_user("colleague", parent_id=cls.customer.id)
        cls.stranger = cls._create_portal_user("other")
        cls.contact = cls._create_portal_user("contact", parent_id=cls.customer.id)
        cls.contact.partner_id.is_complaint_contact = True
        cls.own = cls._create_complaint(
            partner_id=cls.owner.partner_id.id,
            description="<p>It flickers</p>",
            root_cause=SECRET,
            solution=SECRET,
            user_id=cls.agent.id,
        )
        cls.own.message_post(body=SECRET, subtype_xmlid="mail.mt_note")
        cls.own.tier_id = cls.tier_high
        cls.token = cls.own._portal_ensure_token()
        cls.merged = cls._create_complaint(partner_id=cls.owner.partner_id.id)
        cls.old_token = cls.merged._portal_ensure_token()
        cls.merged._exclude("duplicate", cls.own)

    @classmethod
    def _create_portal_user(cls, login, **vals):
        user = cls._create_user(
            f"complaint_{login}",
            "base.group_portal",
            company_ids=[Command.set(cls.company.ids)],
        )
        user.partner_id.write({"email": f"{login}@example.com", **vals})
        return user

    def _login(self, user):
        if user:
            self.authenticate(user.login, user.login)
        else:
            self.authenticate(None, None)

    @mute_logger(*QUIET)
    def _get(self, path, **params):
        query = "&".join(f"{key}={value}" for key, value in params.items())
        return self.url_open(f"{path}?{query}", allow_redirects=False)

    @mute_logger(*QUIET)
    def _post(self, path, csrf=True, files=None, **data):
        if csrf:
            data["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(
            path, data=data, files=files, allow_redirects=False, method="POST"
        )

    # ------------------------------------------------------------------- matrix
    def test_who_reads_a_request(self):
        """Each visitor × each token; nothing but the page itself, or not found."""
        path = self.own.access_url
        for user, bare in (
            (None, 404),
            (self.owner, 200),
            (self.colleague, 404),
            (self.contact, 200),
            (self.stranger, 404),
        ):
            self._login(user)
            for token, status in (
                ("", bare),
                ("wrong", bare),
                (self.old_token, bare),
                (self.token, 200),
            ):
                with self.subTest(user=user and user.login, token=token[:5]):
                    response = self._get(path, access_token=token)
                    self.assertEqual(response.status_code, status)
                    head = self.opener.head(
                        self.base_url() + f"{path}?access_token={token}"
                    )
                    self.assertEqual(head.status_code, status)

    def test_who_changes_a_request(self):
        """Not by GET, not without a CSRF token, not by whoever knows the number."""
        for route in ("close", "rate"):
            path = f"{self.own.access_url}/{route}"
            for user, with_token in (
                (None, None),
                (self.colleague, 403),
                (self.stranger, 403),
            ):
                self._login(user)
                with self.subTest(route=route, user=user and user.login):
                    self.assertEqual(self._get(path).status_code, 405)
                    self.assertEqual(self._post(path, csrf=False).status_code, 400)
                    self.assertEqual(self._post(path).status_code, 404)
                    for token in ("wrong", self.old_token):
                        response = self._post(path, access_token=token)
                        self.assertEqual(response.status_code, 404)
                    if with_token:
                        response = self._post(path, access_token=self.token)
                        self.assertEqual(response.status_code, with_token)
        self.own.invalidate_recordset()
        self.assertFalse(self.own.accepted_at)

    def test_a_duplicate_is_gone(self):
        """C21: the old link says nothing, to nobody."""
        for user in (None, self.owner, self.stranger):
            self._login(user)
            for token in ("", self.old_token, self.merged.access_token):
                if user is None and token == self.merged.access_token:
                    continue
                response = self._get(self.merged.access_url, access_token=token)
                self.assertEqual(response.status_code, 404)

    def test_lists(self):
        reference = self.own.reference
        for user, sees in (
            (self.owner, True),
            (self.contact, True),
            (self.colleague, False),
            (self.stranger, False),
        ):
            self._login(user)
            with self.subTest(user=user.login):
                page = self._get("/my/complaints").text
                self.assertEqual(reference in page, sees)
                self.assertNotIn(self.merged.reference, page)
        self._login(None)
        self.assertEqual(self._get("/my/complaints").status_code, 303)

    def test_who_leaves_the_company_sees_nothing(self):
        self.contact.partner_id.parent_id = False
        self._login(self.contact)
        self.assertEqual(self._get(self.own.access_url).status_code, 404)

    # ------------------------------------------------------------------ content
    def test_nothing_internal(self):
        """C26: no note, cause, solution, tier, clock, colleague's address."""
        self._login(self.owner)
        page = self._get(self.own.access_url).text
        self.assertIn("It flickers", page)
        chatter = self.make_jsonrpc_request(
            "/mail/chatter_fetch",
            {
                "thread_model": "crm.complaint",
                "thread_id": self.own.id,
                "token": self.token,
            },
        )
        for text in (page, str(chatter), self._get("/my/complaints").text):
            self.assertNotIn(SECRET, text)
            self.assertNotIn(self.agent.email or "agent@", text)
            for name in (self.tier_high.name, self.own.clock_ids.policy_id[:1].name):
                self.assertIsNone(re.search(rf">\s*{re.escape(name)}\s*<", text))

    def test_steps_as_customers_read_them(self):
        """Two steps of ours may be one of theirs."""
        names = [name for name, _current in self.own._get_portal_steps()]
        self.assertEqual(len(names), len(set(names)))
        self.assertLess(len(names), len(self.stages))
        self.own.stage_id = self._stage("classify")
        current = [name for name, here in self.own._get_portal_steps() if here]
        self.assertEqual(current, ["Received"])

    def test_no_way_round_the_pages(self):
        """Neither the model nor its clocks can be read by RPC."""
        self._login(self.owner)
        for model in ("crm.complaint", "crm.complaint.clock", "crm.complaint.intake"):
            with self.assertRaises(JsonRpcException), mute_logger(*QUIET):
                self.make_jsonrpc_request(
                    "/web/dataset/call_kw",
                    {
                        "model": model,
                        "method": "search_read",
                        "args": [[]],
                        "kwargs": {},
                    },
                )

    def test_hostile_subject(self):
        self.own.name = "<script>alert(1)</script>"
        self._login(self.owner)
        for path in ("/my/complaints", self.own.access_url):
            self.assertNotIn("<script>alert(1)", self._get(path).text)

    # -------------------------------------------------------------------- filing
    def test_file_a_request(self):
        order = self._create_quotation(self.customer, 100)
        order.action_confirm()
        self._login(self.owner)
        self.assertIn(order.name, self._get("/my/complaints/new").text)
        response = self._post(
            "/my/complaints/new/send",
            files=[
                ("attachments", ("photo.svg", b"<svg onload='x()'/>", "image/svg+xml")),
                ("attachments", ("empty.txt", b"", "text/plain")),
            ],
            name="Broken lamp",
            description="<b>It fell</b>",
            type="complaint",
            order_id=str(order.id),
        )
        self.assertEqual(response.status_code, 303)
        complaint = self.env["crm.complaint"].search([], order="id desc", limit=1)
        self.assertRecordValues(
            complaint,
            [
                {
                    "name": "Broken lamp",
                    "channel": "portal",
                    "partner_id": self.owner.partner_id.id,
                    "order_id": order.id,
                    "company_id": self.company.id,
                    "user_id": False,
                }
            ],
        )
        self.assertIn("&lt;b&gt;It fell", complaint.description)
        self.assertTrue(complaint.acknowledged_at)
        self.assertFalse(complaint.first_response_at)
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "crm.complaint"), ("res_id", "=", complaint.id)]
        )
        self.assertEqual(files.mapped("name"), ["photo.svg"])
        self.assertEqual(files.mimetype, "text/plain", "a picture runs no script")

    def test_what_cannot_be_filed(self):
        foreign = self._create_quotation(self._create_customer("Other"), 100)
        foreign.action_confirm()
        self._login(self.owner)
        before = self.env["crm.complaint"].search_count([])
        good = {"name": "x", "description": "x", "type": "complaint"}
        for vals in (
            {"name": ""},
            {"description": " "},
            {"type": "evil"},
            {"order_id": str(foreign.id)},
            {"order_id": "999999999"},
        ):
            with self.subTest(vals=vals):
                response = self._post("/my/complaints/new/send", **{**good, **vals})
                self.assertEqual(response.status_code, 200)
                self.assertIn("alert-danger", response.text)
        many = [("attachments", (f"{n}.txt", b"x", "text/plain")) for n in range(11)]
        response = self._post("/my/complaints/new/send", files=many, **good)
        self.assertIn("at most 10 files", response.text)
        self.assertEqual(
            self._post("/my/complaints/new/send", csrf=False).status_code, 400
        )
        self._login(None)
        self.assertIn(
            self._post("/my/complaints/new/send", **good).status_code, (303, 400)
        )
        self.assertEqual(self.env["crm.complaint"].search_count([]), before)

    # ---------------------------------------------------------- closing, rating
    def test_customer_says_it_is_solved(self):
        """Acceptance is an event: the resolution is reached, the steps are ours."""
        self._login(self.owner)
        self._post(f"{self.own.access_url}/close")
        self.own.invalidate_recordset()
        self.assertTrue(self.own.accepted_at)
        self.assertEqual(self._clock(self.own).state, "stopped")
        self.assertEqual(self.own.state, "open", "cause and solution are missing")
        self._fill(self.own)
        self.own._note_acceptance(self.own.accepted_at)
        self.assertEqual(self.own.state, "closed")

    def test_one_answer_each(self):
        """C24: only when it is closed, only by the customer, only once."""
        path = f"{self.own.access_url}/rate"
        self._login(self.owner)
        self._post(path, mark="5")
        self.assertFalse(self.own.rating_ids, "not closed yet")
        self._fill(self.own).stage_id = self._stage("archive")
        for wrong in ("", "0", "6", "x", "4.5", "-1"):
            self._post(path, mark=wrong)
        self.assertFalse(self.own._has_rating())
        self._get(self.own.access_url)
        self.assertFalse(self.own._has_rating(), "looking is no answer")
        self._post(path, mark="5", feedback="Slipped")
        self.assertIn("you can still change it", self._get(self.own.access_url).text)
        self._post(path, mark="4", feedback="Quick")
        # the same customer in another browser, as a mail scanner would be
        self._login(self.owner)
        self._post(path, mark="1", feedback="Changed")
        self.assertNotIn("still change it", self._get(self.own.access_url).text)
        self.own.invalidate_recordset()
        rating = self.own.rating_ids.filtered("consumed")
        self.assertEqual(rating.mapped("rating"), [4])
        self.assertEqual(rating.feedback, "Quick")
        self.assertEqual(self.own.state, "closed", "an answer reopens nothing")
        self.assertEqual(rating.parent_res_id, self.team.id)
        # the link of the mail is enough, for who is not logged in
        self._login(None)
        response = self._post(path, mark="1", access_token=self.token)
        self.assertEqual(response.status_code, 303)
        self.assertEqual(len(self.own.rating_ids.filtered("consumed")), 1)

    def test_answer_on_the_page(self):
        """C05: what the customer writes on the portal wakes the request."""
        self.own.stage_id = self._stage("classify")
        self.own._pause("customer", False, False, self.own.received_at)
        self._login(self.owner)
        self.make_jsonrpc_request(
            "/mail/message/post",
            {
                "thread_model": "crm.complaint",
                "thread_id": self.own.id,
                "post_data": {
                    "body": "Here is the photo",
                    "message_type": "comment",
                    "subtype_xmlid": "mail.mt_comment",
                },
                "token": self.token,
            },
        )
        self.own.invalidate_recordset()
        self.assertEqual(self.own.state, "open")

    def test_stranger_with_the_link(self):
        """Whoever got the link passed on may write, and is heard when accepted."""
        self.own.stage_id = self._stage("classify")
        self.own._pause("customer", False, False, self.own.received_at)
        self._login(self.stranger)
        self.make_jsonrpc_request(
            "/mail/message/post",
            {
                "thread_model": "crm.complaint",
                "thread_id": self.own.id,
                "post_data": {
                    "body": "Me too",
                    "message_type": "comment",
                    "subtype_xmlid": "mail.mt_comment",
                },
                "token": self.token,
            },
        )
        self.own.invalidate_recordset()
        self.assertEqual(self.own.state, "waiting")
        self.assertEqual(self.own.held_count, 1)

    def test_what_became_of_a_suggestion(self):
        """The decision that they were told; not what was considered inside."""
        wish = self._create_complaint(
            name="A dimmer", type="suggestion", partner_id=self.owner.partner_id.id
        )
        wish.action_gather()
        wish.idea_id.write({"considerations": SECRET, "answer": "Version 3 has one."})
        self._login(self.owner)
        self.assertNotIn("Your suggestion", self._get(wish.access_url).text)
        wish.idea_id.with_user(self.leader).action_adopt()
        page = self._get(wish.access_url).text
        self.assertIn("Your suggestion", page)
        self.assertIn("Adopted", page)
        self.assertNotIn(SECRET, page)
        wish.idea_id.with_user(self.leader).action_decide_again()
        self.assertNotIn("Your suggestion", self._get(wish.access_url).text)
