from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestLoyaltyProof(LoyaltyCommon):
    """The nightly proof finds each kind of fault, and says whose points they are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        move = cls._grant(100)
        cls.member = move.member_id
        cls.member._redeem(3000, {"kind": "redeem", "key": "proof"})
        cls._grant(10, cls.other)
        cls.lot = move.made_lot_ids
        cls.env.flush_all()

    def _break(self, query, *values):
        """Do what neither Python nor a trigger would allow, and prove."""
        tables = ("crm_loyalty_move", "crm_loyalty_allocation", "crm_loyalty_lot")
        savepoint = self.env.cr.savepoint()
        self.env.flush_all()
        for table in tables:
            self.env.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self.env.cr.execute(query, values)
        self.env.invalidate_all()
        found = self.env["crm.loyalty.proof"]._get_findings(self.company)
        savepoint.close(rollback=True)
        self.env.invalidate_all()
        self.assertEqual({member for member, _name in found}, {self.member.id})
        return {name for _member, name in found}

    def test_each_fault_is_found(self):
        member, lot = self.member, self.lot
        for query, values, expected in (
            ("UPDATE crm_loyalty_member SET available = 1 WHERE id = %s",
             member, {"moves", "lots", "card"}),
            ("UPDATE crm_loyalty_member SET debt = 1 WHERE id = %s",
             member, {"moves", "debt", "both"}),
            ("UPDATE crm_loyalty_lot SET remaining = 1 WHERE id = %s",
             lot, {"lots", "lot"}),
            ("UPDATE crm_loyalty_lot SET is_pending = TRUE WHERE id = %s",
             lot, {"lots", "waiting"}),
            ("UPDATE loyalty_card SET points = 5000 WHERE id = %s",
             member.card_id, {"card"}),
            ("UPDATE crm_loyalty_move SET points = -1 WHERE member_id = %s"
             " AND kind = 'redeem'", member, {"moves", "move"}),
            ("UPDATE crm_loyalty_allocation SET points = 1 WHERE lot_id = %s",
             lot, {"lot", "move"}),
            ("UPDATE crm_loyalty_member SET partner_id = NULL WHERE id = %s",
             member, {"merged"}),
        ):  # fmt: skip
            with self.subTest(query=query):
                self.assertEqual(self._break(query, values.id), expected)

    def test_a_sound_ledger(self):
        proof = self.env["crm.loyalty.proof"]._prove_company(self.company)
        self.assertEqual((proof.state, proof.finding_count), ("done", 0))
        self.assertEqual(proof.member_count, 2)
        self.assertFalse(proof.message_ids.filtered("partner_ids"))

    def test_an_alarm_names_the_members(self):
        self.env.cr.execute(
            "UPDATE loyalty_card SET points = 5000 WHERE id = %s",
            [self.member.card_id.id],
        )
        proofs = self.env["crm.loyalty.proof"]
        message = self.env["mail.message"].search([], order="id desc", limit=1)
        proof = proofs._prove_company(self.company)
        self.assertEqual(proof.member_ids, self.member)
        self.assertEqual(
            proof.findings, "Loyalty Test A: the card shows another balance"
        )
        told = self.env["mail.message"].search(
            [("id", ">", message.id), ("model", "=", proof._name)]
        )
        self.assertIn("do not add up", told.subject)
        self.assertIn("Loyalty Test A", told.body)
        self.assertIn(self.manager.partner_id, told.notified_partner_ids)
        self.assertNotIn(self.seller.partner_id, told.notified_partner_ids)

    def test_managers_start_it(self):
        action = self.env["crm.loyalty.proof"].with_user(self.manager).action_prove()
        self.assertTrue(action["res_id"])
        with self.assertRaises(AccessError):
            self.env["crm.loyalty.proof"].with_user(self.seller).action_prove()

    def test_what_is_stored_follows_from_the_moves(self):
        """Moves, allocations and what a lot was made of give the same state again."""
        for partner in (self.customer, self.other):
            member = self._member(partner)
            moves = self._moves(partner)
            taken = {}
            owed = 0
            for allocation in moves.allocation_ids:
                if allocation.lot_id:
                    lot = allocation.lot_id
                    taken[lot] = taken.get(lot, 0) + allocation.points
                else:
                    owed += allocation.points
            left = sum(lot.amount - taken.get(lot, 0) for lot in moves.made_lot_ids)
            self.assertEqual(member.available + member.pending, left)
            self.assertEqual(member.debt, owed)
