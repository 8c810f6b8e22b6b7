from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import IncentiveCommon


@tagged("post_install", "-at_install")
class TestIncentiveEvents(IncentiveCommon):
    """Facts, noted when they happen, by the server's clock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_plan(cls._percent(2, trigger="won"), cls._percent(10))
        cls.today = cls.company._get_value_today()
        cls.period = cls._current()

    def _note(self):
        """What the end of the transaction does."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def _events(self, kind):
        return self.env["crm.incentive.event"].search(
            [("kind", "=", kind), ("company_id", "=", self.company.id)],
            order="res_id, sequence",
        )

    def _deal(self, amount, **vals):
        return self.env["crm.lead"].create(
            {
                "name": f"Incentive Test Deal {amount}",
                "type": "opportunity",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "user_id": self.rep.id,
                "expected_revenue": amount,
                **vals,
            }
        )

    def test_backdating(self):
        """IC14: the seller moves dates over RPC; the event's day stays."""
        deal = self._deal(1000)
        deal.action_set_won()
        order = self._create_quotation(
            self.customer, 500, user_id=self.rep.id, team_id=False
        )
        order.action_confirm()
        self._note()
        deal.with_user(self.rep).date_closed = "2024-01-05 12:00:00"
        order.with_user(self.rep).date_order = "2024-01-05 12:00:00"
        self._note()
        self._compute()
        for event in self._events("won") + self._events("order"):
            self.assertEqual(event.day, self.today)
            self.assertFalse(event.is_found)
        self.assertEqual(self._pay(self.period), "70.00")

    def test_once(self):
        """Won again, or confirmed again, is not a second fact."""
        deal = self._deal(1000)
        deal.action_set_won()
        self._note()
        deal.action_set_won()
        deal.write({"stage_id": deal.stage_id.id})
        self._note()
        self._compute()
        self.assertEqual(self._events("won").mapped("amount"), [1000])

    def test_salesperson_of_the_day(self):
        """Who gets the order later is paid nothing for it."""
        order = self._create_quotation(
            self.customer, 500, user_id=self.rep.id, team_id=False
        )
        order.action_confirm()
        self._note()
        order.user_id = self.other
        self._note()
        self._compute()
        self.assertEqual(self._pay(self.period), "50.00")
        self.assertEqual(self._pay(self.period, self.other), "0.00")

    def test_left_the_stage(self):
        deal = self._deal(1000)
        deal.action_set_won()
        self._note()
        deal.stage_id = self.env["crm.stage"].search([("is_won", "=", False)], limit=1)
        self._note()
        self._compute()
        self.assertEqual(self._pay(self.period), "0.00")

    def test_stage_setup(self):
        """IC15: ticking and unticking “won” of a stage books nothing."""
        deals = self._deal(1000) + self._deal(500)
        stage = self.env["crm.stage"].create({"name": "Signed", "is_won": True})
        deals.stage_id = stage
        self._note()
        self._compute()
        before = self._events("won").ids
        stage.is_won = False
        self._note()
        self._compute()
        self.assertEqual(self._pay(self.period), "30.00")
        stage.is_won = True
        self._note()
        self._compute()
        self.assertEqual(self._events("won").ids, before)
        self.assertEqual(self._pay(self.period), "30.00")

    def test_merged_deals(self):
        """IC16: two won deals of 100 and 900 earned 20.00, and still do."""
        deals = self._deal(900) + self._deal(
            100,
            incentive_split_ids=[
                Command.create({"user_id": self.other.id, "share": 100})
            ],
        )
        deals.action_set_won()
        self._note()
        self._compute()
        earned = (self._pay(self.period), self._pay(self.period, self.other))
        self.assertEqual(earned, ("18.00", "2.00"))
        head = deals._merge_opportunity(auto_unlink=True)
        self._note()
        self._compute()
        self.assertEqual(
            (self._pay(self.period), self._pay(self.period, self.other)), earned
        )
        self.assertEqual(
            {split.user_id: split.share for split in head.incentive_split_ids},
            {self.rep: 90, self.other: 10},
        )

    def test_without_a_plan_nothing_is_noted(self):
        company = self._create_company("Incentive Test Elsewhere")
        self._buy(self.customer, date(2024, 3, 1), 10, company=company)
        self._note()
        self.assertFalse(
            self.env["crm.incentive.event"].search([("company_id", "=", company.id)])
        )

    def test_found_by_comparison(self):
        """What SQL changed behind the hooks is found at night."""
        order = self._create_quotation(
            self.customer, 500, user_id=self.rep.id, team_id=False
        )
        self._note()
        self.env.cr.execute(
            "UPDATE sale_order SET state = 'sale' WHERE id = %s", [order.id]
        )
        self.env.invalidate_all()
        self._compute()
        self.assertTrue(self._events("order").is_found)
        self.assertEqual(self._pay(self.period), "50.00")

    def test_cost_of_a_confirmation(self):
        """One statement for each kind that may have happened, whatever the number."""
        orders = self.env["sale.order"].union(
            *(
                self._create_quotation(self.customer, 10, user_id=self.rep.id)
                for _number in range(3)
            )
        )
        orders.action_confirm()
        self.env.flush_all()
        self.env["crm.incentive.event"]._get_companies()
        with self.assertQueryCount(8):
            self.env.cr.precommit.run()
        self.assertEqual(len(self._events("order")), 3)

    def test_facts_stay(self):
        self._sell(self.today, 10)
        self._compute()
        event = self._events("order")
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            event.write({"amount": 1})
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            event.unlink()

    def test_forgotten_customer(self):
        """A contact can be deleted; the figure stays, without a name to it."""
        customer = self._create_customer("Incentive Test Gone")
        deal = self._deal(1000, partner_id=customer.id)
        deal.action_set_won()
        self._note()
        deal.unlink()
        customer.unlink()
        self._compute()
        self.assertFalse(self._events("won").partner_id)
        self.assertEqual(self._pay(self.period), "20.00")

    def test_split_total(self):
        """IC11: what is wrong, and that the rate is somewhere else."""
        order = self._create_quotation(self.customer, 10, user_id=self.rep.id)
        message = r"must total 100 % \(now 4.5 %\). The rate comes from the plan"
        with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
            order.incentive_split_ids = [
                Command.create({"user_id": self.rep.id, "share": 1.5}),
                Command.create({"user_id": self.other.id, "share": 3}),
            ]
        order.incentive_split_ids = [
            Command.create({"user_id": self.rep.id, "share": 60}),
            Command.create({"user_id": self.other.id, "share": 40}),
        ]
        first = order.incentive_split_ids[0]
        with (
            self.assertRaisesRegex(UserError, "must total 100"),
            self.env.cr.savepoint(),
        ):
            first.share = 50
        with (
            self.assertRaisesRegex(UserError, "must total 100"),
            self.env.cr.savepoint(),
        ):
            first.unlink()
        with (
            self.assertRaisesRegex(UserError, "stays with its document"),
            self.env.cr.savepoint(),
        ):
            first.order_id = order.copy()
        deal = self._deal(10)
        with (
            # a good one does not hide a bad one beside it
            self.assertRaisesRegex(UserError, "must total 100"),
            self.env.cr.savepoint(),
        ):
            self.env["crm.incentive.split"].create(
                [
                    {"lead_id": deal.id, "user_id": self.rep.id, "share": 100},
                    {"order_id": order.id, "user_id": self.seller.id, "share": 50},
                ]
            )
        with (
            self.assertRaisesRegex(ValidationError, "Share"),
            self.env.cr.savepoint(),
        ):
            self.env["crm.incentive.split"].create(
                {"order_id": order.id, "user_id": self.seller.id, "share": 200}
            )
