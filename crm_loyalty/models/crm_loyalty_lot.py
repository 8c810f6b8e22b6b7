from odoo import api, fields, models
from odoo.tools import SQL

from ..fields import Points
from ..points import to_points


class CrmLoyaltyLot(models.Model):
    """Points that came together, and go by the same day.

    ``remaining`` is what is left of ``amount`` after the allocations of the moves that
    took from it, or gave back to it.
    """

    _name = "crm.loyalty.lot"
    _inherit = ["crm.company.mixin", "crm.named.mixin"]
    _description = "Points Received"
    _order = "expires_on, id"

    member_id = fields.Many2one(
        "crm.loyalty.member",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(readonly=True, ondelete="restrict")
    move_id = fields.Many2one(
        "crm.loyalty.move",
        string="From",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    origin_id = fields.Many2one(
        "crm.loyalty.lot",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The lot of the merged member whose points these are.",
    )
    amount = Points(required=True, readonly=True)
    remaining = Points(required=True, readonly=True)
    is_pending = fields.Boolean(readonly=True)
    available_from = fields.Date(string="Usable From", readonly=True)
    expires_on = fields.Date(
        string="Last Day",
        readonly=True,
        help="Can be used on this day for the last time.",
    )
    amount_points = fields.Float(
        string="Received", compute="_compute_points", digits=(16, 2)
    )
    remaining_points = fields.Float(
        string="Left", compute="_compute_points", digits=(16, 2)
    )

    _amount_check = models.Constraint(
        "CHECK(amount > 0 AND remaining >= 0 AND remaining <= amount)",
        "No more can be left of points than were received.",
    )
    _expiry_idx = models.Index("(expires_on) WHERE remaining > 0")
    _pending_idx = models.Index("(available_from) WHERE is_pending AND remaining > 0")

    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.loyalty.lot", "origin_id"),
            ("crm.loyalty.move", "lot_id"),
            ("crm.loyalty.allocation", "lot_id"),
        ]

    @api.depends("amount", "remaining")
    def _compute_points(self):
        for lot in self:
            lot.amount_points = to_points(lot.amount)
            lot.remaining_points = to_points(lot.remaining)

    def init(self):
        """What a lot is made of stays; it is used up, or given back to."""
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION crm_loyalty_lot_guard() RETURNS trigger
                LANGUAGE plpgsql AS $guard$
                BEGIN
                    IF TG_OP = 'DELETE'
                       OR (NEW.member_id, NEW.move_id, NEW.amount, NEW.available_from,
                           NEW.expires_on)
                          IS DISTINCT FROM
                          (OLD.member_id, OLD.move_id, OLD.amount, OLD.available_from,
                           OLD.expires_on)
                       OR (NEW.is_pending AND NOT OLD.is_pending)
                    THEN
                        RAISE EXCEPTION 'Lot %% of crm_loyalty_lot cannot be changed or '
                            'deleted: post a move instead.', OLD.id;
                    END IF;
                    RETURN NEW;
                END $guard$;
                DROP TRIGGER IF EXISTS crm_loyalty_lot_guard ON %(table)s;
                CREATE TRIGGER crm_loyalty_lot_guard
                    BEFORE UPDATE OR DELETE ON %(table)s
                    FOR EACH ROW EXECUTE FUNCTION crm_loyalty_lot_guard()
                """,
                table=SQL.identifier(self._table),
            )
        )

    def _is_lapsed(self, today):
        return bool(self.expires_on and self.expires_on < today)

    def _get_heirs(self):
        """These lots, and those that their points became when members were merged."""
        lots = found = self
        while found:
            found = self.search([("origin_id", "in", found.ids)]) - lots
            lots |= found
        return lots
