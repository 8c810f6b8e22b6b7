import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestLedgerGuard(LoyaltyCommon):
    """Nobody writes a balance, an entry or a card but the ledger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.move = cls._grant(100)
        cls.member = cls.move.member_id
        cls.card = cls.member.card_id
        cls.lot = cls.move.made_lot_ids
        cls.env.flush_all()

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses(self):
        redeemed = self.member._redeem(1000, {"kind": "redeem", "key": "guard"})
        self.env.flush_all()
        for query in (
            SQL("UPDATE crm_loyalty_move SET points = 1 WHERE id = %s", self.move.id),
            SQL("DELETE FROM crm_loyalty_move WHERE id = %s", redeemed.id),
            SQL(
                "UPDATE crm_loyalty_allocation SET points = 1 WHERE move_id = %s",
                redeemed.id,
            ),
            SQL("DELETE FROM crm_loyalty_allocation WHERE move_id = %s", redeemed.id),
            SQL("UPDATE crm_loyalty_lot SET amount = 1 WHERE id = %s", self.lot.id),
            SQL(
                "UPDATE crm_loyalty_lot SET expires_on = NULL WHERE id = %s",
                self.lot.id,
            ),
            SQL("DELETE FROM crm_loyalty_lot WHERE id = %s", self.lot.id),
        ):
            with (
                self.subTest(query=query.code),
                self.assertRaisesRegex(psycopg2.Error, "cannot be changed or deleted"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(query)
        for query in (
            SQL("UPDATE crm_loyalty_lot SET remaining = -1 WHERE id = %s", self.lot.id),
            SQL(
                "UPDATE crm_loyalty_member SET debt = -1 WHERE id = %s", self.member.id
            ),
        ):
            with (
                self.subTest(query=query.code),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(query)

    def test_python_refuses_superusers_too(self):
        with self.assertRaisesRegex(UserError, "never changed"):
            self.move.points = 1
        with self.assertRaisesRegex(UserError, "never changed"):
            self.move.unlink()
        with self.assertRaisesRegex(UserError, "never changed"):
            self.member._redeem(
                100, {"kind": "redeem", "key": "allocated"}
            ).allocation_ids.points = 1

    def test_a_salesperson_moves_no_card(self):
        """LX4, and what a salesperson may do to a card in stock."""
        self.assertTrue(self.card.with_user(self.seller).has_access("write"))
        for vals in (
            {"points": 10_000},
            {"points": float("nan")},
            {"points": float("inf")},
            {"partner_id": self.other.id},
            {"active": False},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(UserError, "points ledger"),
            ):
                self.card.with_user(self.seller).write(vals)
        self._assert_balance(100)

    def test_a_client_cannot_hold_the_ledger_back(self):
        """The context key works with what only the program has."""
        for sent in (True, 1, "x", {"hold": True}):
            card = self.card.with_user(self.seller).with_context(crm_loyalty_hold=sent)
            with (
                self.subTest(sent=sent),
                self.assertRaisesRegex(UserError, "points ledger"),
            ):
                card.points = 10_000
        order = self._order(100, claim=1)
        order.user_id = self.seller
        sent = order.with_user(self.seller).with_context(crm_loyalty_hold=True)
        sent.action_confirm()
        self._assert_balance(0)

    def test_odoo_wizards_are_refused(self):
        for balance in (500, float("nan")):
            wizard = self.env["loyalty.card.update.balance"].with_user(self.seller)
            wizard = wizard.create(
                {"card_id": self.card.id, "new_balance": balance, "description": "x"}
            )
            with self.assertRaisesRegex(UserError, "points ledger"):
                wizard.action_update_card_point()
        wizard = self.env["loyalty.generate.wizard"].create(
            {
                "program_id": self.program.id,
                "mode": "selected",
                "customer_ids": self.other.ids,
                "points_granted": -50,
            }
        )
        with self.assertRaisesRegex(UserError, "points ledger"):
            wizard.generate_coupons()

    def test_a_card_with_a_ledger_stays(self):
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            self.card.unlink()

    def test_a_customer_with_points_stays(self):
        """Nobody loses points because a contact is deleted."""
        with self.assertRaisesRegex(UserError, "has points"):
            self.customer.unlink()
        self.member._take(
            self.member.available, {"kind": "correct", "key": "nothing left"}
        )
        self.customer.unlink()
        self.assertFalse(self.member.partner_id)
        self.assertTrue(self.member.move_ids)

    def test_words_are_erased_and_nothing_else(self):
        move = self._grant(5, reason="Mr Smith was kind")
        columns = self._read_row(move)
        with self.assertRaises(AccessError):
            move.with_user(self.seller).action_erase()
        move.with_user(self.manager).action_erase()
        self.assertFalse(move.reason)
        self.assertEqual(self._read_row(move) | {"reason": columns["reason"]}, columns)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.RaiseException),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                SQL(
                    "UPDATE crm_loyalty_move SET reason = NULL, points = 1"
                    " WHERE id = %s",
                    self._grant(6, reason="again").id,
                )
            )

    def _read_row(self, move):
        self.env.flush_all()
        [[row]] = self.env.execute_query(
            SQL(
                "SELECT to_jsonb(move) FROM crm_loyalty_move move WHERE id = %s",
                move.id,
            )
        )
        return row

    def test_a_till_is_followed(self):
        """Superuser code of tills writes the card: the ledger has an entry for it."""
        self.card.sudo().points = 130
        self._assert_balance(130)
        self.card.sudo().points -= 200  # sold without a network
        self._assert_balance(0, debt=70)
        self.assertEqual(self._moves(None, "outside").mapped("points"), [3000, -20000])

    def test_the_program_stays_what_it_is(self):
        for vals in (
            {"company_id": self._create_company("Elsewhere").id},
            {"applies_on": "current"},
            {"program_type": "promotion"},
        ):
            with self.assertRaises(ValidationError):
                self.program.write(vals)
        with self.assertRaisesRegex(ValidationError, "no conditional rules"):
            self.env["loyalty.rule"].create({"program_id": self.program.id})
