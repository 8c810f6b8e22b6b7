from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tools import venv
from tools.errors import ToolError, disk_hint


@pytest.fixture
def unreachable_index(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but pip; making one takes seconds."""
    requirements = tmp_path_factory.mktemp("made") / "nothing.txt"
    requirements.write_text("# nothing\n")
    path = requirements.parent / "venv"
    assert venv.ensure_venv(path, requirements) == path / "bin" / "python"
    return path


def test_made_once_and_taken_up_again(made: Path) -> None:
    requirements, stamp = made.parent / "nothing.txt", made / ".nothing.done"
    born, stamped = made / "pyvenv.cfg", stamp.stat().st_mtime_ns
    birth = born.stat().st_mtime_ns
    venv.ensure_venv(made, requirements)
    assert stamp.stat().st_mtime_ns == stamped

    requirements.write_text("# nothing more\n")
    venv.ensure_venv(made, requirements)
    assert stamp.stat().st_mtime_ns > stamped
    assert born.stat().st_mtime_ns == birth


def test_no_network(made: Path, tmp_path: Path, unreachable_index: None) -> None:
    requirements = tmp_path / "some.txt"
    requirements.write_text("lxml\n")
    with pytest.raises(ToolError, match="no network"):
        venv.ensure_venv(made, requirements)
    assert not (made / ".some.done").exists()


def test_included_files_count(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    first, second = tmp_path / "a.txt", tmp_path / "more" / "b.txt"
    first.write_text("-r more/b.txt\nlxml\n")
    second.write_text("psutil\n")
    assert venv.requirement_files(first) == [first, second]


def test_a_full_disk(tiny_disk: Path, tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# nothing\n")
    with pytest.raises(ToolError, match="cannot create a virtual environment"):
        venv.ensure_venv(tiny_disk / "venv", requirements)
    (tiny_disk / "rest").touch()
    assert f"disk is full at {tiny_disk}" in disk_hint(tiny_disk / "venv" / "none")


def test_a_python_without_pip_and_without_apt(
    tmp_path: Path, bare_path: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venv, "PIP", replace(venv.PIP, asked=("-c", "")))
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# nothing\n")
    with pytest.raises(ToolError, match="apt-get install .* python3-venv"):
        venv.ensure_venv(tmp_path / "venv", requirements)
