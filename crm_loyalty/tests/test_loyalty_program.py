from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestLoyaltyProgram(LoyaltyCommon):
    """A program in a few questions, said back in plain words."""

    def test_set_up(self):
        with Form(self.env["crm.loyalty.setup"].with_user(self.manager)) as form:
            form.name = "Bonus"
            form.portal_point_name = "stars"
            form.crm_rate_points = 5
            form.crm_rate_amount = 2.5
            form.crm_full_steps = True
            form.crm_pending_days = 14
            form.reward_points = 200
            form.reward_amount = 15
            summary = form.summary.replace("\xa0", " ").splitlines()
        self.assertEqual(
            summary,
            [
                "Customers get 5 stars for each full 2.50 V of goods without taxes, "
                "after rewards and discounts of the order.",
                "The points come when the invoice is posted.",
                "They can be used 14 days later, for 365 days, the oldest first.",
                "Gift cards, free products and rewards never give points; credit notes "
                "take them back in proportion.",
                "200 stars take 15.00 V off an order.",
            ],
        )
        action = form.record.action_create_program()
        program = self.env["loyalty.program"].browse(action["res_id"])
        self.assertTrue(program.crm_ledger and program.is_nominative)
        self.assertFalse(program.rule_ids)
        self.assertEqual(program.company_id, self.company)
        self.assertRecordValues(
            program.reward_ids,
            [{"discount": 15, "required_points": 200, "discount_mode": "per_order"}],
        )
        self.assertEqual(
            program.crm_summary.replace("\xa0", " ").splitlines()[:4], summary[:4]
        )

    def test_managers_only(self):
        with self.assertRaises(AccessError):
            self.env["crm.loyalty.setup"].with_user(self.seller).create({})

    def test_what_a_reader_is_told(self):
        self.program.crm_multiplier_ids = [
            Command.create({"tier_id": self.tier_high.id, "percent": 150})
        ]
        self.program.write(
            {"crm_expiry_days": 0, "crm_base": "taxed", "crm_gross": True}
        )
        summary = self.program.crm_summary
        self.assertIn("goods with taxes, before rewards", summary)
        self.assertIn("They can be used at once, and never expire.", summary)
        self.assertIn(f"{self.tier_high.name} get 150 % of the points", summary)

    def test_limits(self):
        for vals in (
            {"crm_rate_points": 0},
            {"crm_rate_amount": -1},
            {"crm_rate_points": float("inf")},
            {"crm_rate_points": float("nan")},
            {"crm_grant_limit": -1},
            {"crm_pending_days": -1},
            {"crm_expiry_days": 2**31 - 1},
            {"crm_multiplier_ids": [
                Command.create({"tier_id": self.tier_high.id, "percent": -5})
            ]},
        ):  # fmt: skip
            with (
                self.subTest(vals=vals),
                self.assertRaises(ValidationError),
                self.env.cr.savepoint(),
            ):
                self.program.write(vals)

    def test_members_of_a_program(self):
        self._grant(5)
        self._grant(5, self.other)
        self.program.invalidate_recordset()
        self.assertEqual(self.program.crm_member_count, 2)
        action = self.program.action_open_members()
        self.assertEqual(
            len(self.env["crm.loyalty.member"].search(action["domain"])), 2
        )

    def test_on_the_contact(self):
        contact = self._create_customer("Loyalty Contact", parent_id=self.customer.id)
        self.customer.is_company = True
        self._grant(5)
        contact = contact.with_user(self.seller)
        action = contact.action_open_loyalty()
        self.assertEqual(action["res_id"], self._member().id)
