"""Test databases: built once for what they depend on, then only copied."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

from tools import console
from tools.errors import ToolError
from tools.modules import Module, stock_dependencies
from tools.odoo_cli import Odoo

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
# 2026-01-31 12:00:00,000 123 WARNING database odoo.addons.crm.models.crm_lead: message
_PROBLEM = re.compile(
    r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (?P<level>WARNING|ERROR|CRITICAL) \S+ "
    r"(?P<logger>[\w.]+): (?P<text>.*)"
)
# What Odoo says about every machine: nothing to do with any module.
_NOISE = ("Running as user 'root'", "is not officially supported")


class Databases:
    """The databases of one test run, in Odoo's test cluster.

    `stock` holds Odoo's own apps, `suite` our modules on top. Each is named after what
    it was made from: a change makes another one, and the outdated one is dropped.
    `daily` is like `suite`, but what has changed is upgraded in it.
    """

    def __init__(self, odoo: Odoo, modules: Sequence[Module]) -> None:
        self.odoo = odoo
        self.modules = list(modules)
        self.apps = sorted({*BASE_APPS, *stock_dependencies(self.modules)})
        base = [odoo.source.version, *self.apps]
        self.fingerprints = {
            module.name: module.fingerprint() for module in self.modules
        }
        self.names = {
            "stock": _name("stock", base),
            "suite": _name("suite", [*base, *self.fingerprints.values()]),
            "daily": _name("daily", base),
        }

    def template(self, kind: str) -> str:
        """The name of a template, built first if it is not there."""
        name = self.names[kind]
        note = self._note(name)
        if kind == "daily":
            self._update_daily(name, note)
        elif not note.get("ready"):
            self._drop_outdated(kind)
            if kind == "suite":
                self._build_suite(name)
            else:
                self._build_stock(name)
            self._write(name, {"ready": True})
        return name

    def copy(self, kind: str, name: str) -> str:
        """A fresh copy of a template, to be changed by tests."""
        source = self.template(kind)
        target = f"{PREFIX}_{name}"
        with console.step(f"Copying database {source} to {target}"):
            self.odoo.clone(source, target)
        return target

    def drop(self, *names: str) -> None:
        for name in names:
            self.odoo.drop(name)

    def _build_stock(self, name: str) -> None:
        with console.step(f"Installing {len(self.apps)} apps") as detail:
            self.odoo.run(
                *("-d", name, "-i", ",".join(self.apps), "--stop-after-init"),
                *("--no-http", "--load-language=en_US,zh_CN"),
                log="template-stock",
                detail=detail,
            )

    def _build_suite(self, name: str) -> None:
        """Our modules on Odoo's apps; installing them must not even warn."""
        stock = self.template("stock")
        self.odoo.clone(stock, name)
        self._load(name, install=list(self.fingerprints), log="template-suite")

    def _update_daily(self, name: str, note: dict[str, str]) -> None:
        """Upgrade what has changed since the last time; a start is the suite's."""
        known = {} if note.get("broken") else note
        if not known or set(known) - set(self.fingerprints):
            self._drop_outdated("daily")
            self.odoo.clone(self.template("suite"), name)
        else:
            changed = [
                module
                for module, fingerprint in self.fingerprints.items()
                if known.get(module) != fingerprint
            ]
            if not changed:
                return
            self._write(name, {"broken": "an upgrade was interrupted"})
            self._load(
                name,
                install=[module for module in changed if module not in known],
                upgrade=[module for module in changed if module in known],
                log="template-daily",
            )
        self._write(name, self.fingerprints)

    def _load(
        self,
        name: str,
        *,
        log: str,
        install: Sequence[str] = (),
        upgrade: Sequence[str] = (),
    ) -> None:
        """Install and upgrade modules of ours, and make the web client's files."""
        if not install and not upgrade:
            return
        title = " and ".join(
            f"{what} {', '.join(names)}"
            for what, names in (("Installing", install), ("Upgrading", upgrade))
            if names
        )
        with console.step(title) as detail:
            path = self.odoo.run(
                *("-d", name, "--stop-after-init", "--no-http"),
                *(("-i", ",".join(install)) if install else ()),
                *(("-u", ",".join(upgrade)) if upgrade else ()),
                log=log,
                detail=detail,
            )
        found = problems(path.read_text(errors="replace"))
        if found:
            raise ToolError(f"loading our modules logs: {found[0]} (see {path})")
        with console.step("Preparing web assets for the browser tests"):
            self.odoo.script(name, PREGENERATE, f"{log}-assets")

    def _note(self, name: str) -> dict[str, str]:
        return json.loads(self.odoo.server.note(name) or "{}")

    def _write(self, name: str, note: object) -> None:
        self.odoo.server.set_note(name, json.dumps(note))

    def _drop_outdated(self, kind: str) -> None:
        for database in self.odoo.server.databases():
            if database.startswith(f"{PREFIX}_{kind}_"):
                self.odoo.drop(database)


def problems(text: str) -> list[str]:
    """Warnings and errors in Odoo's log."""
    found = filter(None, map(_PROBLEM.match, text.splitlines()))
    return [
        f"{match['level']} {match['logger']}: {match['text']}"
        for match in found
        if not any(noise in match.string for noise in _NOISE)
    ]


def _name(kind: str, parts: Iterable[str]) -> str:
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
    return f"{PREFIX}_{kind}_{key}"
