"""Copies of orders, in SQL; runs inside `odoo shell`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from odoo.tools import SQL

from tools.datasets.odoo_records import Env, Records
from tools.datasets.orders import Kind, Order

# Stored computed fields of other modules than these are recomputed by the ORM after
# the copy; those of these modules are the same for all orders of a kind, or set here.
_KNOWN_MODULES = {"analytic", "sale", "sale_management"}


@dataclass
class OrderCopier:
    """Writes the rows that the ORM would have written."""

    env: Env

    def copy(self, orders: Sequence[Order], samples: Mapping[Kind, int]) -> Records:
        """Make the orders and their lines; return the orders, in the same order.

        :param samples: a confirmed order of each kind, to copy
        """
        order_ids = self._new_ids("sale_order", len(orders))
        line_ids = self._new_ids("sale_order_line", len(orders))
        new = SQL(
            """
            unnest(
                %s::int[], %s::int[], %s::int[], %s::int[], %s::text[], %s::text[],
                %s::timestamp[], %s::numeric[], %s::numeric[], %s::numeric[],
                %s::numeric[]
            ) AS new (
                order_id, line_id, sample_id, partner_id, name, reference,
                date_order, quantity, price, amount, price_reduce
            )
            """,
            order_ids,
            line_ids,
            [samples[order.kind] for order in orders],
            [order.partner for order in orders],
            [order.name for order in orders],
            [order.reference for order in orders],
            [order.date_order for order in orders],
            [Decimal(order.purchase.discs) for order in orders],
            [order.unit_price for order in orders],
            [order.purchase.amount for order in orders],
            [order.price_reduce for order in orders],
        )
        self._copy_rows(
            "sale.order",
            new,
            SQL("new.order_id"),
            SQL("old.id = new.sample_id"),
            {
                "partner_id": SQL("new.partner_id"),
                "partner_invoice_id": SQL("new.partner_id"),
                "partner_shipping_id": SQL("new.partner_id"),
                "name": SQL("new.name"),
                "client_order_ref": SQL("new.reference"),
                "date_order": SQL("new.date_order"),
                "amount_untaxed": SQL("new.amount"),
                "amount_total": SQL("new.amount"),
            },
        )
        self._copy_rows(
            "sale.order.line",
            new,
            SQL("new.line_id"),
            SQL("old.order_id = new.sample_id"),
            {
                "order_id": SQL("new.order_id"),
                "order_partner_id": SQL("new.partner_id"),
                "product_uom_qty": SQL("new.quantity"),
                "price_unit": SQL("new.price"),
                "price_subtotal": SQL("new.amount"),
                "price_total": SQL("new.amount"),
                "price_reduce_taxexcl": SQL("new.price_reduce"),
                "price_reduce_taxinc": SQL("new.price_reduce"),
            },
        )
        records = self.env["sale.order"].browse(order_ids)
        self._recompute_unknown(records)
        self._recompute_unknown(self.env["sale.order.line"].browse(line_ids))
        return records

    def _new_ids(self, table: str, count: int) -> list[int]:
        self.env.cr.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')::regclass) "
            "FROM generate_series(1, %s)",
            [table, count],
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def _copy_rows(
        self, model: str, new: SQL, new_id: SQL, join: SQL, own: dict[str, SQL]
    ) -> None:
        """Copy the sample's row, and what it links to, once per new order.

        :param own: the columns that are not copied
        """
        own = {"id": new_id, **own}
        table = self.env[model]._table
        self.env.cr.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass "
            "AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        columns = [row[0] for row in self.env.cr.fetchall()]
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s JOIN %s old ON %s",
                SQL.identifier(table),
                SQL(", ").join(SQL.identifier(name) for name in columns),
                SQL(", ").join(
                    own.get(name) or SQL.identifier("old", name) for name in columns
                ),
                new,
                SQL.identifier(table),
                join,
            )
        )
        for each in self.env[model]._fields.values():
            if each.type == "many2many" and each.store:
                self._copy_links(each, table, new, new_id, join)

    def _copy_links(
        self, link: Records, table: str, new: SQL, new_id: SQL, join: SQL
    ) -> None:
        relation = SQL.identifier(link.relation)
        ours, theirs = SQL.identifier(link.column1), SQL.identifier(link.column2)
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s, %s) SELECT %s, rel.%s "
                "FROM %s JOIN %s old ON %s JOIN %s rel ON rel.%s = old.id",
                relation,
                ours,
                theirs,
                new_id,
                theirs,
                new,
                SQL.identifier(table),
                join,
                relation,
                ours,
            )
        )

    def _recompute_unknown(self, records: Records) -> None:
        """Let the ORM compute what other modules (margins, say) have added."""
        for each in records._fields.values():
            if each.store and each.compute and not _KNOWN_MODULES >= {*each._modules}:
                self.env.add_to_compute(each, records)
        self.env.flush_all()
