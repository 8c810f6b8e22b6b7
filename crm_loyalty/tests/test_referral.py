from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..models.crm_loyalty_referral_checking import (
    normalize_email,
    normalize_phone,
    normalize_text,
)
from .common_referral import ReferralCommon


@tagged("post_install", "-at_install")
class TestReferral(ReferralCommon):
    """Who brought whom, and when both are rewarded (F4)."""

    # ------------------------------------------------------------------ the whole way
    def test_both_are_rewarded(self):
        """Nothing at the referral, nothing at payment, both after the return window."""
        referral = self._enter()
        self.assertEqual((referral.state, referral.how), ("waiting", "seller"))
        self.assertEqual(self._given(self.customer), 0)
        invoice = self._sell(100)
        self.assertEqual(referral.state, "qualified")
        self.assertEqual(referral.invoice_id, invoice)
        self.assertEqual(str(referral.due_on), "2026-07-14")
        self._travel(days=13)
        self._run_job()
        self.assertEqual(referral.state, "qualified")
        self._travel(days=1)
        self._run_job()
        self.assertEqual(referral.state, "rewarded")
        self.assertEqual(self._given(self.customer), 50)
        self.assertEqual(self._given(self.other), 20)
        self.assertEqual(referral.referrer_points, 50)
        self._assert_balance(50)
        self._assert_balance(120, partner=self.other)

    def test_points_expire_as_others(self):
        """LC22: lots of both sides have a last day."""
        self._enter()
        self._sell(100)
        self._travel(days=14)
        self._run_job()
        lots = self.referrals.search([]).move_ids.made_lot_ids
        self.assertEqual(len(lots), 2)
        self.assertEqual({str(lot.expires_on) for lot in lots}, {"2027-07-14"})

    def test_again_is_nothing(self):
        """The job, the event and the salesperson twice: one reward."""
        referral = self._enter()
        self.assertEqual(self._enter(), referral)
        invoice = self._sell(100)
        self._travel(days=20)
        for _number in range(3):
            self._run_job()
            referral.checked_on = False
            self.env["crm.loyalty.event"]._mark(invoice)
            self._post()
        self.assertEqual(len(referral.move_ids), 2)
        self.assertEqual(self._given(self.customer), 50)

    def test_without_the_hooks(self):
        """An invoice that nobody reported is found by the job."""
        referral = self._enter()
        self._sell(100)
        self.env.cr.execute(
            "UPDATE crm_loyalty_referral SET state = 'waiting', invoice_id = NULL,"
            " due_on = NULL, checked_on = NULL"
        )
        self.env.invalidate_all()
        self._travel(days=14)
        self.assertTrue(self._run_job())
        self.assertEqual(referral.state, "rewarded")

    def test_the_job_is_late(self):
        """Three days late: the same points, and the day of payment decides."""
        referral = self._enter()
        self._sell(100)
        self._travel(days=17)
        self._run_job()
        self.assertEqual(referral.state, "rewarded")
        self.assertEqual(str(referral.due_on), "2026-07-14")

    # --------------------------------------------------------------- what counts
    def test_paid_with_money(self):
        """LC27: not unpaid, too small, or paid with points and gift cards."""
        referral = self._enter()
        self._sell(300, pay=False)
        self.assertEqual(referral.state, "waiting")
        self._sell(99.99)
        self.assertEqual(referral.state, "waiting")
        self._grant(100, partner=self.other)
        self._sell(105, claim=1)
        self.assertEqual(referral.state, "waiting")
        self._sell(110)
        self.assertEqual(referral.state, "qualified")

    def test_free_is_no_purchase(self):
        """Without a smallest amount, an invoice of 0.00 is none."""
        self.program.crm_referral_minimum = 0
        referral = self._enter()
        self._sell(0, pay=False)
        self.assertEqual(referral.state, "waiting")
        self._sell(0.01)
        self.assertEqual(referral.state, "qualified")

    def test_first_invoice_only(self):
        self.program.crm_referral_counts = "first"
        referral = self._enter()
        self._sell(50)
        self._sell(500)
        self.assertEqual(referral.state, "waiting")

    def test_rules_of_the_day(self):
        """What was promised holds, whatever becomes of the program."""
        referral = self._enter()
        self.program.write({"crm_referrer_points": 5, "crm_referral_minimum": 1000})
        self._sell(100)
        self._travel(days=14)
        self._run_job()
        self.assertEqual(referral.state, "rewarded")
        self.assertEqual(self._given(self.customer), 50)

    def test_no_purchase_in_time(self):
        referral = self._enter()
        self._travel(days=180)
        self._run_job()
        self.assertEqual(referral.state, "waiting")
        self._travel(days=1)
        self._run_job()
        self.assertEqual((referral.state, referral.reason), ("refused", "lapsed"))

    def test_paid_after_the_time(self):
        """The day of the invoice counts: who pays late has bought in time."""
        referral = self._enter()
        self._travel(days=180)
        invoice = self._sell(100, pay=False)
        self._travel(days=30)
        self._run_job()
        self.assertEqual(referral.state, "waiting")
        self._pay(invoice)
        self._post()
        self.assertEqual(referral.state, "qualified")
        self.assertEqual(str(referral.paid_on), "2027-01-26")

    # ------------------------------------------------------------------- returns
    def test_returned_within_the_window(self):
        referral = self._enter()
        invoice = self._sell(100)
        self._credit(invoice)
        self._post()
        self.assertEqual(referral.state, "waiting")
        self._travel(days=20)
        self._run_job()
        self.assertFalse(referral.move_ids)

    def test_returned_later(self):
        """Both sides give back; what was used is owed."""
        referral = self._enter()
        invoice = self._sell(100)
        self._travel(days=14)
        self._run_job()
        self._member()._redeem(3000, {"kind": "redeem", "key": "test"})
        self._credit(invoice)
        self._post()
        self.assertEqual((referral.state, referral.reason), ("reversed", "returned"))
        self.assertEqual(self._given(self.customer), 0)
        self.assertEqual(self._given(self.other), 0)
        self._assert_balance(0, debt=30)
        self._assert_balance(0, partner=self.other)
        self._run_job()
        self.assertEqual(len(referral.move_ids), 4)

    def test_returned_in_part(self):
        """What stays is enough, or not."""
        referral = self._enter()
        invoice = self._sell(200)
        self._travel(days=14)
        self._run_job()
        self._credit(invoice, share=0.5)
        self._post()
        self.assertEqual(referral.state, "rewarded")
        self._credit(invoice, share=0.01)
        self._post()
        self.assertEqual(referral.state, "reversed")

    def test_payment_undone(self):
        """A payment that bounces takes the points back, one that comes again gives them."""
        referral = self._enter()
        invoice = self._sell(100, pay=False)
        lines = self._pay(invoice)
        self._post()
        self._travel(days=14)
        self._run_job()
        self.assertEqual(referral.state, "rewarded")
        lines.remove_move_reconcile()
        self._post()
        self.assertEqual(referral.state, "reversed")
        lines.reconcile()
        self._post()
        self.assertEqual(referral.state, "rewarded")
        self.assertEqual(self._given(self.customer), 50)
        self.assertEqual(len(referral.move_ids), 6)

    def test_the_next_purchase(self):
        """Who returns the first purchase and keeps the second, is a customer."""
        referral = self._enter()
        self._credit(self._sell(100))
        self._post()
        second = self._sell(150)
        self.assertEqual(referral.invoice_id, second)
        self.assertEqual(referral.state, "qualified")

    # ----------------------------------------------------------------- first wins
    def test_two_referrers(self):
        """Who was first, counts; the second is kept as refused."""
        first = self._enter()
        third = self._create_customer("Loyalty Test C")
        code = self._member(third).referral_code
        self.referrals._enter(self.other, code, self.company)
        second = self._referral()
        self.assertEqual((second.state, second.reason), ("refused", "first"))
        self.assertEqual(first.state, "waiting")
        self.assertEqual(self.other.crm_referral_code, self.code)

    def test_cap(self):
        """Beyond the limit only the new customer gets points."""
        self.program.crm_referral_cap = 1
        third = self._create_customer("Loyalty Test C")
        self._enter()
        last = self._enter(third)
        self._sell(100)
        self._sell(100, partner=third)
        self._travel(days=14)
        self._run_job()
        self.assertEqual((last.state, last.reason), ("rewarded", "cap"))
        self.assertEqual(self._given(self.customer), 50)
        self.assertEqual(self._given(third), 20)

    def test_cap_of_a_period(self):
        self.program.write({"crm_referral_cap": 1, "crm_referral_cap_days": 30})
        third = self._create_customer("Loyalty Test C")
        self._enter()
        self._sell(100)
        self._travel(days=14)
        self._run_job()
        self._travel(days=30)
        self._enter(third)
        self._sell(100, partner=third)
        self._travel(days=14)
        self._run_job()
        self.assertEqual(self._given(self.customer), 100)

    # --------------------------------------------------------------------- merging
    def test_merged_with_another(self):
        """The referral follows the customer, before and after the reward."""
        referral = self._enter()
        heir = self._create_customer("Loyalty Test Heir")
        self._member(heir)
        self._merge(self.other, heir)
        self.assertEqual(referral.referred_id.partner_id, heir)
        self._sell(100, partner=heir)
        self._travel(days=14)
        self._run_job()
        self.assertEqual(referral.state, "rewarded")
        last = self._create_customer("Loyalty Test Last")
        self._merge(self.customer, last)
        self.assertEqual(referral.referrer_id.partner_id, last)
        self._run_job()
        self.assertEqual(referral.state, "rewarded")
        self._assert_balance(50, partner=last)

    def test_merged_after_the_reward(self):
        referral = self._enter()
        self._sell(100)
        self._travel(days=14)
        self._run_job()
        heir = self._create_customer("Loyalty Test Heir")
        self._member(heir)
        self._merge(self.other, heir)
        referral.checked_on = False
        self._run_job()
        self.assertEqual(referral.state, "rewarded")
        self.env["crm.loyalty.event"]._mark(referral.invoice_id)
        self._post()
        self.assertEqual(referral.state, "rewarded")

    def test_merged_with_each_other(self):
        """Both were the same: nothing is given, or it is taken back."""
        referral = self._enter()
        self._sell(100)
        self._travel(days=14)
        self._run_job()
        self._merge(self.other, self.customer)
        self.assertEqual((referral.state, referral.reason), ("reversed", "same"))
        self._post()
        self.assertEqual(self._balance(), (100, 0, 0))

    def test_links_of_a_merged_member(self):
        """Those that were given away are the heir's."""
        code = self.code
        heir = self._create_customer("Loyalty Test Heir")
        self._member(heir)
        self._merge(self.customer, heir)
        self.assertEqual(self._enter(code=code).referrer_id.partner_id, heir)

    def test_erased(self):
        """The referral stays without a name, and the code is nobody's."""
        referral = self._enter()
        third = self._create_customer("Loyalty Test C")
        code = referral.referred_id.referral_code
        self.other.unlink()
        self.assertFalse(referral.referred_id.partner_id)
        self.assertNotIn("Loyalty Test B", referral.explanation_html)
        with self.assertRaises(ValidationError):
            self._enter(third, code)
        self._travel(days=200)
        self._run_job()
        self.assertFalse(referral.move_ids)

    def test_two_that_were_brought_are_one(self):
        """The first one counts."""
        first = self._enter()
        third, fourth = (self._create_customer(f"Loyalty Test {x}") for x in "CD")
        second = self._enter(third, self._member(fourth).referral_code)
        self._merge(third, self.other)
        self.assertEqual(first.state, "waiting")
        self.assertEqual((second.state, second.reason), ("refused", "first"))

    def _merge(self, source, target):
        self.env.flush_all()
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (source | target).ids, target
        )
        self.env.invalidate_all()

    # ---------------------------------------------------------------- where entered
    def test_on_a_quotation(self):
        order = self._order(100, partner=self.other, user_id=self.seller.id)
        order = order.with_user(self.seller)
        with Form(order) as form:
            form.crm_referral_code = self.member_a.referral_link.rpartition("/")[2]
        self.assertEqual(self._referral().referrer_id, self.member_a)
        self.assertIn("Brought by Loyalty Test A", order.crm_referral_note)

    def test_on_a_lead(self):
        """Kept until the customer is known."""
        lead = self.env["crm.lead"].with_user(self.seller)
        lead = lead.create({"name": "A lead", "crm_referral_code": self.code.lower()})
        self.assertFalse(self._referral())
        lead.partner_id = self.other
        self.assertEqual(self._referral().state, "waiting")
        self.assertIn("Brought by", lead.crm_referral_note)

    def test_unknown_codes(self):
        for code in ("nonsense", "' OR 1=1 --", "0" * 5000, "é\u202e"):
            with self.subTest(code=code[:20]), self.assertRaises(ValidationError):
                self._enter(code=code)
        with self.assertRaises(ValidationError):
            self.env["crm.lead"].create({"name": "A lead", "crm_referral_code": "no"})

    def test_switched_off(self):
        self.program.crm_referral = False
        self.assertFalse(self.member_a.referral_link)
        with self.assertRaises(ValidationError):
            self._enter()

    def test_a_link_to_give_away(self):
        """A salesperson makes a customer a member, and has the link."""
        partner = self._create_customer("Loyalty Test New").with_user(self.seller)
        self.assertFalse(partner.crm_referral_link)
        partner.action_get_referral_link()
        member = self._member(partner)
        self.assertEqual(partner.crm_referral_link, member.referral_link)
        self.assertRegex(member.referral_link, r"/recommended/[0-9A-F]{12}$")
        with self.assertRaises(AccessError):
            partner.with_user(self.outsider).action_get_referral_link()
        self.program.crm_referral = False
        with self.assertRaises(UserError):
            partner.action_get_referral_link()

    # ------------------------------------------------------------------------ words
    def test_explained(self):
        referral = self._enter()
        self._sell(100)
        self._travel(days=14)
        self._run_job()
        text = referral.with_user(self.seller).explanation_html
        for words in ("Loyalty Test A brought Loyalty Test B", "50 points", "20 points",
                      "14 days", "+50", "+20"):  # fmt: skip
            self.assertIn(words, text)
        move = self._moves(self.customer, "referral").with_user(self.seller)
        self.assertIn("brought Loyalty Test B", move.explanation_html)
        self.assertIn("Who brings a new customer gets 50", self.program.crm_summary)

    def test_word_of_mouth(self):
        """One of two new customers was brought; an old one is none."""
        self.assertIn("No new customer", self.program.crm_referral_note)
        self._enter()
        self._sell(100)
        self._sell(10, partner=self._create_customer("Loyalty Test C"))
        self._invoice(self._create_customer("Loyalty Test D"), "2025-01-01", 10)
        self.program.invalidate_recordset(["crm_referral_note"])
        self.assertEqual(
            self.program.crm_referral_note,
            "Of 2 new customers of the last 365 days, 1 came by word of mouth: 50 %.",
        )

    # ------------------------------------------------------------------------ rights
    def test_managers_decide(self):
        referral = self._enter()
        for action in ("action_allow", "action_refuse"):
            with self.assertRaises(AccessError):
                getattr(referral.with_user(self.seller), action)()
        referral.with_user(self.manager).action_refuse()
        self.assertEqual((referral.state, referral.reason), ("refused", "manager"))
        with self.assertRaises(UserError):
            referral.with_user(self.manager).action_refuse()
        with self.assertRaises(AccessError):
            referral.with_user(self.seller).reason  # noqa: B018
        with self.assertRaises(AccessError):
            referral.with_user(self.manager).write({"state": "rewarded"})


@tagged("post_install", "-at_install")
class TestReferralChecks(ReferralCommon):
    """What is misuse is refused, with a reason that managers see."""

    def _assert_refused(self, reason, referral=None):
        referral = referral or self._enter()
        self.assertEqual((referral.state, referral.reason), ("refused", reason))
        note = self.other.with_user(self.seller).crm_referral_note
        if referral.referred_id.partner_id == self.other:
            self.assertIn("A loyalty manager sees why", note)
        self.assertNotIn(
            referral._get_label("reason"),
            referral.with_user(self.seller).explanation_html,
        )
        self.assertIn(
            referral._get_label("reason"),
            referral.with_user(self.manager).explanation_html,
        )

    def test_oneself(self):
        """Acceptance 31: a self-referral is refused, by a contact of the company, too."""
        contact = self._create_customer("A's Clerk", parent_id=self.customer.id)
        self._assert_refused("same", self._enter(self.customer))
        contact.with_user(self.seller).crm_referral_code = self.code
        self.assertEqual(self.referrals.search_count([]), 1)
        self._sell(100, partner=self.customer)
        self._travel(days=30)
        self._run_job()
        self.assertFalse(self._moves(self.customer, "referral"))

    def test_same_email(self):
        self.customer.email = '"A" <john.doe@gmail.com>'
        self._create_customer(
            "B's Clerk", parent_id=self.other.id, email="JohnDoe+friend@googlemail.com"
        )
        self._assert_refused("email")

    def test_same_phone(self):
        self.customer.phone = "+86 138 0013 8000"
        self.other.phone = "013800138000"
        self._assert_refused("phone")

    def test_same_tax_id(self):
        self.customer.vat = "XX 123-456"
        self.other.vat = "xx123456"
        self._assert_refused("vat")

    def test_same_bank_account(self):
        for partner, number in ((self.customer, "DE 12-34"), (self.other, "de1234")):
            self.env["res.partner.bank"].create(
                {"partner_id": partner.id, "acc_number": number}
            )
        self._assert_refused("bank")

    def test_same_address(self):
        """A manager may know that they are neighbours."""
        address = {"street": "1, Main Street", "zip": "12345", "city": "Here"}
        self.customer.write(address)
        self.other.write({**address, "street": "1 main street"})
        referral = self._enter()
        self._assert_refused("address", referral)
        referral.with_user(self.manager).action_allow()
        self.assertEqual(referral.state, "waiting")
        self.assertEqual(referral.allowed_by_id, self.manager)
        self._sell(100)
        self._travel(days=14)
        self._run_job()
        self.assertEqual(referral.state, "rewarded")

    def test_not_to_be_allowed(self):
        referral = self._enter(self.customer)
        with self.assertRaises(UserError):
            referral.with_user(self.manager).action_allow()

    def test_nothing_in_common(self):
        """Empty fields are nothing in common."""
        self.customer.write({"email": "a@example.com", "phone": "12", "street": "X"})
        self.other.write({"email": "b@example.com", "phone": "12", "street": "X"})
        self.assertEqual(self._enter().state, "waiting")

    def test_one_of_us(self):
        self.seller.partner_id.email = "us@example.com"
        self.other.email = "us+home@example.com"
        self._assert_refused("employee")

    def test_customers_already(self):
        """With a confirmed order, or an invoice."""
        self._order(10, partner=self.other).action_confirm()
        self._assert_refused("existing")
        third = self._create_customer("Loyalty Test C")
        self._invoice(third, self.today[0], 10)
        self._assert_refused("existing", self._enter(third))

    def test_rings(self):
        """A brings B, B brings A; and over three."""
        self._enter()
        code = self._member(self.other).referral_code
        self._assert_refused("ring", self._enter(self.customer, code))
        third = self._create_customer("Loyalty Test C")
        self.assertEqual(self._enter(third, code).state, "waiting")
        code = self._member(third).referral_code
        self.referrals.search([("state", "=", "refused")]).unlink()
        self._assert_refused("ring", self._enter(self.customer, code))

    def test_found_out_later(self):
        """The checks are made again before points are given."""
        referral = self._enter()
        self._sell(100)
        self.customer.phone = self.other.phone = "+49 171 1234567"
        self._travel(days=14)
        self._run_job()
        self._assert_refused("phone", referral)
        self.assertFalse(referral.move_ids)

    def test_normalized(self):
        """Values by hand."""
        for email, wanted in (
            ("John.Doe+a+b@GMail.com", "johndoe@gmail.com"),
            ("john.doe+a@example.com", "john.doe@example.com"),
            ("@example.com", ""),
            ("nonsense", ""),
        ):
            self.assertEqual(normalize_email(email), wanted)
        self.assertEqual(normalize_phone("+86 (0)138-0013 8000"), "800138000")
        self.assertEqual(normalize_phone("12345"), "")
        self.assertEqual(normalize_text(" de-12_3 "), "DE123")
