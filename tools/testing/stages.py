"""The stages of `make test`; each leaves its logs and reports in `var/log`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools import console
from tools.errors import ToolError
from tools.programs import CHROMIUM, COMPOSE, Program, ensure
from tools.testing import addons, stock
from tools.testing.results import Result, count, read_report
from tools.testing.run import Run


@dataclass(frozen=True)
class Stage:
    """One part of `make test`.

    :param needs: programs without which it cannot run
    :param likes: programs without which it leaves tests out
    """

    run: Callable[[Run], Result]
    needs: tuple[Program, ...] = ()
    likes: tuple[Program, ...] = ()


def _unit(run: Run) -> Result:
    """The tools' own tests: no Odoo, no database server of ours."""
    options = ("-p", "no:odoo", *run.where("tests/unit"))
    return count(read_report(run.pytest("unit", *options)))


def _databases(run: Run) -> Result:
    """Odoo's apps, and our modules on top, as a template for the other stages."""
    run.databases.template("suite")
    apps, modules = len(run.databases.apps), len(run.modules)
    return Result(notes=[f"{modules} modules on {apps} apps"])


def _suite(run: Run) -> Result:
    """Tests across modules, in a database that holds them all."""
    database = run.databases.copy("suite", "suite_tests")
    options = [*run.pytest_odoo(database), *run.where("tests/suite")]
    report = run.pytest("suite", *options)
    run.databases.drop(database)
    return count(read_report(report))


def _lifecycle(run: Run) -> Result:
    """Install, upgrade, remove and install again each module beside data."""
    options = ("-p", "no:odoo", *run.where("tests/lifecycle"))
    return count(read_report(run.pytest("lifecycle", *options)))


def _stock(run: Run) -> Result:
    """Odoo's own tests with our modules installed, compared with the baseline."""
    database = run.databases.copy("suite", "stock_tests")
    result = stock.run(run, database)
    run.databases.drop(database)
    return result


STAGES = {
    "unit": Stage(_unit, likes=(CHROMIUM, COMPOSE)),
    "databases": Stage(_databases),
    "odoo": Stage(addons.run, needs=(CHROMIUM,)),
    "suite": Stage(_suite, needs=(CHROMIUM,)),
    "lifecycle": Stage(_lifecycle),
    "stock": Stage(_stock, needs=(CHROMIUM,)),
}


def run_stage(name: str, run: Run) -> Result:
    """One stage; what stops it is its failure, not the end of the run."""
    stage = STAGES[name]
    missing = []
    try:
        if stage.likes:
            try:
                ensure(*stage.likes)
            except ToolError as error:
                missing = [str(error)]
        if stage.needs:
            ensure(*stage.needs)
        result = stage.run(run)
    except ToolError as error:
        console.say(f"error: {error}")
        result = Result().fail(str(error))
    result.notes += missing
    return result
