"""What must hold for any plan and any deals whatever (hypothesis).

The oracle below shares no code with the add-on: plain Python, whole cents and fractions.
"""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL

START = date(2026, 3, 1)
WEIGHTS = (65, 45, 25)  # of three tiers; the second is the reference
PROPERTY = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # shrinking takes minutes here; the example is printed
    suppress_health_check=list(HealthCheck),
)
CENTS = st.one_of(
    st.integers(1, 500_000), st.sampled_from([1, 2, 3, 100_00, 1_000_000_00])
)
DEAL = st.fixed_dictionaries(
    {
        "day": st.integers(0, 30),
        "cents": CENTS,
        "tier": st.one_of(st.none(), st.integers(0, 2)),
        "shares": st.lists(st.integers(1, 100), min_size=1, max_size=3),
        "is_new": st.booleans(),
        "returned": st.lists(st.integers(1, 60), max_size=3),  # percent, one by one
    }
)
RATE = st.integers(1, 2000)  # hundredths of a percent
RULE = st.one_of(
    st.fixed_dictionaries({"kind": st.just("percent"), "rate": RATE}),
    st.fixed_dictionaries({"kind": st.just("fixed"), "amount": CENTS}),
    st.fixed_dictionaries(
        {
            "kind": st.just("uplift"),
            "rate": RATE,
            "uplift_reading": st.sampled_from(["points", "relative"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("stepped"),
            "steps": st.lists(
                st.tuples(st.integers(1, 20_000), RATE),
                max_size=3,
                unique_by=lambda s: s[0],
            ),
            "first": RATE,
            "step_mode": st.sampled_from(["marginal", "retroactive"]),
            "step_side": st.sampled_from(["lower", "upper"]),
        }
    ),
)
FILTER = st.fixed_dictionaries(
    {"tier": st.one_of(st.none(), st.integers(0, 2)), "new_only": st.booleans()}
)
PLAN = st.fixed_dictionaries(
    {
        "rules": st.lists(st.tuples(RULE, FILTER), min_size=1, max_size=4),
        "precedence": st.sampled_from(["first", "add"]),
        "reading": st.sampled_from(["none", "relative", "credit", "pool"]),
    }
)
DEALS = st.lists(DEAL, min_size=1, max_size=12)


def cents(amount: Fraction) -> int:
    """Rounded to whole cents, half away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(amount) * 100 + Fraction(1, 2))


def split(total: Fraction, whole: int, parts: list[int]) -> list[int]:
    """``total`` × part ÷ whole in cents: floor, then the largest remainders."""
    exact = [total * 100 * part / whole for part in parts]
    low = [int(one) for one in exact]
    rest = cents(total * sum(parts) / whole) - sum(low)
    order = sorted(range(len(parts)), key=lambda i: (-(exact[i] - low[i]), i))
    return [one + (i in order[:rest]) for i, one in enumerate(low)]


def factor(reading: str, tier: int | None) -> Fraction:
    weight = WEIGHTS[1 if tier is None else tier]
    divisor = {"relative": WEIGHTS[1], "credit": 100, "pool": sum(WEIGHTS)}
    return Fraction(1) if reading == "none" else Fraction(weight, divisor[reading])


def millionths(amount: Fraction) -> Fraction:
    """Rounded to six decimals, as a weighted amount is."""
    return Fraction(int(amount * 10**6 + Fraction(1, 2)), 10**6)


def pay_of(rule: dict, total: Fraction) -> Fraction:
    """F: the pay by the steps for a month's total."""
    steps = [(0, rule["first"]), *sorted(rule["steps"])]
    upto = [bound for bound, _rate in steps[1:]] + [None]
    pay = Fraction(0)
    for (bound, rate), end in zip(steps, upto, strict=True):
        reached = bound < total or (bound == total and rule["step_side"] == "upper")
        if not reached:
            continue
        if rule["step_mode"] == "marginal":
            part = (total if end is None else min(total, Fraction(end))) - bound
            pay += part * rate / 10_000
        else:
            pay = total * rate / 10_000
    return pay


class Oracle:
    """The lines of a plan: (deal, number of the credit note, rule, person) → cents."""

    def __init__(self, plan: dict, deals: list[dict]) -> None:
        self.plan = plan
        self.lines: dict[tuple, int] = {}
        self.totals: dict[tuple, Fraction] = {}
        order = sorted(range(len(deals)), key=lambda i: (deals[i]["day"], i))
        for number in order:
            self._earn(number, deals[number])
        for number in order:
            self._take(number, deals[number])

    def _fits(self, rule: dict, only: dict, deal: dict) -> bool:
        return (only["tier"] is None or only["tier"] == deal["tier"]) and (
            deal["is_new"] or not only["new_only"]
        )

    def _earn(self, number: int, deal: dict) -> None:
        whole = sum(deal["shares"])
        amount = Fraction(deal["cents"], 100)
        base = split(amount, whole, deal["shares"])
        weight = factor(self.plan["reading"], deal["tier"])
        fitting = [
            (place, rule)
            for place, (rule, only) in enumerate(self.plan["rules"])
            if self._fits(rule, only, deal)
        ]
        commissions = [
            one for one in fitting if one[1]["kind"] in ("percent", "stepped")
        ]
        if self.plan["precedence"] == "first":
            commissions = commissions[:1]
        commission = [0] * len(deal["shares"])
        extras = [one for one in fitting if one[1]["kind"] in ("fixed", "uplift")]
        for place, rule in commissions + extras:
            if rule["kind"] == "percent":
                total = millionths(amount * weight) * rule["rate"] / 10_000
                pays = split(total, whole, deal["shares"])
            elif rule["kind"] == "fixed":
                pays = split(Fraction(rule["amount"], 100), whole, deal["shares"])
            elif rule["kind"] == "stepped":
                pays = [
                    self._step(
                        place, rule, person, millionths(Fraction(part, 100) * weight)
                    )
                    for person, part in enumerate(base)
                ]
            elif rule["uplift_reading"] == "points":
                pays = split(amount * rule["rate"] / 10_000, whole, deal["shares"])
            elif not commissions:
                continue
            else:
                pays = [
                    cents(Fraction(one, 100) * rule["rate"] / 10_000)
                    for one in commission
                ]
            for person, pay in enumerate(pays):
                self.lines[number, 0, place, person] = pay
                if rule["kind"] in ("percent", "stepped"):
                    commission[person] += pay

    def _step(self, place: int, rule: dict, person: int, part: Fraction) -> int:
        before = self.totals.get((place, person), Fraction(0))
        self.totals[place, person] = before + part
        return cents(pay_of(rule, before + part)) - cents(pay_of(rule, before))

    def _take(self, number: int, deal: dict) -> None:
        earned = {
            key: pay
            for key, pay in self.lines.items()
            if key[0] == number and not key[1]
        }
        back = 0
        taken = dict.fromkeys(earned, 0)
        for note, returned in enumerate(returns(deal), start=1):
            back += returned
            share = Fraction(min(back, deal["cents"]), deal["cents"])
            for key, pay in earned.items():
                target = cents(Fraction(pay, 100) * share)
                if target > taken[key]:
                    self.lines[(number, note, *key[2:])] = taken[key] - target
                    taken[key] = target


def returns(deal: dict) -> list[int]:
    """The credit notes of a deal, in cents."""
    return [
        back for percent in deal["returned"] if (back := deal["cents"] * percent // 100)
    ]


@tagged("standard", "post_install", "-at_install")
class TestIncentiveProperties(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Properties"})
        cls.company.partner_id.tz = "UTC"
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.people = cls.env["res.users"].union(
            *(
                new_test_user(
                    cls.env,
                    f"incentive_property_{number}",
                    "base.group_user",
                    company_id=cls.company.id,
                    company_ids=[Command.set(cls.company.ids)],
                )
                for number in range(3)
            )
        )
        cls.tiers = cls.env["crm.value.tier"].create(
            [{"name": f"Property {number}", "sequence": number} for number in range(3)]
        )
        cls.plan = cls.env["crm.incentive.plan"].create(
            {"name": "Properties", "company_id": cls.company.id}
        )

    def _version(self, plan):
        """The plan of the example, as records."""
        vals = []
        for rule, only in plan["rules"]:
            one = {
                "name": rule["kind"],
                "kind": rule["kind"],
                "new_only": only["new_only"],
                "new_days": 0,
                "tier_ids": only["tier"] is not None
                and [Command.set(self.tiers[only["tier"]].ids)],
            }
            for name in ("step_mode", "step_side", "uplift_reading"):
                if name in rule:
                    one[name] = rule[name]
            if "rate" in rule:
                one["rate"] = rule["rate"] / 100
            if "amount" in rule:
                one["amount"] = rule["amount"] / 100
            if rule["kind"] == "stepped":
                steps = [(0, rule["first"]), *rule["steps"]]
                one["step_ids"] = [
                    Command.create({"bound": bound, "rate": rate / 100})
                    for bound, rate in steps
                ]
            vals.append(Command.create({"sequence": len(vals), **one}))
        return self.env["crm.incentive.version"].create(
            {
                "plan_id": self.plan.id,
                "date_from": START,
                "precedence": plan["precedence"],
                "weight_reading": plan["reading"],
                "rule_ids": vals,
                "weight_ids": [
                    Command.create(
                        {
                            "tier_id": tier.id,
                            "weight": weight,
                            "is_reference": number == 1,
                        }
                    )
                    for number, (tier, weight) in enumerate(
                        zip(self.tiers, WEIGHTS, strict=True)
                    )
                ],
            }
        )

    def _events(self, deals):
        """Rows of the engine's events; ids say which deal and credit note they are."""
        rows = []
        for number, deal in enumerate(deals):
            day = START + timedelta(days=deal["day"])
            amounts = [deal["cents"], *(-back for back in returns(deal))]
            for note, amount in enumerate(amounts):
                rows.append(
                    {
                        "event_id": 100 * number + note,
                        "kind": "order",
                        "document_id": number + 1,
                        "res_id": number + 1,
                        "sequence": note + 1,
                        "day": day,
                        "amount": f"{Decimal(amount) / 100}",
                        "before": f"{Decimal(sum(amounts[:note])) / 100}",
                        "tier_id": self.tiers[deal["tier"]].id
                        if deal["tier"] is not None
                        else None,
                        "customer_since": day - timedelta(days=not deal["is_new"]),
                    }
                )
        return rows

    def _compute(self, version, deals, rows):
        """What the add-on's statement gives for these rows."""
        events = SQL(
            "SELECT * FROM (VALUES %s) event (event_id, kind, document_id, res_id,"
            " sequence, day, amount, before, tier_id, customer_since, lifetime_value,"
            " recent_orders, period_id, home_period_id)",
            SQL(", ").join(
                SQL(
                    "(%s::int, %s, %s::int, %s::int, %s::int, %s::date, %s::numeric,"
                    " %s::numeric, %s::int, %s::date, NULL::numeric, NULL::int,"
                    " NULL::int, 0)",
                    *row.values(),
                )
                for row in rows
            ),
        )
        shares = SQL(", ").join(
            SQL(
                "(%s::int, %s::int, %s::int, NULL::int, %s::numeric)",
                100 * number,
                number * 10 + place,
                self.people[place].id,
                share,
            )
            for number, deal in enumerate(deals)
            for place, share in enumerate(deal["shares"])
        )
        engine = self.env["crm.incentive.engine"]
        engine._flush_terms()
        job = self._prepare_job(engine, events, shares, version)
        return self.env.execute_query_dict(
            SQL(
                "SELECT *, (100 * amount)::text AS cents, base::text AS exact_base"
                " FROM (%s) line ORDER BY event_id, rule_id, user_id",
                engine._get_lines_sql(job),
            )
        )

    def _prepare_job(self, engine, events, shares, version):
        # Imported here: the module may not be installed when pytest collects.
        from odoo.addons.crm_team_incentives.models.crm_incentive_engine import (
            IncentiveInput,
        )

        return IncentiveInput(
            events=events,
            credits=SQL(
                "SELECT * FROM (VALUES %s) credit (event_id, credit_id, user_id,"
                " team_id, weight)",
                shares,
            ),
            plans=SQL(
                "SELECT person AS user_id, %s::int AS version_id, %s::date AS date_from,"
                " NULL::date AS date_to FROM unnest(%s::int[]) person",
                version.id,
                START,
                self.people.ids,
            ),
            stored=engine._get_stored_sql(SQL("FALSE")),
            ledger=events,
            decimals=2,
        )

    def _key(self, version, line):
        rules = version.rule_ids.sorted(lambda rule: (rule.sequence, rule.id))
        return (
            line["event_id"] // 100,
            line["event_id"] % 100,
            rules.ids.index(line["rule_id"]),
            self.people.ids.index(line["user_id"]),
        )

    @PROPERTY
    @given(PLAN, DEALS, st.integers(0, 1000))
    def test_lines(self, plan, deals, seed):
        with self.env.cr.savepoint(flush=True) as savepoint:
            version = self._version(plan)
            rows = self._events(deals)
            lines = self._compute(version, deals, rows)
            found = {
                self._key(version, line): int(Decimal(line["cents"])) for line in lines
            }
            oracle = Oracle(plan, deals)
            # I1, I5, I6: the oracle's lines, each once
            self.assertEqual(len(lines), len(found))
            self.assertEqual(
                {key: pay for key, pay in found.items() if pay},
                {key: pay for key, pay in oracle.lines.items() if pay},
            )
            # I1: whatever the order in which the events come
            Random(seed).shuffle(rows)
            self.assertEqual(self._compute(version, deals, rows), lines)
            self._check_steps(plan, oracle, found)
            self._check_shares(deals, lines)
            self._check_taken(found)
            savepoint.rollback()
            self.env.invalidate_all()

    def _check_steps(self, plan, oracle, found):
        """I2: earned lines of a stepped rule add up to F of the total."""
        for (place, person), total in oracle.totals.items():
            rule = plan["rules"][place][0]
            earned = sum(
                pay
                for (_deal, note, where, who), pay in found.items()
                if (where, who) == (place, person) and not note
            )
            self.assertEqual(earned, cents(pay_of(rule, total)))

    def _check_shares(self, deals, lines):
        """I3: what is credited of a deal to its people is the deal, to the cent."""
        credited = {}
        for line in lines:
            if line["kind"] == "earning":
                key = (line["event_id"], line["rule_id"])
                credited.setdefault(key, {})[line["user_id"]] = Decimal(
                    line["exact_base"]
                )
        for (event_id, _rule), parts in credited.items():
            self.assertEqual(
                sum(parts.values()) * 100, Decimal(deals[event_id // 100]["cents"])
            )

    def _check_taken(self, found):
        """I5: never more is taken back than was earned."""
        left = {}
        for (deal, _note, place, person), pay in found.items():
            key = (deal, place, person)
            left[key] = left.get(key, 0) + pay
        for key, amount in left.items():
            self.assertGreaterEqual(amount, 0, key)
