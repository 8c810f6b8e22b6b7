from odoo.tests import HttpCase, tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestLoyaltyUi(LoyaltyCommon, HttpCase):
    """On the screens."""

    def test_earn_and_redeem_in_a_quotation(self):
        """A salesperson sees the points, gives a reward, and confirms."""
        self._grant(340)
        order = self._order(100)
        order.user_id = self.seller
        self.start_tour(
            f"/odoo/sales/{order.id}", "crm_loyalty_quotation", login="value_seller"
        )
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.amount_untaxed, 90)
        self._assert_balance(240)
        self._bill(order)
        self._assert_balance(330)

    def test_give_a_link_and_say_who_brought_whom(self):
        """A salesperson does both on the contact (acceptance 31)."""
        self.program.crm_referral = True
        self._member().referral_code = "0123456789AB"
        self.start_tour(
            f"/odoo/contacts/{self.other.id}",
            "crm_loyalty_referral",
            login="value_seller",
        )
        referral = self.env["crm.loyalty.referral"].search([])
        self.assertEqual(referral.referrer_id, self._member())
        self.assertEqual(referral.referred_id.partner_id, self.other)
        self.assertEqual(referral.state, "waiting")

    def test_on_the_portal(self):
        """The customer reads the same on the quotation."""
        self._grant(340)
        order = self._order(100)
        order.state = "sent"
        response = self.url_open(order.get_portal_url())
        self.assertEqual(response.status_code, 200)
        self.assertIn("Loyalty Test A has 340 points.", response.text)
        self.assertIn("This order gives 100 points.", response.text)
        self.assertNotIn(self.tier_high.name, response.text)
