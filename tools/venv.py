"""Virtual environments."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

from tools import clock, console
from tools.errors import ToolError
from tools.programs import Program, ensure

OLDEST_PYTHON = (3, 10)  # Odoo 19's own limit
# Debian keeps what an environment gets its pip from in a package of its own.
PIP = Program(
    "python3-venv",
    (sys.executable,),
    ("python3-venv",),
    ("-c", "import ensurepip; print(ensurepip.version())"),
)
_NO_NETWORK = re.compile(
    r"Temporary failure in name resolution|Name or service not known"
    r"|NewConnectionError|Network is unreachable|ConnectTimeout|Max retries exceeded"
)


def ensure_venv(path: Path, requirements: Path) -> Path:
    """Make the environment at ``path`` hold what ``requirements`` names.

    Nothing happens when the last successful run had the same requirements and the same
    python; an interrupted run is taken up again.

    :return: the environment's python
    """
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        raise ToolError(f"python {oldest} or newer is needed, not {sys.version[:6]}")
    python = path / "bin" / "python"
    stamp = _stamp(path, requirements)
    state = _fingerprint(requirements)
    if stamp.is_file() and stamp.read_text() == state and python.exists():
        return python
    with console.step(f"Installing python packages of {requirements.name}"):
        _create(path)
        stamp.unlink(missing_ok=True)
        _install(python, requirements)
        stamp.write_text(state)
    return python


def is_complete(path: Path, requirements: Path) -> bool:
    """Whether an installation of these requirements, old or new, was finished."""
    return _stamp(path, requirements).is_file()


def _stamp(path: Path, requirements: Path) -> Path:
    return path / f".{requirements.stem}.done"


def requirement_files(requirements: Path) -> list[Path]:
    """A requirements file and those it includes with `-r`."""
    found = [requirements]
    for line in requirements.read_text().splitlines():
        if line.startswith("-r "):
            found += requirement_files(requirements.parent / line[3:].strip())
    return found


def _fingerprint(requirements: Path) -> str:
    texts = [file.read_text() for file in requirement_files(requirements)]
    text = "\n".join([sys.version, *texts])
    return hashlib.sha256(text.encode()).hexdigest()


def _create(path: Path) -> None:
    """Create an environment of this very python that has pip."""
    marker = path / ".python"
    made_by = f"{sys.version}\n{Path(sys.executable).resolve()}"
    if marker.is_file() and marker.read_text() == made_by:
        return
    ensure(PIP)
    command = [sys.executable, "-m", "venv", "--clear", str(path)]
    console.run(command, what="cannot create a virtual environment")
    marker.write_text(made_by)


def _install(python: Path, requirements: Path) -> None:
    """Install with pip; its own warnings stay in the log unless it fails."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--prefer-binary"]
    done = subprocess.run(
        [*command, "-r", str(requirements)],
        env={**clock.real_environment(), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return
    words = done.stderr
    if _NO_NETWORK.search(words):
        raise ToolError("no network: pip cannot reach the package index")
    errors = [line for line in words.splitlines() if line.startswith("ERROR:")]
    reason = console.reason("\n".join(errors[::-1]) or words)
    raise ToolError(f"pip cannot install {requirements.name}: {reason}")
