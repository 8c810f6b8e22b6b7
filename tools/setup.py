"""`make setup`: everything but a database."""

from __future__ import annotations

from collections.abc import Sequence

from tools import postgres
from tools.settings import Settings


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Start the server; python packages and Odoo are here when this runs."""
    postgres.ensure_server(settings)
    print("ready: `make demo` makes and serves the demo database")
    return 0
