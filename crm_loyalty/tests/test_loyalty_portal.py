from datetime import date, timedelta

from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestLoyaltyPortal(LoyaltyCommon, HttpCase):
    """The customer's side: points, what expires, rewards, and taking one (F2, F6)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "customer@example.com"
        for login, partner in (("points_a", cls.customer), ("points_b", cls.other)):
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

    def _send(self, order, reward=None, token=None, method="POST", csrf=True, **data):
        """As the form on the quotation does."""
        reward = reward or self.reward
        self.env.cr.flush()
        if csrf:
            data["csrf_token"] = Request.csrf_token(self)
        if token is not False:
            data["access_token"] = token or order.access_token
        return self.url_open(
            f"/my/orders/{order.id}/reward/{reward.id}",
            data=data if method == "POST" else None,
            method=method,
            allow_redirects=False,
        )

    def _sent(self, amount=100, **vals):
        order = self._order(amount, **vals)
        order.write(
            {"state": "sent", "validity_date": date.today() + timedelta(days=9)}
        )
        order._portal_ensure_token()
        return order

    # ------------------------------------------------------------------------ reading
    def test_my_points(self):
        """Balance, what expires when, every entry, and what rewards still take."""
        self._grant(60, days=10)
        self._grant(20, days=200)
        self.authenticate("points_a", "points_a")
        page = self.url_open("/my/points")
        member = self._member()
        self.assertTrue(page.url.endswith(f"/my/points/{member.id}"))
        for text in ("80 points can be used now", "07/10/2026", "60 points",
                     "01/16/2027", "20 points", "missing", "+60", "Granted"):  # fmt: skip
            self.assertIn(text, page.text)
        self._grant(20)
        self.assertIn("you have enough", self.url_open(f"/my/points/{member.id}").text)

    def test_nothing_internal(self):
        """Neither reasons of colleagues nor tiers are on the page."""
        self._grant(60, reason="He shouted at us")
        self.authenticate("points_a", "points_a")
        page = self.url_open("/my/points").text
        self.assertNotIn("He shouted", page)
        self.assertNotIn(self.tier_high.name, page)

    def test_of_others(self):
        """Nobody reads another customer's points; without a login nobody reads any."""
        self._grant(60)
        member = self._member()
        url = f"/my/points/{member.id}"
        self.assertIn("/web/login", self.url_open(url).url)
        self.authenticate("points_b", "points_b")
        self.assertEqual(self.url_open(url).status_code, 404)
        self.assertIn("You collect no points yet", self.url_open("/my/points").text)
        for number in (999999999, 10**20):
            self.assertEqual(self.url_open(f"/my/points/{number}").status_code, 404)

    def test_colleagues(self):
        """Points are the company's: its contacts see them."""
        self._grant(60)
        self.other.parent_id = self.customer
        self.authenticate("points_b", "points_b")
        self.assertIn("60 points can be used now", self.url_open("/my/points").text)

    # -------------------------------------------------------------------- redeeming
    def test_take_a_reward(self):
        """Ten off for 100 points: on the quotation now, from the ledger on confirming."""
        self._grant(150)
        order = self._sent()
        page = self.url_open(order.get_portal_url()).text
        self.assertIn("Use Points", page)
        self.authenticate(None, None)
        self.assertEqual(self._send(order).status_code, 303)
        self.assertEqual(order.order_line.reward_id, self.reward)
        self.assertEqual(order.amount_untaxed, 90)
        self._assert_balance(150)
        self.assertIn("Put Back", self.url_open(order.get_portal_url()).text)
        self.assertIn("took a reward", "".join(order.message_ids.mapped("body")))
        order.action_confirm()
        self._assert_balance(50)

    def test_put_back(self):
        self._grant(150)
        order = self._sent()
        self.authenticate(None, None)
        self._send(order)
        self._send(order, remove="1")
        self.assertFalse(order.order_line.reward_id)
        self.assertEqual(order.amount_untaxed, 100)

    def test_twice(self):
        """The same reward is on a quotation once, however often the button is pressed."""
        self._grant(500)
        order = self._sent()
        self.authenticate(None, None)
        self._send(order)
        self._send(order)
        self.assertEqual(order.amount_untaxed, 90)
        self.assertIn("not there any more", self.url_open(order.get_portal_url()).text)

    def test_too_few(self):
        self._grant(99)
        order = self._sent()
        self.assertNotIn("Use Points", self.url_open(order.get_portal_url()).text)
        self.authenticate(None, None)
        self.assertEqual(self._send(order).status_code, 303)
        self.assertFalse(order.order_line.reward_id)

    def test_too_late(self):
        """Not when it is confirmed, cancelled or expired, nor a draft."""
        self._grant(150)
        order = self._sent()
        self.authenticate(None, None)
        for vals in (
            {"state": "draft"},
            {"state": "cancel"},
            {"state": "sent", "validity_date": date(2020, 1, 1)},
            {"state": "sale", "validity_date": False},
        ):
            order.write(vals)
            with self.subTest(vals=vals):
                self.assertEqual(self._send(order).status_code, 303)
                self.assertFalse(order.order_line.reward_id)

    def test_strange_rewards(self):
        """Of another program, another customer, or none at all."""
        self._grant(150)
        program = self._create_program(name="Another", company_id=self.company.id)
        strange = program.reward_ids
        program.active = False
        order = self._sent(partner=self.other)
        self.authenticate(None, None)
        for reward in (strange, self.reward, self.reward.browse(999999999)):
            self.assertEqual(self._send(order, reward).status_code, 303)
            self.assertFalse(order.order_line.reward_id)

    def test_whose_quotation(self):
        """Each way to call it × who calls: only the customer, or who has the link."""
        self._grant(150)
        order = self._sent()
        cases = [
            (None, False, 404),
            (None, "wrong", 404),
            ("points_b", False, 404),
            ("points_b", "wrong", 404),
        ]
        for login, token, status in cases:
            with self.subTest(login=login, token=token):
                self.authenticate(login, login)
                self.assertEqual(self._send(order, token=token).status_code, status)
                self.assertFalse(order.order_line.reward_id)
        self.authenticate(None, None)
        huge = self.reward.browse(10**20)
        self.assertEqual(self._send(order, huge).status_code, 404)
        self.assertEqual(self._send(order, csrf=False).status_code, 400)
        self.assertEqual(self._send(order, method="GET").status_code, 405)
        self.assertFalse(order.order_line.reward_id)
        self.authenticate("points_a", "points_a")
        self.assertEqual(self._send(order, token=False).status_code, 303)
        self.assertEqual(order.order_line.reward_id, self.reward)
