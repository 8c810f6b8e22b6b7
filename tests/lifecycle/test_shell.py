"""`make shell` is a filter: a script in, what it prints out."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from tools.testing.databases import Databases

Shell = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def shell(databases: Databases) -> Iterator[Shell]:
    odoo = databases.odoo
    name = databases.copy("stock", "shell")

    def call(script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            odoo.shell_command(name),
            input=script,
            env=odoo.environment(),
            cwd=odoo.settings.var,
            capture_output=True,
            text=True,
        )

    yield call
    odoo.drop(name)


def test_prints_only_what_the_script_prints(shell: Shell) -> None:
    done = shell("def double(n):\n    return 2 * n\n\nprint(env.user.id, double(21))\n")
    assert (done.returncode, done.stdout) == (0, "1 42\n")


def test_an_exception_fails(shell: Shell) -> None:
    done = shell("print('before')\nenv['no.such.model']\nprint('after')\n")
    assert done.returncode == 1
    assert done.stdout == "before\n"
    assert "KeyError: 'no.such.model'" in done.stderr


def test_only_a_commit_stays(shell: Shell) -> None:
    code = "env['res.partner'].create({{'name': '{name}'}})\n{end}\n"
    shell(code.format(name="Kept", end="env.cr.commit()"))
    shell(code.format(name="Lost", end=""))
    found = "env['res.partner'].search([('name', 'in', ('Kept', 'Lost'))])"
    assert shell(f"print({found}.mapped('name'))").stdout == "['Kept']\n"
