"""Real conditions for the tools: programs on PATH, tiny packages, a full disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.settings import ROOT, VARIABLES


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a shell script of this name in front of PATH."""
    folder = tmp_path / "fake-bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def write(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH without apt, dpkg or anything else of a Debian machine."""
    folder = tmp_path / "empty-bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture
def make_package(tmp_path: Path) -> Callable[..., Path]:
    """Build a real Debian package of some files."""
    if not shutil.which("dpkg-deb"):
        pytest.skip("needs dpkg-deb")

    def build(name: str, files: dict[str, str], into: Path) -> Path:
        tree = tmp_path / f"tree-{name}"
        control = tree / "DEBIAN" / "control"
        control.parent.mkdir(parents=True)
        control.write_text(
            f"Package: {name}\nVersion: 1\nArchitecture: all\n"
            "Maintainer: Nobody <nobody@example.com>\nDescription: test\n"
        )
        for path, text in files.items():
            file = tree / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        into.mkdir(parents=True, exist_ok=True)
        package = into / f"{name}_1_all.deb"
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, package],
            check=True,
            capture_output=True,
        )
        return package

    return build


@pytest.fixture
def tiny_disk() -> Iterator[Path]:
    """A file system of one megabyte, in a folder that anybody may enter."""
    folder = Path(tempfile.mkdtemp())
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("only root may mount a small disk")
    folder.chmod(0o755)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture
def front_door() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Call `python -m tools` as the Makefile does, with these variables only."""
    ours = {name for names, _text in VARIABLES for name in names.split()}
    env = {name: text for name, text in os.environ.items() if name not in ours}

    def call(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tools", *arguments],
            cwd=ROOT,
            env={**env, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    return call
