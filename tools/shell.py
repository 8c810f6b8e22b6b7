"""`make shell`: a script from standard input in Odoo, or an interactive shell."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools.errors import ToolError
from tools.odoo_cli import Odoo
from tools.postgres import ensure_server
from tools.settings import Settings


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Become `odoo shell`: stdin, stdout and the exit code are the script's own."""
    odoo = Odoo(settings, ensure_server(settings), "demo")
    if not odoo.server.has(settings.db):
        raise ToolError(f"there is no database {settings.db}: `make demo` makes one")
    odoo.write_config()
    command = list(odoo.shell_command(settings.db))
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir(settings.var)
    os.execve(command[0], command, odoo.environment())
