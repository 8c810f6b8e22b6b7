from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Date
from odoo.tools import SQL

from ..points import MAX_POINTS, to_points


class CrmLoyaltyMember(models.Model):
    """The ledger's verbs: earn, take, redeem, give back.

    Each calls :meth:`_lock` first and ends in :meth:`_post`, the only place that writes
    moves, lots, allocations and balances. All run as superuser: who may ask for them is
    decided by whoever calls.
    """

    _inherit = "crm.loyalty.member"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _check_amount(self, hundredths):
        """:raise ValidationError: unless this many points may be posted at once"""
        if not 0 < hundredths <= 100 * MAX_POINTS:
            raise ValidationError(
                self.env._(
                    "Enter a number of points above 0, at most a thousand million."
                )
            )

    def _lock(self):
        """Take the members for this transaction, and bring them up to today.

        The row is written, not only locked: under REPEATABLE READ a second transaction
        that waited for it fails then, and is repeated with fresh data. SELECT … FOR
        UPDATE would let it go on with the old balance.

        :return: the members, in the order in which everybody takes them
        """
        members = self.sudo().sorted("id")
        members.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_loyalty_member SET version = version + 1
                 WHERE id IN (SELECT id FROM crm_loyalty_member
                               WHERE id = ANY(%s) ORDER BY id FOR UPDATE)
                """,
                members.ids,
            )
        )
        members.invalidate_recordset()
        for company, own in members.grouped("company_id").items():
            own._settle(company._get_value_today())
        return members

    def _post(self, vals, lots=(), allocations=()):
        """Write one move with the lots it makes and the points it takes.

        :param vals: of the move, without points: they follow from the rest
        :param lots: list of values; ``is_pending`` follows from ``available_from``
        :param allocations: list of tuples (lot, or None for a debt; points), negative
            when they are given back
        :return: the move
        """
        self.ensure_one()
        today = self.company_id._get_value_today()
        points = sum(lot["amount"] for lot in lots) - sum(p for _lot, p in allocations)
        move = self.env["crm.loyalty.move"].create(
            {
                "member_id": self.id,
                "program_id": self.program_id.id,
                "company_id": self.company_id.id,
                "date": today,
                "points": points,
                **vals,
            }
        )
        change = {"available": 0, "pending": 0, "debt": 0}
        made = self.env["crm.loyalty.lot"].create(
            [
                {
                    "member_id": self.id,
                    "company_id": move.company_id.id,
                    "move_id": move.id,
                    "remaining": lot["amount"],
                    "is_pending": bool(
                        lot.get("available_from") and lot["available_from"] > today
                    ),
                    **lot,
                }
                for lot in lots
            ]
        )
        for lot in made:
            change["pending" if lot.is_pending else "available"] += lot.amount
        self.env["crm.loyalty.allocation"].create(
            [
                {
                    "move_id": move.id,
                    "lot_id": lot.id if lot else False,
                    "points": taken,
                }
                for lot, taken in allocations
            ]
        )
        for lot, taken in allocations:
            if lot is None:
                change["debt"] += taken
            else:
                lot.remaining -= taken
                if lot.member_id == self:
                    change["pending" if lot.is_pending else "available"] -= taken
        self.write({name: self[name] + by for name, by in change.items() if by})
        self._mirror()
        return move

    def _mirror(self):
        """Let the stock cards show what is available."""
        for member in self:
            member.card_id._set_from_ledger(to_points(member.available))

    # --------------------------------------------------------------------- what
    def _get_usable_lots(self, pending=False):
        """Lots with points left, in the order in which they are used up."""
        self.ensure_one()
        lots = self.env["crm.loyalty.lot"].search(
            [
                ("member_id", "=", self.id),
                ("remaining", ">", 0),
                ("is_pending", "=", pending),
            ]
        )
        return lots.sorted(
            lambda lot: (lot.expires_on or Date.to_date("9999-12-31"), lot.id)
        )

    @api.model
    def _allocate(self, lots, points):
        """Take ``points`` from ``lots``, one after the other.

        :return: allocations, and how many were missing
        """
        allocations = []
        for lot in lots:
            taken = min(lot.remaining, points)
            if taken:
                allocations.append((lot, taken))
                points -= taken
        return allocations, points

    # -------------------------------------------------------------------- verbs
    def _earn(self, points, vals, available_from=None, **lot):
        """Credit points as a lot of their own; a debt is settled with them first.

        A known ``key`` is answered with the move that has it.

        :param vals: of the move, at least ``kind`` and ``key``
        :param lot: other values of the lot, such as ``expires_on``
        """
        self._check_amount(points)
        member = self._lock()
        if known := member._find_posted(vals["key"]):
            return known
        lot |= {"amount": points, "available_from": available_from}
        move = member._post(vals, [lot])
        member._repay()
        return move

    def _take(self, points, vals, own=None):
        """Take points back: from ``own`` lots, then from others, then as a debt."""
        self._check_amount(points)
        member = self._lock()
        if known := member._find_posted(vals["key"]):
            return known
        own = (own or self.env["crm.loyalty.lot"]).filtered(
            lambda lot: lot.member_id == member
        )
        lots = own | member._get_usable_lots() | member._get_usable_lots(pending=True)
        allocations, missing = self._allocate(lots, points)
        if missing:
            allocations.append((None, missing))
        return member._post(vals, allocations=allocations)

    def _redeem(self, points, vals):
        """Spend points that are available, oldest first.

        :raise UserError: when there are not enough
        """
        self._check_amount(points)
        member = self._lock()
        if known := member._find_posted(vals["key"]):
            return known
        allocations, missing = self._allocate(member._get_usable_lots(), points)
        if missing:
            raise UserError(
                self.env._(
                    "%(customer)s has %(available)s, and %(points)s are needed. Remove a "
                    "reward from the order.",
                    customer=member.partner_id.display_name,
                    available=member._format_points(member.available),
                    points=member._format_points(points),
                )
            )
        return member._post(vals, allocations=allocations)

    def _restore(self, taken, points, vals):
        """Give back ``points`` of what the move ``taken`` took, to their lots.

        What went into a debt that was settled since, or came from a lot that has expired
        or belongs to a merged member, is given back too, and becomes a new lot in a move
        of kind ``regrant``: so the net of each lot always tells what is still taken.
        """
        self._check_amount(points)
        member = self._lock()
        if known := member._find_posted(vals["key"]):
            return known
        today = member.company_id._get_value_today()
        given, anew = [], []
        for lot, left in taken._get_taken():
            back = min(left, points)
            if not back:
                continue
            points -= back
            given.append((lot, -back))
            if lot is None and back > member.debt:
                # Before the debt falls, or it would be negative for a moment.
                settled = back - member.debt
                member._regrant(None, settled, member._get_grace_day(today), vals)
            elif lot is not None and lot._is_lapsed(today):
                anew.append((lot, back, member._get_grace_day(today)))
            elif lot is not None and lot.member_id != member:
                anew.append((lot, back, lot.expires_on))
        if points:
            raise UserError(
                self.env._("More points would be given back than were taken.")
            )
        move = member._post(
            {"kind": "restore", "reversal_of_id": taken.id, **vals}, allocations=given
        )
        for lot, back, day in anew:
            member._regrant(lot, back, day, vals)
        member._settle(today)
        member._repay()
        return move

    def _regrant(self, lot, points, day, vals):
        """Let points that cannot stay where they were be a new lot."""
        return self._post(
            {
                **vals,
                "kind": "regrant",
                "key": f"{vals['key']}:anew:{lot.id if lot else 0}",
            },
            [
                {
                    "amount": points,
                    "expires_on": day,
                    "origin_id": lot.id if lot else False,
                }
            ],
            [(lot, points)],
        )

    def _get_grace_day(self, today):
        """Last day of points that come back although their time is over."""
        return Date.add(today, days=max(self.program_id.crm_grace_days, 1))

    def _repay(self):
        """Settle a debt with what is available."""
        for member in self:
            points = min(member.debt, member.available)
            if not points:
                continue
            allocations, _missing = self._allocate(member._get_usable_lots(), points)
            allocations.append((None, -points))
            member._post(
                {"kind": "repay", "key": member._get_next_key("repay")},
                allocations=allocations,
            )

    def _get_next_key(self, prefix):
        """A key for what has no name of its own, unique because the member is locked."""
        last = self.env["crm.loyalty.move"].search(
            [("member_id", "=", self.id)], order="id desc", limit=1
        )
        return f"{prefix}:{self.id}:{last.id or 0}"

    def _post_from_outside(self, change):
        """A till or shop changed the card by ``change`` hundredths."""
        member = self._lock()
        vals = {"kind": "outside", "key": member._get_next_key("outside")}
        if change < 0:
            return member._take(-change, vals)
        _first, last = member.program_id._get_lot_days(
            member.company_id._get_value_today()
        )
        return member._earn(change, vals, expires_on=last)

    def _find_posted(self, key):
        """The move of this program that posted ``key`` before, or none."""
        return self.env["crm.loyalty.move"].search(
            [("program_id", "=", self.program_id.id), ("key", "=", key)]
        )
