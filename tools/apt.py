"""Debian packages without touching the system: fetched, verified and unpacked.

apt keeps its lists and cache below `var/`; the machine's own mirror is read from the
machine's own configuration, and apt verifies the archive's signature.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools import clock, console
from tools.errors import ToolError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# sid has what no release has (Odoo 19); the release keeps what Odoo's links expect.
SUITES = ("sid", "trixie")
_NO_NETWORK = re.compile(
    r"Could not (resolve|connect)|Temporary failure|Unable to connect"
    r"|Connection (timed out|refused)|Network is unreachable|Cannot initiate"
)
_URI = re.compile(r"'[^']+' (?P<name>\S+) (?P<size>\d+) (?P<kind>\w+):(?P<hash>\w+)")


def available() -> bool:
    """Whether this machine has Debian's tools."""
    return all(shutil.which(tool) for tool in ("apt-get", "dpkg-deb"))


class Apt:
    """apt with private state, reading :data:`SUITES` of the machine's own mirror."""

    def __init__(
        self, state: Path, mirror: str | None = None, retries: int = 3
    ) -> None:
        self.state = state
        self._retries = retries
        self._mirror = mirror

    def fetch(self, packages: Sequence[str], into: Path) -> list[Path]:
        """Download packages into a folder; each file is verified before it is used.

        A package is given as `name` or, from a certain suite, as `name/suite`. What an
        earlier, interrupted run left complete is kept, the rest is redone.
        """
        self._update()
        into.mkdir(parents=True, exist_ok=True)
        # Asked in another folder: apt is silent about what it finds complete in this.
        words = self._apt("download", "--print-uris", *packages, cwd=self.state)
        wanted = {m["name"]: (m["kind"], m["hash"]) for m in _URI.finditer(words)}
        if len(wanted) != len(packages):
            raise ToolError("apt does not say where to download " + " ".join(packages))
        incomplete = {
            name.split("_")[0]
            for name, checksum in wanted.items()
            if not _verified(into / name, checksum)
        }
        for name in wanted:
            if name.split("_")[0] in incomplete:
                (into / name).unlink(missing_ok=True)
        missing = [name for name in packages if name.split("/")[0] in incomplete]
        if missing:
            self._apt("download", *missing, cwd=into)
        for name, checksum in wanted.items():
            if not _verified(into / name, checksum):
                raise ToolError(f"the download {name} is damaged: run this again")
        return [into / name for name in wanted]

    def _update(self) -> None:
        """Read the package lists; the signature is checked by apt."""
        if not available():
            raise ToolError("this machine has no apt")
        if not KEYRING.exists():
            raise ToolError(f"the Debian keyring is missing: {KEYRING}")
        for folder in ("lists/partial", "cache/archives/partial"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        mirror = self._mirror or debian_mirror()
        signed = f"[signed-by={KEYRING}]"
        lines = [f"deb {signed} {mirror} {suite} main\n" for suite in SUITES]
        (self.state / "sources.list").write_text("".join(lines))
        self._apt("update", "--error-on=any", cwd=self.state)

    def _apt(self, *arguments: str, cwd: Path) -> str:
        state = self.state.resolve()
        options = {
            "Dir::Etc::sourcelist": str(state / "sources.list"),
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::lists": str(state / "lists"),
            "Dir::Cache": str(state / "cache"),
            "Acquire::Retries": str(self._retries),
            "Acquire::http::Timeout": "30",
        }
        if os.geteuid() == 0:
            # The user _apt may not enter this folder; apt would only complain.
            options["APT::Sandbox::User"] = "root"
        command = ["apt-get", "-q"]
        for name, value in options.items():
            command += ["-o", f"{name}={value}"]
        done = subprocess.run(
            [*command, *arguments],
            cwd=cwd,
            env={**clock.real_environment(), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise _explain(done.stderr)
        return done.stdout


def debian_mirror() -> str:
    """The address of the Debian mirror this machine already uses."""
    listed = console.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT) $(RELEASE)"],
        what="cannot read apt's configuration",
    )
    for line in listed.splitlines():
        uri, component, release = (line.split() + ["", "", ""])[:3]
        if component == "main" and uri.rstrip("/").endswith("/debian"):
            if not release.endswith(("-security", "-updates", "-backports")):
                return uri
    raise ToolError(
        "apt on this machine reads no Debian mirror: set ODOO_HOME to an Odoo 19 "
        "checkout, or use docker compose"
    )


def unpack(package: Path, into: Path, *folders: str) -> None:
    """Unpack a package, or only some folders of it."""
    into.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(package)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as reader:
        done = subprocess.run(
            ["tar", "-x", "--no-same-owner", "-C", str(into), *folders],
            stdin=reader.stdout,
            capture_output=True,
            text=True,
        )
    if done.returncode or reader.returncode:
        reason = console.reason(done.stderr)
        raise ToolError(f"cannot unpack {package.name}: {reason}: run this again")


def _explain(words: str) -> ToolError:
    reasons = [line for line in words.splitlines() if line.startswith("E:")] or [words]
    if _NO_NETWORK.search(words):
        return ToolError(f"no network: apt cannot reach its mirror: {reasons[0]}")
    return ToolError(f"apt failed: {reasons[0].strip()}")


def _verified(path: Path, checksum: tuple[str, str]) -> bool:
    """Whether the file is there and is the one the signed package list names."""
    if not path.is_file():
        return False
    kind, expected = checksum
    with path.open("rb") as file:
        found = hashlib.new(kind.lower())
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest() == expected
