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
CHANGED = (500, 5000)
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
        line = (
            f"{self.job:<42}{self.customers:>9}{self.seconds:9.2f}{self.queries:9}"
            f"{self.memory:9.1f}{written:>10}{floor}{ratio}"
        )
        return line.rstrip()


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
    print(HEADER)
    Bench(env, customers).run()


class Bench:
    """Measures one thing after the other and prints a line for each."""

    def __init__(self, env: Env, customers: int) -> None:
        self.env = env
        self.customers = customers
        self.company = env.company
        self.today = env.company._get_value_today()
        self.runs = env["crm.value.run"]
        self.floor: float | None = None

    def run(self) -> None:
        """All lines of the table."""
        self.floor = min(self._timed(self._aggregate) for _try in range(2))
        self._print(
            Row("floor: the bare aggregations", self.customers, self.floor, 6, 0)
        )
        yesterday = self.today - timedelta(days=1)
        self._compute("first computation (all profiles new)", yesterday)
        self._vacuum()
        self._compute("next day (all profiles change)", self.today)
        self._compute("same day again (nothing changes)", self.today)
        for changed in CHANGED:
            self._compute_changes(changed)
        self._compare()
        self._other_jobs()
        self._print(self._peer())
        self._print(self._rewrite())

    def _print(self, row: Row) -> None:
        print(row, flush=True)

    def _compute(self, job: str, as_of: Any) -> None:
        row, run = self._measured(
            job, self.customers, lambda: self.runs.recompute(self.company, as_of)
        )
        assert run.state == "done", run.error
        row.written, row.floor = run.written_count, self.floor
        self._print(row)
        self.env.cr.commit()

    # ------------------------------------------------------------------- changes
    def _compute_changes(self, changed: int) -> None:
        """Another amount on the last order of some customers, and only they again."""
        self._change(changed)
        row, run = self._measured(
            "changed customers only",
            changed,
            lambda: self.runs._recompute_changes(self.company, self.today),
        )
        assert (run.state, run.kind) == ("done", "changes"), run.error
        row.written = run.written_count
        self._print(row)
        self.env.cr.commit()

    def _change(self, changed: int) -> None:
        self.env.cr.execute(
            """
            UPDATE sale_order so SET amount_untaxed = amount_untaxed + 100
              FROM (SELECT MAX(id) AS id FROM sale_order
                     WHERE partner_id IN (SELECT partner_id FROM crm_value_profile
                                           WHERE company_id = %s
                                           ORDER BY hashint4(partner_id) LIMIT %s)
                     GROUP BY partner_id) latest
             WHERE latest.id = so.id RETURNING so.partner_id
            """,
            [self.company.id, changed],
        )
        partners = [row[0] for row in self.env.cr.fetchall()]
        self.env["crm.value.dirty"]._mark(partners, self.company.ids)
        self.env.cr.commit()
        self.env.invalidate_all()

    def _compare(self) -> None:
        """Changed customers only, and all: the same bytes?"""
        self._change(CHANGED[-1])
        base = self.runs._get_base(self.company)
        model = self.env["crm.value.policy"]._get_for_company(self.company, self.today)
        some = self.runs._recompute_changes(self.company, self.today)
        digest, written = self._digest(), some.written_count
        self.env.cr.rollback()
        self.env.invalidate_all()
        row, run = self._measured(
            "all customers, with the same scales",
            self.customers,
            lambda: self.runs._execute(self.company, model, self.today, base=base),
        )
        row.written = run.written_count
        self._print(row)
        same = digest == self._digest() and written == run.written_count
        print(f"  changed only = all, byte for byte: {'yes' if same else 'NO'}")
        self.env.cr.commit()

    # ----------------------------------------------------------- what else is computed
    def _other_jobs(self) -> None:
        """The nightly jobs beside the values, and what a manager waits for."""
        profiles, engine = self.env["crm.value.profile"], self.env["crm.value.engine"]
        model = self.env["crm.value.policy"]._get_for_company(self.company, self.today)
        self.env["crm.value.tier"].search([], limit=1).contact_days = 30
        for job, work, written in (
            (
                "contact dates of the best tier",
                lambda: profiles._update_contacts(self.company, self.today),
                lambda changed: changed,
            ),
            (
                "metrics and cohorts, two months",
                lambda: self.env["crm.metric.run"].recompute(self.company),
                lambda run: run.written_count,
            ),
            (
                "metrics and cohorts again",
                lambda: self.env["crm.metric.run"].recompute(self.company),
                lambda run: run.written_count,
            ),
            (
                "preview of the set-up",
                lambda: engine._preview(self.company, model, self.today),
                lambda preview: 0,
            ),
            (
                "accuracy check, half a year",
                lambda: engine._check_holdout(
                    self.company, model, self.today - timedelta(days=182), self.today
                ),
                lambda figures: 0,
            ),
        ):
            row, result = self._measured(job, self.customers, work)
            row.written = written(result)
            self._print(row)
            self.env.cr.commit()

    def _digest(self) -> str:
        """One checksum over every column of every profile and of every transition."""
        self.env.cr.execute(
            """
            SELECT md5(string_agg(md5((to_jsonb(profile) - 'write_date')::text), ''
                                  ORDER BY partner_id)),
                   (SELECT md5(string_agg(md5((to_jsonb(change) - 'id' - 'run_id'
                                               - 'create_date' - 'write_date')::text), ''
                                          ORDER BY partner_id, kind, id))
                      FROM crm_value_transition change)
              FROM crm_value_profile profile
            """
        )
        return str(self.env.cr.fetchone())

    # --------------------------------------------------------- floors and the peer
    def _aggregate(self) -> None:
        """What any implementation must read and sort: money per customer, variety, and
        the percentiles of the four measures. Nothing is scored, nothing kept."""
        source = self.env["crm.value.source"]
        self.env["crm.value.engine"]._tune_session()
        for name, query in (
            (
                "bench_money",
                SQL(
                    "SELECT partner_id, MIN(day) AS first, MAX(day) AS last,"
                    " COUNT(DISTINCT day) AS days, SUM(amount) AS money,"
                    " SUM(amount) FILTER (WHERE day > %(today)s::date - 365) AS year,"
                    " SUM(amount) FILTER (WHERE amount < 0) AS refunds"
                    " FROM (%(events)s) event GROUP BY partner_id",
                    today=self.today,
                    events=source._get_events_sql(
                        "sale", self.company, self.today, False
                    ),
                ),
            ),
            (
                "bench_variety",
                SQL(
                    "SELECT partner_id, COUNT(DISTINCT product_id) AS products"
                    " FROM (%s) product WHERE day > %s::date - 365 GROUP BY partner_id",
                    source._get_products_sql("sale", self.company, self.today),
                    self.today,
                ),
            ),
        ):
            self.env.cr.execute(
                SQL("CREATE TEMPORARY TABLE %s AS %s", SQL.identifier(name), query)
            )
        for table, measure in (
            ("bench_money", "last"),
            ("bench_money", "days"),
            ("bench_money", "year"),
            ("bench_variety", "products"),
        ):
            self.env.cr.execute(
                SQL(
                    "SELECT percentile_disc(ARRAY[.2, .4, .6, .8])"
                    " WITHIN GROUP (ORDER BY %s) FROM %s",
                    SQL.identifier(measure),
                    SQL.identifier(table),
                )
            )
        self.env.cr.execute("DROP TABLE bench_money, bench_variety")

    def _rewrite(self) -> Row:
        """What PostgreSQL takes to write every profile once more, and nothing else."""
        row, _result = self._measured(
            "floor: rewriting every profile",
            self.customers,
            lambda: self.env.cr.execute(
                "UPDATE crm_value_profile SET recency_days = recency_days + 1"
            ),
        )
        row.written = self.env.cr.rowcount
        self.env.cr.rollback()
        return row

    def _peer(self) -> Row:
        """As one would write it first: a search per customer, sums in Python."""
        partners = self.env["res.partner"].search(
            [("name", "like", "Bench")], limit=PEER_CUSTOMERS
        )

        def one_by_one() -> None:
            for partner in partners:
                orders = self.env["sale.order"].search(
                    [("partner_id", "child_of", partner.id), ("state", "=", "sale")]
                )
                days = {order.date_order.date() for order in orders}
                total = sum(order.amount_untaxed for order in orders)
                products = orders.order_line.product_id
                partner.comment = f"{len(days)} {total} {len(products)}"
            self.env.flush_all()

        row, _result = self._measured(
            "peer: a search per customer (facts only)", len(partners), one_by_one
        )
        self.env.cr.rollback()
        return row

    # --------------------------------------------------------------------- tools
    def _vacuum(self) -> None:
        """As autovacuum does within minutes of a million new rows."""
        with self.env.registry.cursor() as cursor:
            cursor._cnx.autocommit = True
            for table in ("crm_value_profile", "crm_value_transition"):
                cursor.execute(SQL("VACUUM (ANALYZE) %s", SQL.identifier(table)))

    def _timed(self, work: Callable[[], Any]) -> float:
        started = time.monotonic()
        work()
        return time.monotonic() - started

    def _measured(
        self, job: str, customers: int, work: Callable[[], Any]
    ) -> tuple[Row, Any]:
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


def _peak() -> float:
    """Peak resident memory of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
