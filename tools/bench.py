"""`make bench`: speed on much data, in a database of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from tools import console
from tools.errors import ToolError
from tools.modules import discover
from tools.postgres import own_server, test_cluster
from tools.settings import Settings
from tools.testing import open_odoo
from tools.testing.databases import Databases

SIZES = ("10k", "100k", "1m")  # customers; as benchmarks/runner.py knows them
SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from benchmarks import runner
runner.run(env, {size!r})
"""


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Fill a copy of the tests' database and print what the benchmark measures.

    It runs on the tests' server, which does not wait for the disk: that leaves the
    work of processor and memory, which is what a change of the code changes.
    """
    size = settings.size or SIZES[1]
    if size not in SIZES:
        raise ToolError(f"SIZE={size} is not one of {', '.join(SIZES)}")
    odoo = open_odoo(settings)
    if not own_server():
        # The book is loaded as a backup is restored: without looking at foreign keys.
        test_cluster(settings).allow("session_replication_role")
    databases = Databases(odoo, discover(settings.root))
    name = databases.copy("suite", "bench")
    console.say(f"  Measuring with {size} customers …")
    try:
        done = subprocess.run(
            odoo.shell_command(name),
            input=SCRIPT.format(root=str(settings.root), size=size),
            env=odoo.environment(),
            cwd=settings.var,
            text=True,
        )
    finally:
        odoo.drop(name)
    return done.returncode
