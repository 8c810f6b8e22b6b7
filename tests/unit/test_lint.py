"""`make lint` runs every check, shows every finding and fails when there is one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import lint, lint_files, lint_own
from tools.lint import Check

GOOD = Check("good", [sys.executable, "-c", "print('nothing to see')"])
BAD = Check(
    "bad", [sys.executable, "-c", "print('a.py:1: wrong'); raise SystemExit(3)"]
)
SILENT = Check("silent", [sys.executable, "-c", "raise SystemExit(1)"])


def lines_of(*checks: Check) -> tuple[int, list[str]]:
    """Exit code and report of some checks, the seconds left out."""
    lines: list[str] = []
    code = lint.report(checks, write=lines.append)
    return code, [" ".join(line.split()[:2]) for line in lines]


def test_all_good():
    assert lines_of(GOOD) == (0, ["ok good", "lint: all"])


def test_a_failed_check_shows_its_findings_and_the_rest_still_runs():
    code, lines = lines_of(BAD, SILENT, GOOD)
    assert code == 1
    assert lines == [
        "FAIL bad",
        "a.py:1: wrong",
        "FAIL silent",
        "failed without",
        "ok good",
        "lint: 2",
    ]


def test_repair_runs_before_the_check(tmp_path: Path):
    mended = tmp_path / "mended"
    check = Check(
        "file",
        [sys.executable, "-c", f"open({str(mended)!r})"],
        [sys.executable, "-c", f"open({str(mended)!r}, 'w')"],
    )
    assert not lint.run(check).ok
    assert lint.run(check, repair=True).ok


def test_every_kind_of_file_has_its_check():
    files = ["crm_x/views/a.xml", "crm_x/i18n/zh_CN.po", "package-lock.json"]
    checks = {
        check.name: check.targets for check in lint.checks(Path("p"), files, ["crm_x"])
    }
    assert checks.pop("prettier") == ["crm_x/views/a.xml"]
    assert checks.pop("oca-po") == ["crm_x/i18n/zh_CN.po"]
    assert checks.pop("oca-module") == checks.pop("pylint-odoo") == ["crm_x"]
    assert list(checks) == ["ruff", "ruff-format", "whitespace", *lint_own.CHECKS]


def test_a_check_gets_its_files_and_is_not_run_without_any():
    fails_for = [sys.executable, "-c", "import sys; sys.exit(' '.join(sys.argv[1:]))"]
    assert lint.run(Check("some", fails_for, targets=["a.po", "b.po"])).output == (
        "a.po b.po"
    )
    assert lint.run(Check("none", fails_for, targets=[])).ok


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git checkout with a tracked, a deleted, a new and an ignored file."""
    for name in ("tracked.py", "deleted.py"):
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    subprocess.run(["git", "init", "--quiet", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    (tmp_path / "deleted.py").unlink()
    (tmp_path / "new 文件.py").touch()
    (tmp_path / "ignored.py").touch()
    return tmp_path


def test_files_are_those_that_a_commit_would_hold(repository: Path):
    assert lint_files.existing_files(repository) == [
        ".gitignore",
        "new 文件.py",
        "tracked.py",
    ]


def test_the_git_hooks_run_every_check_by_its_name():
    hooks = (lint.ROOT / ".pre-commit-config.yaml").read_text()
    named = [
        name
        for line in hooks.splitlines()
        for name in line.partition("python3 -m tools lint ")[2].split()
    ]
    assert sorted(named) == sorted(
        check.name for check in lint.checks(Path("p"), [], [])
    )
