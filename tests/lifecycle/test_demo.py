"""`make demo` from the point where the apps are installed, and again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tools.demo import Demo, Note
from tools.modules import discover
from tools.settings import ROOT, Settings
from tools.testing.databases import PREFIX, Databases

NAME = f"{PREFIX}_front_door"
CHECK = """
last = max(env["sale.order"].search([("state", "=", "sale")]).mapped("date_order"))
tiers = env["crm.value.profile"]._read_group(
    [("tier_id", "!=", False)], ["tier_id"], ["__count"]
)
print(env["crm.value.run"].search_count([]), last.date(), len(tiers))
"""


@pytest.fixture
def demo(databases: Databases) -> Iterator[Demo]:
    """An interrupted demo: the apps are there under the temporary name, no more."""
    odoo = databases.odoo
    odoo.drop(NAME)
    databases.copy("suite", f"{NAME.removeprefix(PREFIX + '_')}_building")
    modules = {module.name: module.fingerprint() for module in discover(ROOT)}
    note = Note(steps=["apps"], modules=modules)
    odoo.server.set_note(f"{NAME}_building", json.dumps(vars(note)))
    yield Demo(Settings(db=NAME), odoo)
    odoo.drop(NAME)
    odoo.drop(f"{NAME}_building")


def test_an_interrupted_demo_goes_on(demo: Demo, capsys: pytest.CaptureFixture) -> None:
    demo.prepare()
    server = demo.odoo.server
    assert server.has(NAME) and not server.has(f"{NAME}_building")
    assert demo.odoo.filestore(NAME).is_dir()

    runs, last, tiers = demo.odoo.script(NAME, CHECK, "front-door").split()
    yesterday = date.today() - timedelta(days=1)
    assert date.fromisoformat(last) == yesterday
    assert int(runs) >= 1
    assert int(tiers) == 3

    capsys.readouterr()
    demo.prepare()
    assert capsys.readouterr().err == "", "nothing changed: nothing is done"
