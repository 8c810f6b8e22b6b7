"""The computation of customer values beside the aggregations it cannot do without."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from odoo.tools import SQL

from benchmarks import book

Env = Any
PEER_CUSTOMERS = 500
SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}


@dataclass
class Row:
    """One line of the table; seconds, queries, MB of the Odoo process, rows."""

    job: str
    customers: int
    seconds: float
    queries: int
    memory: float
    written: int | None = None
    floor: float | None = None

    def __str__(self) -> str:
        ratio = f"{self.seconds / self.floor:9.2f}" if self.floor else " " * 9
        floor = f"{self.floor:9.2f}" if self.floor else " " * 9
        written = "" if self.written is None else str(self.written)
        return (
            f"{self.job:<42}{self.customers:>9}{self.seconds:9.2f}{self.queries:9}"
            f"{self.memory:9.1f}{written:>10}{floor}{ratio}"
        )


HEADER = (
    f"{'job':<42}{'customers':>9}{'wall s':>9}{'queries':>9}{'+MB peak':>9}"
    f"{'written':>10}{'floor s':>9}{'ratio':>9}"
)


def run(env: Env, size: str) -> None:
    """Make the book, measure, print the table."""
    customers = SIZES[size]
    started = time.monotonic()
    rows = book.generate(env, customers)
    print(f"book: {rows}, made in {time.monotonic() - started:.1f} s", flush=True)
    company = env.company
    today = company._get_value_today()
    runs = env["crm.value.run"]
    floor = min(
        _timed(env, lambda: _floor(env, company, today))[0] for _try in range(2)
    )
    table = [Row("floor: the bare aggregations", customers, floor, 2, 0.0)]

    def compute(job: str, as_of: Any) -> None:
        seconds, queries, memory, run = _measured(
            env, lambda: runs.recompute(company, as_of)
        )
        assert run.state == "done", run.error
        table.append(
            Row(job, customers, seconds, queries, memory, run.written_count, floor)
        )
        env.cr.commit()

    compute("first computation (all profiles new)", today - timedelta(days=1))
    compute("next day (all profiles change)", today)
    compute("same day again (nothing changes)", today)
    table.append(_peer(env))
    print(HEADER)
    for row in table:
        print(row)


def _floor(env: Env, company: Any, as_of: Any) -> None:
    """What any implementation must read: money per customer and day, and variety."""
    source = env["crm.value.source"]
    for query in (
        SQL(
            "SELECT COUNT(*), SUM(days), SUM(money) FROM (SELECT partner_id,"
            " COUNT(DISTINCT day) AS days, SUM(amount) AS money FROM (%s) event"
            " GROUP BY partner_id) customer",
            source._get_events_sql("sale", company, as_of, False),
        ),
        SQL(
            "SELECT COUNT(*), SUM(products) FROM (SELECT partner_id,"
            " COUNT(DISTINCT product_id) AS products FROM (%s) product"
            " WHERE day > %s::date - 365 GROUP BY partner_id) customer",
            source._get_products_sql("sale", company, as_of),
            as_of,
        ),
    ):
        env.cr.execute(query)
        env.cr.fetchall()


def _peer(env: Env) -> Row:
    """As one would write it first: a search per customer, sums in Python."""
    partners = env["res.partner"].search(
        [("name", "like", "Bench")], limit=PEER_CUSTOMERS
    )

    def one_by_one() -> None:
        for partner in partners:
            orders = env["sale.order"].search(
                [("partner_id", "child_of", partner.id), ("state", "=", "sale")]
            )
            days = {order.date_order.date() for order in orders}
            total = sum(order.amount_untaxed for order in orders)
            products = orders.order_line.product_id
            partner.comment = f"{len(days)} {total} {len(products)}"
        env.flush_all()

    seconds, queries, memory, _result = _measured(env, one_by_one)
    env.cr.rollback()
    return Row(
        "peer: a search per customer (facts only)",
        len(partners),
        seconds,
        queries,
        memory,
    )


def _timed(env: Env, work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.monotonic()
    result = work()
    return time.monotonic() - started, result


def _measured(env: Env, work: Callable[[], Any]) -> tuple[float, int, float, Any]:
    """Seconds, queries, growth of the process' peak memory in MB, result."""
    env.invalidate_all()
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # start a new peak
    before = _peak()
    queries = env.cr.sql_log_count
    seconds, result = _timed(env, work)
    return seconds, env.cr.sql_log_count - queries, _peak() - before, result


def _peak() -> float:
    """Peak resident memory of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
