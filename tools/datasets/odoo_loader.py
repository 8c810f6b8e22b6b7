"""Load purchases into Odoo; runs inside `odoo shell`.

Customers and products go through the ORM. Orders are too many for it (12 ms each): the
ORM makes and confirms one real order per salesperson and product, and every other order
is a copy of the rows of that one, in SQL, with its own customer, date, number, quantity
and amounts. `tests/suite/test_dataset_load.py` compares the two column by column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from odoo import Command
from odoo.tools import SQL

from tools.datasets.cdnow import LAST_DAY, Purchase, read
from tools.datasets.names import customer_name
from tools.datasets.odoo_copy import OrderCopier
from tools.datasets.odoo_opportunities import create_opportunities
from tools.datasets.odoo_records import (
    LAST_DAY_PARAMETER,
    SILENT,
    Env,
    LoadError,
    Progress,
    Records,
    batches,
    external_ids,
    loaded_last_day,
    name_records,
)
from tools.datasets.orders import CLASSES, Kind, Order, price_class
from tools.datasets.spread import spread
from tools.errors import ToolError

CUSTOMERS_PER_COMMIT = 1_000
PURCHASES_PER_COMMIT = 5_000
# Any number nobody else uses: only one load at a time may run in a database.
_LOCK = 0x43444E4F57


@dataclass
class Loaded:
    """What one load wrote."""

    customers: int = 0
    orders: int = 0
    moved: int = 0


@dataclass
class Loader:
    """One load into one company.

    :param as_of: the day on which the purchases shall end
    :param commit: makes a batch permanent, so that an interrupted load goes on there
    """

    env: Env
    purchases: Sequence[Purchase]
    as_of: date
    commit: Callable[[], None]
    progress: Progress
    known: dict[str, int] = field(init=False)
    products: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.env = self.env(context={**self.env.context, **SILENT})
        self.known = external_ids(self.env)

    def run(self, *, reshift: bool) -> Loaded:
        """Load what is missing.

        :param reshift: if the loaded purchases end on another day, move them
        """
        self._check_currency()
        self._lock()
        loaded = Loaded()
        loaded.moved = self._settle_last_day(reshift)
        if missing := self._missing("customer", [p.customer for p in self.purchases]):
            self._create_customers(missing)
            loaded.customers = len(missing)
        if absent := [p for p in self.purchases if f"order_{p.key}" not in self.known]:
            self._create_products()
            self._create_orders(absent)
            loaded.orders = len(absent)
            # The next thing to come is a computation over all of it.
            self.env.cr.execute("ANALYZE sale_order, sale_order_line, res_partner")
            self.commit()
        self.env.cr.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        return loaded

    # Before anything is written

    def _check_currency(self) -> None:
        company = self.env.company
        if company.currency_id.is_zero(0.01):
            raise LoadError(
                f"{company.name} keeps its books in {company.currency_id.name}, which "
                "has no cents: the amounts of the purchases cannot be kept exactly"
            )

    def _lock(self) -> None:
        # Of the session, not of the transaction: it must outlive the commits.
        self.env.cr.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not self.env.cr.fetchone()[0]:
            raise LoadError("another load is running in this database: wait for it")

    def _settle_last_day(self, reshift: bool) -> int:
        """Remember on which day the purchases end; return how many orders moved."""
        current = loaded_last_day(self.env)
        if current == self.as_of:
            return 0
        if current and not reshift:
            raise LoadError(
                f"the purchases in this database end on {current}, not {self.as_of}: "
                f"load with AS_OF={current}, or move them with --reshift"
            )
        moved = self._move(self.as_of - current) if current else 0
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param(LAST_DAY_PARAMETER, self.as_of.isoformat())
        self.commit()
        return moved

    def _move(self, delta: timedelta) -> int:
        """Move the orders and the opportunities that were loaded, all in one go."""
        self.progress(f"moving the orders by {delta.days} days")
        self.env.flush_all()
        # By local days: 24 hours more than a local noon may not be a noon.
        zone = self._zone().key
        self.env.cr.execute(
            SQL(
                """
                UPDATE sale_order o
                   SET date_order = (o.date_order AT TIME ZONE 'UTC' AT TIME ZONE %s
                                     + %s) AT TIME ZONE %s AT TIME ZONE 'UTC',
                       write_uid = %s, write_date = now() AT TIME ZONE 'UTC'
                  FROM ir_model_data d
                 WHERE d.module = '__cdnow__' AND d.model = 'sale.order'
                   AND d.res_id = o.id
                """,
                zone,
                delta,
                zone,
                self.env.uid,
            )
        )
        moved = self.env.cr.rowcount
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lead l
                   SET date_deadline = l.date_deadline + %s,
                       write_uid = %s, write_date = now() AT TIME ZONE 'UTC'
                  FROM ir_model_data d
                 WHERE d.module = '__cdnow__' AND d.model = 'crm.lead'
                   AND d.res_id = l.id
                """,
                delta.days,
                self.env.uid,
            )
        )
        self.env.invalidate_all()
        return moved

    def _missing(self, kind: str, names: Sequence[str]) -> list[str]:
        unique = dict.fromkeys(names)
        return [name for name in unique if f"{kind}_{name}" not in self.known]

    # Through the ORM

    def _create_customers(self, customers: list[str]) -> None:
        users = self._salespeople()
        country = self.env.company.country_id.id
        done = 0
        for batch in batches(sorted(customers), CUSTOMERS_PER_COMMIT):
            records = self.env["res.partner"].create(
                [
                    {
                        "name": customer_name(customer),
                        "ref": f"CDNOW {customer}",
                        "email": f"cdnow-{customer}@example.com",
                        "country_id": country,
                        "user_id": users[int(customer) % len(users)],
                        "customer_rank": 1,
                    }
                    for customer in batch
                ]
            )
            self._remember([f"customer_{customer}" for customer in batch], records)
            done += len(batch)
            self._finish_batch(f"{done} of {len(customers)} customers")

    def _salespeople(self) -> list[int]:
        """Who looks after customers; chosen by number, so every load agrees."""
        group = self.env.ref("sales_team.group_sale_salesman")
        users = self.env["res.users"].search(
            [
                ("all_group_ids", "in", group.ids),
                ("share", "=", False),
                ("company_ids", "in", self.env.company.ids),
            ],
            order="id",
        )
        if not users:
            raise LoadError("no user of this company may sell: there is no salesperson")
        return users.ids

    def _create_products(self) -> None:
        if "category" not in self.known:
            category = self.env["product.category"].create({"name": "Compact discs"})
            self._remember(["category"], category)
        if missing := [
            each for each in CLASSES if f"product_{each.code}" not in self.known
        ]:
            # Services, billed on delivery: history needs no stock moves, and orders
            # of long ago must not show up as waiting for an invoice.
            records = self.env["product.product"].create(
                [
                    {
                        "name": each.name,
                        "default_code": f"CDNOW-{each.code}",
                        "list_price": each.list_price,
                        "type": "service",
                        "invoice_policy": "delivery",
                        "categ_id": self.known["category"],
                        "taxes_id": [Command.clear()],
                    }
                    for each in missing
                ]
            )
            self._remember([f"product_{each.code}" for each in missing], records)
        self.products = {
            each.code: self.known[f"product_{each.code}"] for each in CLASSES
        }

    def _confirm_orders(self, orders: Sequence[Order]) -> Records:
        """Real orders, made and confirmed the way a user does it."""
        # A company's default quotation template may bring its own terms, and a mail.
        template = "sale_order_template_id"
        without_template = (
            {template: False} if template in self.env["sale.order"]._fields else {}
        )
        records = self.env["sale.order"].create(
            [
                {
                    "name": order.name,
                    "partner_id": order.partner,
                    "client_order_ref": order.reference,
                    "date_order": order.date_order,
                    "validity_date": False,
                    **without_template,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.products[order.kind.product],
                                "product_uom_qty": order.purchase.discs,
                                "price_unit": float(order.unit_price),
                                # Next to this one, the price counts as typed by
                                # hand: Odoo leaves it alone when a line is edited.
                                "technical_price_unit": order.list_price,
                                "discount": 0.0,
                                "tax_ids": [Command.clear()],
                            }
                        )
                    ],
                }
                for order in orders
            ]
        )
        currency = self.env.company.currency_id
        if other := records.currency_id - currency:
            raise LoadError(
                f"the customers' price list is in {other[0].name}, the company's books "
                f"in {currency.name}: load before there is such a price list"
            )
        records.action_confirm()
        # Confirming sets the order date to now.
        for record, order in zip(records, orders, strict=True):
            record.date_order = order.date_order
        self.env.flush_all()
        return records

    # Through SQL

    def _create_orders(self, purchases: list[Purchase]) -> None:
        self.env.flush_all()
        partners = {self.known[f"customer_{each.customer}"] for each in purchases}
        self.env.cr.execute(
            "SELECT id, user_id FROM res_partner WHERE id = ANY(%s)", [[*partners]]
        )
        users = dict(self.env.cr.fetchall())
        sequence = self._sequence()
        copier = OrderCopier(self.env)
        samples: dict[Kind, int] = {}
        done = 0
        for batch in batches(purchases, PURCHASES_PER_COMMIT):
            orders = [self._order(each, users, sequence) for each in batch]
            first = {o.kind: o for o in reversed(orders) if o.kind not in samples}
            by_orm = list(first.values())
            records = self._confirm_orders(by_orm)
            samples |= dict(zip(first, records.ids, strict=True))
            self._remember([f"order_{o.purchase.key}" for o in by_orm], records)
            made = {order.name for order in by_orm}
            if rest := [o for o in orders if o.name not in made]:
                copies = copier.copy(rest, samples)
                self._remember([f"order_{o.purchase.key}" for o in rest], copies)
            done += len(batch)
            self._finish_batch(f"{done} of {len(purchases)} orders")

    def _order(
        self, purchase: Purchase, users: dict[int, int], sequence: Records
    ) -> Order:
        partner = self.known[f"customer_{purchase.customer}"]
        date_order = self._noon(purchase.day)
        return Order(
            purchase=purchase,
            kind=Kind(users[partner], price_class(purchase).code),
            partner=partner,
            name=sequence._next(sequence_date=date_order),
            date_order=date_order,
        )

    def _sequence(self) -> Records:
        # next_by_code looks the sequence up each time: that is most of its time.
        sequence = self.env["ir.sequence"].search(
            [
                ("code", "=", "sale.order"),
                ("company_id", "in", [self.env.company.id, False]),
            ],
            order="company_id",
            limit=1,
        )
        if not sequence:
            raise LoadError("there is no sequence for the numbers of sales orders")
        return sequence

    # Small helpers

    def _noon(self, day: date) -> datetime:
        """Noon of the local day: that day in nearly every other time zone too."""
        local = datetime.combine(day + (self.as_of - LAST_DAY), time(12), self._zone())
        return local.astimezone(timezone.utc).replace(tzinfo=None)

    def _zone(self) -> ZoneInfo:
        # As crm_value_tiering has it, which may not be installed here.
        company = self.env.company
        return ZoneInfo(
            company.partner_id.tz or company.resource_calendar_id.tz or "UTC"
        )

    def _remember(self, names: list[str], records: Records) -> None:
        name_records(self.env, names, records)
        self.known |= dict(zip(names, records.ids, strict=True))

    def _finish_batch(self, text: str) -> None:
        self.env.flush_all()
        self.commit()
        self.env.invalidate_all()
        self.progress(text)


def run(
    env: Env,
    *,
    file: str,
    as_of: str | None,
    reshift: bool,
    spread_out: bool,
    opportunities: bool,
) -> None:
    """Load a data file and tell what happened in lines of JSON: progress…, then result
    or error."""
    try:
        purchases = read(Path(file))
        if spread_out:
            purchases = spread(purchases)
        last_day = date.fromisoformat(as_of) if as_of else LAST_DAY
        loader = Loader(
            env,
            purchases,
            last_day,
            commit=env.cr.commit,
            progress=lambda text: _say(progress=text),
        )
        loaded = asdict(loader.run(reshift=reshift))
        loaded["opportunities"] = 0
        if opportunities:
            loaded["opportunities"] = create_opportunities(env, purchases, last_day)
            env.cr.commit()
    except ToolError as error:
        _say(error=str(error))
    else:
        _say(result=loaded)


def _say(**line: Any) -> None:
    print(json.dumps(line), flush=True)
