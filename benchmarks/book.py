"""A large book of orders on Odoo's real tables, the same for the same size.

One order with four lines and one lead are made by the ORM; every other row is a copy of
theirs in SQL with its own customer, day, amount and product. All numbers come from
hashes of the row number: no random state, no order of execution.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from odoo import Command
from odoo.tools import SQL

Env = Any
LINES = 4
PRODUCTS = 200
TABLES = ("res_partner", "sale_order", "sale_order_line", "crm_lead")
DAYS = 1200  # the book begins this many days before today
MAX_ORDERS = 16  # of a customer
# A number within 0 and 1 that a row always gets again.
UNIFORM = "(((hashint4({seed}) & 1048575) + 0.5) / 1048576)::float8"
# Customers buy as the MBG/NBD and Gamma-Gamma models have it: after an exponential time
# again, at a rate of their own, unless they leave, which after every purchase they do
# with a probability of their own; some buy dear things, and more at one time than at
# another.
RATE = f"(-ln({UNIFORM.format(seed='p * 31')}) / 90)"  # a day
LEAVING = f"(1 - pow(1 - {UNIFORM.format(seed='p * 37 + 1')}, 1 / 1.5))"
AGE = f"(1 + {UNIFORM.format(seed='p * 41')} * {DAYS})"
GAP = f"CASE k WHEN 1 THEN 0 ELSE -ln({UNIFORM.format(seed='p * 43 + k')}) / {RATE} END"
STAYS = f"(k = 1 OR {UNIFORM.format(seed='p * 47 + k * 7')} > {LEAVING})"
LEVEL = f"(0.2 - ln({UNIFORM.format(seed='p * 53')}))"
EFFORT = f"(0.3 - ln({UNIFORM.format(seed='o * 59')}))"
PRICE = (
    f"ROUND(({LEVEL} * {EFFORT} * (5 + {UNIFORM.format(seed='o * 61 + {line}')} * 20))"
    "::numeric, 2)"
)


def generate(env: Env, customers: int) -> dict[str, int]:
    """Create customers, 2.5 orders each (skewed, three in ten with only one), 4 lines
    per order and a lead for every tenth; returns the numbers of rows."""
    products = env["product.product"].create(
        [{"name": f"Bench {number}", "type": "service"} for number in range(PRODUCTS)]
    )
    partner = env["res.partner"].create({"name": "Bench 0"})
    order = env["sale.order"].create(
        {
            "partner_id": partner.id,
            "order_line": [
                Command.create({"product_id": products[0].id, "tax_ids": []})
                for _line in range(LINES)
            ],
        }
    )
    order.action_confirm()
    lead = env["crm.lead"].create({"name": "Bench 0", "partner_id": partner.id})
    env.flush_all()
    first = products.ids[0]
    assert products.ids == list(range(first, first + PRODUCTS))
    with bulk_load(env, *TABLES):
        _fill(env, partner, order, lead, first, customers)
    counts = {"customers": customers}
    for table in TABLES[1:]:
        env.cr.execute(SQL("SELECT COUNT(*) FROM %s", SQL.identifier(table)))
        counts[table] = env.cr.fetchone()[0]
    return counts


def _fill(
    env: Env, partner: Any, order: Any, lead: Any, product: int, customers: int
) -> None:
    copy(
        env,
        partner,
        {"id": "n", "name": "'Bench ' || n", "complete_name": "'Bench ' || n",
         "commercial_partner_id": "n"},
        SQL("SELECT %s + n AS n FROM generate_series(1, %s) n", partner.id, customers),
    )  # fmt: skip
    amount = " + ".join(PRICE.format(line=number + 1) for number in range(LINES))
    copy(
        env,
        order,
        {"id": "o", "name": "'B' || o", "partner_id": "p", "partner_invoice_id": "p",
         "partner_shipping_id": "p", "amount_untaxed": amount, "amount_total": amount,
         "date_order": "now()::date - days + time '12:00'"},
        SQL(
            """
            SELECT p, floor(age - since)::int AS days,
                   %(first)s + ROW_NUMBER() OVER (ORDER BY p, k)::int AS o
              FROM (SELECT p, k, %(age)s AS age,
                           SUM(%(gap)s) OVER (PARTITION BY p ORDER BY k) AS since,
                           BOOL_AND(%(stays)s) OVER (PARTITION BY p ORDER BY k) AS stays
                      FROM generate_series(%(low)s + 1, %(low)s + %(customers)s) p,
                           generate_series(1, %(orders)s) k) purchase
             WHERE stays AND since < age - 1
            """,
            first=order.id,
            age=SQL(AGE),
            gap=SQL(GAP),
            stays=SQL(STAYS),
            low=partner.id,
            customers=customers,
            orders=MAX_ORDERS,
        ),
    )  # fmt: skip
    copy(
        env,
        order.order_line[0],
        {"id": f"{order.order_line.ids[-1]} + (o - {order.id} - 1) * {LINES} + k",
         "order_id": "o", "order_partner_id": "p",
         "product_id": f"{product} + (hashint4(o * 7 + k) & 65535) % {PRODUCTS}",
         "price_subtotal": PRICE.format(line="k")},
        SQL(
            "SELECT so.id AS o, so.partner_id AS p, k FROM sale_order so,"
            " generate_series(1, %s) k WHERE so.id > %s",
            LINES,
            order.id,
        ),
    )  # fmt: skip
    copy(
        env,
        lead,
        {"id": f"{lead.id} + n", "name": "'Bench ' || n", "partner_id": "p"},
        SQL(
            "SELECT n, %s + n * 10 AS p FROM generate_series(1, %s) n",
            partner.id,
            customers // 10,
        ),
    )


def copy(env: Env, prototype: Any, own: dict[str, str], rows: SQL) -> None:
    """Insert a copy of ``prototype`` per row; ``own`` maps columns to SQL over a row."""
    table = SQL.identifier(prototype._table)
    columns = [
        name
        for name, field in prototype._fields.items()
        if field.store and field.column_type and name not in (*own, "id")
    ]
    names = SQL(", ").join(map(SQL.identifier, [*columns, *own]))
    values = SQL(", ").join(
        [SQL.identifier("prototype", name) for name in columns]
        + [SQL(text.replace("%", "%%")) for text in own.values()]
    )
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s prototype, (%s) book"
            " WHERE prototype.id = %s",
            table,
            names,
            values,
            table,
            rows,
            prototype.id,
        )
    )
    env.cr.execute(
        SQL(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT MAX(id) FROM %s))",
            prototype._table,
            table,
        )
    )


@contextmanager
def bulk_load(env: Env, *tables: str) -> Iterator[None]:
    """Load without foreign-key checks and build the indexes afterwards, as a restore of
    a backup does; the rows refer to rows that exist because they are made that way."""
    env.cr.execute(
        """
        SELECT index.relname, pg_get_indexdef(index.oid)
          FROM pg_index JOIN pg_class index ON index.oid = indexrelid
         WHERE indrelid = ANY(%s::regclass[])
           AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.oid)
        """,
        [list(tables)],
    )
    indexes = env.cr.fetchall()
    for name, _definition in indexes:
        env.cr.execute(SQL("DROP INDEX %s", SQL.identifier(name)))
    env.cr.execute("SET LOCAL session_replication_role = replica")
    yield
    env.cr.execute("SET LOCAL session_replication_role = DEFAULT")
    for _name, definition in indexes:
        env.cr.execute(definition)
    env.cr.commit()
    env.invalidate_all()
    with env.registry.cursor() as cursor:
        cursor._cnx.autocommit = True
        for table in tables:
            cursor.execute(SQL("VACUUM (ANALYZE) %s", SQL.identifier(table)))
