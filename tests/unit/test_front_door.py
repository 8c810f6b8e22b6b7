from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tools.__main__ import COMMANDS
from tools.settings import ROOT, VARIABLES

FrontDoor = Callable[..., subprocess.CompletedProcess[str]]


def test_help_names_all_commands_and_variables(front_door: FrontDoor) -> None:
    done = front_door("help")
    assert done.returncode == 0
    for word in [
        *COMMANDS,
        *(name for names, _text in VARIABLES for name in names.split()),
    ]:
        assert re.search(rf"\b{word}\b", done.stdout), word


def test_makefile_has_every_command() -> None:
    targets = re.search(r"^COMMANDS := (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert targets and {"help", *targets[1].split()} == set(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["dance"], {}, "no command dance"),
        (["demo"], {"PORT": "http"}, "PORT=http"),
        (["shell"], {"DB": "not a name"}, "DB=not a name"),
        (["test"], {"STAGE": "moon"}, "no stage moon"),
        (["test"], {"MODULE": "crm_moon"}, "no module crm_moon"),
        (["test"], {"MODULE": "crm_x", "STAGE": "unit"}, "leave STAGE= away"),
        (["test"], {"FAST": "1"}, "MODULE="),
        (["test"], {"ARGS": "-k 'x"}, "ARGS=-k 'x"),
        (["test"], {"AT": "2026-12-31T23:30"}, "AT=2026-12-31T23:30"),
        (["test"], {"AT": "2026-12-31 23:30", "PGHOST": "db"}, "your PostgreSQL"),
    ],
)
def test_errors_are_one_line(
    front_door: FrontDoor, arguments: list[str], variables: dict[str, str], words: str
) -> None:
    done = front_door(*arguments, **variables)
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ") and words in line


def test_standard_library_is_enough_to_begin() -> None:
    """Up to the virtual environment nothing may need a package."""
    code = (
        "import sys; sys.path.insert(0, '.');"
        "import tools.__main__, tools.bootstrap, tools.clean, tools.venv, tools.lint"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
