from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date, formatLang

from ..fields import Points
from ..points import to_points


class CrmLoyaltyMove(models.Model):
    """An entry of the ledger: never changed, never deleted, corrected by another one."""

    _name = "crm.loyalty.move"
    _inherit = [
        "crm.company.mixin",
        "crm.explanation.mixin",
        "crm.erasable.mixin",
        "crm.named.mixin",
    ]
    _description = "Points Move"
    _order = "id desc"
    _rec_name = "title"
    _erasable_texts = ("reason",)
    _erasing_group = "crm_loyalty.group_loyalty_manager"

    member_id = fields.Many2one(
        "crm.loyalty.member",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    program_id = fields.Many2one(
        "loyalty.program", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(readonly=True, ondelete="restrict")
    date = fields.Date(required=True, readonly=True, index=True)
    kind = fields.Selection(
        [
            ("earn", "Purchase"),
            ("reverse", "Taken back"),
            ("redeem", "Reward"),
            ("restore", "Given back"),
            ("regrant", "Given anew"),
            ("activate", "Usable now"),
            ("expire", "Expired"),
            ("repay", "Owed points settled"),
            ("referral", "Referral"),
            ("grant", "Granted"),
            ("correct", "Corrected"),
            ("outside", "Till or shop"),
            ("merge", "Contacts merged"),
        ],
        required=True,
        readonly=True,
    )
    points = Points(
        string="Hundredths", required=True, readonly=True, help="Hundredths of points."
    )
    signed_points = fields.Float(
        string="Points", compute="_compute_signed_points", digits=(16, 2)
    )
    key = fields.Char(
        required=True,
        readonly=True,
        help="Names what happened: it is posted once in a program.",
    )
    document_id = fields.Many2one(
        "crm.loyalty.document",
        string="Purchase With Points",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    order_id = fields.Integer(
        readonly=True,
        index="btree_not_null",
        help="Number of the sales order of a reward. No link: the move outlives it.",
    )
    document = fields.Char(readonly=True, help="The document, by the name it had.")
    lot_id = fields.Many2one(
        "crm.loyalty.lot", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    reversal_of_id = fields.Many2one(
        "crm.loyalty.move",
        string="Corrects",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    adjustment_id = fields.Many2one(
        "crm.loyalty.adjustment",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    referral_id = fields.Many2one(
        "crm.loyalty.referral",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    reason = fields.Text(readonly=True)
    detail = fields.Json(readonly=True, help="How the points were computed.")
    title = fields.Char(string="What For", compute="_compute_title")
    allocation_ids = fields.One2many("crm.loyalty.allocation", "move_id", readonly=True)
    made_lot_ids = fields.One2many("crm.loyalty.lot", "move_id", readonly=True)

    _key_uniq = models.Constraint(
        "UNIQUE(program_id, key)", "This was posted before: points are given once."
    )

    @api.model
    def _get_naming_fields(self):
        return [
            *super()._get_naming_fields(),
            ("crm.loyalty.lot", "move_id"),
            ("crm.loyalty.document", "move_id"),
            ("crm.loyalty.move", "reversal_of_id"),
            ("crm.loyalty.allocation", "move_id"),
        ]

    @api.depends("points")
    def _compute_signed_points(self):
        for move in self:
            move.signed_points = to_points(move.points)

    @api.depends("kind", "document", "reason")
    @api.depends_context("lang")
    def _compute_title(self):
        for move in self:
            about = move.document or move.reason
            kind = move._get_label("kind")
            move.title = f"{kind}: {about}" if about else kind

    def _format_signed(self):
        """``+12.50`` or ``-3``, in the user's language."""
        self.ensure_one()
        digits = 2 if self.points % 100 else 0
        number = formatLang(self.env, to_points(abs(self.points)), digits=digits)
        return f"{'-' if self.points < 0 else '+'}{number}"

    # -------------------------------------------------------------------- guard
    def init(self):
        self._guard_table(self._table)

    @api.model
    def _guard_table(self, table):
        """Let the database refuse changes, too: superuser code is not above the ledger."""
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION crm_loyalty_guard() RETURNS trigger
                LANGUAGE plpgsql AS $guard$
                BEGIN
                    -- the words about a person may be erased, nothing else
                    IF TG_OP = 'UPDATE' AND to_jsonb(NEW)->>'reason' IS NULL
                       AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason'
                       AND to_jsonb(OLD) ? 'reason'  -- also twice
                    THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'Row %% of %% cannot be changed or deleted: post a '
                        'move that corrects it.', OLD.id, TG_TABLE_NAME;
                END $guard$;
                DROP TRIGGER IF EXISTS crm_loyalty_guard ON %(table)s;
                CREATE TRIGGER crm_loyalty_guard BEFORE UPDATE OR DELETE ON %(table)s
                    FOR EACH ROW EXECUTE FUNCTION crm_loyalty_guard()
                """,
                table=SQL.identifier(table),
            )
        )

    @api.model
    def _refuse_change(self):
        raise UserError(
            self.env._(
                "The ledger of points is never changed. Post a correction with a reason "
                "instead."
            )
        )

    def write(self, vals):
        self.check_access("write")
        self._refuse_change()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_named(self):
        """Named or not: never."""
        self._refuse_change()

    # ------------------------------------------------------------------ ledger
    def _get_taken(self):
        """What this move took and still has, the last points first.

        :return: list of tuples (lot, or None for a debt; points)
        """
        self.ensure_one()
        moves = self | self.search(
            [("reversal_of_id", "=", self.id), ("kind", "=", "restore")]
        )
        taken = {}
        for allocation in moves.allocation_ids:
            lot = allocation.lot_id or None
            taken[lot] = taken.get(lot, 0) + allocation.points
        owed = taken.pop(None, 0)
        lots = sorted(
            taken,
            key=lambda lot: (str(lot.expires_on or "9999"), lot.id),
            reverse=True,
        )
        found = [(None, owed), *((lot, taken[lot]) for lot in lots)]
        return [(lot, points) for lot, points in found if points > 0]

    # -------------------------------------------------------------- explanation
    def _get_explanation(self):
        why = super()._get_explanation()
        move = self.sudo()
        member = move.member_id
        why["summary"].append(f"{move.title}: {member._format_points(move.points)}")
        if move.reason and move.document:
            why["summary"].append(move.reason)
        if move.adjustment_id:
            why["summary"] += move.adjustment_id._get_story()
        if move.referral_id:
            why["summary"].append(move._get_referral_text())
        if move.detail:
            why["values"] += move._get_detail_values()
        if move.reversal_of_id:
            why["notes"].append(
                self.env._(
                    "Belongs to: %(title)s, %(day)s, %(points)s.",
                    title=move.reversal_of_id.title,
                    day=format_date(self.env, move.reversal_of_id.date),
                    points=member._format_points(move.reversal_of_id.points),
                )
            )
        rows = move._get_lot_rows()
        if rows:
            columns = [
                ("what", self.env._("Points")),
                ("until", self.env._("Last Day")),
                ("points", self.env._("Change"), "end"),
            ]
            total = {
                "what": self.env._("Total"),
                "points": member._format_points(move.points),
            }
            why["tables"].append(self._prepare_table(columns, rows, total=total))
        return why

    def _get_referral_text(self):
        """Who brought whom."""
        return self.env._(
            "%(referrer)s brought %(referred)s on %(day)s.",
            referrer=self.referral_id.referrer_id.display_name,
            referred=self.referral_id.referred_id.display_name,
            day=format_date(self.env, self.referral_id.referred_on),
        )

    def _get_lot_rows(self):
        """The lots that the move made, took from and gave back to; they add up."""
        rows = []
        format_points = self.member_id._format_points
        for lot in self.made_lot_ids:
            what = self.env._("Received")
            if lot.available_from and lot.available_from > self.date:
                what = self.env._(
                    "Received, usable from %s",
                    format_date(self.env, lot.available_from),
                )
            rows.append(
                {
                    "what": what,
                    "until": format_date(self.env, lot.expires_on) or "–",
                    "points": format_points(lot.amount),
                }
            )
        for allocation in self.allocation_ids:
            lot = allocation.lot_id
            if lot:
                what = self.env._(
                    "Of %(title)s, %(day)s",
                    title=lot.move_id.title,
                    day=format_date(self.env, lot.move_id.date),
                )
            else:
                what = self.env._("Owed by the member")
            rows.append(
                {
                    "what": what,
                    "until": format_date(self.env, lot.expires_on) or "–",
                    "points": format_points(-allocation.points),
                }
            )
        return rows

    def _get_detail_values(self):
        """How the points follow from the purchase, by what was kept then."""
        detail = self.detail
        currency = self.env["res.currency"].browse(detail["currency_id"])
        scale = 10**currency.decimal_places

        def money(units):
            return self._format_money(units / scale, currency)

        if "refunded" in detail:
            return [
                {
                    "label": self.env._("Credited so far"),
                    "amount": money(detail["refunded"]),
                    "formula": self.env._("of %s that counted", money(detail["base"])),
                },
                {
                    "label": self.env._("Taken back so far"),
                    "amount": self.member_id._format_points(detail["taken"]),
                    "formula": self.env._(
                        "%(earned)s × %(refunded)s ÷ %(base)s",
                        earned=self.member_id._format_points(detail["earned"]),
                        refunded=money(detail["refunded"]),
                        base=money(detail["base"]),
                    ),
                },
            ]
        rate = self.env._(
            "%(points)s for each %(amount)s",
            points=self.member_id._format_points(detail["points"]),
            amount=money(detail["amount"]),
        )
        if detail["steps"]:
            rate = self.env._(
                "%(points)s for each full %(amount)s",
                points=self.member_id._format_points(detail["points"]),
                amount=money(detail["amount"]),
            )
        values = [
            {
                "label": self.env._("What counts"),
                "amount": money(detail["base"]),
                "formula": self._get_terms_text(),
            },
            {"label": self.env._("Rate"), "amount": rate, "formula": ""},
        ]
        if detail["multiplier"] != 100 or detail["tier"]:
            values.append(
                {
                    "label": self.env._("Multiplier"),
                    "amount": f"× {self._format_points(detail['multiplier'] / 100)}",
                    "formula": detail["tier"] or self.env._("no tier"),
                }
            )
        values.append(
            {
                "label": self.env._("Points"),
                "amount": self.member_id._format_points(self.points),
                "formula": self._get_rounding_text(),
            }
        )
        return values

    def _get_terms_text(self):
        """Which amounts were counted."""
        detail = self.detail
        taxes = (
            self.env._("goods with taxes")
            if detail["taxed"]
            else self.env._("goods without taxes")
        )
        return (
            self.env._("%s, before discounts of the whole order", taxes)
            if detail["gross"]
            else self.env._("%s, after rewards and discounts", taxes)
        )

    def _get_rounding_text(self):
        """How the points were rounded."""
        unit = self._format_points(self.detail["unit"] / 100)
        return (
            self.env._("rounded to the nearest %s", unit)
            if self.detail["half_up"]
            else self.env._("rounded down to %s", unit)
        )
