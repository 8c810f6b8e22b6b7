"""`make lint`: every static check of the repository, one line each.

A check is a command that prints its findings and exits non-zero when it has any:
the linters of the Odoo community as they are, and our own few
(:mod:`tools.lint_own`) for what no linter knows. The git hooks of
`.pre-commit-config.yaml` run the same checks by name.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import lint_node, lint_own
from tools.errors import ToolError
from tools.lint_files import existing_files
from tools.modules import discover
from tools.settings import ROOT
from tools.venv import ensure_venv

VENV = ROOT / "var" / "lint"
REQUIREMENTS = ROOT / "tools" / "requirements-lint.txt"
PRETTIER_SUFFIXES = (".css", ".js", ".json", ".scss", ".xml", ".yaml", ".yml")
# Written by npm and by tools/dashboards, in their own layout.
GENERATED = ("package-lock.json", "_dashboard.json")


@dataclass(frozen=True)
class Check:
    """One line of the report: a command, and the one that repairs what it finds.

    :param targets: the files both commands look at, if that is not always the same;
        without any there is nothing to find
    """

    name: str
    command: Sequence[str]
    repair: Sequence[str] | None = None
    targets: Sequence[str] | None = None


@dataclass(frozen=True)
class Result:
    name: str
    ok: bool
    seconds: float
    output: str

    def line(self) -> str:
        """The check's line of the report."""
        verdict = "ok" if self.ok else "FAIL"
        return f"{verdict:<5}{self.name:<16}{self.seconds:6.1f} s"


def checks(python: Path, files: Iterable[str], addons: Sequence[str]) -> list[Check]:
    """All checks in the order of the report, the quick ones first.

    :param python: interpreter of the linters' environment
    :param files: what :func:`existing_files` found
    :param addons: names of the add-ons in the root of the repository
    """
    files = list(files)
    bin_dir = python.parent
    ruff = str(bin_dir / "ruff")
    ruff_check = [ruff, "check", "--output-format=concise", "--quiet"]
    ruff_format = [ruff, "format", "--check", "--output-format=concise"]
    prettier = lint_node.prettier(bin_dir)
    return [
        Check("ruff", [*ruff_check, "."], [*ruff_check, "--fix", "."]),
        Check("ruff-format", [*ruff_format, "."], [ruff, "format", "."]),
        # Conflict markers and stray blanks, in every tracked file, by git itself.
        Check("whitespace", ["git", "diff", "--check", _empty_tree()]),
        *(
            Check(
                name,
                [str(python), "-m", "tools.lint_own", name],
                [str(python), "-m", "tools.readme"] if name == "readme" else None,
            )
            for name in lint_own.CHECKS
        ),
        Check(
            "prettier",
            [*prettier, "--check"],
            [*prettier, "--write"],
            [
                name
                for name in files
                if name.endswith(PRETTIER_SUFFIXES) and not name.endswith(GENERATED)
            ],
        ),
        Check(
            "oca-po",
            # Odoo's own export order and wrapping differ from po-pretty-format.
            [str(bin_dir / "oca-checks-po"), "--disable=po-pretty-format"],
            targets=[name for name in files if name.endswith(".po")],
        ),
        Check(
            "oca-module",
            # README.md is generated, and Odoo reads it as well as README.rst.
            [str(bin_dir / "oca-checks-odoo-module"), "--disable=prefer-readme-rst"],
            targets=addons,
        ),
        Check(
            "pylint-odoo",
            [str(bin_dir / "pylint"), "--rcfile=.pylintrc"],
            targets=addons,
        ),
    ]


def run(check: Check, *, root: Path = ROOT, repair: bool = False) -> Result:
    """Run one check from the root of the repository, after its repair when asked."""
    start = time.monotonic()
    if check.targets is not None and not check.targets:
        return Result(check.name, True, 0, "")
    targets = check.targets or ()
    if repair and check.repair:
        command = [*check.repair, *targets]
        subprocess.run(command, cwd=root, check=False, capture_output=True)
    done = subprocess.run(
        [*check.command, *targets],
        cwd=root,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    seconds = time.monotonic() - start
    return Result(check.name, done.returncode == 0, seconds, done.stdout.strip())


def report(
    selected: Iterable[Check],
    *,
    repair: bool = False,
    write: Callable[[str], object] = print,
) -> int:
    """Run the checks, write a line for each and what it found; exit code 1 if any did.

    Every check runs, also after a failed one: one call shows all there is to mend.
    """
    failed = []
    for check in selected:
        result = run(check, repair=repair)
        write(result.line())
        if not result.ok:
            failed.append(result.name)
            lines = (result.output or "failed without a word").splitlines()
            for line in filter(str.strip, lines):
                write(f"     {line}")
    if failed:
        write(f"lint: {len(failed)} failed: {', '.join(failed)}")
    else:
        write("lint: all checks passed")
    return int(bool(failed))


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `make lint`."""
    parser = argparse.ArgumentParser(
        prog="lint", description="Run the static checks of the repository."
    )
    parser.add_argument("names", nargs="*", metavar="CHECK", help="only these checks")
    parser.add_argument("--fix", action="store_true", help="repair what can be first")
    options = parser.parse_args(argv)
    if not shutil.which("git") or not (ROOT / ".git").exists():
        raise ToolError("lint looks at what git tracks: it needs git and a checkout")
    python = ensure_venv(VENV, REQUIREMENTS)
    addons = [module.name for module in discover(ROOT)]
    available = checks(python, existing_files(), addons)
    unknown = set(options.names) - {check.name for check in available}
    if unknown:
        names = ", ".join(check.name for check in available)
        raise ToolError(f"no check {', '.join(sorted(unknown))}; there are: {names}")
    selected = [
        check for check in available if not options.names or check.name in options.names
    ]
    if any(check.name == "prettier" for check in selected):
        lint_node.ensure_prettier(python.parent)
    return report(selected, repair=options.fix)


def _empty_tree() -> str:
    """Git's name of the empty tree: comparing with it looks at whole files."""
    return subprocess.run(
        ["git", "hash-object", "-t", "tree", "/dev/null"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
