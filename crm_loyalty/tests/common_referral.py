from .common import LoyaltyCommon


class ReferralCommon(LoyaltyCommon):
    """The program rewards referrals: 50 points for who brings, 20 for who comes, 14 days
    after an invoice of at least 100 is paid. A is a member; B is new.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.write(
            {
                "crm_referral": True,
                "crm_referrer_points": 50,
                "crm_referred_points": 20,
                "crm_referral_minimum": 100,
            }
        )
        cls.member_a = cls._member()
        cls.code = cls.member_a.referral_code
        cls.referrals = cls.env["crm.loyalty.referral"]

    def _enter(self, partner=None, code=None):
        """As a salesperson does on the contact."""
        partner = (partner or self.other).with_user(self.seller)
        partner.crm_referral_code = code or self.code
        return self._referral(partner)

    def _referral(self, partner=None):
        """The last referral of a customer."""
        partner = partner or self.other
        return self.referrals.search(
            [("referred_id.partner_id", "=", partner.id)], limit=1
        )

    def _sell(self, amount=100, partner=None, pay=True, **vals):
        """A posted invoice of an order, perhaps paid."""
        order = self._order(amount, partner=partner or self.other, **vals)
        order.action_confirm()
        invoice = self._bill(order)
        if pay:
            self._pay(invoice)
        self._post()
        return invoice

    def _run_job(self):
        """What the job does for the company, on the day that it is."""
        self.env.flush_all()
        done = self.referrals._refresh_company(self.company)
        self._post()
        return done

    def _given(self, partner):
        """What a customer got by referrals and has not given back, in points."""
        moves = self._moves(partner).filtered("referral_id")
        return sum(moves.mapped("points")) / 100
