"""`python3 -m tools COMMAND`: what the Makefile calls."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tools import bootstrap
from tools.errors import ToolError, disk_hint, is_disk_full
from tools.settings import ROOT, VARIABLES, Settings


@dataclass(frozen=True)
class Command:
    """One target of the Makefile.

    :param needs: "" for nothing, "demo" or "tests" for a virtual environment with the
        packages of that, "existing" for one only if it is there
    :param module: whose `main` it is; empty: the one called like the command
    """

    text: str
    needs: str = "demo"
    module: str = ""


COMMANDS = {
    "help": Command("show this text", needs=""),
    "setup": Command("get python packages, Odoo 19 and PostgreSQL into var/"),
    "demo": Command("serve a CRM with real customers in value tiers"),
    "test": Command("run all tests, in databases of their own", "tests", "testing"),
    "lint": Command("run all static checks", needs=""),
    "data": Command("load a real data set into a database"),
    "shell": Command("run a script from standard input in a database"),
    "bench": Command("measure speed on much data", needs="tests"),
    "stop": Command("stop the demo and the embedded PostgreSQL", needs="existing"),
    "clean": Command("stop, then remove everything made in var/", needs=""),
    "dashboards": Command("write the dashboards the modules ship", needs=""),
    "screenshots": Command("make the pictures of the documentation"),
}


def show_help() -> int:
    print("usage: make COMMAND [NAME=VALUE …]\n\ncommands:")
    for name, command in COMMANDS.items():
        print(f"  {name:<12} {command.text}")
    print("\nvariables:")
    for names, text in VARIABLES:
        print(f"  {names:<12} {text}")
    return 0


def main(argv: Sequence[str]) -> int:
    """Run one command; whatever goes wrong is told in one line."""
    name = argv[0] if argv else "help"
    try:
        command = COMMANDS.get(name)
        if command is None:
            raise ToolError(f"there is no command {name}: see `make help`")
        settings = Settings.from_env()
        if name == "help":
            return show_help()
        bootstrap.enter(settings, argv, command.needs)
        if command.needs and not bootstrap.inside(settings):
            print("nothing is running")  # without an environment nothing ever was
            return 0
        module = importlib.import_module(f"tools.{command.module or name}")
        return module.main(settings, argv[1:])
    except ToolError as error:
        hint = disk_hint(ROOT / "var")
        print(f"error: {error}{hint}", file=sys.stderr)
    except OSError as error:
        if not is_disk_full(error):
            raise
        print(f"error: the disk is full: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\ninterrupted: the same command goes on from here", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
