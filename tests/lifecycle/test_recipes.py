"""The recipes of docs/extend.md: installed, run, and as short as the page says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tools.odoo_cli import Odoo
from tools.settings import ROOT
from tools.testing.databases import Databases

FOLDER = ROOT / "tests" / "recipes"
RECIPES = sorted(path.parent.name for path in FOLDER.glob("*/__manifest__.py"))
LONGEST = 40


@pytest.fixture(scope="module")
def done(databases: Databases) -> Iterator[dict[str, Any]]:
    """What the recipes did in a database that has them all."""
    name = databases.copy("suite", "recipes")
    odoo = databases.odoo
    settings = replace(odoo.settings, addons_path=(FOLDER,))
    cook = Odoo(settings, odoo.server, "recipes")
    cook.run(
        *("-d", name, "-i", ",".join(RECIPES), "--stop-after-init", "--no-http"),
        log="recipes-install",
    )
    printed = cook.script(name, (FOLDER / "check.py").read_text(), "recipes-check")
    yield json.loads(printed.splitlines()[-1])
    databases.drop(name)


def test_dimension(done: dict[str, Any]) -> None:
    assert done["dimension"] == {"count": 3, "score": 3, "words": True, "after": [0, 0]}


def test_card(done: dict[str, Any]) -> None:
    assert done["card"]["open_quotations"] == "1"


def test_metric(done: dict[str, Any]) -> None:
    cancelled, orders = done["metric"]
    assert cancelled == 2
    assert orders == 28, "25 confirmed, one quotation, two cancelled"


def test_explanation(done: dict[str, Any]) -> None:
    why, shown = done["explanation"]
    assert why == {"label": "Progress", "amount": "71.4 %", "formula": "7.1 % ÷ 10.0 %"}
    assert shown


def test_source(done: dict[str, Any]) -> None:
    assert done["source"] == [0, "done"]


def test_job(done: dict[str, Any]) -> None:
    assert done["job"] == ["done", 25]


@pytest.mark.parametrize("recipe", RECIPES)
def test_short_and_on_the_page(recipe: str) -> None:
    lines = [
        line
        for path in (FOLDER / recipe).rglob("*")
        if path.suffix in (".py", ".xml", ".csv")
        for line in path.read_text().splitlines()
        if line.strip()
    ]
    assert len(lines) <= LONGEST
    assert f"tests/recipes/{recipe}" in (ROOT / "docs" / "extend.md").read_text()
