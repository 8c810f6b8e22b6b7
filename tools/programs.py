"""Programs of the system that some commands need; as root on Debian they are brought."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass

from tools import clock, console
from tools.errors import ToolError


@dataclass(frozen=True)
class Program:
    """Something that Debian has in packages.

    :param names: what it may be called on PATH, the first found is used
    :param packages: that hold it
    :param asked: arguments with which it must print something; none: it may be silent
    """

    title: str
    names: tuple[str, ...]
    packages: tuple[str, ...]
    asked: tuple[str, ...] = ()

    def find(self) -> str | None:
        """Its path, if it is here and has what it is needed for."""
        found = next(filter(None, map(shutil.which, self.names)), None)
        if found and self.asked:
            done = subprocess.run([found, *self.asked], capture_output=True)
            return found if done.stdout.strip() else None
        return found


# Called as Odoo looks for it.
CHROMIUM = Program(
    "Chromium", ("google-chrome", "chromium", "chromium-browser"), ("chromium",)
)
CHINESE = Program(
    "a Chinese font", ("fc-list",), ("fontconfig", "fonts-noto-cjk"), (":lang=zh",)
)
COMPOSE = Program("docker-compose", ("docker-compose",), ("docker-compose",))
NPM = Program("npm", ("npm",), ("nodejs", "npm"))


def ensure(*programs: Program) -> str:
    """Install what is missing; returns the path of the first one."""
    missing = [program for program in programs if not program.find()]
    if missing:
        titles = ", ".join(program.title for program in missing)
        packages = [name for program in missing for name in program.packages]
        command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise ToolError(f"{titles} missing here: sudo {' '.join(command)}")
        env = {**clock.real_environment(), "DEBIAN_FRONTEND": "noninteractive"}
        with console.step(f"Installing {titles}"):
            console.run(["apt-get", "update"], what="no package lists", env=env)
            console.run(command, what=f"cannot install {titles}", env=env)
    found = programs[0].find()
    if not found:
        raise ToolError(f"{programs[0].title} is installed but not found on PATH")
    return found
