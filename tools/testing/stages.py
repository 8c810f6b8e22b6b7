"""The stages of `make test`; each leaves its logs and reports in `var/log`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import browser, console
from tools.modules import Module
from tools.odoo_cli import Odoo
from tools.ports import any_free
from tools.settings import Settings
from tools.testing import stock
from tools.testing.databases import Databases
from tools.testing.log import failures, outcome
from tools.testing.results import Result, count, read_report


@dataclass
class Run:
    """What the stages of one run share.

    :param args: what the developer adds for pytest or for Odoo's `--test-tags`
    """

    settings: Settings
    odoo: Odoo
    databases: Databases
    modules: list[Module]
    args: Sequence[str]

    @property
    def logs(self) -> Path:
        return self.settings.var / "log"

    def pytest(self, name: str, *arguments: str, quiet: bool = False) -> Path:
        """Run pytest in the checkout; return the report it wrote."""
        report = self.logs / f"{name}.xml"
        report.parent.mkdir(parents=True, exist_ok=True)
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
        command += ["-o", "junit_family=xunit1", f"--junit-xml={report}", *arguments]
        if quiet:
            console.run_logged(
                command,
                self.logs / f"{name}.log",
                env=self.odoo.environment(),
                cwd=self.settings.root,
            )
        else:
            env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
            subprocess.run(
                command, cwd=self.settings.root, env=env, stdin=subprocess.DEVNULL
            )
        return report

    def pytest_odoo(self, database: str) -> list[str]:
        """Options that make pytest run Odoo's tests, browser tests too."""
        self.odoo.write_config()
        return [
            "--odoo-http",
            f"--odoo-config={self.odoo.config_file}",
            f"--odoo-database={database}",
        ]


def unit(run: Run) -> Result:
    """The tools' own tests: no Odoo, no database server of ours."""
    return count(
        read_report(run.pytest("unit", "-p", "no:odoo", "tests/unit", *run.args))
    )


def databases(run: Run) -> Result:
    """Odoo's apps, and our modules on top, as templates for the other stages."""
    result = Result()
    run.databases.prepare()
    result.notes.append(f"{len(run.modules)} modules on {len(run.databases.apps)} apps")
    return result


def odoo(run: Run) -> Result:
    """Each module's own tests, by Odoo's runner, after an upgrade of the module."""
    if not run.modules:
        return Result(notes=["there is no module yet"])
    browser.ensure()
    database = run.databases.copy("suite", "odoo")
    names = [module.name for module in run.modules]
    tags = run.args or [f"/{name}" for name in names]
    log = run.logs / "test-odoo.log"
    with console.step("Running our modules' tests in Odoo") as detail:
        code = run.odoo.run_code(
            *("-d", database, "-u", ",".join(names), f"--test-tags={','.join(tags)}"),
            *("--stop-after-init", f"--http-port={any_free()}"),
            log=log,
            on_line=_show_test(detail),
        )
    text = log.read_text(errors="replace")
    done = outcome(text)
    result = Result(passed=len(done.run - done.failed), failed=len(done.failed))
    for block in failures(text):
        console.say(block)
    if not done.run:
        result.fail("no test was executed")
    if code and not result.failed:
        result.fail(f"Odoo ended with code {code}: see {log}")
    for name in names:
        ran = sum(test.startswith(f"{name}: ") for test in done.run)
        result.notes.append(f"{name}: {ran} tests")
        if not ran and not run.args:
            result.fail(f"{name} has no test")
    run.databases.drop(database)
    return result


def suite(run: Run) -> Result:
    """Tests across modules, in a database that holds them all."""
    browser.ensure()
    database = run.databases.copy("suite", "suite_tests")
    options = run.pytest_odoo(database)
    report = run.pytest("suite", *options, "tests/suite", *run.args)
    run.databases.drop(database)
    return count(read_report(report))


def lifecycle(run: Run) -> Result:
    """Install, upgrade, remove and install again each module beside data."""
    report = run.pytest("lifecycle", "-p", "no:odoo", "tests/lifecycle", *run.args)
    return count(read_report(report))


def stock_suites(run: Run) -> Result:
    """Odoo's own tests with our modules installed, compared with the baseline."""
    browser.ensure()
    database = run.databases.copy("suite", "stock_tests")
    result = stock.run(run, database)
    run.databases.drop(database)
    return result


def _show_test(detail: Callable[[str], None]) -> Callable[[str], None]:
    def show(line: str) -> None:
        if ": Starting " in line:
            detail(line.split(": Starting ", 1)[1].split(" ...")[0])

    return show


STAGES: dict[str, Callable[[Run], Result]] = {
    "unit": unit,
    "databases": databases,
    "odoo": odoo,
    "suite": suite,
    "lifecycle": lifecycle,
    "stock": stock_suites,
}
