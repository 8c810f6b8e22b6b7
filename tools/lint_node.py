"""Prettier for `make lint`: the locked packages of package.json.

Node.js itself comes from PyPI with the other linters: no root, the same everywhere.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tools import console
from tools.settings import ROOT


def prettier(bin_dir: Path, root: Path = ROOT) -> list[str]:
    """The command that starts prettier."""
    script = root / "node_modules" / "prettier" / "bin" / "prettier.cjs"
    return [str(bin_dir / "node"), str(script), "--log-level=warn"]


def ensure_prettier(bin_dir: Path, root: Path = ROOT) -> None:
    """Install what package-lock.json names, unless it is what was installed last.

    :param bin_dir: the folder of the linters' `node` and `npm`
    """
    wanted = hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()
    stamp = root / "node_modules" / ".installed-lock"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    console.run(
        [bin_dir / "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        what="cannot install prettier",
        env={**os.environ, "PATH": f"{bin_dir}{os.pathsep}{os.environ['PATH']}"},
        cwd=root,
    )
    stamp.write_text(wanted)
