"""Odoo's own tests of the apps we build on, with our modules installed.

What fails without our modules too is in `tests/stock_baseline.txt`, reviewed by people.
Anything else that fails is our fault until it passes when run again by itself: some of
Odoo's browser tests do not stand a busy machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tools import console
from tools.errors import ToolError
from tools.testing.databases import STOCK_SUITES
from tools.testing.results import Case, Result, read_report, skips
from tools.testing.run import Run

BASELINE = Path("tests") / "stock_baseline.txt"


def read_baseline(path: Path) -> dict[str, str]:
    """The known failures: `module: Class.method  # why`, one a line."""
    known = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        test, _hash, reason = line.partition("#")
        if not test.strip():
            continue
        if not reason.strip():
            raise ToolError(f"{path}:{number}: say after a # why this test may fail")
        known[test.strip()] = reason.strip()
    return known


def folders(addons: Iterable[Path]) -> list[str]:
    """The test folders of the stock apps."""
    found = [
        folder / name / "tests"
        for folder in addons
        for name in STOCK_SUITES
        if (folder / name / "tests").is_dir()
    ]
    if len(found) != len(STOCK_SUITES):
        raise ToolError(f"this Odoo lacks tests of some of {', '.join(STOCK_SUITES)}")
    return [str(folder) for folder in found]


def run(run: Run, database: str) -> Result:
    """Run the suites, run again what fails, and compare with the baseline."""
    baseline = read_baseline(run.settings.root / BASELINE)
    # Odoo's folders are outside of the checkout: its pytest settings are not theirs.
    options = ["-c", "/dev/null", "--rootdir=/", "-q", *run.pytest_odoo(database)]
    where = run.where(*folders(run.odoo.source.addons))
    with console.step(f"Running Odoo's tests of {', '.join(STOCK_SUITES)}"):
        cases = read_report(run.pytest("stock", *options, *where, quiet=True))
    failed = {case.test: case for case in cases if case.state == "failed"}
    retry = [case for test, case in failed.items() if test not in baseline]
    flaky = _run_again(run, options, retry) if retry else set()
    return judge(cases, baseline, flaky, partial=bool(run.args))


def judge(
    cases: list[Case],
    baseline: dict[str, str],
    flaky: set[str],
    *,
    partial: bool = False,
) -> Result:
    """What the stage says: new failures fail it, a stale baseline is told.

    :param flaky: tests that failed, and passed when run again
    :param partial: not all suites were run, so absence means nothing
    """
    left_out = skips(cases)
    result = Result(skipped=len(left_out), notes=left_out)
    for case in cases:
        if case.state == "passed":
            result.passed += 1
            if case.test in baseline:
                result.notes.append(f"passes, though in the baseline: {case.test}")
        elif case.state == "failed" and case.test in flaky:
            result.passed += 1
            result.notes.append(f"passes when run again: {case.test}")
        elif case.state == "failed" and case.test in baseline:
            result.skipped += 1
            result.notes.append(f"fails without our modules too: {case.test}")
        elif case.state == "failed":
            result.fail(f"fails with our modules: {case.test}")
    if not cases:
        result.fail("no test was executed")
    unknown = set(baseline) - {case.test for case in cases}
    if unknown and not partial:
        result.notes += [f"in the baseline, but no test: {test}" for test in unknown]
    return result


def _run_again(run: Run, options: list[str], cases: list[Case]) -> set[str]:
    """The tests of these that pass when run by themselves."""
    passed = set()
    for case in cases:
        with console.step(f"Running again {case.test}"):
            report = run.pytest("stock-again", *options, f"/{case.node}", quiet=True)
        again = read_report(report)
        if again and all(one.state != "failed" for one in again):
            passed.add(case.test)
    return passed
