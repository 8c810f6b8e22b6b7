"""Pay of the demo's salespeople: the usual plan, two paid months, one in review, and
the plan of next month, compared with what was paid."""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta

from tools.datasets.odoo_records import Env, Records

PAID = 2  # months; the one after is in review, and the current one goes on


def tell_pay(env: Env, today: date, user: Records) -> None:
    """The manager writes and closes, somebody else approves, a salesperson asks."""
    first = today.replace(day=1) - relativedelta(months=PAID + 1)
    plan = (
        env["crm.incentive.plan"]
        .with_user(user)
        .create({"name": "Sales team", "company_id": env.company.id})
    )
    version = (
        env["crm.incentive.version"]
        .with_user(user)
        .create({"plan_id": plan.id, "date_from": first})
    )
    version.action_take_template()
    version.action_review()
    version.with_env(env).action_approve()
    _assign(env, plan, first)
    periods = _create_months(env, first)
    periods[-1].with_user(user).action_compute()
    for place, period in enumerate(periods[:-1]):
        period.with_user(user).action_review()
        if place < PAID:
            period.with_env(env).action_approve()
            period.with_user(user).action_pay()
    line = periods[PAID].line_ids.sorted("amount")[-1:]
    if line:
        env["crm.incentive.inquiry"].with_user(line.user_id).create(
            {
                "line_id": line.id,
                "reason": "amount",
                "expected": round(line.amount * 1.5, 2),
                "note": "The customer was in the best tier when they ordered.",
            }
        )
    _think_ahead(env, version, periods[: PAID + 1], user)
    _compete(env, today, user)


def _think_ahead(env: Env, version: Records, periods: Records, user: Records) -> None:
    """Next month's draft favours those who order often; what would it have paid?"""
    action = version.with_user(user).action_new_version()
    draft = version.with_user(user).browse(action["res_id"])
    bands = ((0, 80), (2, 100), (4, 125))
    draft.write(
        {
            "frequency_ids": [
                (0, 0, {"orders_from": orders, "factor": factor})
                for orders, factor in bands
            ]
        }
    )
    draft.rule_ids.filtered(lambda rule: rule.kind == "stepped").by_frequency = True
    simulation = (
        env["crm.incentive.simulation"]
        .with_user(user)
        .create(
            {
                "version_id": draft.id,
                "period_from_id": periods[0].id,
                "period_to_id": periods[-1].id,
            }
        )
    )
    simulation.action_compute()


def _compete(env: Env, today: date, user: Records) -> None:
    """The teams' contest of the quarter is under way: announced before it began."""
    first = today.replace(day=1) - relativedelta(months=(today.month - 1) % 3)
    contest = (
        env["crm.incentive.contest"]
        .with_user(user)
        .create(
            {
                "name": "Best teams of the quarter",
                "date_from": first,
                "date_to": first + relativedelta(months=3),
                "criterion_ids": [
                    (0, 0, {"metric": "amount_order", "weight": 70}),
                    (0, 0, {"metric": "count_new", "weight": 30}),
                ],
                "prize_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "A long weekend in Lisbon",
                            "flight_amount": 1800,
                            "hotel_amount": 1400,
                            "meal_amount": 600,
                        },
                    )
                ],
            }
        )
    )
    contest._decide({"state": "announced", "announced_by_id": user.id})


def _assign(env: Env, plan: Records, first: date) -> None:
    """Everybody who has sold since."""
    sellers = env["sale.order"]._read_group(
        [
            ("company_id", "=", env.company.id),
            ("state", "=", "sale"),
            ("date_order", ">=", first),
            ("user_id", "!=", False),
        ],
        ["user_id"],
    )
    env["crm.incentive.assignment"].create(
        [
            {
                "plan_id": plan.id,
                "company_id": env.company.id,
                "user_id": seller.id,
                "date_from": first,
                "reason": "Told in writing before the first month.",
            }
            for (seller,) in sellers
        ]
    )


def _create_months(env: Env, first: date) -> Records:
    begins = [first + relativedelta(months=number) for number in range(PAID + 2)]
    return env["crm.incentive.period"].create(
        [
            {
                "company_id": env.company.id,
                "date_from": begin,
                "date_to": begin + relativedelta(months=1),
            }
            for begin in begins
        ]
    )
