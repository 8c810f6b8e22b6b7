"""Chromium, for the tests and pictures that need a browser."""

from __future__ import annotations

import os
import shutil

from tools import clock, console
from tools.errors import ToolError

NAMES = ("google-chrome", "chromium", "chromium-browser")  # as Odoo looks for it
PACKAGES = ("chromium", "fonts-noto-cjk")


def ensure() -> str:
    """The browser's path; on a Debian machine of our own it is installed."""
    found = find()
    if found:
        return found
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise ToolError(f"no Chromium for the browser tests: sudo {' '.join(command)}")
    with console.step("Installing Chromium"):
        env = clock.real_environment()
        console.run(["apt-get", "update"], what="no package lists", env=env)
        console.run(command, what="cannot install Chromium", env=env)
    found = find()
    if not found:
        raise ToolError("Chromium is installed but not found on PATH")
    return found


def find() -> str | None:
    """The first Chromium on PATH."""
    return next(filter(None, map(shutil.which, NAMES)), None)
