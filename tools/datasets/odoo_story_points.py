"""Points of the demo's customers: of half a year's orders, with gifts and rewards."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from tools.datasets.odoo_records import Env, Records

MONTHS = 6
MULTIPLIERS = (("high", 200), ("mid", 150))  # percent of the points, by tier
REDEEMED = 3  # confirmed orders with a reward
# Who came by word of mouth and has not bought yet, by the place of who brought them.
BROUGHT = (("Iris Vance", 0), ("Tobias Lund", 0), ("Mei Castellan", 1))


def tell_points(env: Env, today: date, user: Records) -> None:
    """A club of the customers of the last six months, and what they did with it."""
    program = _create_club(env, today - relativedelta(months=MONTHS))
    orders = env["sale.order"].search(
        [
            ("company_id", "=", env.company.id),
            ("state", "=", "sale"),
            ("date_order", ">=", datetime.combine(program.crm_earn_from, time.min)),
        ],
        order="date_order, id",
    )
    for order in orders:
        env["crm.loyalty.document"]._update(order._name, order.id)
    members = env["crm.loyalty.member"]
    while members._settle_company(env.company) is False:
        pass  # a batch each time
    _give(env, program, user)
    _redeem(env, program, today)
    _recommend(env, program)
    env["crm.loyalty.proof"]._prove_company(env.company)


def _create_club(env: Env, first: date) -> Records:
    """A point for each 1.00, more for who is worth more; four months to use them."""
    programs = env["loyalty.program"]
    return programs._create_ledger_program(
        {
            "name": "Record Club",
            "company_id": env.company.id,
            "portal_point_name": "points",
            "crm_earn_on": "order",
            "crm_earn_from": first,
            "crm_pending_days": 14,
            "crm_expiry_days": 120,
            "crm_referral": True,
            "crm_referrer_points": 50,
            "crm_referred_points": 25,
            "crm_referral_minimum": 20,
            "crm_multiplier_ids": [
                (
                    0,
                    0,
                    {
                        "tier_id": env.ref(
                            f"crm_value_tiering.crm_value_tier_{tier}"
                        ).id,
                        "percent": percent,
                    },
                )
                for tier, percent in MULTIPLIERS
            ],
            "reward_ids": programs._prepare_reward_commands(50, 5),
        }
    )


def _give(env: Env, program: Records, user: Records) -> None:
    """An apology that was posted, and a large thank-you that waits for a second person."""
    members = env["crm.loyalty.member"].search(
        [("program_id", "=", program.id)], order="available desc, id", limit=2
    )
    adjustments = env["crm.loyalty.adjustment"].with_user(user)
    for member, points, reason in zip(
        members,
        (20, 1500),
        ("The parcel came a week late.", "Brought us their whole choir."),
        strict=False,
    ):
        adjustments.create(
            {"member_id": member.id, "points": points, "reason": reason}
        ).action_post()


def _recommend(env: Env, program: Records) -> None:
    """Members bring people they know; one of them tried to bring herself."""
    members = env["crm.loyalty.member"].search(
        [("program_id", "=", program.id)], order="available desc, id", limit=2
    )
    referrals = env["crm.loyalty.referral"]
    for name, place in BROUGHT:
        person = env["res.partner"].create({"name": name})
        referrals._refer(members[place], person)
    referrals._refer(members[1], members[1].partner_id)


def _redeem(env: Env, program: Records, today: date) -> None:
    """Those with the most points use some; the next one has a quotation that would."""
    members = env["crm.loyalty.member"].search(
        [("program_id", "=", program.id), ("available", ">=", 5000)],
        order="available desc, id",
        limit=REDEEMED + 1,
    )
    yesterday = today - timedelta(days=1)
    for place, member in enumerate(members):
        last = env["sale.order.line"].search(
            [
                ("order_partner_id", "=", member.partner_id.id),
                ("company_id", "=", env.company.id),
                ("state", "=", "sale"),
            ],
            order="id desc",
            limit=1,
        )
        order = env["sale.order"].create(
            {
                "partner_id": member.partner_id.id,
                "company_id": env.company.id,
                "user_id": last.order_id.user_id.id,
                "order_line": [
                    (0, 0, {"product_id": last.product_id.id, "price_unit": 60})
                ],
            }
        )
        if place == REDEEMED:
            continue
        order._update_programs_and_rewards()
        order._apply_program_reward(program.reward_ids, member.card_id)
        order.action_confirm()
        order.date_order = datetime.combine(yesterday, time(9))  # where the data ends
