"""Databases for the life of a module; the server is the tests' own."""

from __future__ import annotations

import pytest

from tools.modules import discover
from tools.settings import ROOT, Settings
from tools.testing import open_odoo
from tools.testing.databases import Databases


@pytest.fixture(scope="session")
def databases() -> Databases:
    return Databases(open_odoo(Settings.from_env()), discover(ROOT))
