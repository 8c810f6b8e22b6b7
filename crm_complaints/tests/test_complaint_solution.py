from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import ComplaintCommon


@tagged("standard", "post_install", "-at_install")
class TestComplaintSolution(ComplaintCommon):
    """Solutions with their cost, and who allows them (D5, C22). The limit is 200."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.refund = cls.env.ref("crm_complaints.crm_complaint_remedy_refund")
        cls.replacement = cls.env.ref("crm_complaints.crm_complaint_remedy_replacement")
        cls.apology = cls.env.ref("crm_complaints.crm_complaint_remedy_apology")
        cls.repair = cls.env.ref("crm_complaints.crm_complaint_remedy_repair")
        cls.product = cls.env["product.product"].create({"name": "Lamp"})
        cls.complaint = cls._create_complaint(
            cause_id=cls.cause.id, product_id=cls.product.id, user_id=cls.agent.id
        )

    def _propose(self, amount, remedy=None, user=None, complaint=None, **vals):
        return (
            self.env["crm.complaint.solution"]
            .with_user(user or self.agent)
            .create(
                {
                    "complaint_id": (complaint or self.complaint).id,
                    "remedy_id": (remedy or self.refund).id,
                    "amount": amount,
                    **vals,
                }
            )
        )

    def _approve(self, amount=500):
        solution = self._propose(amount)
        solution.with_user(self.leader).action_approve()
        self.assertEqual(solution.state, "approved")
        return solution

    # -------------------------------------------------------------------- limit
    def test_below_the_limit(self):
        """The team decides alone up to its limit, all solutions together."""
        first = self._propose(200)
        self.assertFalse(first.waits)
        self.assertTrue(self.complaint.is_approved)
        second = self._propose(0.01)
        self.assertTrue(first.waits and second.waits, "200.01 in sum")
        self.assertFalse(self.complaint.is_approved)
        with self.assertRaisesRegex(UserError, "approved first"):
            first.action_carry_out()
        second.unlink()
        first.action_carry_out()
        self.assertEqual(first.state, "done")
        self.assertEqual(self.complaint.solution_cost, 200)

    def test_in_slices(self):
        """What was carried out counts with what comes after it."""
        self._propose(150).action_carry_out()
        again = self._propose(150)
        self.assertTrue(again.waits)
        free = self._propose(0, remedy=self.apology)
        self.assertFalse(free.waits)
        free.action_carry_out()

    def test_step_needs_the_approval(self):
        self._fill(self.complaint)
        solution = self._propose(500)
        with self.assertRaisesRegex(ValidationError, "limit are approved"):
            self.complaint.stage_id = self._stage("carry_out")
        self.complaint.stage_id = self._stage("plan")
        self.assertIn(",approved,", self.complaint.missing)
        solution.with_user(self.leader).action_approve()
        self.complaint.stage_id = self._stage("carry_out")
        solution.amount = 501
        with self.assertRaisesRegex(ValidationError, "limit are approved"):
            self.complaint.stage_id = self._stage("follow_up")

    # ----------------------------------------------------------------- decisions
    def test_a_second_person(self):
        solution = self._propose(500, user=self.leader)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            solution.with_user(self.leader).action_approve()
        self.assertEqual(self.complaint.activity_ids.user_id, self.quality)
        with self.assertRaises(AccessError):
            solution.with_user(self.agent).action_approve()
        solution.with_user(self.quality).action_approve()
        self.assertEqual(solution.state, "approved")
        self.assertFalse(self.complaint.activity_ids)
        with self.assertRaisesRegex(UserError, "needs no approval"):
            solution.with_user(self.quality).action_approve()

    def test_who_edits_is_an_author(self):
        """An approver who sets the amount needs another one (C22)."""
        solution = self._propose(500)
        self.assertEqual(self.complaint.activity_ids.user_id, self.leader)
        solution.with_user(self.leader).amount = 450
        with self.assertRaisesRegex(AccessError, "somebody else"):
            solution.with_user(self.leader).action_approve()
        self.assertEqual(self.complaint.activity_ids.user_id, self.quality)
        solution.with_user(self.quality).action_approve()
        self.assertEqual(solution.approved_amount, 450)

    def test_above_the_managers_limit(self):
        solution = self._propose(2000.01)
        self.assertEqual(self.complaint.activity_ids.user_id, self.quality)
        with self.assertRaisesRegex(AccessError, "quality manager"):
            solution.with_user(self.leader).action_approve()
        solution.with_user(self.quality).action_approve()
        self.assertEqual(solution.state, "approved")

    def test_terms_that_change(self):
        """Dearer, another kind or for somebody else: decide again (C22)."""
        other = self._create_customer()
        for vals in (
            {"amount": 501},
            {"remedy_id": self.repair.id, "amount": 500},
            {"partner_id": other.id},
        ):
            with self.subTest(vals=vals):
                solution = self._approve()
                notes = len(self.complaint.message_ids)
                solution.with_user(self.agent).write(vals)
                self.assertEqual(solution.state, "proposed")
                self.assertTrue(solution.waits)
                with self.assertRaisesRegex(UserError, "approved first"):
                    solution.action_carry_out()
                self.assertTrue(solution.approval_ids.void_date)
                self.assertIn("500.00", solution.approval_ids.void_reason)
                self.assertEqual(len(self.complaint.message_ids), notes + 1)
                solution.with_user(self.quality).action_approve()
                self.assertEqual(len(solution.approval_ids), 2)
                self.complaint = self.complaint.copy({"user_id": self.agent.id})

    def test_what_does_not_matter(self):
        solution = self._approve()
        solution.with_user(self.agent).note = "By bank transfer"
        self.complaint.tag_ids = self.env["crm.complaint.tag"].create({"name": "Tag"})
        self.assertEqual(solution.state, "approved")
        self.assertFalse(solution.approval_ids.void_date)

    def test_cheaper_afterwards(self):
        """Lower is allowed, the old decision stays as history, up again is not."""
        solution = self._approve()
        solution.with_user(self.agent).amount = 150
        self.assertEqual(solution.state, "approved")
        self.assertEqual(solution.approval_ids.amount, 500)
        solution.with_user(self.agent).amount = 300
        self.assertEqual(solution.state, "proposed")
        self.assertTrue(solution.waits)
        self.assertTrue(solution.approval_ids.void_date)
        solution.with_user(self.agent).amount = 150
        solution.action_carry_out()
        self.assertEqual(solution.state, "done")

    def test_refused(self):
        solution = self._propose(500)
        solution.with_user(self.leader).action_refuse()
        self.assertTrue(self.complaint.is_approved, "it will not be done")
        with self.assertRaisesRegex(UserError, "refused"):
            solution.action_carry_out()
        note = self.complaint.message_ids[0]
        self.assertIn(self.agent.partner_id, note.partner_ids)
        solution.with_user(self.agent).amount = 400
        self.assertEqual(solution.state, "proposed")
        self.assertTrue(solution.waits)

    def test_two_currencies(self):
        """Costs are in the currency of the request's company."""
        self.assertEqual(self._propose(1).currency_id, self.company.currency_id)

    # -------------------------------------------------------------- carrying out
    def test_refund(self):
        """Who makes credit notes has a task on the invoice."""
        self.team.refund_user_id = self.quality
        self._set_up_accounting()
        invoice = self._invoice(self.customer, self.as_of, 100)
        self.complaint.invoice_id = invoice
        solution = self._propose(50)
        solution.action_carry_out()
        self.assertEqual(invoice.activity_ids.user_id, self.quality)
        self.assertIn(self.complaint.reference, invoice.activity_ids.summary)
        self.assertIn("50.00", invoice.activity_ids.summary)
        self.assertNotIn(self.customer.name, invoice.activity_ids.summary)
        self.assertEqual(
            self.complaint.carried_out_date, self.company._get_value_today()
        )

    def test_replacement(self):
        """A draft order of the same product, free of charge."""
        solution = self._propose(20, remedy=self.replacement)
        solution.action_carry_out()
        order = solution.document_id
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.partner_id, self.customer)
        self.assertEqual(order.amount_total, 0)
        self.assertEqual(order.order_line.product_id, self.product)
        self.assertEqual(order.origin, self.complaint.reference)
        with self.assertRaisesRegex(UserError, "already"):
            solution.action_carry_out()
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            solution.amount = 10

    def test_replacement_of_nothing(self):
        self.complaint.product_id = False
        solution = self._propose(20, remedy=self.replacement)
        with self.assertRaisesRegex(UserError, "which product"):
            solution.action_carry_out()

    def test_task(self):
        solution = self._propose(20, remedy=self.repair)
        solution.action_carry_out()
        self.assertEqual(self.complaint.activity_ids.user_id, self.agent)
        self._propose(0, remedy=self.apology)
        self.assertEqual(
            self.complaint.carried_out_date, self.company._get_value_today()
        )

    def test_excluded(self):
        solution = self._propose(20)
        self.complaint._exclude("mistaken", note="No")
        with self.assertRaisesRegex(UserError, "excluded"):
            solution.action_carry_out()
        with self.assertRaisesRegex(UserError, "excluded"):
            self._propose(20)

    # --------------------------------------------------------------- suggestions
    def test_suggested(self):
        """By cause; what this customer accepted before comes first."""
        for _number in range(2):
            self._accept(self._create_customer(), self.refund)
        self.assertEqual(self.complaint.suggestion, "Refund, Replacement, Repair")
        self._accept(self.customer, self.repair)
        self.complaint.invalidate_recordset(["suggestion"])
        self.assertEqual(
            self.complaint.suggestion,
            "Repair (accepted before), Refund, Replacement",
        )
        self.complaint.with_user(self.agent).action_add_suggested()
        self.assertEqual(self.complaint.solution_ids.remedy_id, self.repair)
        self.assertEqual(
            self.complaint.solution, self.repair.description, "the step is ready"
        )
        price = self.env.ref("crm_complaints.crm_complaint_cause_price_expectation")
        self.complaint.cause_id = price
        self.assertNotIn("Replacement", self.complaint.suggestion)
        self.refund.tier_ids = self.tier_high
        self.complaint.invalidate_recordset(["suggestion"])
        self.assertNotIn("Refund", self.complaint.suggestion)
        self.complaint.cause_id = False
        self.assertFalse(self.complaint.suggestion)

    def _accept(self, customer, remedy):
        complaint = self._create_complaint(
            partner_id=customer.id,
            cause_id=self.cause.id,
            user_id=self.agent.id,
            follow_up_result="accepted",
        )
        self._propose(1, remedy=remedy, complaint=complaint).action_carry_out()

    def test_usual_cost(self):
        self.refund.with_company(self.company).cost = 25
        typed = self._propose(80, remedy=self.repair)
        typed.with_user(self.agent).remedy_id = self.apology
        self.assertEqual(typed.amount, 80, "what was typed is not lost")
        typed.unlink()
        with Form(self.complaint.with_user(self.agent)) as form:
            with form.solution_ids.new() as line:
                line.remedy_id = self.refund
                self.assertEqual(line.amount, 25)
                self.assertEqual(line.partner_id, self.customer)
        self.assertEqual(self.complaint.solution_ids.author_ids, self.agent)

    # -------------------------------------------------------------------- rights
    def test_what_the_program_says(self):
        solution = self._propose(500)
        for vals in (
            {"state": "approved"},
            {"approved_amount": 500},
            {"author_ids": [(5,)]},
            {"done_date": "2026-01-01"},
        ):
            with self.assertRaises(UserError, msg=vals):
                solution.with_user(self.quality).write(vals)
            with self.assertRaises(UserError, msg=vals):
                self._propose(500, user=self.quality, **vals)
        with self.assertRaises(AccessError):
            self.env["crm.complaint.approval"].with_user(self.quality).create(
                {"solution_id": solution.id, "decision": "approved"}
            )

    def test_decisions_are_closed(self):
        """Nobody changes or deletes what was decided, not even in the database."""
        solution = self._approve()
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            solution.unlink()
        self.complaint._exclude("mistaken", note="No")
        with self.assertRaisesRegex(UserError, "it stays"):
            self.complaint.with_user(self.quality).unlink()
        other = self._create_complaint(user_id=self.agent.id)
        carried_out = self._propose(1, complaint=other)
        carried_out.action_carry_out()
        with self.assertRaisesRegex(UserError, "stays"):
            carried_out.unlink()
        for query in (
            "UPDATE crm_complaint_approval SET amount = 1 WHERE id = %s",
            "UPDATE crm_complaint_approval SET decision = 'refused' WHERE id = %s",
            "DELETE FROM crm_complaint_approval WHERE id = %s",
        ):
            self.env.flush_all()
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(Exception, "is closed"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(SQL(query, solution.approval_ids.id))

    def test_roles(self):
        solution = self._propose(100)
        self.assertEqual(solution.with_user(self.reader).amount, 100)
        with self.assertRaises(AccessError):
            solution.with_user(self.reader).action_carry_out()
        with self.assertRaises(AccessError):
            solution.with_user(self.seller).read(["amount"])
        stranger = self._create_user("stranger", "crm_complaints.group_complaint_agent")
        with self.assertRaises(AccessError):
            solution.with_user(stranger).read(["amount"])
        with self.assertRaises(AccessError):
            self._propose(1, user=stranger)
        other = self._create_complaint(user_id=self.agent.id)
        with self.assertRaisesRegex(UserError, "cannot be moved"):
            solution.complaint_id = other
        self.customer.user_id = self.seller
        self.complaint.with_user(self.seller).read(["missing", "is_approved"])
        with self.assertRaises(AccessError):
            self.complaint.with_user(self.seller).read(["solution_cost"])
