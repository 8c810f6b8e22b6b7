import re

from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .common_referral import ReferralCommon

UNKNOWN = "0123456789AB"


@tagged("post_install", "-at_install")
class TestReferralPortal(ReferralCommon, HttpCase):
    """Links, codes and the portal: nothing leaks, and only POST writes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for login, partner in (("refer_a", cls.customer), ("refer_b", cls.other)):
            cls.env["res.users"].with_context(no_reset_password=True).create(
                {
                    "login": login,
                    "password": login,
                    "partner_id": partner.id,
                    "group_ids": [Command.set(cls.env.ref("base.group_portal").ids)],
                    "company_id": cls.company.id,
                    "company_ids": [Command.set(cls.company.ids)],
                }
            )

    def _send(self, url, code, csrf=True, method="POST"):
        self.env.cr.flush()
        data = {"code": code}
        if csrf:
            data["csrf_token"] = Request.csrf_token(self)
        return self.url_open(
            url,
            data=data if method == "POST" else None,
            method=method,
            allow_redirects=False,
        )

    def _strip(self, text):
        """A page without what differs from request to request."""
        text = re.sub(r"csrf_token[^,>]*[,>]", "", text)
        return re.sub(r"[0-9a-f]{40}o\d+", "", text)

    # -------------------------------------------------------------------- landing
    def test_no_oracle(self):
        """A code that exists and one that does not: the same page, the same answer."""
        self.authenticate(None, None)
        pages = [
            self._strip(self.url_open(f"/recommended/{code}").text).replace(
                code, "CODE"
            )
            for code in (self.code, UNKNOWN)
        ]
        self.assertEqual(pages[0], pages[1])
        self.assertNotIn("Loyalty Test", pages[0])
        self.assertNotIn(self.program.name, pages[0])
        answers = [self._send("/recommended", code) for code in (self.code, UNKNOWN)]
        self.assertEqual({one.status_code for one in answers}, {303})
        self.assertEqual(len({one.headers["Location"] for one in answers}), 1)
        self.assertFalse(self._referral())

    def test_methods(self):
        """Reading remembers nothing; writing needs POST and a token."""
        self.authenticate(None, None)
        for method in ("GET", "HEAD"):
            self.url_open(f"/recommended/{self.code}", method=method)
        self.assertNotIn(self.code, self.url_open("/recommended").text)
        for method in ("GET", "HEAD"):
            answer = self._send("/my/points/recommended", self.code, method=method)
            self.assertEqual(answer.status_code, 405)
        self.assertEqual(
            self._send("/recommended", self.code, csrf=False).status_code, 400
        )
        self.assertNotIn(self.code, self.url_open("/recommended").text)
        self._send("/recommended", self.code)
        self.assertIn(self.code, self.url_open("/recommended").text)

    def test_strange_codes(self):
        self.authenticate(None, None)
        for code in ("%00", "<script>alert(1)</script>", "A" * 3000, "é%F0%9F%98%80"):
            page = self.url_open(f"/recommended/{code}")
            self.assertIn(page.status_code, (200, 400, 404))
            self.assertNotIn("alert(1)", page.text)

    # --------------------------------------------------------------------- portal
    def test_the_whole_way(self):
        """A reads the link, B follows it, signs in and confirms it."""
        self._grant(60)
        self.authenticate("refer_a", "refer_a")
        page = self.url_open("/my/points").text
        link = re.search(r'value="([^"]*/recommended/[0-9A-F]{12})"', page).group(1)
        self.assertEqual(link, self.member_a.referral_link)
        self.authenticate("refer_b", "refer_b")
        self._send("/recommended", self.code)
        self.assertIn(f'value="{self.code}"', self.url_open("/my/points").text)
        self.assertFalse(self._referral())
        self.assertEqual(
            self._send("/my/points/recommended", self.code).status_code, 303
        )
        referral = self._referral()
        self.assertEqual((referral.state, referral.how), ("waiting", "link"))
        self._sell(100)
        self._travel(days=14)
        self._run_job()
        self.assertEqual(referral.state, "rewarded")
        page = self.url_open("/my/points").text
        self.assertIn("+20", page)
        self.assertIn(self.program.name, self.url_open("/my").text)
        self.assertNotIn("Loyalty Test A", page)
        self.authenticate("refer_a", "refer_a")
        page = self.url_open("/my/points").text
        self.assertIn("+50", page)
        self.assertNotIn("Loyalty Test B", page)
        self.assertNotIn(referral.invoice_id.name, page)

    def test_the_answer_is_the_same(self):
        """Right, wrong, one's own, or for an old customer: the same words, and the same
        page afterwards."""
        pages = []
        for code in (UNKNOWN, self.code, self._member(self.other).referral_code):
            self.authenticate("refer_b", "refer_b")
            answer = self._send("/my/points/recommended", code)
            self.assertEqual(answer.status_code, 303)
            pages.append(self.url_open("/my/points").text)
            self.assertIn("Thank you. If the code is right", pages[-1])
            self.assertIn("You collect no points yet", pages[-1])
            self.assertNotIn("Thank you. If", self.url_open("/my/points").text)
            self.assertNotIn(self.program.name, self.url_open("/my").text)
        self.assertEqual(len({self._strip(page) for page in pages}), 1)

    def test_old_customers_are_not_asked(self):
        """Who has bought was not brought."""
        self.authenticate("refer_b", "refer_b")
        self.assertIn("Who recommends us to you?", self.url_open("/my/points").text)
        self._order(10, partner=self.other).action_confirm()
        self.env.flush_all()
        self.assertNotIn("Who recommends us to you?", self.url_open("/my/points").text)

    def test_who_may(self):
        """Not without a login; a colleague of ours is no customer."""
        self.authenticate(None, None)
        answer = self._send("/my/points/recommended", self.code)
        self.assertIn("/web/login", answer.headers["Location"])
        self.seller.password = "value_seller_1"
        self.authenticate("value_seller", "value_seller_1")
        self._send("/my/points/recommended", self.code)
        self.assertFalse(self.referrals.search([]))
        self.authenticate("refer_b", "refer_b")
        self.assertEqual(
            self._send("/my/points/recommended", self.code, csrf=False).status_code, 400
        )
        self.assertFalse(self.referrals.search([]))

    def test_nothing_over_rpc(self):
        """Neither codes nor referrals for portal users."""
        self._enter()
        portal = self.env["res.users"].search([("login", "=", "refer_b")])
        for model in ("crm.loyalty.referral", "crm.loyalty.member"):
            self.assertFalse(self.env[model].with_user(portal).has_access("read"))
        for model in ("res.partner", "sale.order", "crm.lead"):
            fields = self.env[model].with_user(portal).fields_get()
            self.assertFalse([name for name in fields if "crm_referral" in name])
