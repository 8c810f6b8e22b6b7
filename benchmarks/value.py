"""The computation of customer values beside the aggregations it cannot do without."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from odoo.tools import SQL

from benchmarks.runner import Bench, Row

PEER_CUSTOMERS = 500
CHANGED = (500, 5000)


def compute(bench: Bench) -> None:
    """The floor, then all customers and some, in the order of a new database."""
    floor = min(_time_aggregations(bench) for _try in range(2))
    bench.tell(Row("floor: the bare aggregations", bench.customers, floor, 6, 0))
    yesterday = bench.today - timedelta(days=1)
    _compute_all(bench, "first computation (all profiles new)", yesterday, floor)
    bench.vacuum("crm_value_profile", "crm_value_transition")
    _compute_all(bench, "next day (all profiles change)", bench.today, floor)
    _compute_all(bench, "same day again (nothing changes)", bench.today, floor)
    for changed in CHANGED:
        _compute_changes(bench, changed)
    _compare(bench)


def look(bench: Bench) -> None:
    """What a manager waits for."""
    engine, half_a_year = bench.env["crm.value.engine"], timedelta(days=182)
    bench.job(
        "preview of the set-up",
        lambda: engine._preview(bench.company, bench.policy, bench.today),
        lambda preview: 0,
    )
    bench.job(
        "accuracy check, half a year",
        lambda: engine._check_holdout(
            bench.company, bench.policy, bench.today - half_a_year, bench.today
        ),
        lambda figures: 0,
    )


def compare_with_others(bench: Bench) -> None:
    """As one would write it first, and the least that PostgreSQL has to write."""
    _ask_one_by_one(bench)
    _rewrite(bench)


def _compute_all(bench: Bench, job: str, as_of: Any, floor: float) -> None:
    runs = bench.env["crm.value.run"]
    row, run = bench.measure(
        job, bench.customers, lambda: runs.recompute(bench.company, as_of)
    )
    assert run.state == "done", run.error
    row.written, row.floor = run.written_count, floor
    bench.tell(row)
    bench.env.cr.commit()


def _compute_changes(bench: Bench, changed: int) -> None:
    """Another amount on the last order of some customers, and only they again."""
    runs = bench.env["crm.value.run"]
    _change(bench, changed)
    row, run = bench.measure(
        "changed customers only",
        changed,
        lambda: runs._recompute_changes(bench.company, bench.today),
    )
    assert (run.state, run.kind) == ("done", "changes"), run.error
    row.written = run.written_count
    bench.tell(row)
    bench.env.cr.commit()


def _change(bench: Bench, changed: int) -> None:
    bench.env.cr.execute(
        """
        UPDATE sale_order so SET amount_untaxed = amount_untaxed + 100
          FROM (SELECT MAX(id) AS id FROM sale_order
                 WHERE partner_id IN (SELECT partner_id FROM crm_value_profile
                                       WHERE company_id = %s
                                       ORDER BY hashint4(partner_id) LIMIT %s)
                 GROUP BY partner_id) latest
         WHERE latest.id = so.id RETURNING so.partner_id
        """,
        [bench.company.id, changed],
    )
    partners = [row[0] for row in bench.env.cr.fetchall()]
    bench.env["crm.value.dirty"]._mark(partners, bench.company.ids)
    bench.env.cr.commit()
    bench.env.invalidate_all()


def _compare(bench: Bench) -> None:
    """Changed customers only, and all: the same bytes?"""
    runs = bench.env["crm.value.run"]
    _change(bench, CHANGED[-1])
    base = runs._get_base(bench.company)
    some = runs._recompute_changes(bench.company, bench.today)
    digest, written = _digest(bench), some.written_count
    bench.env.cr.rollback()
    bench.env.invalidate_all()
    row, run = bench.measure(
        "all customers, with the same scales",
        bench.customers,
        lambda: runs._execute(bench.company, bench.policy, bench.today, base=base),
    )
    row.written = run.written_count
    bench.tell(row)
    same = digest == _digest(bench) and written == run.written_count
    print(f"  changed only = all, byte for byte: {'yes' if same else 'NO'}")
    bench.env.cr.commit()


def _digest(bench: Bench) -> str:
    """One checksum over every column of every profile and of every transition."""
    bench.env.cr.execute(
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
    return str(bench.env.cr.fetchone())


def _time_aggregations(bench: Bench) -> float:
    started = time.monotonic()
    _aggregate(bench)
    return time.monotonic() - started


def _aggregate(bench: Bench) -> None:
    """What any implementation must read and sort: money per customer, variety, and
    the percentiles of the four measures. Nothing is scored, nothing kept."""
    source = bench.env["crm.value.source"]
    bench.env["crm.value.engine"]._tune_session()
    for name, query in (
        (
            "bench_money",
            SQL(
                "SELECT partner_id, MIN(day) AS first, MAX(day) AS last,"
                " COUNT(DISTINCT day) AS days, SUM(amount) AS money,"
                " SUM(amount) FILTER (WHERE day > %(today)s::date - 365) AS year,"
                " SUM(amount) FILTER (WHERE amount < 0) AS refunds"
                " FROM (%(events)s) event GROUP BY partner_id",
                today=bench.today,
                events=source._get_events_sql(
                    "sale", bench.company, bench.today, False
                ),
            ),
        ),
        (
            "bench_variety",
            SQL(
                "SELECT partner_id, COUNT(DISTINCT product_id) AS products"
                " FROM (%s) product WHERE day > %s::date - 365 GROUP BY partner_id",
                source._get_products_sql("sale", bench.company, bench.today),
                bench.today,
            ),
        ),
    ):
        bench.env.cr.execute(
            SQL("CREATE TEMPORARY TABLE %s AS %s", SQL.identifier(name), query)
        )
    for table, measure in (
        ("bench_money", "last"),
        ("bench_money", "days"),
        ("bench_money", "year"),
        ("bench_variety", "products"),
    ):
        bench.env.cr.execute(
            SQL(
                "SELECT percentile_disc(ARRAY[.2, .4, .6, .8])"
                " WITHIN GROUP (ORDER BY %s) FROM %s",
                SQL.identifier(measure),
                SQL.identifier(table),
            )
        )
    bench.env.cr.execute("DROP TABLE bench_money, bench_variety")


def _rewrite(bench: Bench) -> None:
    """What PostgreSQL takes to write every profile once more, and nothing else."""
    row, _result = bench.measure(
        "floor: rewriting every profile",
        bench.customers,
        lambda: bench.env.cr.execute(
            "UPDATE crm_value_profile SET recency_days = recency_days + 1"
        ),
    )
    row.written = bench.env.cr.rowcount
    bench.tell(row)
    bench.env.cr.rollback()


def _ask_one_by_one(bench: Bench) -> None:
    """A search per customer, sums in Python."""
    partners = bench.env["res.partner"].search(
        [("name", "like", "Bench")], limit=PEER_CUSTOMERS
    )

    def one_by_one() -> None:
        for partner in partners:
            orders = bench.env["sale.order"].search(
                [("partner_id", "child_of", partner.id), ("state", "=", "sale")]
            )
            days = {order.date_order.date() for order in orders}
            total = sum(order.amount_untaxed for order in orders)
            products = orders.order_line.product_id
            partner.comment = f"{len(days)} {total} {len(products)}"
        bench.env.flush_all()

    row, _result = bench.measure(
        "peer: a search per customer (facts only)", len(partners), one_by_one
    )
    bench.tell(row)
    bench.env.cr.rollback()
