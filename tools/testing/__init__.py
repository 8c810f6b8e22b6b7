"""`make test`: every stage runs, also after a failed one; the summary says it all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence

from tools import clock, console
from tools.errors import ToolError
from tools.modules import discover
from tools.odoo_cli import Odoo
from tools.postgres import ensure_server, own_server, shifted_cluster
from tools.settings import Settings
from tools.testing.addons import chosen
from tools.testing.databases import Databases
from tools.testing.results import Result
from tools.testing.run import Run
from tools.testing.stages import STAGES, run_stage


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Run the stages that STAGE names, or all; non-zero if anything failed."""
    names = settings.stages or (("odoo",) if settings.module else tuple(STAGES))
    unknown = [name for name in names if name not in STAGES]
    if unknown:
        raise ToolError(
            f"no stage {', '.join(unknown)}; there are: {', '.join(STAGES)}"
        )
    if settings.module and names != ("odoo",):
        raise ToolError("MODULE= has a stage of its own: leave STAGE= away")
    if settings.fast and not settings.module:
        raise ToolError("FAST=1 needs to know which module: MODULE=")
    modules = discover(settings.root)
    chosen(modules, settings.module)
    if settings.at:
        _travel(settings, argv)
    odoo = open_odoo(settings)
    run = Run(
        settings=settings,
        odoo=odoo,
        databases=Databases(odoo, modules),
        modules=modules,
        args=[*argv, *settings.args],
    )
    try:
        results = {name: _run_stage(name, run) for name in names}
    finally:
        if settings.at:
            shifted_cluster(settings).stop()
    print(summary(results), flush=True)
    return int(any(result.failed for result in results.values()))


def open_odoo(settings: Settings) -> Odoo:
    """The tests' Odoo, on their own server; one with another clock keeps apart."""
    name = "test-at" if clock.offset() else "test"
    odoo = Odoo(settings, ensure_server(settings, testing=True), name)
    odoo.write_config()
    return odoo


def _travel(settings: Settings, argv: Sequence[str]) -> None:
    """Go on at the moment that AT names, with a server that knows no other time."""
    if own_server():
        raise ToolError("AT cannot shift your PostgreSQL's clock: unset PGHOST … first")
    assert settings.at is not None
    if clock.offset() is None:
        shifted_cluster(settings).remove()
        shutil.rmtree(settings.var / "data" / "test-at", ignore_errors=True)
    clock.enter(settings.at, ["test", *argv])


def summary(results: dict[str, Result]) -> str:
    """A table of the stages, what is worth knowing of each, and the sum."""
    lines = ["", f"{'stage':<11}{'passed':>8}{'failed':>8}{'skipped':>8}{'time':>9}"]
    for name, result in results.items():
        lines.append(
            f"{name:<11}{result.passed:>8}{result.failed:>8}{result.skipped:>8}"
            f"{result.seconds:>7.0f} s"
        )
    for name, result in results.items():
        lines += [f"{name}: {note}" for note in result.notes]
    passed, failed, skipped, seconds = (
        sum(getattr(result, field) for result in results.values())
        for field in ("passed", "failed", "skipped", "seconds")
    )
    lines.append(f"total time: {seconds // 60:.0f} min {seconds % 60:.0f} s")
    lines.append(f"{passed} passed, {failed} failed, {skipped} skipped")
    return "\n".join(lines)


def _run_stage(name: str, run: Run) -> Result:
    """One stage, and what it took."""
    console.say(f"== {name}")
    start = time.monotonic()
    result = run_stage(name, run)
    result.seconds = time.monotonic() - start
    return result
