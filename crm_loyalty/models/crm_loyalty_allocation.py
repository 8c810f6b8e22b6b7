from odoo import fields, models

from ..fields import Points


class CrmLoyaltyAllocation(models.Model):
    """Which points a move took, or gave back.

    Append-only like the moves: the second half of the ledger. The points of a move are
    those of the lots it made, less its allocations.
    """

    _name = "crm.loyalty.allocation"
    _description = "Points Taken or Given Back"
    _log_access = False
    _order = "id"

    move_id = fields.Many2one(
        "crm.loyalty.move",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    lot_id = fields.Many2one(
        "crm.loyalty.lot",
        readonly=True,
        index=True,
        ondelete="restrict",
        help="From which points; empty: nothing was left, the member owes them.",
    )
    points = Points(
        required=True, readonly=True, help="Hundredths; negative when given back."
    )

    _points_check = models.Constraint(
        "CHECK(points <> 0)", "An allocation of no points says nothing."
    )

    def init(self):
        self.env["crm.loyalty.move"]._guard_table(self._table)

    def write(self, vals):
        self.check_access("write")
        self.env["crm.loyalty.move"]._refuse_change()
        return super().write(vals)
