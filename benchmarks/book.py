"""A large book of orders on Odoo's real tables, the same for the same size.

One order with four lines is made and confirmed by the ORM; every other row is a copy of
its rows in SQL with its own customer, day, amount and product. All numbers come from
hashes of the row number: no random state, no order of execution.
"""

from __future__ import annotations

from typing import Any

from odoo import Command
from odoo.tools import SQL

Env = Any
LINES = 4
PRODUCTS = 200
# Days before today: cubed, so that purchases gather in the recent past.
AGE = "1 + (pow((hashint4({seed}) & 65535) / 65536.0, 2) * 1200)::int"


def generate(env: Env, customers: int) -> dict[str, int]:
    """Create customers, 2.5 orders each (skewed, one in three only one) and 4 lines per
    order; returns the numbers of rows."""
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
    env.flush_all()
    first = products.ids[0]
    assert products.ids == list(range(first, first + PRODUCTS))
    _copy(
        env,
        "res.partner",
        {"id": "n", "name": "'Bench ' || n", "complete_name": "'Bench ' || n",
         "commercial_partner_id": "n"},
        SQL("SELECT %s + n AS n FROM generate_series(1, %s) n", partner.id, customers),
        partner.id,
    )  # fmt: skip
    # 1 to 7 orders by a hash: mean 2.5
    _copy(
        env,
        "sale.order",
        {"partner_id": "p", "partner_invoice_id": "p", "partner_shipping_id": "p",
         "date_order": f"now()::date - ({AGE.format(seed='p * 31 + k')}) + time '12:00'",
         "amount_untaxed": "0", "amount_total": "0", "name": "'B' || p || '-' || k"},
        SQL(
            "SELECT %s + n AS p, k FROM generate_series(1, %s) n, generate_series(1,"
            " (ARRAY[1,1,1,2,2,2,3,3,4,6])[1 + (hashint4(n) & 1023) %% 10]) k",
            partner.id,
            customers,
        ),
        order.id,
    )  # fmt: skip
    _copy(
        env,
        "sale.order.line",
        {"order_id": "o", "order_partner_id": "p",
         "product_id": f"{first} + (hashint4(o * 7 + k) & 65535) % {PRODUCTS}",
         "price_subtotal": "1 + (hashint4(o * 13 + k) & 8191) / 100.0"},
        SQL(
            "SELECT so.id AS o, so.partner_id AS p, k FROM sale_order so,"
            " generate_series(1, %s) k WHERE so.partner_id > %s",
            LINES,
            partner.id,
        ),
        order.order_line.ids[0],
    )  # fmt: skip
    env.cr.execute(
        "UPDATE sale_order so SET amount_untaxed = line.amount, amount_total = line.amount"
        " FROM (SELECT order_id, ROUND(SUM(price_subtotal), 2) AS amount"
        " FROM sale_order_line GROUP BY order_id) line WHERE line.order_id = so.id"
    )
    for table in ("res_partner", "sale_order", "sale_order_line"):
        env.cr.execute(
            SQL(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT MAX(id) FROM %s))",
                table,
                SQL.identifier(table),
            )
        )
    env.cr.commit()
    env.invalidate_all()
    with env.registry.cursor() as cursor:
        cursor._cnx.autocommit = True
        for table in ("res_partner", "sale_order", "sale_order_line"):
            cursor.execute(SQL("VACUUM (ANALYZE) %s", SQL.identifier(table)))
    counts = {}
    for table in ("sale_order", "sale_order_line"):
        env.cr.execute(SQL("SELECT COUNT(*) FROM %s", SQL.identifier(table)))
        counts[table] = env.cr.fetchone()[0]
    return {"customers": customers, **counts}


def _copy(env: Env, model: str, own: dict[str, str], rows: SQL, prototype: int) -> None:
    """Insert a copy of a record per row; ``own`` maps columns to SQL over the row."""
    fields = env[model]._fields
    table = SQL.identifier(env[model]._table)
    columns = [
        name
        for name, field in fields.items()
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
            prototype,
        )
    )
