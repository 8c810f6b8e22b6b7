"""Where two add-ons meet: the one for both comes, is used, and goes without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.lifecycle import use
from tests.lifecycle.test_lifecycle import TRACES, Rows
from tools.modules import discover
from tools.settings import ROOT
from tools.testing.databases import Databases, problems

GLUE = [module.name for module in discover(ROOT) if module.auto_install]


@dataclass
class Visit:
    """What one add-on left, what it took along, and what Odoo warned of."""

    left: Rows
    taken: Rows
    owns_something: bool
    unused: list[str]
    warnings: list[str]


class House:
    """A database with all add-ons, where those of two come and go."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self.name = databases.copy("suite", "glue")

    def visit(self, name: str) -> Visit:
        warnings = self._odoo(f"uninstall {name}", "module", "uninstall", name)
        before = self._rows(TRACES)
        warnings += self._odoo(f"install {name}", "-i", name)
        script = use.script(name)
        printed = self.databases.odoo.script(self.name, script, f"use-{name}")
        warnings += self._odoo(f"uninstall {name}", "module", "uninstall", name)
        after = self._rows(TRACES)
        owners = self._rows("SELECT DISTINCT module FROM ir_model_data")
        warnings += self._odoo(f"{name} again", "-i", name)
        return Visit(
            after - before, before - after, (name,) in owners, printed.split(), warnings
        )

    def _odoo(self, step: str, *arguments: str) -> list[str]:
        words = [*arguments, "-d", self.name]
        if arguments[0] != "module":
            words += ["--stop-after-init", "--no-http"]
        log = f"glue-{step.replace(' ', '-')}"
        path = self.databases.odoo.run(*words, log=log)
        return problems(path.read_text(errors="replace"))

    def _rows(self, query: str) -> Rows:
        with self.databases.odoo.server.cursor(self.name) as cursor:
            cursor.execute(query)
            return set(cursor.fetchall())


@pytest.fixture(scope="module")
def house(databases: Databases) -> Iterator[House]:
    found = House(databases)
    yield found
    databases.drop(found.name)


def test_there_are_some() -> None:
    assert len(GLUE) >= 3


@pytest.mark.parametrize("name", GLUE)
def test_it_comes_and_goes(house: House, name: str) -> None:
    visit = house.visit(name)
    assert visit.unused == [], "every table of it has a row"
    assert visit.left == set(), "nothing is left behind"
    assert visit.taken == set(), "nothing of others is taken along"
    assert not visit.owns_something, "no external id is left"
    assert visit.warnings == []
