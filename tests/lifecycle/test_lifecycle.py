"""Each module comes, is used, goes and comes back, in a database with demo data.

It is alone with what it depends on: what the next module does not need goes before that
one comes, and what it needs is there: so still nothing of the others is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.lifecycle import use
from tools.modules import discover, stock_dependencies
from tools.settings import ROOT
from tools.testing.databases import PREFIX, Databases, problems

# Where two modules meet, the module for both comes and goes with them.
MODULES = {m.name: m for m in discover(ROOT) if not m.auto_install}
NAMES = list(MODULES)
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
Rows = set[tuple[object, ...]]


@dataclass
class State:
    """What there is after one step, and what Odoo warned of on the way."""

    warnings: list[str]
    traces: Rows
    owners: Rows
    data: dict[str, Rows]


@dataclass
class Life:
    """A database with customers in which the modules come and go."""

    databases: Databases
    database: str
    states: dict[str, State] = field(default_factory=dict)
    # the state in which each module came
    came: dict[str, State] = field(default_factory=dict)
    latest: State | None = None
    # models of which there is no row after the use, by module
    unused: dict[str, list[str]] = field(default_factory=dict)
    tiers: Rows = field(default_factory=set)

    def live(self) -> None:
        self._note("before", [])
        installed: list[str] = []
        for name in NAMES:
            for other in reversed(installed.copy()):
                if other not in self._needs(name):
                    self._odoo(f"uninstall {other}", "module", "uninstall", other)
                    installed.remove(other)
            for other in NAMES:
                if other in self._needs(name) and other not in installed:
                    self._odoo(f"{other} for {name}", "-i", other)
                    installed.append(other)
            self.came[name] = self.latest
            self._odoo(f"install {name}", "-i", name)
            installed.append(name)
            self._use(name)
        for name in reversed(installed):
            self._odoo(f"uninstall {name}", "module", "uninstall", name)
        self._odoo("again", "-i", ",".join(NAMES))
        self._odoo("upgrade", "-u", ",".join(NAMES))

    def _needs(self, name: str) -> set[str]:
        """Those of our modules that ``name`` depends on, near and far."""
        near = {other for other in MODULES[name].depends if other in MODULES}
        return near.union(*map(self._needs, near))

    def _use(self, name: str) -> None:
        """Do what users do."""
        if name == NAMES[0]:
            self.tiers = self.rows(DEMO)
        script = use.script(name)
        printed = self.databases.odoo.script(self.database, script, f"use-{name}")
        self.unused[name] = printed.split()

    def _odoo(self, step: str, *arguments: str) -> None:
        """Run Odoo on the database and note what is different now."""
        words = [*arguments, "-d", self.database]
        if arguments[0] != "module":
            words += ["--stop-after-init", "--no-http"]
        log = f"lifecycle-{step.replace(' ', '-')}"
        path = self.databases.odoo.run(*words, log=log)
        self._note(step, problems(path.read_text(errors="replace")))

    def _note(self, step: str, warnings: list[str]) -> None:
        query = "SELECT count(*) FROM "
        data = {table: self.rows(query + table) for table in CUSTOMER_DATA}
        owners = self.rows("SELECT DISTINCT module FROM ir_model_data")
        while step in self.states:  # done for two modules
            step += " again"
        self.latest = self.states[step] = State(
            warnings, self.rows(TRACES), owners, data
        )

    def rows(self, query: str) -> Rows:
        with self.databases.odoo.server.cursor(self.database) as cursor:
            cursor.execute(query)
            return set(cursor.fetchall())

    def before(self, name: str) -> State:
        """The state in which the module came."""
        return self.came[name]


@pytest.fixture(scope="module")
def life(databases: Databases) -> Iterator[Life]:
    name = f"{PREFIX}_lifecycle"
    databases.drop(name)
    apps = ",".join(stock_dependencies(list(MODULES.values())))
    databases.odoo.run(
        *("-d", name, "-i", apps, "--with-demo", "--stop-after-init", "--no-http"),
        log="lifecycle-apps",
    )
    found = Life(databases, name)
    found.live()
    yield found
    databases.drop(name)


def test_nothing_is_warned_of(life: Life) -> None:
    warnings = {step: state.warnings for step, state in life.states.items()}
    assert {step: found for step, found in warnings.items() if found} == {}


def test_demo_data_is_computed(life: Life) -> None:
    assert life.tiers == {(3,)}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_used_before_it_goes(life: Life, name: str) -> None:
    assert life.unused[name] == [], "every table of the module has a row"


def test_an_upgrade_changes_nothing(life: Life) -> None:
    assert life.states["upgrade"].traces == life.states["again"].traces


@pytest.mark.parametrize("name", NAMES)
def test_uninstall(life: Life, name: str) -> None:
    before, after = life.before(name), life.states[f"uninstall {name}"]
    assert after.traces - before.traces == set(), "nothing is left behind"
    assert before.traces - after.traces == set(), "nothing of others is taken along"
    assert (name,) not in after.owners, "no external id is left"
    assert after.data == before.data, "customers, leads and orders stay"
    assert all(count != {(0,)} for count in after.data.values()), "there are some"


def test_it_comes_back(life: Life) -> None:
    query = "SELECT name FROM ir_module_module WHERE state = 'installed'"
    assert {(name,) for name in NAMES} <= life.rows(query)
