"""What the stages of one run share, and how they call pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import console
from tools.modules import Module
from tools.odoo_cli import Odoo
from tools.settings import Settings
from tools.testing.databases import Databases


@dataclass
class Run:
    """One `make test`.

    :param args: what the developer adds for pytest: options, or tests to run
    """

    settings: Settings
    odoo: Odoo
    databases: Databases
    modules: list[Module]
    args: Sequence[str]

    @property
    def logs(self) -> Path:
        return self.settings.var / "log"

    def where(self, *folders: str | Path) -> list[str]:
        """What pytest looks at: the tests that ARGS names, or these folders."""
        named = (arg.partition("::")[0] for arg in self.args)
        if any("/" in name and (self.settings.root / name).exists() for name in named):
            return list(self.args)
        return [*map(str, folders), *self.args]

    def pytest(self, name: str, *arguments: str, quiet: bool = False) -> Path:
        """Run pytest in the checkout; return the report it wrote.

        :param quiet: its output goes to `var/log` only
        """
        report = self.logs / f"{name}.xml"
        report.parent.mkdir(parents=True, exist_ok=True)
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
        command += ["-o", "junit_family=xunit1", f"--junit-xml={report}", *arguments]
        if quiet:
            console.run_logged(
                command,
                self.logs / f"{name}.log",
                env=self.odoo.environment(),
                cwd=self.settings.root,
            )
        else:
            env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
            subprocess.run(
                command, cwd=self.settings.root, env=env, stdin=subprocess.DEVNULL
            )
        return report

    def pytest_odoo(self, database: str) -> list[str]:
        """Options that make pytest run Odoo's tests, browser tests too."""
        self.odoo.write_config()
        return [
            "--odoo-http",
            f"--odoo-config={self.odoo.config_file}",
            f"--odoo-database={database}",
        ]
