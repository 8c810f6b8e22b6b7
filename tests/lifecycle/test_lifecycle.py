"""Each module comes, is upgraded, goes and comes back, in a database with data.

The modules come one after the other, those that others need first, and go in the
opposite order: what one leaves behind is seen although each is installed only once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tools.modules import discover
from tools.settings import ROOT
from tools.testing.databases import Databases, problems

# Where two modules meet, the module for both comes and goes with them.
NAMES = [module.name for module in discover(ROOT) if not module.auto_install]
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

    def live(self) -> None:
        self._note("before", [])
        for name in NAMES:
            self._odoo(f"install {name}", "-i", name)
        self._odoo("upgrade", "-u", ",".join(NAMES))
        for name in reversed(NAMES):
            self._odoo(f"uninstall {name}", "module", "uninstall", name)
        self._odoo("again", "-i", ",".join(NAMES))

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
        self.states[step] = State(warnings, self.rows(TRACES), owners, data)

    def rows(self, query: str) -> Rows:
        with self.databases.odoo.server.cursor(self.database) as cursor:
            cursor.execute(query)
            return set(cursor.fetchall())

    def before(self, name: str) -> State:
        """The state in which the module came."""
        steps = list(self.states)
        return self.states[steps[steps.index(f"install {name}") - 1]]


@pytest.fixture(scope="module")
def life(databases: Databases, sales: str) -> Iterator[Life]:
    name = databases.copy("stock", "lifecycle")
    databases.odoo.script(name, sales + "env.cr.commit()\n", "lifecycle-data")
    found = Life(databases, name)
    found.live()
    yield found
    databases.drop(name)


def test_nothing_is_warned_of(life: Life) -> None:
    warnings = {step: state.warnings for step, state in life.states.items()}
    assert {step: found for step, found in warnings.items() if found} == {}


def test_an_upgrade_changes_nothing(life: Life) -> None:
    installed = life.states[f"install {NAMES[-1]}"]
    assert life.states["upgrade"].traces == installed.traces


@pytest.mark.parametrize("name", NAMES)
def test_uninstall(life: Life, name: str) -> None:
    before, after = life.before(name), life.states[f"uninstall {name}"]
    assert after.traces - before.traces == set(), "nothing is left behind"
    assert before.traces - after.traces == set(), "nothing of others is taken along"
    assert (name,) not in after.owners, "no external id is left"
    assert after.data == before.data, "customers, leads and orders stay"
    assert all(count != {(0,)} for count in after.data.values()), "there are some"


def test_it_comes_back(life: Life) -> None:
    installed = life.states[f"install {NAMES[-1]}"]
    assert life.states["again"].traces - installed.traces == set()
    query = "SELECT name FROM ir_module_module WHERE state = 'installed'"
    assert {(name,) for name in NAMES} <= life.rows(query)
