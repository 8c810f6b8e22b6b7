"""Databases for the life of a module; the server is the tests' own."""

from __future__ import annotations

import pytest

from tools.modules import discover
from tools.odoo_cli import Odoo
from tools.postgres import ensure_server
from tools.settings import ROOT, Settings
from tools.testing.databases import Databases


@pytest.fixture(scope="session")
def databases() -> Databases:
    settings = Settings()
    odoo = Odoo(settings, ensure_server(settings, testing=True), "test")
    odoo.write_config()
    return Databases(odoo, discover(ROOT))
