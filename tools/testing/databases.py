"""Test databases: built once for what they depend on, then only copied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tools import console
from tools.errors import ToolError
from tools.modules import Module, stock_dependencies
from tools.odoo_cli import Odoo
from tools.testing.log import problems

PREFIX = "crmtest"
# The apps whose own tests must still pass beside our modules, and what the tests of
# several of our modules need together.
STOCK_SUITES = ("crm", "sale_crm", "loyalty", "sale_loyalty", "gamification")
BASE_APPS = (*STOCK_SUITES, "sale_management", "portal", "rating", "survey")
# Every run of browser tests would make them again: in its copy of the template.
PREGENERATE = """
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
"""


class Databases:
    """The databases of one test run, in Odoo's test cluster.

    `stock` holds Odoo's own apps, `suite` our modules on top; `demo` is `stock` with
    Odoo's demo data. Each is named after what it was made from: a change makes another
    one, and the outdated one is dropped.
    """

    def __init__(self, odoo: Odoo, modules: Sequence[Module]) -> None:
        self.odoo = odoo
        self.modules = list(modules)
        self.apps = sorted({*BASE_APPS, *stock_dependencies(self.modules)})
        base = [odoo.source.version, *self.apps]
        ours = [module.fingerprint() for module in self.modules]
        self.names = {
            "stock": _name("stock", base),
            "demo": _name("demo", base),
            "suite": _name("suite", [*base, *ours]),
        }

    def template(self, kind: str) -> str:
        """The name of a template, built first if it is not there."""
        name = self.names[kind]
        note = self.odoo.server.note(name)
        if note is not None and json.loads(note).get("ready"):
            return name
        self._drop_outdated(kind)
        if kind == "suite":
            self._build_suite(name)
        else:
            self._build_stock(name, demo=kind == "demo")
        self.odoo.server.set_note(name, json.dumps({"ready": True}))
        return name

    def prepare(self) -> None:
        """Build all templates, those without and with demo data at the same time."""
        with ThreadPoolExecutor() as pool:
            for done in [
                pool.submit(self.template, kind) for kind in ("demo", "stock")
            ]:
                done.result()
        self.template("suite")

    def copy(self, kind: str, name: str) -> str:
        """A fresh copy of a template, to be changed by tests."""
        source = self.template(kind)
        target = f"{PREFIX}_{name}"
        with console.step(f"Copying database {source}"):
            self.odoo.duplicate(source, target)
        return target

    def drop(self, name: str) -> None:
        self.odoo.drop(name)

    def _build_stock(self, name: str, *, demo: bool) -> None:
        title = f"Installing {len(self.apps)} apps{' with demo data' if demo else ''}"
        with console.step(title) as detail:
            self.odoo.run(
                *("-d", name, "-i", ",".join(self.apps), "--stop-after-init"),
                *(("--with-demo",) if demo else ()),
                *("--no-http", "--load-language=en_US,zh_CN"),
                log=f"template-{'demo' if demo else 'stock'}",
                detail=detail,
            )

    def _build_suite(self, name: str) -> None:
        """Our modules on Odoo's apps; installing them must not even warn."""
        stock = self.template("stock")
        with console.step(f"Installing our {len(self.modules)} modules") as detail:
            self.odoo.duplicate(stock, name)
            if not self.modules:
                return
            names = ",".join(module.name for module in self.modules)
            log = self.odoo.run(
                *("-d", name, "-i", names, "--stop-after-init", "--no-http"),
                log="template-suite",
                detail=detail,
            )
        with console.step("Preparing web assets for the browser tests"):
            self.odoo.script(name, PREGENERATE, "template-assets")
        found = problems(log.read_text(errors="replace"))
        if found:
            raise ToolError(f"installing our modules logs: {found[0]} (see {log})")

    def _drop_outdated(self, kind: str) -> None:
        for database in self.odoo.server.databases():
            if database.startswith(f"{PREFIX}_{kind}_"):
                self.odoo.drop(database)


def _name(kind: str, parts: Sequence[str]) -> str:
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
    return f"{PREFIX}_{kind}_{key}"
