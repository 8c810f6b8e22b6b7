"""`make lint`: the hooks of `.pre-commit-config.yaml`, run on every file."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools.errors import ToolError
from tools.programs import NPM, ensure
from tools.settings import Settings
from tools.venv import ensure_venv

REQUIREMENTS = Path(__file__).parent / "requirements-lint.txt"


def main(settings: Settings, argv: Sequence[str]) -> int:
    """Run all hooks, or those that ARGS names; what they need is kept in `var/`."""
    if not shutil.which("git") or not (settings.root / ".git").exists():
        raise ToolError("lint looks at what git tracks: it needs git and a checkout")
    ensure(NPM)
    python = ensure_venv(settings.var / "lint", REQUIREMENTS)
    command = [python.parent / "pre-commit", "run", "--all-files", "--color=never"]
    env = {**os.environ, "PRE_COMMIT_HOME": str(settings.var / "pre-commit")}
    done = subprocess.run([*command, *argv, *settings.args], cwd=settings.root, env=env)
    return done.returncode
