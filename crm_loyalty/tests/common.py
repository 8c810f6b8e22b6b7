from datetime import date, timedelta

from odoo.fields import Command

from odoo.addons.crm_value_tiering.tests.common import ValueCommon

from ..points import to_units


class LoyaltyCommon(ValueCommon):
    """A program: one point per 1.00 untaxed when the invoice is posted, 0.01 steps,
    no waiting, 365 days; 10.00 off an order for 100 points.

    The day is ``today``; :meth:`_travel` changes it.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_accounting()
        cls.today = [date(2026, 6, 30)]
        company_class = type(cls.env["res.company"])
        cls.classPatch(company_class, "_get_value_today", lambda company: cls.today[0])
        cls.program = cls._create_program()
        cls.reward = cls.program.reward_ids
        cls.customer = cls._create_customer("Loyalty Test A")
        cls.other = cls._create_customer("Loyalty Test B")

    @classmethod
    def _create_program(cls, **vals):
        programs = cls.env["loyalty.program"]
        return programs._create_ledger_program(
            {
                "name": "Loyalty Test Program",
                "company_id": cls.company.id,
                "portal_point_name": "points",
                "crm_earn_from": date(2026, 1, 1),
                "crm_rounding_unit": "1",
                "reward_ids": programs._prepare_reward_commands(100, 10),
                **vals,
            }
        )

    def _travel(self, **delta):
        """Let days pass; :meth:`setUp` begins on 30 June 2026 again."""
        self.today[0] += timedelta(**delta)

    def setUp(self):
        super().setUp()
        self.today[0] = date(2026, 6, 30)

    # ------------------------------------------------------------------ factories
    @classmethod
    def _member(cls, partner=None, program=None):
        return cls.env["crm.loyalty.member"]._join(
            program or cls.program, partner or cls.customer
        )

    @classmethod
    def _grant(cls, points, partner=None, key=None, days=365, **vals):
        """A lot of its own that expires in ``days``."""
        member = cls._member(partner)
        key = key or member._get_next_key("test")
        last = cls.today[0] + timedelta(days=days) if days else None
        return member._earn(
            to_units(points), {"kind": "grant", "key": key, **vals}, expires_on=last
        )

    def _order(self, amount=100, partner=None, claim=0, **vals):
        """A quotation with ``claim`` times the reward."""
        order = self._create_quotation(
            partner or self.customer,
            amount,
            date_order=f"{self.today[0]} 04:00:00",
            **vals,
        )
        for _number in range(claim):
            self._claim(order)
        return order

    def _claim(self, order, reward=None):
        order._update_programs_and_rewards()
        reward = reward or self.reward
        card = self._member(order.partner_id, reward.program_id).card_id
        error = order._apply_program_reward(reward, card)
        if error:
            raise AssertionError(error)
        order._update_programs_and_rewards()

    def _bill(self, order):
        """The posted invoice of what is to be invoiced."""
        invoice = order._create_invoices()
        invoice.invoice_date = self.today[0]
        invoice.action_post()
        return invoice

    def _credit(self, invoice, share=1, lines=None):
        """A posted credit note of the invoice; of ``share`` of some ``lines``."""
        note = invoice._reverse_moves([{"invoice_date": self.today[0]}])
        if lines is not None:
            kept = lines.sale_line_ids
            note.invoice_line_ids.filtered(
                lambda line: not line.sale_line_ids & kept
            ).unlink()
        for line in note.invoice_line_ids:
            line.price_unit *= share
        note.action_post()
        return note

    def _pay(self, invoice):
        """Pay the invoice at the bank.

        :return: the two lines that are reconciled
        """
        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": self._get_bank().id, "payment_date": self.today[0]})
            ._create_payments()
        )
        return (invoice | payment.move_id).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )

    def _get_bank(self):
        own = [("type", "=", "bank"), ("company_id", "=", self.company.id)]
        bank = self.env["account.journal"].search(own, limit=1)
        if not bank:
            bank = self.env["account.journal"].create(
                {
                    "name": "Loyalty Test Bank",
                    "code": "LTB",
                    "type": "bank",
                    "company_id": self.company.id,
                }
            )
            bank.inbound_payment_method_line_ids.payment_account_id = self.env[
                "account.account"
            ].create(
                {
                    "name": "Loyalty Test Receipts",
                    "code": "LT3",
                    "account_type": "asset_current",
                    "reconcile": True,
                    "company_ids": [Command.set(self.company.ids)],
                }
            )
        return bank

    # ------------------------------------------------------------------- results
    def _post(self):
        """Do what the jobs do: store the marks, post the queue."""
        self.env.flush_all()
        events = self.env["crm.loyalty.event"]
        if "crm_loyalty_event" in self.env.cr.precommit.data:
            events.sudo()._store_marks()
        events.search([("company_id", "child_of", self.company.id)])._process()
        failed = events.search([("company_id", "child_of", self.company.id)])
        self.assertFalse(failed, failed.mapped("error"))
        self._assert_sound()

    def _balance(self, partner=None, program=None):
        """Available, pending and debt, in points as text of the ledger's integers."""
        member = self.env["crm.loyalty.member"]._find(
            program or self.program, partner or self.customer
        )
        return tuple(
            amount / 100 for amount in (member.available, member.pending, member.debt)
        )

    def _assert_balance(self, available, pending=0, debt=0, partner=None):
        """What the ledger and the card say, after the poster has run."""
        self._post()
        self.assertEqual(self._balance(partner), (available, pending, debt))
        member = self.env["crm.loyalty.member"]._find(
            self.program, partner or self.customer
        )
        self.assertEqual(member.card_id.points or 0, available)

    def _assert_sound(self):
        """The nightly proof finds nothing."""
        found = self.env["crm.loyalty.proof"]._get_findings(self.company)
        self.assertEqual(found, [])

    def _moves(self, partner=None, *kinds):
        moves = self.env["crm.loyalty.move"].search(
            [("member_id", "=", self._member(partner).id)], order="id"
        )
        return moves.filtered(lambda move: not kinds or move.kind in kinds)
