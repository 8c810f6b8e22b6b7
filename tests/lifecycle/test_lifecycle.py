"""Each module comes, is used and upgraded, goes and comes back, beside others' data.

It is alone with what it depends on: nothing of the other add-ons may be needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lifecycle import use
from tools.modules import Module, discover
from tools.settings import ROOT
from tools.testing.databases import Databases
from tools.testing.log import problems

MODULES = discover(ROOT)
# Whatever a module can leave behind in PostgreSQL.
TRACES = """
    SELECT 'column', table_name || '.' || column_name FROM information_schema.columns
     WHERE table_schema = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', indexname FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'function', proname FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname
      FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'parameter', key FROM ir_config_parameter
    UNION ALL SELECT 'scheduled action', cron_name FROM ir_cron
    UNION ALL SELECT 'group', concat(p.name->>'en_US', ' / ', g.name->>'en_US')
      FROM res_groups g LEFT JOIN res_groups_privilege p ON p.id = g.privilege_id
"""
# What the demo data shows: customers of several tiers, in every figure of theirs.
DEMO = """
    SELECT COUNT(DISTINCT tier.id) FROM crm_value_profile profile
      JOIN crm_value_tier tier ON tier.id = profile.tier_id
     WHERE profile.value_score > 0
"""
CUSTOMER_DATA = ("res_partner", "crm_lead", "sale_order", "sale_order_line")


@dataclass
class Bench:
    """A database with demo data in which one module lives its life."""

    databases: Databases
    database: str
    module: Module

    def odoo(self, step: str, *arguments: str) -> list[str]:
        """Run Odoo on the database; return what it warned of."""
        log = f"lifecycle-{self.module.name}-{step}"
        first, *rest = arguments
        command = [first, *rest, "-d", self.database]
        path: Path = self.databases.odoo.run(*command, log=log)
        return problems(path.read_text(errors="replace"))

    def install(self, step: str, name: str) -> list[str]:
        return self.odoo(step, "-i", name, "--stop-after-init", "--no-http")

    def upgrade(self) -> list[str]:
        name = self.module.name
        return self.odoo("upgrade", "-u", name, "--stop-after-init", "--no-http")

    def uninstall(self) -> list[str]:
        return self.odoo("uninstall", "module", "uninstall", self.module.name)

    def use(self) -> list[str]:
        """Do what users do; return the models that are without a row all the same."""
        name = self.module.name
        printed = self.databases.odoo.script(
            self.database, use.script(name), f"lifecycle-{name}-use"
        )
        return printed.split()

    def rows(self, query: str) -> set[tuple[object, ...]]:
        with self.databases.odoo.server.cursor(self.database) as cursor:
            cursor.execute(query)
            return set(cursor.fetchall())

    def counts(self) -> dict[str, set[tuple[object, ...]]]:
        query = "SELECT count(*) FROM "
        return {table: self.rows(query + table) for table in CUSTOMER_DATA}


@pytest.fixture(params=MODULES, ids=lambda module: module.name)
def bench(databases: Databases, request: pytest.FixtureRequest) -> Iterator[Bench]:
    module: Module = request.param
    name = databases.copy("demo", "lifecycle")
    found = Bench(databases, name, module)
    for dependency in module.depends:
        if dependency in {other.name for other in MODULES}:
            found.install("dependency", dependency)
    yield found
    databases.drop(name)


def test_module_lives(bench: Bench) -> None:
    before, data = bench.rows(TRACES), bench.counts()

    assert bench.install("install", bench.module.name) == []
    installed = bench.rows(TRACES)
    assert bench.rows(DEMO) == {(3,)}, "its demo data was loaded and computed"
    assert bench.use() == [], "every table of the module has a row"

    assert bench.upgrade() == []
    assert bench.rows(TRACES) == installed, "an upgrade changes nothing"

    assert bench.uninstall() == []
    assert bench.rows(TRACES) - before == set(), "nothing is left behind"
    assert before - bench.rows(TRACES) == set(), "nothing of others is taken along"
    assert bench.counts() == data, "customers, leads and orders stay"
    ids = f"SELECT name FROM ir_model_data WHERE module = '{bench.module.name}'"
    assert bench.rows(ids) == set()

    assert bench.install("again", bench.module.name) == []
    assert bench.rows(TRACES) - installed == set()
