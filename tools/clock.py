"""`AT`: a run that begins at another moment, for everything it starts.

libfaketime, preloaded, adds one offset to the clock of every process: Odoo, pytest,
Chromium and a PostgreSQL of its own. Intervals (the monotonic clock) and the times of
files stay real, and so does whatever talks to the world: see :func:`real_environment`.

The library is the one in PyPI's wheel: it does not touch how a process sleeps, while
Debian 12's makes `time.sleep` of Python 3.11 fail (libfaketime issue 426).
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tools import console
from tools.errors import ToolError

WHEEL = "libfaketime"
LIBRARY = Path("vendor", "libfaketime", "src", "libfaketime.so.1")
OPTIONS = {
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    # On its own account it turns waits by the monotonic clock into waits without end.
    "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    "NO_FAKE_STAT": "1",
}
# A process that shares its parent's clock would need the parent's user.
OURS = ("LD_PRELOAD", "FAKETIME", "FAKETIME_SHARED", *OPTIONS)
NEAR = timedelta(hours=6)  # longer than any run


def library() -> Path:
    """The library to preload."""
    spec = importlib.util.find_spec(WHEEL)
    found = spec and spec.origin and Path(spec.origin).parent / LIBRARY
    if not found or not found.is_file():
        raise ToolError(f"the python package {WHEEL} is not installed: no AT here")
    return found


def variables(preloaded: Path, offset: str) -> dict[str, str]:
    """What makes a program started with them see a shifted clock."""
    return {"LD_PRELOAD": str(preloaded), "FAKETIME": offset, **OPTIONS}


def offset() -> str | None:
    """This process's own shift, as its children get it: one number for the run."""
    return os.environ.get("FAKETIME")


def real_environment() -> dict[str, str]:
    """The environment for a child that needs the true date: certificates have one."""
    return {name: text for name, text in os.environ.items() if name not in OURS}


def offset_to(moment: datetime, now: datetime) -> str:
    return f"{(moment - now).total_seconds():+.0f}s"


def enter(moment: datetime, argv: Sequence[str]) -> None:
    """Go on at that moment: this returns only in the process that is there."""
    now = datetime.now(timezone.utc)
    if offset() is None:
        shifted = variables(library(), offset_to(moment, now))
        sys.stdout.flush()
        sys.stderr.flush()
        command = [sys.executable, "-m", "tools", *argv]
        os.execve(sys.executable, command, {**os.environ, **shifted})
    if not moment - timedelta(seconds=2) <= now <= moment + NEAR:
        raise ToolError(f"the clock cannot be shifted here: it says {now:%F %R}")
    console.say(f"  (the run's clock says {now:%F %T} UTC)")
