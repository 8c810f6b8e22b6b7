"""Databases for the life of a module; the server is the tests' own."""

from __future__ import annotations

import pytest

from tools.modules import discover
from tools.settings import ROOT, Settings
from tools.testing import open_odoo
from tools.testing.databases import Databases

# Customers with two purchases and an opportunity each.
SALES = """
from datetime import datetime, timedelta
partners = env["res.partner"].create([{"name": f"Crash {n}"} for n in range(30)])
product = env["product.product"].create({"name": "Crash", "type": "service"})
orders = env["sale.order"].create([
    {"partner_id": partner.id, "date_order": datetime.now() - timedelta(days=9 * n + 1),
     "order_line": [(0, 0, {"product_id": product.id, "price_unit": 10 * n + 10})]}
    for n, partner in enumerate(partners) for _order in range(2)
])
orders.write({"state": "sale"})
env["crm.lead"].create([
    {"name": "More", "type": "opportunity", "partner_id": partner.id}
    for partner in partners
])
"""


@pytest.fixture(scope="session")
def databases() -> Databases:
    return Databases(open_odoo(Settings.from_env()), discover(ROOT))


@pytest.fixture(scope="session")
def sales() -> str:
    """A script for `odoo shell` that makes data; it does not commit."""
    return SALES
