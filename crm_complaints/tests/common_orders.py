from datetime import datetime, time

from odoo.fields import Command
from odoo.tools import SQL

from .common import ComplaintCommon


class OrdersCommon(ComplaintCommon):
    """Complaints by the dozen, beside orders by the hundred."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env["product.product"].create({"name": "Lamp"})
        cls.other_product = cls.env["product.product"].create({"name": "Table"})

    def _complain(self, count, day, **vals):
        """Complaints received at noon of ``day``."""
        return self.env["crm.complaint"].create(
            [
                {
                    "name": f"Lamp {number}",
                    "partner_id": self.customer.id,
                    "team_id": self.team.id,
                    "company_id": self.company.id,
                    "cause_id": self.cause.id,
                    "product_id": self.product.id,
                    "received_at": datetime.combine(day, time(12)),
                    **vals,
                }
                for number in range(count)
            ]
        )

    def _sell(self, count, day, product=None, **vals):
        """Confirmed orders: one by Odoo, and copies of its rows, for there are many."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create({"product_id": (product or self.product).id})
                ],
                **vals,
            }
        )
        order.write({"state": "sale", "date_order": datetime.combine(day, time(12))})
        self.env.flush_all()
        orders = self._copy_rows(order, count - 1)
        self._copy_rows(order.order_line, 1, order_id=orders)

    def _copy_rows(self, record, count, order_id=None):
        names = [
            name
            for (name,) in self.env.execute_query(
                SQL(
                    "SELECT column_name FROM information_schema.columns "
                    "WHERE table_schema = current_schema AND table_name = %s "
                    "AND column_name NOT IN ('id', 'order_id')",
                    record._table,
                )
            )
        ]
        columns = SQL(", ").join(map(SQL.identifier, names))
        table = SQL.identifier(record._table)
        if order_id is None:
            rows = SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s, generate_series(1, %s) "
                "WHERE id = %s RETURNING id",
                table, columns, columns, table, count, record.id,
            )  # fmt: skip
        else:
            rows = SQL(
                "INSERT INTO %s (order_id, %s) SELECT unnest(%s::int[]), %s FROM %s "
                "WHERE id = %s RETURNING id",
                table, columns, order_id, columns, table, record.id,
            )  # fmt: skip
        return [row[0] for row in self.env.execute_query(rows)]
