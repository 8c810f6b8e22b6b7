"""`make data`: a real data set into a database of the demo server."""

from __future__ import annotations

from collections.abc import Sequence

from tools import datasets
from tools.odoo_cli import Odoo
from tools.postgres import ensure_server
from tools.settings import Settings


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Load what DATASET, DB and AS_OF say; ARGS may hold more options."""
    odoo = Odoo(settings, ensure_server(settings), "demo")
    return datasets.main(odoo, [*argv, *settings.args])
