"""Open opportunities for some of the customers, so that a pipeline shows tiers.

The purchases are real; these are made up. Runs inside `odoo shell`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from tools.datasets.cdnow import Purchase
from tools.datasets.odoo_records import SILENT, Env, external_ids, name_records

_TITLES = (
    "Corporate gift subscription",
    "Jazz collection, complete",
    "Office music licence",
    "Wedding music package",
    "Monthly new releases",
    "Film score box sets",
    "School library order",
    "Café background music",
    "Classical starter set",
    "Anniversary edition, pre-order",
)
_PER_GROUP = 20


def create_opportunities(env: Env, purchases: Sequence[Purchase], as_of: date) -> int:
    """Create what is missing of them and return how many that were."""
    known = external_ids(env)
    env = env(context={**env.context, **SILENT})
    stages = env["crm.stage"].search(
        [("is_won", "=", False), ("team_ids", "=", False)], order="sequence, id"
    )
    values = {}
    for place, (customer, average) in enumerate(_choose(purchases)):
        if f"opportunity_{customer}" in known:
            continue
        partner = env["res.partner"].browse(known[f"customer_{customer}"])
        values[f"opportunity_{customer}"] = {
            "type": "opportunity",
            "name": _TITLES[place % len(_TITLES)],
            "partner_id": partner.id,
            "user_id": partner.user_id.id,
            "stage_id": stages[_stage(place, len(stages))].id,
            "expected_revenue": round(average * (3 + place % 7), -1),
            "date_deadline": as_of + timedelta(days=8 + place * 11 % 75),
        }
    if values:
        leads = env["crm.lead"].create(list(values.values()))
        name_records(env, list(values), leads)
    return len(values)


def _choose(purchases: Sequence[Purchase]) -> list[tuple[str, float]]:
    """Customers of great, middling and little value, in turn: (number, average)."""
    amounts: defaultdict[str, list[float]] = defaultdict(list)
    for purchase in purchases:
        amounts[purchase.customer].append(float(purchase.amount))
    ranked = sorted(amounts, key=lambda each: (-sum(amounts[each]), each))
    third = len(ranked) // 3
    groups = [
        _spread(ranked[: max(1, len(ranked) // 20)]),
        _spread(ranked[third : 2 * third]),
        _spread(ranked[2 * third :]),
    ]
    chosen = [customer for turn in zip(*groups, strict=False) for customer in turn]
    return [(each, sum(amounts[each]) / len(amounts[each])) for each in chosen]


def _spread(customers: Sequence[str]) -> Sequence[str]:
    """At most so many of them, evenly spaced."""
    return customers[:: max(1, len(customers) // _PER_GROUP)][:_PER_GROUP]


def _stage(place: int, stages: int) -> int:
    """Earlier stages hold more; every group of customers reaches every stage."""
    turn = place // 3
    steps = [stage for stage in range(stages) for _ in range(stages - stage)]
    return steps[turn % len(steps)]
