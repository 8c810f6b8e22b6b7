"""What a purchase becomes: product and exact amounts."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tools.datasets.cdnow import Purchase
from tools.datasets.orders import CLASSES, Kind, Order, price_class

CENT = Decimal("0.01")


def purchase(discs: int, amount: str | Decimal) -> Purchase:
    return Purchase("00004", 1, date(1997, 1, 1), discs, Decimal(amount))


def order(discs: int, amount: str | Decimal) -> Order:
    kind = Kind(user=2, product="regular")
    when = datetime(1997, 1, 1, 12)
    return Order(purchase(discs, amount), kind, 7, "S00001", when)


def test_unit_price_times_quantity_is_the_amount_to_the_cent():
    # The real file goes up to 99 discs and 1286.01 dollars.
    for discs in range(1, 100):
        for cents in range(0, 130_000, 73):
            amount = cents * CENT
            product = order(discs, amount).unit_price * discs
            assert product.quantize(CENT, ROUND_HALF_UP) == amount


def test_half_a_cent_is_rounded_up_as_odoo_does():
    assert order(2, "29.73").unit_price == Decimal("14.865")
    assert order(2, "29.73").price_reduce == Decimal("14.87")


@pytest.mark.parametrize(
    ("discs", "amount", "code"),
    [
        (1, "0.00", "promotional"),
        (1, "0.01", "budget"),
        (3, "29.99", "budget"),
        (1, "10.00", "regular"),
        (2, "29.99", "regular"),
        (2, "30.00", "new"),
        (1, "19.99", "new"),
        (1, "20.00", "special"),
        (1, "506.97", "special"),
    ],
)
def test_product_follows_the_average_price_of_a_disc(discs, amount, code):
    assert price_class(purchase(discs, amount)).code == code


def test_list_prices_lie_in_their_own_class():
    for each in CLASSES:
        amount = Decimal(str(each.list_price))
        assert price_class(purchase(1, amount)) is each


def test_reference_names_the_purchase():
    assert order(1, "11.77").reference == "CDNOW 00004_001"
