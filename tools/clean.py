"""`make clean`: back to a fresh checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence

from tools import console
from tools.settings import Settings


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Stop what runs, then remove `var/` and where a link in it leads."""
    stop = [sys.executable, "-m", "tools", "stop"]
    subprocess.run(stop, cwd=settings.root, check=True)
    if not settings.var.exists():
        return 0
    for link in settings.var.iterdir():
        if link.is_symlink() and link.is_dir():
            shutil.rmtree(link.resolve())
    with console.step(f"Removing {settings.var}"):
        shutil.rmtree(settings.var)
    return 0
