from datetime import timedelta

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RetentionCommon


@tagged("post_install", "-at_install")
class TestChurnWithdrawn(RetentionCommon):
    """Once per episode, not in the future, and taken back when it was wrong."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.records = cls.env["crm.churn.record"]
        cls.reason = cls.env.ref("crm_value_retention.crm_churn_reason_price")

    def _record(self, partner, user=None, **vals):
        vals = {"partner_id": partner.id, "reason_id": self.reason.id} | vals
        return self.records.with_user(user or self.seller).create(vals)

    # --------------------------------------------------------------- what is refused
    def test_the_future(self):
        """In the company's day: in Shanghai it begins eight hours earlier."""
        for day in (self.today + timedelta(days=1), "2099-12-31"):
            with self.assertRaisesRegex(ValidationError, "is in the future"):
                self._record(self.lost, date=day)
        self.assertEqual(self._record(self.lost, date=self.today).date, self.today)

    def test_wrong_values(self):
        for vals, message in (
            ({"date": "soon"}, "must be between"),
            ({"date": "9999-12-31"}, "must be between"),
            ({"partner_id": "x"}, "no value for “Customer”"),
            ({"partner_id": False}, "Which customer left?"),
            ({"partner_id": 10**9}, "Which customer left?"),
            ({"reason_id": [1]}, "no value for “Reason”"),
            ({"note": 5}, "no value for “Note”"),
            ({"clv_predictive": float("nan")}, "must be between"),
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(ValidationError, message),
            ):
                self._record(self.lost, **vals)

    def test_another_company(self):
        other = self._create_company("Value Test Other Company")
        self.records.create(
            {
                "partner_id": self.lost.id,
                "reason_id": self.reason.id,
                "company_id": other.id,
            }
        )
        with self.assertRaisesRegex(AccessError, "companies chosen"):
            self._record(self.lost, company_id=other.id)

    def test_once_per_episode(self):
        record = self._record(self.lost)
        self.assertEqual(record.episode, self._profile(self.lost).last_purchase)
        contact = self._create_customer(parent_id=self.lost.id)
        for partner in (self.lost, contact):
            with self.assertRaisesRegex(UserError, "is recorded already"):
                self._record(partner, date=self.today - timedelta(days=3))
        with self.assertRaisesRegex(UserError, "is recorded already"):
            record.copy()
        with self.assertRaisesRegex(UserError, "is recorded already"):
            self.records.create(
                [{"partner_id": self.long_lost.id, "reason_id": self.reason.id}] * 2
            )
        self._buy(self.lost, self.today, 10)
        self._run()
        self.assertEqual(self._record(self.lost).episode, self.today)

    def test_of_who_never_bought(self):
        stranger = self._create_customer()
        self.assertFalse(self._record(stranger).episode)
        with self.assertRaisesRegex(UserError, "is recorded already"):
            self._record(stranger)

    def test_of_an_earlier_episode(self):
        """What happened before the last purchase is of another episode."""
        last = self._profile(self.lost).last_purchase
        before = last - timedelta(days=50)
        self.assertEqual(self._record(self.lost, date=before).episode, before)
        self.assertEqual(self._record(self.lost).episode, last)

    @mute_logger("odoo.sql_db")
    def test_two_at_once(self):
        """What another session has recorded meanwhile is known to the database only."""
        record = self._record(self.lost)
        with self.assertRaises(psycopg2.errors.UniqueViolation), self.cr.savepoint():
            self.cr.execute(
                "INSERT INTO crm_churn_record (company_id, partner_id, reason_id, date,"
                " episode) SELECT company_id, partner_id, reason_id, date, episode"
                " FROM crm_churn_record WHERE id = %s",
                [record.id],
            )

    # ------------------------------------------------------------- work of others
    def test_the_work_of_a_colleague(self):
        """It is settled by who sees all documents, not by who may only read."""
        customers = self.at_risk[:3]
        customers.user_id = False
        outreach = self._schedule().filtered(lambda o: o.partner_id in customers)
        self.assertEqual(outreach.user_id, self.manager)
        user = self._create_user("churn_user", "crm_value_tiering.group_value_user")
        every = self._create_user(
            "churn_all", "sales_team.group_sale_salesman_all_leads"
        )
        for customer, who, settled in zip(
            customers, (user, self.seller, every), (False, False, True), strict=True
        ):
            one = outreach.filtered(lambda o, who=customer: o.partner_id == who)
            self._record(customer, who)
            with self.subTest(user=who.login):
                self.assertEqual(one.outcome, "left" if settled else "open")
                self.assertEqual(one.activity_id.active, not settled)

    def test_a_leader_settles_the_team_s_work(self):
        outreach = self._schedule()
        leader = self._create_user("churn_leader", "sales_team.group_sale_salesman")
        self.env["crm.team"].create(
            {
                "name": "Value Test Team",
                "user_id": leader.id,
                "company_id": self.company.id,
                "member_ids": self.seller.ids,
            }
        )
        customer = self.at_risk[0]
        self._record(customer, leader)
        outreach = outreach.filtered(lambda o: o.partner_id == customer)
        self.assertEqual((outreach.user_id, outreach.outcome), (self.seller, "left"))

    # ------------------------------------------------------------------ withdrawal
    def test_withdrawn(self):
        outreach = self._schedule().filtered(lambda o: o.partner_id == self.lost)
        record = self._record(self.lost)
        self.assertRecordValues(
            outreach, [{"outcome": "left", "churn_record_id": record.id}]
        )
        first = outreach.activity_id
        for user in (self.seller, self.outsider):
            with self.assertRaises(AccessError):
                record.with_user(user).action_withdraw()
        record.with_user(self.manager).action_withdraw()
        self.assertRecordValues(
            record, [{"is_withdrawn": True, "withdrawn_by_id": self.manager.id}]
        )
        self.assertRecordValues(
            outreach,
            [{"outcome": "open", "outcome_date": False, "churn_record_id": False}],
        )
        self.assertTrue(outreach.activity_id.active)
        self.assertNotEqual(outreach.activity_id, first)
        self.assertEqual(outreach.activity_id.user_id, self.seller)
        self.assertTrue(self._record(self.lost), "the right one can be recorded")

    def test_withdrawn_and_asked_for(self):
        """Recorded before the first night, withdrawn, found again."""
        record = self._record(self.lost)
        self.assertNotIn(self.lost, self._schedule().partner_id)
        record.with_user(self.manager).action_withdraw()
        self.assertIn(self.lost, self._schedule().partner_id)

    def test_bought_meanwhile(self):
        """No activity for a customer who is back."""
        outreach = self._schedule().filtered(lambda o: o.partner_id == self.lost)
        record = self._record(self.lost)
        self._buy(self.lost, self.today, 10)
        self._run()
        record.with_user(self.manager).action_withdraw()
        self.assertEqual(outreach.outcome, "won_back")
        self.assertFalse(outreach.activity_id.active)

    def test_merged(self):
        """The first record of the episode counts, none is lost."""
        twin = self._create_customer()
        records = self._record(self._create_customer()) + self._record(twin)
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge(records.partner_id.ids, records[0].partner_id)
        self.assertEqual(records.mapped("is_withdrawn"), [False, True])
        self.assertEqual(records.partner_id, records[0].partner_id)
