"""What customers of the demo complained and asked about: made up, beside real orders.

The team learns: of a hundred orders fifteen were complained about half a year ago, and
five are now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from tools.datasets.odoo_records import Env, Records
from tools.datasets.odoo_story_times import CHANGED, tell_times

RATES = (15, 13, 11, 8, 6, 5)  # complaints per hundred orders, month by month
# cause, severity, subject, in the customer's words, why it happened, what was done
_COMPLAINTS = (
    (
        "quality_expectation",
        "2",
        "Two discs are scratched",
        "Side two of both jumps from the third song on.",
        "The sleeves of this series are too tight.",
        "Sent both discs again, without asking the broken ones back.",
    ),
    (
        "service_efficiency",
        "3",
        "The parcel took three weeks",
        "You wrote four days. It was a birthday present.",
        "Orders with one missing title waited for all of it.",
        "Sent the rest by express; next order without shipping costs.",
    ),
    (
        "communication_misunderstanding",
        "1",
        "Ordered vinyl, got a disc",
        "The picture showed a record. I have no player for discs.",
        "Both have the same name on the page; only the code differs.",
        "Exchanged it, and the page now says what it is.",
    ),
    (
        "service_attitude",
        "3",
        "Nobody called me back",
        "I was promised a call on Monday. It is Thursday.",
        "The call was noted on paper on a Friday evening.",
        "The team leader called and apologised.",
    ),
    (
        "price_expectation",
        "2",
        "Cheaper a week later",
        "Five dollars less, eight days after I had paid.",
        "The campaign began eight days after the order.",
        "Gave the difference back.",
    ),
    (
        "service_process",
        "2",
        "Had to explain it three times",
        "Three people, three times the same story from the beginning.",
        "Each colleague opened a case of their own.",
        "One person answers now until it is solved.",
    ),
)
_OTHERS = (
    ("question", "Is there a remastered edition?"),
    ("problem", "The search finds no names with accents"),
    ("praise", "Found what my father has looked for"),
    ("suggestion", "Please show when a title comes back"),
)
# by cause: kind of solution, cost
_SOLUTIONS = {
    "quality_expectation": ("replacement", 12),
    "service_efficiency": ("goodwill", 8),
    "communication_misunderstanding": ("explanation", 0),
    "service_attitude": ("apology", 0),
    "price_expectation": ("difference", 5),
    "service_process": ("call", 0),
}
# cause, name, why it happens, how many days ago it was carried out
_ACTIONS = (
    (
        "service_efficiency",
        "Ship what is there",
        "Why late? The parcel waits for one title. Why? Orders ship complete only. "
        "Why? It saves postage. It costs us the customer.",
        95,
    ),
    (
        "communication_misunderstanding",
        "Say on the page what it is",
        "Record and disc have one name and one picture; only the code differs.",
        50,
    ),
    (
        "quality_expectation",
        "Wider sleeves for discs",
        "The sleeves of this series are too tight: 9 of 40 discs came out scratched.",
        0,
    ),
)
# Marks of customers after closing: half a year ago, and getting better.
_MARKS = ((2, 4, 3, 5, 1, 4), (4, 3, 5, 4, 2, 5), (5, 4, 5, 3, 5, 4))
_WORDS = ("Nobody knew my case.", "Friendly, but it took three weeks.")
_OUTBREAK = 8  # complaints about one cause in one week, where one or two are normal
_CHANNELS = ("email", "portal", "phone", "email", "onsite", "social")
# Steps of the requests that are open today, and how many hours ago they came in.
_OPEN = (
    ("received", 0.2),
    ("received", 0.6),
    ("classify", 2),
    ("classify", 7),
    ("investigate", 6),
    ("investigate", 10),
    ("plan", 9),
    ("carry_out", 30),
    ("follow_up", 20),
    ("received", 0.4),
)

# What nobody has found out yet in a step.
_UNKNOWN_YET = {
    "classify": ("severity", "cause_id", "root_cause", "solution"),
    "investigate": ("root_cause", "solution"),
    "plan": ("solution",),
}


def tell_requests(env: Env, today: date, user: Records) -> None:
    """Requests of the last six months: all of them closed but those of this week."""
    team = env["crm.complaint.team"].search(
        [("company_id", "=", env.company.id)], limit=1
    )
    team.write({"user_id": user.id, "member_ids": [(4, user.id)]})
    vals_list = []
    for ago, rate in zip(range(len(RATES), 0, -1), RATES, strict=True):
        first = today - relativedelta(months=ago)
        end = min(first + relativedelta(months=1), today - timedelta(days=9))
        orders = _orders(env, first, end)
        for place, line in enumerate(_some(orders, len(orders) * rate // 100)):
            vals_list.append(_prepare_closed(env, team, user, line, place + ago))
    newest = _orders(env, today - timedelta(days=60), today)
    for place, line in enumerate(_some(newest, len(_OPEN))):
        vals_list.append(_prepare_open(env, team, user, line, place))
    vals_list += _prepare_outbreak(env, team, user, today)
    requests = env["crm.complaint"].create(vals_list)
    for request in requests.filtered(lambda one: one.stage_id.may_wait)[:2]:
        request.with_user(user)._pause(
            "customer", False, "Asked for a photo.", env.cr.now()
        )
    env["crm.complaint.clock"]._sweep_company(env.company)
    _tell_marks(env, requests.filtered(lambda one: one.state == "closed"))
    _tell_solutions(env, requests)
    _tell_actions(env, today, user)
    env["crm.complaint.alarm"]._watch_company(env.company)
    tell_times(env, requests, today, user)


def _tell_marks(env: Env, closed: Records) -> None:
    """Every second customer was asked and gave a mark, a day after closing."""
    asked = closed[::2].sorted("closed_at")
    model = env["ir.model"]._get_id(asked._name)
    env["rating.rating"].create(
        [
            {
                "res_model_id": model,
                "res_id": request.id,
                "partner_id": request.partner_id.id,
                "rated_partner_id": request.user_id.partner_id.id,
                "rating": _MARKS[place * len(_MARKS) // len(asked)][place % 6],
                "feedback": _WORDS[place] if place < len(_WORDS) else False,
                "consumed": True,
            }
            for place, request in enumerate(asked)
        ]
    )
    for request in asked:
        moment = request.closed_at + timedelta(days=1)
        request.write({"surveyed_at": moment, "marked_at": moment + timedelta(hours=2)})
    env["crm.complaint"]._record_marks(env.company)


def _prepare_outbreak(
    env: Env, team: Records, user: Records, today: date
) -> list[dict[str, object]]:
    """Last week one series came out scratched: the early warning finds it."""
    monday = today - timedelta(days=today.weekday() + 7)
    lines = _some(_orders(env, monday - timedelta(days=28), monday), _OUTBREAK)
    vals_list = []
    for place, line in enumerate(lines):
        received = datetime.combine(monday + timedelta(days=place % 5), time(9 + place))
        vals_list.append(
            {
                **_prepare_closed(env, team, user, line, place),
                **_prepare_complaint(env, 0),
                "received_at": received,
                "first_response_at": received + timedelta(minutes=40),
                "carried_out_date": received.date(),
                "closed_at": received + timedelta(hours=5),
            }
        )
    return vals_list


def _tell_solutions(env: Env, requests: Records) -> None:
    """What was done for customers, and what is proposed: one costs more than allowed."""
    kinds = {
        code: env.ref(f"crm_complaints.crm_complaint_remedy_{code}").id
        for code, _cost in set(_SOLUTIONS.values())
    }
    vals_list = []
    for request in requests.filtered("solution"):
        cause = request.cause_id.get_external_id()[request.cause_id.id]
        code, cost = _SOLUTIONS[
            cause.removeprefix("crm_complaints.crm_complaint_cause_")
        ]
        vals_list.append(
            {"complaint_id": request.id, "remedy_id": kinds[code], "amount": cost}
        )
    solutions = env["crm.complaint.solution"].create(vals_list)
    open_ones = solutions.filtered(lambda one: one.complaint_id.state == "open")
    open_ones[:1].amount = 240
    # as it was done then: nothing is made, and nobody has a task now
    for solution in solutions - open_ones:
        request = solution.complaint_id
        solution.write({"state": "done", "done_date": request.carried_out_date})


def _tell_actions(env: Env, today: date, user: Records) -> None:
    """What was done against two causes: one action is over, one has just begun."""
    for cause, name, why, days_ago in _ACTIONS:
        about = env.ref(f"crm_complaints.crm_complaint_cause_{cause}")
        led_here = [("company_id", "=", env.company.id), ("cause_id", "=", about.id)]
        action = env["crm.complaint.capa"].create(
            {
                "company_id": env.company.id,
                "cause_id": about.id,
                "template_id": env["crm.complaint.capa.template"]._get_for(about).id,
                "complaint_ids": env["crm.complaint"].search(led_here, limit=5).ids,
                "user_id": user.id,
                "name": name,
                "analysis": why,
                "due_date": today + timedelta(days=14),
            }
        )
        if days_ago:
            action.implemented_date = today - timedelta(days=days_ago)
            action.action_carried_out()
    env["crm.complaint.capa"]._judge_company(env.company)


def _orders(env: Env, first: date, end: date) -> list[Records]:
    """Confirmed orders of a time, each by one of its lines."""
    lines = env["sale.order.line"].search(
        [
            ("company_id", "=", env.company.id),
            ("state", "=", "sale"),
            ("order_id.date_order", ">=", datetime.combine(first, time.min)),
            ("order_id.date_order", "<", datetime.combine(end, time.min)),
        ],
        order="order_id, id",
    )
    return list({line.order_id: line for line in lines}.values())


def _some(lines: Sequence[Records], count: int) -> Iterator[Records]:
    """As many of them, at equal distances."""
    for place in range(min(count, len(lines))):
        yield lines[place * len(lines) // count]


def _prepare(
    env: Env, team: Records, line: Records, place: int, received: datetime
) -> dict[str, object]:
    return {
        "company_id": env.company.id,
        "team_id": team.id,
        "partner_id": line.order_id.partner_id.id,
        "email_from": line.order_id.partner_id.email,
        "order_id": line.order_id.id,
        "order_line_id": line.id,
        "channel": _CHANNELS[place % len(_CHANNELS)],
        "received_at": received,
    }


def _prepare_complaint(env: Env, place: int) -> dict[str, object]:
    cause, severity, subject, words, why, done = _COMPLAINTS[place % len(_COMPLAINTS)]
    return {
        "type": "complaint",
        "name": subject,
        "description": f"<p>{words}</p>",
        "cause_id": env.ref(f"crm_complaints.crm_complaint_cause_{cause}").id,
        "severity": severity,
        "root_cause": why,
        "solution": done,
    }


def _prepare_closed(
    env: Env, team: Records, user: Records, line: Records, place: int
) -> dict[str, object]:
    """Most were solved in time; every seventh took longer."""
    received = line.order_id.date_order + timedelta(days=2 + place % 4, hours=place % 7)
    late = place % 7 == 6
    quick = received > env.cr.now() - timedelta(days=CHANGED)
    answered = received + timedelta(minutes=1800 if late else 15 + place % 5 * 10)
    length = timedelta(hours=220 if late else 6 + place % 9 * 5)
    closed = answered + (length / 2 if quick else length)
    return {
        **_prepare(env, team, line, place, received),
        **_prepare_complaint(env, place),
        "user_id": user.id,
        "stage_id": env.ref("crm_complaints.crm_complaint_stage_archive").id,
        "first_response_at": answered,
        "carried_out_date": (closed - timedelta(days=1)).date(),
        "follow_up_result": "refused" if place % 9 == 8 else "accepted",
        "closed_at": closed,
    }


def _prepare_open(
    env: Env, team: Records, user: Records, line: Records, place: int
) -> dict[str, object]:
    step, hours = _OPEN[place]
    received = env.cr.now() - timedelta(hours=hours)
    vals = _prepare(env, team, line, place, received)
    if step == "received":
        kind, subject = _OTHERS[place % len(_OTHERS)]
        return {**vals, "type": kind, "name": subject, "user_id": False}
    known = _prepare_complaint(env, place)
    for name in _UNKNOWN_YET.get(step, ()):
        del known[name]
    return {
        **vals,
        **known,
        "user_id": user.id,
        "stage_id": env.ref(f"crm_complaints.crm_complaint_stage_{step}").id,
        "first_response_at": received + timedelta(hours=1) if place % 2 else False,
        "carried_out_date": received.date() if step == "follow_up" else False,
    }
