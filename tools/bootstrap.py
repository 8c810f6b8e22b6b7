"""From a bare python to the virtual environment, where everything else runs."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools import console
from tools.odoo_source import OdooSource, ensure_odoo, link_into_venv
from tools.settings import Settings
from tools.venv import ensure_venv, is_complete

HERE = Path(__file__).parent
REQUIREMENTS = {
    "demo": HERE / "requirements.txt",
    "tests": HERE / "requirements-test.txt",
}


def inside(settings: Settings) -> bool:
    """Whether this is the environment's own python."""
    return settings.venv.is_dir() and settings.venv.samefile(sys.prefix)


def prepare(settings: Settings, requirements: Path) -> Path:
    """Build what is missing of environment and Odoo; return the environment's python.

    Both mostly wait for the network, so they are got at the same time.
    """
    sources: list[OdooSource] = []
    problems: list[BaseException] = []

    def get_odoo() -> None:
        try:
            sources.append(ensure_odoo(settings))
        except BaseException as error:
            problems.append(error)

    with one_at_a_time(settings.var):
        other = threading.Thread(target=get_odoo, daemon=True)
        other.start()
        python = ensure_venv(settings.venv, requirements)
        other.join()
        if problems:
            raise problems[0]
        link_into_venv(sources[0], python)
    return python


@contextmanager
def one_at_a_time(var: Path) -> Iterator[None]:
    """Make a second `make` wait while the first one builds what both need."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.say("  (waiting for another run of the same checkout)")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def enter(settings: Settings, argv: Sequence[str], needs: str) -> None:
    """Go on in the virtual environment: this returns only when already there.

    :param needs: a key of :data:`REQUIREMENTS`; "existing" uses an environment only if
        there is one, and "" needs none
    """
    if inside(settings):
        return
    if needs in REQUIREMENTS:
        python = prepare(settings, REQUIREMENTS[needs])
    elif needs and is_complete(settings.venv, REQUIREMENTS["demo"]):
        python = settings.venv / "bin" / "python"
    else:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir(settings.root)
    os.execv(python, [str(python), "-m", "tools", *argv])
