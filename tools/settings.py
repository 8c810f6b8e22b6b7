"""What the user may set, all of it through environment variables (or `make NAME=…`)."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from pathlib import Path

from tools.errors import ToolError

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DB = "crm_demo"

# (name, what it means), in the order `make help` shows them.
VARIABLES = (
    ("ODOO_HOME", "an Odoo 19 source checkout to use (default: found or downloaded)"),
    ("ADDONS_PATH", "more add-on folders, separated by commas"),
    ("PGHOST PGPORT PGUSER PGPASSWORD", "your PostgreSQL (default: an embedded one)"),
    ("DB", f"database name (default: PGDATABASE, or {DEFAULT_DB})"),
    ("PORT", "port to serve on (default: the first free one from 8069)"),
    ("SERVE", "0: `make demo` prepares everything and returns"),
    ("DATASET", "`make data`, `make demo`: cdnow-sample (default) or cdnow-master"),
    ("AS_OF", "`make data`: shift the data to end on this day (YYYY-MM-DD)"),
    ("SIZE", "`make bench`: 10k, 100k (default) or 1m customers"),
    ("STAGE", "`make test`: only these stages, separated by commas"),
    ("MODULE", "`make test`: only this module's own tests"),
    ("FAST", "1: `make test MODULE=…` upgrades and uses a database that is kept"),
    ("AT", "`make test`: the moment its clocks begin at (YYYY-MM-DD HH:MM, UTC)"),
    ("ARGS", "`make test`, `make lint`, `make bench`: more arguments for the tool"),
)


@dataclass(frozen=True)
class Settings:
    """The user's choices, checked."""

    root: Path = ROOT
    odoo_home: Path | None = None
    addons_path: tuple[Path, ...] = ()
    db: str = DEFAULT_DB
    port: int | None = None
    serve: bool = True
    dataset: str = "cdnow-sample"
    as_of: date | None = None
    size: str = ""
    stages: tuple[str, ...] = ()
    module: str = ""
    fast: bool = False
    at: datetime | None = None
    args: tuple[str, ...] = field(default=())

    @property
    def var(self) -> Path:
        """The folder for everything the tools make."""
        return self.root / "var"

    @property
    def venv(self) -> Path:
        return self.var / "venv"

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Read and check the variables; an empty one counts as not given."""
        given = {name: value for name, value in env.items() if value.strip()}
        home = given.get("ODOO_HOME")
        return cls(
            odoo_home=Path(home).expanduser().resolve() if home else None,
            addons_path=tuple(_folders(given.get("ADDONS_PATH", ""))),
            db=_database(given.get("DB") or given.get("PGDATABASE") or DEFAULT_DB),
            port=_port(given.get("PORT")),
            serve=_is_yes(given.get("SERVE", "1")),
            dataset=given.get("DATASET", "cdnow-sample"),
            as_of=_day(given.get("AS_OF")),
            size=given.get("SIZE", ""),
            stages=tuple(_comma(given.get("STAGE", ""))),
            module=given.get("MODULE", "").strip(),
            fast=_is_yes(given.get("FAST", "0")),
            at=_moment(given.get("AT")),
            args=tuple(_words(given.get("ARGS", ""))),
        )


def _is_yes(text: str) -> bool:
    return text.strip().lower() not in ("0", "no", "false")


def _words(text: str) -> list[str]:
    """As a shell splits them: a `-k` filter has blanks in quotes."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ToolError(f"ARGS={text} cannot be read: {error}") from None


def _comma(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _folders(text: str) -> list[Path]:
    folders = [Path(part).expanduser().resolve() for part in _comma(text)]
    for folder in folders:
        if not folder.is_dir():
            raise ToolError(f"ADDONS_PATH names {folder}, which is not a folder")
    return folders


def _database(name: str) -> str:
    # Odoo's own rule, and short enough for the suffixes the tools add.
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,47}", name):
        raise ToolError(
            f"DB={name} is no database name: letters, digits and _.- only, at most 48"
        )
    return name


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ToolError(f"PORT={text} is not a port number (1 to 65535)")
    return int(text)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ToolError(f"AS_OF={text} is not a day (YYYY-MM-DD)") from None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.strptime(text.strip(), "%Y-%m-%d %H:%M")
        # PostgreSQL counts from 2000; certificates and cookies end before 2100.
        if not 2000 <= moment.year < 2100:
            raise ValueError(text)
    except ValueError:
        raise ToolError(
            f"AT={text} is not a moment (YYYY-MM-DD HH:MM in UTC, 2000 to 2099)"
        ) from None
    return moment.replace(tzinfo=timezone.utc)
