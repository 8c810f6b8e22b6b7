from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import IncentiveCommon


@tagged("post_install", "-at_install")
class TestIncentiveInquiry(IncentiveCommon):
    """Somebody doubts a line: asked, decided by somebody else, corrected openly."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_plan(cls._percent(10))
        cls.march, cls.april = cls._period(3), cls._period(4)
        cls._sell(date(2024, 3, 10), 1000)
        cls._sell(date(2024, 3, 11), 500, user=cls.other)
        cls._compute()
        cls.line = cls.march.line_ids.filtered(lambda line: line.user_id == cls.rep)

    def _ask(self, user=None, line=None):
        return (
            self.env["crm.incentive.inquiry"]
            .with_user(user or self.rep)
            .create(
                {
                    "line_id": (line or self.line).id,
                    "reason": "amount",
                    "expected": 120,
                    "note": "The contract was 1,200.",
                }
            )
        )

    def test_nobody_grants_themselves(self):
        """What is granted, and why, is the manager's to say, from the beginning."""
        for vals in ({"granted": 1000}, {"decision": "You are right."}):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(UserError, "managers decide"),
            ):
                self.env["crm.incentive.inquiry"].with_user(self.rep).create(
                    {"line_id": self.line.id, "reason": "other", **vals}
                )
        inquiry = self._ask()
        with self.assertRaisesRegex(UserError, "managers decide"):
            inquiry.write({"granted": 1000})

    def test_what_was_erased_is_a_dash(self):
        inquiry = self._ask()
        boss = inquiry.with_user(self.boss)
        boss.decision = "You are right."
        boss.action_accept()
        boss.action_erase()
        line = self.march.line_ids.filtered("inquiry_id")
        text = line.with_user(self.rep).explanation_html
        self.assertIn("–", text)
        self.assertNotIn("You are right", text)
        self.assertNotIn("False", text)
        self.assertNotIn("None", text)

    def test_accepted(self):
        inquiry = self._ask()
        boss = inquiry.with_user(self.boss)
        with self.assertRaisesRegex(ValidationError, "Say in the decision why"):
            boss.action_accept()
        boss.decision = "You are right."
        boss.action_accept()
        self.assertEqual((inquiry.state, inquiry.granted), ("accepted", 20))
        self.assertEqual(self._pay(self.march), "120.00")
        line = self.march.line_ids.filtered("inquiry_id")
        self.assertEqual(line.kind, "adjustment")
        self.assertIn("You are right.", line.with_user(self.rep).explanation_html)
        self._compute()
        self.assertEqual(self._pay(self.march), "120.00")  # it stays

    def test_partly_after_the_close(self):
        """The closed month stays; the correction comes in the next one."""
        self._close(self.march, pay=True)
        inquiry = self._ask().with_user(self.boss)
        inquiry.decision = "Half of it."
        with self.assertRaisesRegex(ValidationError, "Enter the correction"):
            inquiry.action_accept_partly()
        inquiry.granted = 10
        inquiry.action_accept_partly()
        self.assertEqual(self._pay(self.march), "100.00")
        self.assertEqual(self._pay(self.april), "10.00")

    def test_declined(self):
        inquiry = self._ask().with_user(self.boss)
        inquiry.decision = "The order says 1,000."
        inquiry.action_decline()
        self.assertEqual(self._pay(), "100.00")
        with self.assertRaisesRegex(UserError, "is decided"):
            inquiry.action_accept()
        with self.assertRaisesRegex(UserError, "is decided"):
            inquiry.write({"decision": "Or not"})

    def test_open_one_stops_the_approval(self):
        self._ask()
        self.march.with_user(self.boss).action_review()
        with self.assertRaisesRegex(UserError, "open inquiries"):
            self.march.with_user(self.approver).action_approve()

    def test_who(self):
        with self.assertRaises(AccessError):
            self._ask(self.other)
        inquiry = self._ask()
        inquiry.with_user(self.rep).expected = 130
        for vals in ({"state": "accepted"}, {"granted": 5}, {"decision": "Yes"}):
            with self.subTest(vals), self.assertRaises(UserError):
                inquiry.with_user(self.rep).write(vals)
        with self.assertRaises(AccessError):
            inquiry.with_user(self.other).read(["expected"])
        self.rep.group_ids += self.env.ref(
            "crm_team_incentives.group_incentive_manager"
        )
        inquiry.with_user(self.rep).decision = "Of course."
        with self.assertRaisesRegex(UserError, "your own pay"):
            inquiry.with_user(self.rep).action_accept()
