"""`python3 -m tools COMMAND`: what the Makefile calls."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools import bootstrap
from tools.errors import ToolError, disk_full
from tools.settings import VARIABLES, Settings


@dataclass(frozen=True)
class Command:
    """One target of the Makefile.

    :param needs: "" for nothing, "demo" or "tests" for a virtual environment with the
        packages of that, "existing" for one only if it is there
    """

    run: Callable[[Settings, Sequence[str]], int]
    text: str
    needs: str = "demo"


def _help(settings: Settings, argv: Sequence[str]) -> int:
    print("usage: make COMMAND [NAME=VALUE …]\n\ncommands:")
    for name, command in COMMANDS.items():
        print(f"  {name:<12} {command.text}")
    print("\nvariables:")
    for names, text in VARIABLES:
        print(f"  {names:<12} {text}")
    return 0


def _setup(settings: Settings, argv: Sequence[str]) -> int:
    from tools import postgres

    postgres.ensure_server(settings)
    print("ready: `make demo` makes and serves the demo database")
    return 0


def _demo(settings: Settings, argv: Sequence[str]) -> int:
    from tools import demo

    return demo.main(settings)


def _test(settings: Settings, argv: Sequence[str]) -> int:
    from tools import testing

    return testing.main(settings, argv)


def _lint(settings: Settings, argv: Sequence[str]) -> int:
    from tools import lint

    return lint.main(settings, argv)


def _data(settings: Settings, argv: Sequence[str]) -> int:
    from tools import data

    return data.main(settings, argv)


def _shell(settings: Settings, argv: Sequence[str]) -> int:
    from tools import shell

    return shell.main(settings)


def _bench(settings: Settings, argv: Sequence[str]) -> int:
    from tools import bench

    return bench.main(settings)


def _screenshots(settings: Settings, argv: Sequence[str]) -> int:
    from tools import screenshots

    return screenshots.main(settings)


def _dashboards(settings: Settings, argv: Sequence[str]) -> int:
    from tools import dashboards

    return dashboards.main(settings)


def _stop(settings: Settings, argv: Sequence[str]) -> int:
    if not bootstrap.inside(settings):
        print("nothing is running")
        return 0
    from tools import stop

    return stop.main(settings)


def _clean(settings: Settings, argv: Sequence[str]) -> int:
    from tools import clean

    return clean.main(settings)


COMMANDS = {
    "help": Command(_help, "show this text", needs=""),
    "setup": Command(_setup, "get python packages, Odoo 19 and PostgreSQL into var/"),
    "demo": Command(_demo, "serve a CRM with real customers in value tiers"),
    "test": Command(_test, "run all tests, in databases of their own", needs="tests"),
    "lint": Command(_lint, "run all static checks", needs=""),
    "data": Command(_data, "load a real data set into a database"),
    "shell": Command(_shell, "run a script from standard input in a database"),
    "bench": Command(_bench, "measure speed on much data", needs="tests"),
    "stop": Command(_stop, "stop the demo and the embedded PostgreSQL", "existing"),
    "clean": Command(_clean, "stop, then remove everything made in var/", needs=""),
    "dashboards": Command(_dashboards, "write the dashboards the modules ship", ""),
    "screenshots": Command(_screenshots, "make the pictures of the documentation"),
}


def main(argv: Sequence[str]) -> int:
    """Run one command; whatever goes wrong is told in one line."""
    name = argv[0] if argv else "help"
    try:
        command = COMMANDS.get(name)
        if command is None:
            raise ToolError(f"there is no command {name}: see `make help`")
        settings = Settings.from_env()
        bootstrap.enter(settings, argv, command.needs)
        return command.run(settings, argv[1:])
    except ToolError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print(f"error: {disk_full(settings.var)}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\ninterrupted: the same command goes on from here", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
