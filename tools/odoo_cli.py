"""Odoo's own command line, on our server, with our configuration and log files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import console
from tools.errors import ToolError
from tools.odoo_source import OdooSource, find_importable
from tools.postgres import Server
from tools.settings import Settings

_LOADING = re.compile(r"Loading module (?P<name>\w+) \((?P<at>\d+)/(?P<of>\d+)\)")
_PROBLEM = re.compile(r" (ERROR|CRITICAL) |^\w*(Error|Exception)\b")


@dataclass(frozen=True)
class Odoo:
    """One Odoo to run commands of.

    :param name: keeps the configuration and data of demo and tests apart
    """

    settings: Settings
    server: Server
    name: str

    @property
    def source(self) -> OdooSource:
        """The Odoo that this environment imports."""
        place = find_importable()
        if place is None:
            raise ToolError("Odoo is not installed here: run `make setup`")
        return OdooSource(place)

    @property
    def data_dir(self) -> Path:
        return self.settings.var / "data" / self.name

    @property
    def config_file(self) -> Path:
        return self.settings.var / f"odoo-{self.name}.conf"

    def filestore(self, database: str) -> Path:
        return self.data_dir / "filestore" / database

    def write_config(self) -> None:
        """The configuration, readable for anybody who runs Odoo by hand.

        A password stays in the environment.
        """
        folders = [
            *self.source.addons,
            self.settings.root,
            *self.settings.addons_path,
        ]
        values = {
            "addons_path": ",".join(map(str, folders)),
            "data_dir": self.data_dir,
            "db_host": self.server.env.get("PGHOST", "False"),
            "db_port": self.server.env.get("PGPORT", "False"),
            "db_user": self.server.env.get("PGUSER", "False"),
            "http_interface": "127.0.0.1",
            "max_cron_threads": 0,
            "screenshots": self.settings.var / "log" / "screenshots",
            "server_wide_modules": "base,rpc,web",
        }
        self.data_dir.mkdir(parents=True, exist_ok=True)
        lines = [f"{name} = {value}" for name, value in values.items()]
        text = "\n".join(["[options]", *lines, ""])
        if not self.config_file.is_file() or self.config_file.read_text() != text:
            self.config_file.write_text(text)

    def environment(self) -> dict[str, str]:
        """The environment of a child: our server, nothing that overrides the rest."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PG", "ODOO_"))
        }
        return {**kept, **self.server.env, "PYTHONWARNINGS": "ignore"}

    def command(self, *arguments: str) -> list[str]:
        """`odoo SUBCOMMAND -c …`: the option goes where that subcommand wants it."""
        before = 0 if arguments[0].startswith("-") else 1
        if arguments[0] == "module":
            before = 2
        config = ["-c", str(self.config_file)]
        words = [*arguments[:before], *config, *arguments[before:]]
        return [sys.executable, "-m", "odoo", *words]

    def run(
        self,
        *arguments: str,
        log: str,
        detail: Callable[[str], None] = lambda text: None,
        append: bool = False,
    ) -> Path:
        """Run a command to its end; its output goes to `var/log`, progress to us."""
        path = self.settings.var / "log" / f"{log}.log"

        def on_line(line: str) -> None:
            if found := _LOADING.search(line):
                detail(f"module {found['at']} of {found['of']}: {found['name']}")

        code = self.run_code(*arguments, log=path, on_line=on_line, append=append)
        if code:
            text = path.read_text(errors="replace")
            problems = [line for line in text.splitlines() if _PROBLEM.search(line)]
            reason = console.reason("\n".join(problems) or text)
            raise ToolError(f"odoo {arguments[0]} failed: {reason} (see {path})")
        return path

    def run_code(
        self,
        *arguments: str,
        log: Path,
        on_line: Callable[[str], None] | None = None,
        append: bool = False,
    ) -> int:
        """Run a command to its end and return its exit code."""
        self.write_config()
        return console.run_logged(
            self.command(*arguments),
            log,
            env=self.environment(),
            cwd=self.settings.var,
            on_line=on_line,
            append=append,
        )

    def script(self, database: str, code: str, log: str) -> str:
        """Run a script in `odoo shell` and return what it printed."""
        self.write_config()
        done = subprocess.run(
            self.shell_command(database),
            input=code,
            env=self.environment(),
            cwd=self.settings.var,
            capture_output=True,
            text=True,
        )
        path = self.settings.var / "log" / f"{log}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(done.stderr)
        if done.returncode:
            reason = console.last_line(done.stderr)
            raise ToolError(f"{log} failed: {reason} (see {path})")
        return done.stdout

    def shell_command(self, database: str) -> Sequence[str]:
        """`odoo shell` that keeps quiet about itself."""
        return self.command("shell", "-d", database, "--no-http", "--log-level=warn")

    def clone(self, source: str, target: str) -> None:
        """Copy a database and its files; an existing target is replaced.

        As `odoo db duplicate` does, without loading Odoo: a second, not ten. The files
        are called after their contents and never change, so one on the disk is enough.
        """
        self.drop(target)
        self.server.copy(source, target)
        files = self.filestore(source)
        if files.is_dir():
            shutil.copytree(files, self.filestore(target), copy_function=os.link)

    def drop(self, database: str) -> None:
        """Remove a database and its files."""
        self.server.drop(database)
        shutil.rmtree(self.filestore(database), ignore_errors=True)
