"""What customers of the demo suggested, and what was done because a target was missed:
made up, beside real orders. Nothing is sent."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from tools.datasets.odoo_records import Env, Records

# idea, what customers said, what was considered, answer, decision, days ago
_IDEAS = (
    (
        "Say when a title comes back",
        ("Please write when it is in stock again", "A mail when it is back, please"),
        "Two of a hundred calls ask only this. A day's work.",
        "Since this month each page has “tell me when it is back”.",
        "adopted",
        40,
    ),
    (
        "Ship what is there",
        ("Do not wait for the last title", "Send the rest later", "Split my parcel"),
        "Costs a second postage; half of those who waited never came back.",
        "From spring on you choose it with the order.",
        "planned",
        12,
    ),
    (
        "Shops in every town",
        ("Open a shop in our town",),
        "No.",
        "We stay a mail-order house, so that every title is there for everybody.",
        "declined",
        70,
    ),
    (
        "Listen before buying",
        ("Let me hear half a minute", "Samples of each song", "Hear it first"),
        "Rights are 200 a month. Would it sell more?",
        False,
        "new",
        5,
    ),
)
# what complaints per hundred orders should come to, and what was done about it
_GOAL = 6
_REASON = "Orders with one missing title waited for all of it; sleeves were too tight."
_MEASURES = ("Ship what is there", "Wider sleeves for discs", "One person per case")
_LESSON = "What stops the cause helps more than what soothes the customer."


def tell_ideas(env: Env, today: date, user: Records) -> None:
    """Suggestions of customers who bought; three ideas are decided on."""
    team = env["crm.complaint.team"].search(
        [("company_id", "=", env.company.id)], limit=1
    )
    buyers = env["sale.order"].search(
        [("company_id", "=", env.company.id), ("state", "=", "sale")],
        order="id desc",
        limit=200,
    )
    partners = iter(buyers.partner_id.sorted("id"))
    for name, said, considered, answer, decision, days_ago in _IDEAS:
        moment = datetime.combine(today - timedelta(days=days_ago), time(9))
        decided = decision != "new"
        idea = env["crm.complaint.idea"].create(
            {
                "name": name,
                "company_id": env.company.id,
                "user_id": user.id,
                "considerations": considered,
                "answer": answer,
                "state": decision,
                "decided_at": moment if decided else False,
                "decided_by_id": user.id if decided else False,
            }
        )
        stage = env.ref(
            f"crm_complaints.crm_complaint_stage_{'archive' if decided else 'received'}"
        )
        for place, words in enumerate(said):
            received = moment - timedelta(days=3 + 4 * place)
            env["crm.complaint"].create(
                {
                    "type": "suggestion",
                    "name": words,
                    "company_id": env.company.id,
                    "team_id": team.id,
                    "partner_id": next(partners).id,
                    "channel": ("phone", "portal", "onsite")[place % 3],
                    "gathered_by_id": False if place % 3 == 1 else user.id,
                    "user_id": user.id if decided else False,
                    "received_at": received,
                    "first_response_at": moment if decided else False,
                    "closed_at": moment if decided else False,
                    "stage_id": stage.id,
                    "idea_id": idea.id,
                    "told_decision": decision if decided else False,
                    "told_at": moment if decided else False,
                }
            )


def tell_plan(env: Env, today: date, user: Records) -> None:
    """Five months ago the complaint rate was missed; since then it has got better."""
    month = today.replace(day=1) - relativedelta(months=5)
    target = env["crm.metric.target"].create(
        {
            "metric_id": env.ref("crm_complaints_metric.crm_metric_complaint_rate").id,
            "company_id": env.company.id,
            "date_from": month,
            "date_to": month + relativedelta(years=1),
            "target": _GOAL,
        }
    )
    plan = env["crm.metric.plan"]._start(target, month)
    plan.write(
        {
            "user_id": user.id,
            "reason": _REASON,
            "lesson": _LESSON,
            "review_date": today + timedelta(days=7),
            "measure_ids": [
                (
                    0,
                    0,
                    {
                        "name": name,
                        "user_id": user.id,
                        "due_date": month + relativedelta(months=2 + place),
                        "done_date": month + relativedelta(months=2 + place, days=-4),
                    },
                )
                for place, name in enumerate(_MEASURES)
            ],
        }
    )
