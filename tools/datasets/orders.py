"""From a purchase to an order: product, price and the amounts of its line."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from tools.datasets.cdnow import Purchase

_CENT = Decimal("0.01")


class PriceClass(NamedTuple):
    """A product: the discs of one order that cost about the same each."""

    code: str
    name: str
    below: Decimal  # average price of a disc
    list_price: float


CLASSES = (
    PriceClass("promotional", "CD, promotional copy", _CENT, 0.0),
    PriceClass("budget", "CD, budget line", Decimal(10), 8.99),
    PriceClass("regular", "CD, regular", Decimal(15), 12.99),
    PriceClass("new", "CD, new release", Decimal(20), 16.99),
    PriceClass("special", "CD, import or box set", Decimal("Infinity"), 29.99),
)


def price_class(purchase: Purchase) -> PriceClass:
    """The product of a purchase."""
    average = purchase.amount / purchase.discs
    return next(each for each in CLASSES if average < each.below)


class Kind(NamedTuple):
    """Orders of one kind differ only in what the copier sets."""

    user: int
    product: str


class Order(NamedTuple):
    """A purchase on its way to becoming an order."""

    purchase: Purchase
    kind: Kind
    partner: int
    name: str
    date_order: datetime

    @property
    def reference(self) -> str:
        return f"CDNOW {self.purchase.key}"

    @property
    def list_price(self) -> float:
        return price_class(self.purchase).list_price

    @property
    def unit_price(self) -> Decimal:
        """Gives back the amount, to the cent, when multiplied by the quantity."""
        average = self.purchase.amount / self.purchase.discs
        return average.quantize(Decimal("0.000001"), ROUND_HALF_UP)

    @property
    def price_reduce(self) -> Decimal:
        """The unit price as Odoo shows it in reports."""
        average = self.purchase.amount / self.purchase.discs
        return average.quantize(_CENT, ROUND_HALF_UP)
