"""`make bench`: speed on a generated book of orders, in a database of its own."""

from __future__ import annotations

from collections.abc import Sequence

from tools import console
from tools.errors import ToolError
from tools.modules import discover
from tools.odoo_cli import Odoo
from tools.postgres import ensure_server
from tools.settings import Settings
from tools.testing.databases import Databases

DEFAULT_SIZE = "100k"
SIZES = ("10k", "100k", "1m")
_SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from benchmarks import value
value.run(env, {size!r})
"""


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Make the book of SIZE customers, measure, print the table."""
    size = (settings.size or DEFAULT_SIZE).lower()
    if size not in SIZES:
        raise ToolError(f"no SIZE {size}: choose from {', '.join(SIZES)}")
    odoo = Odoo(settings, ensure_server(settings, testing=True), "test")
    odoo.write_config()
    databases = Databases(odoo, discover(settings.root))
    database = databases.copy("suite", "bench")
    try:
        with console.step(f"Measuring with {size} customers"):
            script = _SCRIPT.format(root=str(settings.root), size=size)
            table = odoo.script(database, script, "bench")
    finally:
        databases.drop(database)
    print(table, end="", flush=True)
    return 0
