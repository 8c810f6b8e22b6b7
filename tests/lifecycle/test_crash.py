"""Processes that die or race, as on real hosts: what they leave is whole, and once."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from typing import IO

import pytest

from tools.testing.databases import Databases

COMPUTE = 'print(env["crm.value.run"].recompute().state)\nenv.cr.commit()\n'
# The computation stops before its last stage, with everything else written.
HANG = """
import time
from datetime import datetime
def hang(engine, job):
    print("WRITTEN", engine.env.cr.rowcount, flush=True)
    time.sleep(600)
env.registry["crm.value.engine"]._update_leads = hang
env["sale.order"].search([("partner_id.name", "=", "Crash 3")], limit=1).copy(
    {"date_order": datetime.now()}).action_confirm()
env["crm.value.run"].recompute()
"""
# A host's worker takes the jobs that are due, when the gun goes off.
WORK = """
env.cr.execute("SELECT pg_advisory_lock_shared(19)")
env.cr.commit()
env["ir.cron"]._process_jobs(env.cr.dbname)
"""
STATE = """
    SELECT partner_id, as_of, tier_id, value_score, revenue_total, write_date
      FROM crm_value_profile ORDER BY partner_id
"""
WAITING = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
TWICE = """
    SELECT partner_id, kind, date FROM crm_value_transition
     GROUP BY partner_id, kind, date HAVING COUNT(*) > 1
"""


class Hosts:
    """Odoo processes on one database."""

    def __init__(self, databases: Databases, name: str) -> None:
        self.databases = databases
        self.name = name

    def start(self, script: str) -> subprocess.Popen[str]:
        odoo = self.databases.odoo
        process = subprocess.Popen(
            odoo.shell_command(self.name),
            env=odoo.environment(),
            cwd=odoo.settings.var,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        stdin: IO[str] | None = process.stdin
        assert stdin is not None
        stdin.write(script)
        stdin.close()
        return process

    def call(self, script: str) -> str:
        process = self.start(script)
        assert process.stdout is not None
        output = process.stdout.read()
        assert process.wait() == 0
        return output

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self.databases.odoo.server.cursor(self.name) as cursor:
            cursor.execute(query)
            return cursor.fetchall()


@pytest.fixture(scope="module")
def hosts(databases: Databases, sales: str) -> Iterator[Hosts]:
    name = databases.copy("suite", "crash")
    hosts = Hosts(databases, name)
    hosts.call(sales + "env.cr.commit()\n")
    yield hosts
    databases.drop(name)


def test_killed_in_the_middle(hosts: Hosts) -> None:
    """kill -9 leaves the last good result; the next computation completes."""
    assert hosts.call(COMPUTE) == "done\n"
    before = hosts.rows(STATE)
    runs = hosts.rows("SELECT id, state FROM crm_value_run ORDER BY id")
    assert len(before) == 30

    process = hosts.start(HANG)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("WRITTEN")
    process.kill()
    process.wait()

    assert hosts.rows(STATE) == before
    assert hosts.rows("SELECT id, state FROM crm_value_run ORDER BY id") == runs
    assert hosts.call(COMPUTE) == "done\n"  # the lock went with the process
    assert len(hosts.rows("SELECT id FROM crm_value_run")) == len(runs) + 1


def test_two_hosts_at_once(hosts: Hosts) -> None:
    """Two hosts wake at the same moment: each job is done once, each thing told once."""
    hosts.call(COMPUTE)
    with hosts.databases.odoo.server.cursor(hosts.name) as cursor:
        # The schedule finds every company due.
        cursor.execute("DELETE FROM crm_value_run")
        cursor.execute(
            "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 minute',"
            " active = cron_name LIKE 'Customer value%'"
        )
    with hosts.databases.odoo.server.cursor(hosts.name) as gun:
        gun.execute("SELECT pg_advisory_lock(19)")
        workers = [hosts.start(WORK) for _host in range(2)]
        while hosts.rows(WAITING) != [(2,)]:
            assert all(worker.poll() is None for worker in workers)
            time.sleep(0.1)
        gun.execute("SELECT pg_advisory_unlock(19)")
    for worker in workers:
        assert worker.wait() == 0

    runs = hosts.rows("SELECT company_id, kind, state FROM crm_value_run")
    assert [run for run in runs if run[1] == "full"] == [(1, "full", "done")]
    assert {run[2] for run in runs} == {"done"}
    assert hosts.rows(TWICE) == []
