"""What there is to lint: the files of the checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.settings import ROOT


def existing_files(root: Path = ROOT) -> list[str]:
    """The files that git tracks or would track and that still exist, sorted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = sorted(set(filter(None, listed.split("\0"))))
    return [name for name in names if (root / name).is_file()]
