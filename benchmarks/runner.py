"""Measuring: a large book of orders, then a line for each job of each module."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odoo.tools import SQL

from benchmarks import book

Env = Any
SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
HEADER = (
    f"{'job':<42}{'customers':>9}{'wall s':>9}{'queries':>9}{'+MB peak':>9}"
    f"{'written':>10}{'floor s':>9}{'ratio':>9}"
)


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
        line = (
            f"{self.job:<42}{self.customers:>9}{self.seconds:9.2f}{self.queries:9}"
            f"{self.memory:9.1f}{written:>10}{floor}{ratio}"
        )
        return line.rstrip()


class Bench:
    """What the measurements share: whom they measure, and how."""

    def __init__(self, env: Env, customers: int) -> None:
        self.env = env
        self.customers = customers
        self.company = env.company
        self.today = env.company._get_value_today()
        self.policy = env["crm.value.policy"]._get_for_company(self.company, self.today)

    def measure(self, job: str, customers: int, work: Callable[[], Any]) -> tuple:
        """Run ``work``; returns its line of the table and its result."""
        self.env.invalidate_all()
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # start a new peak
        memory, queries = _peak(), self.env.cr.sql_log_count
        started = time.monotonic()
        result = work()
        seconds = time.monotonic() - started
        queries = self.env.cr.sql_log_count - queries
        return Row(job, customers, seconds, queries, _peak() - memory), result

    def job(
        self, job: str, work: Callable[[], Any], written: Callable[[Any], int]
    ) -> None:
        """Measure a job over all customers, tell, and keep what it did.

        :param written: the rows that it wrote, from its result
        """
        row, result = self.measure(job, self.customers, work)
        row.written = written(result)
        self.tell(row)
        self.env.cr.commit()

    @staticmethod
    def tell(row: Row) -> None:
        print(row, flush=True)

    def vacuum(self, *tables: str) -> None:
        """As autovacuum does within minutes of a million new rows."""
        with self.env.registry.cursor() as cursor:
            cursor._cnx.autocommit = True
            for table in tables:
                cursor.execute(SQL("VACUUM (ANALYZE) %s", SQL.identifier(table)))


def run(env: Env, size: str) -> None:
    """Make the book, measure module by module, print the table."""
    from benchmarks import complaints, metric, retention, value

    customers = SIZES[size]
    started = time.monotonic()
    rows = book.generate(env, customers)
    print(f"book: {rows}, made in {time.monotonic() - started:.1f} s", flush=True)
    print(HEADER)
    bench = Bench(env, customers)
    value.compute(bench)
    retention.compute(bench)
    metric.compute(bench)
    complaints.compute(bench)
    value.look(bench)
    value.compare_with_others(bench)


def _peak() -> float:
    """Peak resident memory of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
