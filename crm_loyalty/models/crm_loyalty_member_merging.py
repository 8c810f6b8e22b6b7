from odoo import models

from odoo.addons.crm_value_tiering.context import OURS


class CrmLoyaltyMember(models.Model):
    """Two customers that are one: their points come together, with their days."""

    _inherit = "crm.loyalty.member"  # pylint: disable=consider-merging-classes-inherited

    def _move_partner(self, partner):
        """Let these members be those of ``partner``, in each program one."""
        partner = partner.commercial_partner_id
        for member in self.sudo().sorted("id"):
            if member.partner_id == partner:
                continue
            heir = self._find(member.program_id, partner)
            if heir:
                member._merge_into(heir)
            else:
                member._lock()
                member.partner_id = partner
                member.card_id._set_from_ledger(
                    member.card_id.points, partner_id=partner.id
                )

    def _merge_into(self, heir):
        """Give all points, and what is owed, to ``heir``; this member ends.

        The moves stay where they were posted. What is taken or given back of them later
        finds the heir through ``merged_into_id`` and the lots through ``origin_id``.
        """
        self.ensure_one()
        (self | heir)._lock()
        lots = self.env["crm.loyalty.lot"].search(
            [("member_id", "=", self.id), ("remaining", ">", 0)]
        )
        key = f"merge:{self.id}:{heir.id}"
        if lots:
            heir._post(
                {
                    "kind": "merge",
                    "key": f"{key}:in",
                    "reason": self.env._(
                        "From %s, merged", self.partner_id.display_name
                    ),
                },
                [
                    {
                        "amount": lot.remaining,
                        "available_from": lot.available_from,
                        "expires_on": lot.expires_on,
                        "origin_id": lot.id,
                    }
                    for lot in lots
                ],
            )
            self._post(
                {"kind": "merge", "key": f"{key}:out"},
                allocations=[(lot, lot.remaining) for lot in lots],
            )
        if self.debt:
            heir._post(
                {"kind": "merge", "key": f"{key}:debt:in"},
                allocations=[(None, self.debt)],
            )
            self._post(
                {"kind": "merge", "key": f"{key}:debt:out"},
                allocations=[(None, -self.debt)],
            )
        heir._repay()
        self._replace_in_quotations(heir)
        # Without a contact: the merge wizard would meet the heir's row, and delete both.
        self.write({"merged_into_id": heir.id, "partner_id": False, "active": False})
        self.card_id._set_from_ledger(0, active=False)
        self.env["crm.loyalty.referral"]._follow_merge(self, heir)

    def _replace_in_quotations(self, heir):
        """Rewards of open quotations are paid by the heir's card."""
        old, new = self.card_id, heir.card_id
        orders = self.env["sale.order"].search(
            [
                ("state", "in", ("draft", "sent")),
                "|",
                ("applied_coupon_ids", "in", old.ids),
                ("order_line.coupon_id", "in", old.ids),
            ]
        )
        for order in orders.with_context(crm_loyalty_hold=OURS):
            order.applied_coupon_ids = order.applied_coupon_ids - old + new
            order.order_line.filtered(
                lambda line: line.coupon_id == old
            ).coupon_id = new
