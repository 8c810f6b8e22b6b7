"""How long each step of the requests of the demo took: made up, ending when they were
closed. Finding the cause took half of it, until one person was made to decide."""

from __future__ import annotations

from datetime import date, timedelta

from tools.datasets.odoo_records import Env, Records

CHANGED = 60  # days ago
_STEPS = ("received", "classify", "investigate", "plan", "carry_out", "follow_up")
# parts of the whole, of a hundred
_BEFORE = (3, 5, 52, 10, 20, 10)
_AFTER = (6, 10, 14, 20, 30, 20)


def tell_times(env: Env, requests: Records, today: date, user: Records) -> None:
    """Stays in the steps, and a review of what the change brought."""
    changed = today - timedelta(days=CHANGED)
    stages = [env.ref(f"crm_complaints.crm_complaint_stage_{code}") for code in _STEPS]
    vals_list = []
    for request in requests.filtered(lambda one: one.state == "closed"):
        start = request.received_at
        whole = request.closed_at - start
        parts = _BEFORE if start.date() < changed else _AFTER
        for stage, part in zip(stages, parts, strict=True):
            end = start + whole * part / 100
            hours = (end - start).total_seconds() / 3600
            vals_list.append(
                {
                    "complaint_id": request.id,
                    "company_id": request.company_id.id,
                    "stage_id": stage.id,
                    "user_id": user.id,
                    "entered_at": start,
                    "left_at": end,
                    "hours": hours,
                    "waiting_hours": hours / 3 if stage.may_wait else 0,
                }
            )
            start = end
    env["crm.complaint.passage"].create(vals_list)
    env["crm.complaint.process"].create(
        {
            "name": "One person decides on the cause",
            "company_id": env.company.id,
            "user_id": user.id,
            "change_date": changed,
            "days": CHANGED,
            "change": "Three colleagues were asked before; now who takes it decides.",
        }
    )
