from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LoyaltyCommon

NEVER = 10**6
GRACE = 30
STEP = st.one_of(
    st.tuples(
        st.just("earn"),
        st.integers(0, 1),  # member
        st.integers(1, 40),
        st.sampled_from((0, 0, 3)),  # days until usable
        st.sampled_from((2, 5, 9, NEVER)),  # days until they expire
    ),
    st.tuples(st.just("redeem"), st.integers(0, 1), st.integers(1, 60)),
    st.tuples(st.just("refund"), st.integers(0, 9), st.integers(1, 40)),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.integers(1, 40)),
    st.tuples(st.just("replay"), st.integers(0, 9)),
    st.tuples(st.just("pass"), st.integers(1, 4)),
    st.tuples(st.just("merge")),
)
PROPERTY = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # the example is printed
    suppress_health_check=list(HealthCheck),
)


@dataclass(eq=False)
class Lot:
    """Of the oracle: points one by one would be the same, only slower."""

    owner: int
    left: int
    first: int
    last: int
    number: int
    waits: bool


@dataclass(eq=False)
class Debit:
    owner: int
    parts: list = field(
        default_factory=list
    )  # [lot or None, points], in the order taken


class Oracle:
    """The rules of the ledger in plain Python, without a database, moves or allocations."""

    def __init__(self):
        self.day, self.lots, self.debt = 0, [], [0, 0]
        self.heir = {0: 0, 1: 1}

    def _new(self, owner, points, first, last):
        lot = Lot(owner, points, first, last, len(self.lots), first > self.day)
        self.lots.append(lot)
        return lot

    def _usable(self, owner, waits=False):
        lots = [
            x for x in self.lots if x.owner == owner and x.left and x.waits == waits
        ]
        return sorted(lots, key=lambda lot: (lot.last, lot.number))

    def _take(self, lots, points, parts):
        for lot in lots:
            taken = min(lot.left, points)
            if taken:
                lot.left -= taken
                points -= taken
                parts.append([lot, taken])
        return points

    def _repay(self, owner):
        self.debt[owner] = self._take(self._usable(owner), self.debt[owner], [])

    def settle(self, owner):
        for lot in self.lots:
            if lot.owner == owner and lot.left and lot.first <= self.day:
                lot.waits = False
        for lot in self.lots:
            if lot.owner == owner and not lot.waits and lot.last < self.day:
                lot.left = 0
        self._repay(owner)

    def earn(self, owner, points, wait, keep):
        self.settle(owner)
        lot = self._new(owner, points, self.day + wait, min(self.day + keep, NEVER))
        self._repay(owner)
        return lot

    def redeem(self, owner, points):
        self.settle(owner)
        if sum(lot.left for lot in self._usable(owner)) < points:
            return None
        debit = Debit(owner)
        self._take(self._usable(owner), points, debit.parts)
        return debit

    def refund(self, owner, own, points):
        self.settle(owner)
        debit = Debit(owner)
        lots = [lot for lot in own if lot.owner == owner]
        lots += [lot for lot in self._usable(owner) if lot not in lots]
        lots += [lot for lot in self._usable(owner, True) if lot not in lots]
        missing = self._take(lots, points, debit.parts)
        if missing:
            self.debt[owner] += missing
            debit.parts.append([None, missing])
        return debit

    def cancel(self, debit, points):
        owner = self.heir[debit.owner]
        self.settle(owner)
        debts = [part for part in debit.parts if part[0] is None]
        lots = sorted(
            (part for part in debit.parts if part[0] is not None),
            key=lambda part: (part[0].last, part[0].number),
            reverse=True,
        )
        for part in debts + lots:
            back = min(part[1], points)
            part[1] -= back
            points -= back
            lot = part[0]
            if not back:
                continue
            if lot is None:
                settled = max(back - self.debt[owner], 0)
                self.debt[owner] -= back - settled
                if settled:
                    self._new(owner, settled, self.day, self.day + GRACE)
            elif lot.last < self.day:
                self._new(owner, back, self.day, self.day + GRACE)
            elif lot.owner != owner:
                self._new(owner, back, self.day, lot.last)
            else:
                lot.left += back
        self.settle(owner)

    def merge(self):
        self.settle(0)
        self.settle(1)
        heirs = {}
        for lot in [lot for lot in self.lots if lot.owner == 0 and lot.left]:
            heirs[lot] = self._new(1, lot.left, lot.first, lot.last)
            lot.left = 0
        self.debt[1] += self.debt[0]
        self.debt[0] = 0
        self.heir[0] = 1
        self._repay(1)
        return heirs

    def state(self, owner):
        return (
            sum(lot.left for lot in self._usable(owner)),
            sum(lot.left for lot in self._usable(owner, True)),
            self.debt[owner],
        )


@tagged("post_install", "-at_install")
class TestLedgerProperty(LoyaltyCommon):
    """Any sequence of steps ends where plain Python ends, and adds up after each."""

    def _example(self, steps):
        savepoint = self.env.cr.savepoint()
        try:
            self._play(steps)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _play(self, steps):
        begin = self.today[0]
        oracle, members = Oracle(), [self._member(), self._member(self.other)]
        earned, debits, posted = [], [], []
        merged = False
        for number, (step, *values) in enumerate(steps):
            key = f"step {number}"
            if step == "earn":
                owner, points, wait, keep = values
                owner = oracle.heir[owner]
                lot = oracle.earn(owner, points, wait, keep)
                first = self.today[0] + timedelta(days=wait) if wait else None
                last = self.today[0] + timedelta(days=keep) if keep < NEVER else None
                call = (members[owner], points, first, last, key)
                move = self._earn_again(*call)
                earned.append([move, [lot], points])
                posted.append((call, move))
            elif step == "redeem":
                owner, points = oracle.heir[values[0]], values[1]
                debit = oracle.redeem(owner, points)
                vals = {"kind": "redeem", "key": key}
                if debit is None:
                    with self.assertRaises(UserError), self.env.cr.savepoint():
                        members[owner]._redeem(points, vals)
                    # What was brought up to date is taken back with the refusal.
                    members[owner]._lock()
                else:
                    debits.append([members[owner]._redeem(points, vals), debit, points])
            elif step == "refund" and earned:
                entry = earned[values[0] % len(earned)]
                points = min(values[1], entry[2])
                if points:
                    entry[2] -= points
                    move = entry[0]
                    owner = members.index(move.member_id._get_current())
                    debit = oracle.refund(owner, entry[1], points)
                    reversal = members[owner]._take(
                        points,
                        {"kind": "reverse", "key": key, "reversal_of_id": move.id},
                        own=move.made_lot_ids._get_heirs(),
                    )
                    debits.append([reversal, debit, points])
            elif step == "cancel" and debits:
                entry = debits[values[0] % len(debits)]
                points = min(values[1], entry[2])
                if points:
                    entry[2] -= points
                    oracle.cancel(entry[1], points)
                    member = entry[0].member_id._get_current()
                    member._restore(entry[0], points, {"key": key})
            elif step == "replay" and posted:
                call, move = posted[values[0] % len(posted)]
                member = call[0]._get_current()
                oracle.settle(members.index(member))
                if member == call[0]:
                    self.assertEqual(self._earn_again(*call), move)
            elif step == "pass":
                oracle.day += values[0]
                self.today[0] = begin + timedelta(days=oracle.day)
            elif step == "merge" and not merged:
                merged = True
                heirs = oracle.merge()
                for entry in earned:
                    entry[1] += [heirs[lot] for lot in entry[1] if lot in heirs]
                members[0]._move_partner(self.other)
            self._check(oracle, members, (number, step, values))
        self._check_settled(oracle, members)

    def _earn_again(self, member, points, first, last, key):
        return member._earn(
            points, {"kind": "grant", "key": key}, available_from=first, expires_on=last
        )

    def _check(self, oracle, members, where):
        """The same state as the oracle's, and all invariants, from moves alone too."""
        for owner, member in enumerate(members):
            stored = (member.available, member.pending, member.debt)
            self.assertEqual(stored, oracle.state(owner), where)
            self.assertEqual(round(100 * member.card_id.points), member.available)
        self._assert_sound()

    def _check_settled(self, oracle, members):
        """Whoever comes last, the job or the next redemption, leaves the same."""
        self.env["crm.loyalty.member"]._settle_company(self.company)
        for owner, member in enumerate(members):
            oracle.settle(owner)
            self.assertEqual(
                (member.available, member.pending, member.debt), oracle.state(owner)
            )
        self._assert_sound()
        self.today[0] = self.today[0] - timedelta(days=oracle.day)

    def test_any_steps(self):
        @PROPERTY
        @given(st.lists(STEP, min_size=5, max_size=25))
        def check(steps):
            self._example(steps)

        check()
