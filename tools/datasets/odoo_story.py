"""What a team would have done with its customers in the last months: made up, so that
every list and board of the demo has something to show. Runs inside `odoo shell`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from tools.datasets.odoo_records import SILENT, Env, Records, external_ids, name_records
from tools.datasets.odoo_story_pay import tell_pay
from tools.datasets.odoo_story_points import tell_points
from tools.datasets.odoo_story_requests import tell_requests
from tools.datasets.odoo_story_voice import tell_ideas, tell_plan

MONTHS = (3, 2, 1)  # as many months ago tiers were computed
_NAME = "story"
_CLOSED = 48  # opportunities, over a year
_CONTACTED = 120  # customers somebody has called
_ANSWERS = 96  # to "how satisfied?" and "would you recommend us?", over a year
# What they answer, in turn, and what they add.
_ANSWERED = {
    "csat": (
        (5, "Answered my question the same day."),
        (4, ""),
        (5, ""),
        (3, "The parcel took two weeks."),
        (4, ""),
        (5, "Found a record I had looked for since school."),
        (2, "Two discs were scratched."),
    ),
    "nps": (
        (9, ""),
        (10, "I have sent my brother to you."),
        (8, "More jazz, please."),
        (9, ""),
        (3, "Nobody called me back."),
        (7, ""),
    ),
}
_LOSSES = (
    ("need", "Plays records no more: everything comes from the net now."),
    ("price", "The supermarket sells the charts for two dollars less."),
    ("competitor", "Moved to the shop next door that opens on Sundays."),
    ("service", "Waited three weeks for an answer about a scratched disc."),
    ("price", "Would come back for free shipping."),
    ("closed", "The café closed in spring."),
    ("need", ""),
    ("unknown", "Called twice, nobody answered."),
)


def tell_story(env: Env) -> bool:
    """Compute the tiers month by month, with what people did in between.

    :return: False when it was told before: then only today's tiers are computed
    """
    known = external_ids(env)
    env = env(context={**env.context, **SILENT})
    company, today = env.company, env.company._get_value_today()
    runs = env["crm.value.run"]
    if _NAME in known:
        runs.recompute()
        _measure(env, today)
        return False
    _close_opportunities(env, known, today)
    _spend_on_campaigns(env, today)
    _hand_out_work(env, company)
    for months in MONTHS:
        day = today - relativedelta(months=months)
        runs.recompute(as_of=day)
        with _known_until(env, day):
            _work(env, company, day)
    runs.recompute()
    _contact(env, today)
    env["crm.value.outreach"]._schedule_company(company)
    _ask_customers(env, today)
    tell_requests(env, today, _manager(env))
    tell_ideas(env, today, _manager(env))
    tell_points(env, today, _manager(env))
    tell_pay(env, today, _manager(env))
    _record_losses(env)
    _set_a_tier(env, today)
    _measure(env, today)
    _set_targets(env, today)
    tell_plan(env, today, _manager(env))
    env["crm.value.holdout.check"].create({}).action_check()
    name_records(env, [_NAME], company)
    return True


def _measure(env: Env, today: date) -> None:
    env["crm.metric.run"].recompute(date_from=today - relativedelta(months=24))


# ------------------------------------------------------------------ before the tiers


def _close_opportunities(env: Env, known: dict[str, int], today: date) -> None:
    """Won and lost ones of the last year: for conversion rate and sales cycle."""
    customers = sorted(name for name in known if name.startswith("customer_"))
    step = max(1, len(customers) // _CLOSED)
    stage = env["crm.stage"].search([("is_won", "=", True)], limit=1)
    reasons = env["crm.lost.reason"].search([])
    partners = env["res.partner"].browse([known[name] for name in customers[::step]])
    for place, partner in enumerate(partners[:_CLOSED]):
        lead = env["crm.lead"].create(
            {
                "type": "opportunity",
                "name": ("Gift vouchers", "Collector's edition", "Shelf rental")[
                    place % 3
                ],
                "partner_id": partner.id,
                "user_id": partner.user_id.id,
                "expected_revenue": 40 + place * 37 % 260,
            }
        )
        if place % 5 < 2:
            lead.stage_id = stage
        else:
            lead.action_set_lost(lost_reason_id=reasons[place % len(reasons)].id)
        closed = today - timedelta(days=3 + place * 7)
        env.flush_all()
        env.cr.execute(
            "UPDATE crm_lead SET create_date = %s, date_open = %s, date_closed = %s"
            " WHERE id = %s",
            [*[closed - timedelta(days=9 + place * 13 % 50)] * 2, closed, lead.id],
        )
    env.invalidate_all()


def _spend_on_campaigns(env: Env, today: date) -> None:
    names = ("Spring newsletter", "Record fair", "Posters in the tram")
    for place, name in enumerate(names):
        first = today.replace(day=1) - relativedelta(months=9 - 3 * place)
        env["crm.campaign.cost"].create(
            {
                "campaign_id": env["utm.campaign"].create({"title": name}).id,
                "name": name,
                "date_from": first,
                "date_to": first + relativedelta(months=2, days=-1),
                "amount": 4_500 + 3_000 * place,
            }
        )


def _hand_out_work(env: Env, company: Records) -> None:
    """As an administrator would on the settings page."""
    company.write(
        {
            "crm_value_save": True,
            "crm_value_winback": True,
            "crm_value_contact": True,
            # Few and worth it, so that regular contacts find room beside them.
            "crm_value_outreach_min_clv": 25,
            "crm_value_outreach_limit": 8,
            "crm_value_outreach_user_id": _manager(env).id,
        }
    )


# ------------------------------------------------------------------- month by month


@contextmanager
def _known_until(env: Env, day: date) -> Iterator[None]:
    """Only orders up to a day, as they were known then.

    The computation knows how to look back; who is asked to do what does not, as it
    leaves out customers who ordered since.
    """
    env.flush_all()
    env.cr.execute(
        "UPDATE sale_order SET state = 'draft' WHERE state = 'sale'"
        " AND date_order >= %s RETURNING id",
        [datetime.combine(day + timedelta(days=1), time.min)],
    )
    later = [row[0] for row in env.cr.fetchall()]
    env.invalidate_all()
    try:
        yield
    finally:
        env.flush_all()
        env.cr.execute(
            "UPDATE sale_order SET state = 'sale' WHERE id = ANY(%s)", [later]
        )
        env.invalidate_all()


def _work(env: Env, company: Records, day: date) -> None:
    """The activities of a day, most of them done within the week."""
    actions = env["crm.value.outreach"].sudo()
    actions._update_outcomes(company, day)
    claimed = actions._claim(company, day)
    claimed._create_activities(company, day)
    done = [activity for place, activity in enumerate(claimed.activity_id) if place % 4]
    for place, activity in enumerate(done):
        _finish(activity, day + timedelta(days=place % 6))


def _finish(activity: Records, day: date) -> None:
    activity.action_archive()
    activity.date_done = day


def _contact(env: Env, today: date) -> None:
    """Calls with good customers: some contacts are recent, some due again."""
    profiles = env["crm.value.profile"].search(
        [("tier_id.contact_days", ">", 0), ("lifecycle", "!=", "lost")],
        order="clv_predictive desc, id",
        limit=_CONTACTED,
    )
    call = env.ref("mail.mail_activity_data_call")
    model = env["ir.model"]._get_id("res.partner")
    calls = env["mail.activity"].create(
        [
            {
                "res_model_id": model,
                "res_id": profile.partner_id.id,
                "activity_type_id": call.id,
                "user_id": profile.partner_id.user_id.id or env.uid,
                "date_deadline": today,
            }
            for profile in profiles
        ]
    )
    for place, activity in enumerate(calls):
        _finish(activity, today - timedelta(days=2 + place * 5 % 38))


# -------------------------------------------------------------------- what they know


def _ask_customers(env: Env, today: date) -> None:
    """CSAT and NPS of the last year, mostly good: the best customers were asked."""
    profiles = env["crm.value.profile"].search(
        [("lifecycle", "!=", "lost")], order="value_score desc, id", limit=_ANSWERS
    )
    vals_list = []
    for place, profile in enumerate(profiles):
        kind = ("csat", "nps")[place % 2]
        answer, comment = _ANSWERED[kind][place // 2 % len(_ANSWERED[kind])]
        vals_list.append(
            {
                "partner_id": profile.partner_id.id,
                "kind": kind,
                "answer": answer,
                "date": today - timedelta(days=2 + place * 37 % 350),
                "comment": comment,
                "source_key": f"story:{place}",
            }
        )
    env["crm.satisfaction.answer"]._record(vals_list)


def _record_losses(env: Env) -> None:
    lost = env["crm.value.profile"].search(
        [("lifecycle", "=", "lost")],
        order="revenue_total desc, id",
        limit=len(_LOSSES) * 4,
    )[::4]
    for profile, (reason, note) in zip(lost, _LOSSES, strict=False):
        env["crm.churn.record"].with_user(_manager(env)).create(
            {
                "partner_id": profile.partner_id.id,
                "reason_id": env.ref(
                    f"crm_value_retention.crm_churn_reason_{reason}"
                ).id,
                "note": note,
            }
        )


def _manager(env: Env) -> Records:
    """The administrator, whose name people know, where there is one."""
    admin = env.ref("base.user_admin")
    return admin if env.company in admin.company_ids else env.user


def _set_a_tier(env: Env, today: date) -> None:
    """One customer somebody knows better than the figures do."""
    tiers = {
        name: env.ref(f"crm_value_tiering.crm_value_tier_{name}")
        for name in ("high", "mid")
    }
    profile = env["crm.value.profile"].search(
        [("tier_id", "=", tiers["mid"].id)], order="value_score desc, id", limit=1
    )
    env["crm.value.override"].with_user(_manager(env)).create(
        {
            "partner_id": profile.partner_id.id,
            "tier_id": tiers["high"].id,
            "reason": "Signed a framework agreement for three shops; orders begin in"
            " spring.",
            "date_from": today,
            "date_to": today + relativedelta(months=6),
        }
    )


def _set_targets(env: Env, today: date) -> None:
    """Some met, some not; from a day on which there are figures, whatever today is."""
    month = today.replace(day=1)
    year = month - relativedelta(months=10)
    high = env.ref("crm_value_tiering.crm_value_tier_high")
    [(seller, _returned)] = env["crm.metric.fact"]._read_group(
        [("code", "=", "customers_returned"), ("date", ">=", year)],
        ["user_id"],
        ["numerator:sum"],
        order="numerator:sum desc",
        limit=1,
    )
    goals: Sequence[tuple[str, date, date | None, float, dict[str, int]]] = (
        ("revenue", year, year + relativedelta(years=1), 120_000, {}),
        (
            "revenue",
            month - relativedelta(months=1),
            month + relativedelta(months=1),
            19_000,
            {},
        ),
        (
            "revenue",
            year,
            year + relativedelta(years=1),
            72_000,
            {"tier_id": high.id},
        ),
        ("retention", month - relativedelta(months=3), None, 45, {}),
        ("repeat_purchase", month - relativedelta(months=3), None, 50, {}),
        ("conversion", year, None, 40, {}),
        (
            "customers_returned",
            year,
            year + relativedelta(years=1),
            60,
            {"user_id": seller.id},
        ),
    )
    for code, first, end, target, scope in goals:
        env["crm.metric.target"].create(
            {
                "metric_id": env.ref(f"crm_metric.crm_metric_{code}").id,
                "date_from": first,
                "date_to": end,
                "target": target,
                **scope,
            }
        )
