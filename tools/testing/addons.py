"""The modules' own tests, by pytest, in two processes on a database each."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import console
from tools.errors import ToolError
from tools.modules import Module
from tools.testing.results import Case, Result, count, failures, read_report
from tools.testing.run import Run
from tools.testing.shard import group_of, read_seconds

PROCESSES = 2  # a browser test takes a core for itself
LONGEST = 3600  # seconds of a class


def run(run: Run) -> Result:
    """The tests of MODULE, or of all modules; of some, if ARGS says which."""
    modules = chosen(run.modules, run.settings.module)
    if not modules:
        return Result(notes=["there is no module yet"])
    kind = "daily" if run.settings.fast else "suite"
    where = run.where(*(f"{module.name}/tests" for module in modules))
    if run.args:
        database = run.databases.copy(kind, "odoo")
        options = [*run.pytest_odoo(database), *where]
        cases = read_report(run.pytest("odoo", *options))
        run.databases.drop(database)
        return count(cases)
    cases, broken = _run_in_parts(run, kind, where)
    for block in failures(cases):
        console.say(block)
    result = count(cases)
    for log in broken:
        result.fail(f"pytest did not come to its end: see {log}")
    for module in modules:
        ran = sum(case.test.startswith(f"{module.name}: ") for case in cases)
        result.notes.append(f"{module.name}: {ran} tests")
        if not ran:
            result.fail(f"{module.name} has no test")
    return result


def chosen(modules: Sequence[Module], name: str) -> list[Module]:
    """The module of this name, or all."""
    if name and name not in {module.name for module in modules}:
        names = ", ".join(module.name for module in modules)
        raise ToolError(f"no module {name}; there are: {names}")
    return [module for module in modules if name in ("", module.name)]


def _run_in_parts(
    run: Run, kind: str, where: Sequence[str]
) -> tuple[list[Case], list[Path]]:
    """All cases, and the logs of processes that died."""
    parts = min(PROCESSES, os.cpu_count() or 1)
    names = [f"odoo-{number}" for number in range(1, parts + 1)]
    databases = [run.databases.copy(kind, name.replace("-", "_")) for name in names]
    seconds = run.settings.var / "test-seconds.json"

    def test(number: int) -> Path:
        return run.pytest(
            names[number],
            *run.pytest_odoo(databases[number]),
            *("-p", "tools.testing.shard", f"--shard={number + 1}/{parts}"),
            f"--shard-seconds={seconds}",
            *where,
            quiet=True,
        )

    with (
        console.step(f"Running our modules' tests in {parts} processes"),
        ThreadPoolExecutor() as pool,
    ):
        reports = list(pool.map(test, range(parts)))
    cases = [case for report in reports for case in read_report(report)]
    _keep_seconds(seconds, cases)
    run.databases.drop(*databases)
    return cases, [
        report.with_suffix(".log") for report in reports if not report.is_file()
    ]


def _keep_seconds(path: Path, cases: Sequence[Case]) -> None:
    """What each class took, for the parts of the next run."""
    took: dict[str, float] = {}
    for case in cases:
        group = group_of(case.node)
        took[group] = round(took.get(group, 0) + case.seconds, 2)
    # A test that stops the clock leaves pytest with a time of decades.
    known = read_seconds(path) | {
        group: seconds for group, seconds in took.items() if 0 <= seconds < LONGEST
    }
    path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
