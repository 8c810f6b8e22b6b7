from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.crm_value_tiering.context import OURS

from ..points import to_units

# What the ledger decides of a card.
LEDGER_FIELDS = ("points", "partner_id", "program_id", "active")


class LoyaltyCard(models.Model):
    """The stock card of a member shows the ledger's balance; nobody else writes it.

    A guard in Python, not the right to write: confirming an order writes the card as the
    salesperson who confirms. What Odoo's own sales flows write is left out (they hold the
    ledger: ``crm_loyalty_hold``), and the ledger posts what the order says at their end.
    """

    _name = "loyalty.card"
    _inherit = ["loyalty.card", "crm.named.mixin", "crm.erasable.mixin"]

    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.loyalty.member", "card_id"),
        ]

    def _get_member(self):
        """The member whose card this is: after a merge, the heir. Or none."""
        member = self.env["crm.loyalty.member"].sudo().with_context(active_test=False)
        return member.search([("card_id", "in", self.ids)], limit=1)._get_current()

    def _erase_person(self):
        """The card of a member stays, without a name: it is the ledger's."""
        ledger = self._of_ledger()
        (self - ledger).unlink()
        for card in ledger:
            card._set_from_ledger(card.points, partner_id=False)

    def _of_ledger(self):
        return self.filtered(lambda card: card.sudo().program_id.crm_ledger)

    @api.model_create_multi
    def create(self, vals_list):
        programs = self.env["loyalty.program"].browse(
            {vals["program_id"] for vals in vals_list if vals.get("program_id")}
        )
        if any(programs.sudo().mapped("crm_ledger")):
            self._refuse_by_hand()
        return super().create(vals_list)

    def write(self, vals):
        cards = self._of_ledger()
        if not cards or not set(LEDGER_FIELDS) & set(vals):
            return super().write(vals)
        if cards != self:
            super(LoyaltyCard, self - cards).write(vals)
        kept = {name: vals[name] for name in vals if name not in LEDGER_FIELDS}
        if "points" in vals and self.env.context.get("crm_loyalty_hold") is not OURS:
            cards._post_outside(vals["points"])
        for name in set(vals) - set(kept) - {"points"}:
            field = self._fields[name]
            for card in cards:
                value = field.convert_to_cache(vals[name], card)
                if value != field.convert_to_cache(card[name], card):
                    self._refuse_by_hand()
        return super(LoyaltyCard, cards).write(kept) if kept else True

    def _post_outside(self, points):
        """A till or shop, as superuser, may change a balance: the ledger follows.

        Tills without a network sell first and tell later: a balance that does not reach
        becomes 0, and the rest is owed.
        """
        for card in self:
            member = card._get_member()
            try:
                change = to_units(points) - member.available
            except (ArithmeticError, ValueError):
                self._refuse_by_hand()
            if not change:
                continue
            if not self.env.su:
                self._refuse_by_hand()
            member._post_from_outside(change)

    @api.model
    def _refuse_by_hand(self):
        raise UserError(
            self.env._(
                "This card belongs to a program with a points ledger: its points come "
                "and go with entries of the ledger only. Open the member and grant or "
                "correct points there, with a reason."
            )
        )

    # ------------------------------------------------------------------- ledger
    @api.model
    def _create_for_member(self, member):
        """The card of a new member."""
        # Past the guard above, by a way that no client can take.
        # pylint: disable-next=super-method-mismatch
        return super(LoyaltyCard, self.sudo().with_context(**QUIET)).create(
            [
                {
                    "program_id": member.program_id.id,
                    "partner_id": member.partner_id.id,
                    "points": 0,
                }
            ]
        )

    def _set_from_ledger(self, points, **vals):
        """Show ``points``. All that is ever written to a card's balance is written here,
        or by the statements of :meth:`crm.loyalty.member._settle`.
        """
        cards = self.sudo().with_context(**QUIET)
        # pylint: disable-next=super-method-mismatch
        return super(LoyaltyCard, cards).write({"points": points, **vals})


# The ledger has its own history, and messages of its own.
QUIET = {"loyalty_no_mail": True, "tracking_disable": True}
