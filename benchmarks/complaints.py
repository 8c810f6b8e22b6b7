"""Requests: writing them down, the job of every minute, and the early warning."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from odoo.tools import SQL

from benchmarks import book
from benchmarks.runner import Bench, Row

CREATED = 1000
MOVED = 100
RUNNING = 10  # one clock of so many runs


def compute(bench: Bench) -> None:
    """One request for every customer's first order, then what people and jobs do."""
    complaint = _fill(bench)
    _write_down(bench, complaint)
    _sweep(bench, complaint)
    _watch(bench)


def _fill(bench: Bench) -> Any:
    """A request made by the ORM, and copies of it and of one clock."""
    env = bench.env
    cause = env.ref("crm_complaints.crm_complaint_cause_quality_standard")
    partner = env["res.partner"].search([("name", "=like", "Bench %")], limit=1)
    product = env["product.product"].search([("name", "=", "Bench 0")], limit=1)
    complaint = env["crm.complaint"].create(
        {
            "name": "Bench",
            "partner_id": partner.id,
            "cause_id": cause.id,
            "product_id": product.id,
            "severity": "2",
        }
    )
    env.flush_all()
    clock = complaint.clock_ids.filtered("deadline")[:1]
    orders = SQL(
        "SELECT MIN(id) AS o, partner_id AS p, MIN(date_order) AS at FROM sale_order"
        " WHERE state = 'sale' GROUP BY partner_id"
    )
    with book.bulk_load(env, "crm_complaint", "crm_complaint_clock"):
        book.copy(
            env,
            complaint,
            {"id": f"{complaint.id} + o", "reference": "'B' || o", "partner_id": "p",
             "commercial_partner_id": "p", "received_at": "at", "user_id": "NULL::int",
             "product_id": f"{product.id} + (hashint4(o) & 65535) % {book.PRODUCTS}"},
            orders,
        )  # fmt: skip
        book.copy(
            env,
            clock,
            {"id": f"{clock.id} + c", "complaint_id": "c",
             "deadline": "now() AT TIME ZONE 'UTC' + interval '1 day'",
             "next_level_at": "now() AT TIME ZONE 'UTC' + interval '1 day'"},
            SQL(
                "SELECT id AS c FROM crm_complaint WHERE id > %s AND id %% %s = 0",
                complaint.id,
                RUNNING,
            ),
        )  # fmt: skip
    return complaint


def _write_down(bench: Bench, complaint: Any) -> None:
    vals = {
        "name": "The lamp flickers",
        "partner_id": complaint.partner_id.id,
        "cause_id": complaint.cause_id.id,
        "severity": "2",
        "user_id": bench.env.uid,
    }
    row, made = bench.measure(
        "requests written down, with clocks",
        CREATED,
        lambda: bench.env["crm.complaint"].create([dict(vals) for _ in range(CREATED)]),
    )
    row.written = len(made)
    bench.tell(row)
    stage = bench.env.ref("crm_complaints.crm_complaint_stage_investigate")
    some = made[:MOVED]
    row, _nothing = bench.measure(
        "requests moved to another step",
        MOVED,
        lambda: some.write({"stage_id": stage.id}),
    )
    row.written = MOVED
    bench.tell(row)
    bench.env.cr.commit()


def _sweep(bench: Bench, complaint: Any) -> None:
    """Many clocks run; nothing is due, then a thousand are at once."""
    clocks = bench.env["crm.complaint.clock"]
    running = clocks.search_count([("state", "=", "running")])
    row, escalated = bench.measure(
        "job of every minute, nothing due",
        running,
        lambda: clocks._sweep_company(bench.company),
    )
    row.written = len(escalated)
    bench.tell(row)
    bench.env.cr.commit()


def _watch(bench: Bench) -> None:
    """The early warning beside the two aggregations that it cannot do without."""
    alarms = bench.env["crm.complaint.alarm"]
    complaints = bench.env["crm.complaint"].search_count([])
    last = bench.today - timedelta(days=bench.today.weekday() + 7)
    floor = min(_time_counts(bench, last) for _try in range(2))
    bench.tell(Row("floor: counts by product and week", complaints, floor, 2, 0))
    row, _found = bench.measure(
        "early warning, all that is watched",
        complaints,
        lambda: alarms._find(bench.company, last),
    )
    row.floor = floor
    bench.tell(row)


def _time_counts(bench: Bench, last: Any) -> float:
    since = last - timedelta(days=7 * 28)
    started = time.monotonic()
    for query in (
        "SELECT product_id, date_trunc('week', received_at), COUNT(*) FROM crm_complaint"
        " WHERE company_id = %s AND received_at >= %s GROUP BY 1, 2",
        "SELECT line.product_id, date_trunc('week', so.date_order),"
        " COUNT(DISTINCT so.id) FROM sale_order so"
        " JOIN sale_order_line line ON line.order_id = so.id"
        " WHERE so.company_id = %s AND so.date_order >= %s GROUP BY 1, 2",
    ):
        bench.env.cr.execute(query, [bench.company.id, since])
        bench.env.cr.fetchall()
    return time.monotonic() - started
