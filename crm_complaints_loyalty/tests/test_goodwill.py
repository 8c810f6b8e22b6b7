from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.crm_complaints.tests.common import ComplaintCommon
from odoo.addons.crm_loyalty.tests.common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestGoodwill(ComplaintCommon, LoyaltyCommon):
    """A point is worth 0.10; the team decides alone up to 200 (D5, F1)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.points = cls.env.ref("crm_complaints_loyalty.crm_complaint_remedy_points")
        cls.complaint = cls._create_complaint(
            cause_id=cls.cause.id, user_id=cls.agent.id
        )

    def _propose(self, amount, **vals):
        return (
            self.env["crm.complaint.solution"]
            .with_user(self.agent)
            .create(
                {
                    "complaint_id": self.complaint.id,
                    "remedy_id": self.points.id,
                    "amount": amount,
                    "partner_id": self.customer.id,
                    **vals,
                }
            )
        )

    def _get_points(self):
        return self._member().available / 100

    def test_carried_out(self):
        """20.00 are 200 points, in the ledger with the number of the request, once."""
        before = self._get_points()
        solution = self._propose(20)
        solution.action_carry_out()
        self.assertEqual(solution.state, "done")
        self.assertEqual(self._get_points() - before, 200)
        adjustment = solution.sudo().adjustment_id
        self.assertEqual(adjustment.state, "posted")
        self.assertEqual(adjustment.create_uid, self.agent, "who carried it out")
        self.assertIn(self.complaint.reference, adjustment.reason)
        with self.assertRaisesRegex(UserError, "carried out already"):
            solution.action_carry_out()
        self.assertEqual(self._get_points() - before, 200)

    def test_whole_points(self):
        """0.05 are half a point: one is given, not none."""
        before = self._get_points()
        self._propose(0.05).action_carry_out()
        self.assertEqual(self._get_points() - before, 1)
        self._propose(0.3).action_carry_out()
        self.assertEqual(self._get_points() - before, 4, "0.30 are exactly three")

    def test_above_the_limit(self):
        """Nothing is given before somebody else has approved it."""
        before = self._get_points()
        solution = self._propose(200.01)
        with self.assertRaisesRegex(UserError, "approved first"):
            solution.action_carry_out()
        self.assertEqual(self._get_points(), before)
        solution.with_user(self.leader).action_approve()
        solution.action_carry_out()
        self.assertEqual(self._get_points() - before, 2001)

    def test_nothing_to_give(self):
        with self.assertRaisesRegex(UserError, "should be worth"):
            self._propose(0).action_carry_out()
        self.program.active = False
        solution = self._propose(5)
        before = self._get_points()
        with self.assertRaises(UserError) as caught:  # and what was begun is undone
            solution.action_carry_out()
        self.assertIn("what a point is worth", str(caught.exception))
        self.assertEqual(solution.state, "proposed")
        self.assertEqual(self._get_points(), before)

    def test_the_program_of_the_customer(self):
        """Of two programs that in which the customer is a member already."""
        second = self._create_program(name="Second", crm_point_value=1)
        self._member(program=second)
        newcomer = self._create_customer("Newcomer")
        self._member(newcomer, second)
        solution = self._propose(7, partner_id=newcomer.id)
        solution.action_carry_out()
        self.assertEqual(self._member(newcomer, second).available / 100, 7)

    def test_kept(self):
        adjustment = self.env["crm.loyalty.adjustment"].create(
            {"member_id": self._member().id, "points": 1, "reason": "Other"}
        )
        solution = self._propose(5)
        with self.assertRaises(UserError):
            solution.write({"adjustment_id": adjustment.id})
        self.assertFalse(solution.sudo().adjustment_id)
