"""Virtual environments, also where Debian ships python without its venv package."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import apt, clock, console
from tools.errors import ToolError, disk_full, explain_disk_full, is_disk_full
from tools.settings import ROOT

OLDEST_PYTHON = (3, 10)  # Odoo 19's own limit
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
        with explain_disk_full(path):
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
    # Debian keeps ensurepip in a package of its own.
    has_pip = importlib.util.find_spec("ensurepip") is not None
    command = [sys.executable, "-m", "venv", "--clear", str(path)]
    if not has_pip:
        command.insert(3, "--without-pip")
    console.run(command, what="cannot create a virtual environment", writes=path)
    if not has_pip:
        _bootstrap_pip(path / "bin" / "python")
    marker.write_text(made_by)


def _bootstrap_pip(python: Path) -> None:
    """Put pip into an environment from Debian's package of the pip wheel."""
    if not apt.available():
        raise ToolError("this python cannot install pip: install python3-venv")
    cache = ROOT / "var" / "cache"
    package = "python3-pip-whl/trixie"
    # Its own state: Odoo may be on its way at the same time.
    [package_file] = apt.Apt(cache / "apt-pip").fetch([package], cache / "debs-pip")
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        apt.unpack(package_file, Path(folder), "./usr/share/python-wheels")
        [wheel] = Path(folder).rglob("pip-*.whl")
        console.run(
            [python, wheel / "pip", "install", "--quiet", "--no-index", wheel],
            what="cannot install pip",
            writes=python.parent,
        )


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
    if is_disk_full(python.parent, words):
        raise disk_full(python.parent)
    if _NO_NETWORK.search(words):
        raise ToolError("no network: pip cannot reach the package index")
    errors = [line for line in words.splitlines() if line.startswith("ERROR:")]
    reason = errors[0] if errors else console.last_line(words)
    raise ToolError(f"pip cannot install {requirements.name}: {reason}")
