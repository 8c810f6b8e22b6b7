"""The system user that PostgreSQL runs as when we are root: it refuses root itself."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path
from typing import Any

from tools import console

SYSTEM_USER = "suite_postgres"


def needed() -> bool:
    return os.geteuid() == 0


def as_server_user() -> dict[str, Any]:
    """Arguments for `subprocess` that make a child the server's user."""
    if not needed():
        return {}
    return {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []}


def ensure_exists() -> None:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        console.run(
            ["useradd", "--system", "--no-create-home", "--user-group", SYSTEM_USER],
            what=f"cannot create the system user {SYSTEM_USER} for PostgreSQL",
        )


def may_enter(folder: Path) -> bool:
    """Whether the server's user may enter this folder."""
    return _succeeds(["test", "-x", str(folder)])


def may_run(program: Path) -> bool:
    return _succeeds([str(program), "--version"])


def _succeeds(command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command,
            cwd="/",
            capture_output=True,
            **as_server_user(),
        )
    except PermissionError:
        return False
    return done.returncode == 0
