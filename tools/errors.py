"""The one kind of error that the user is meant to read."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

ALMOST_NOTHING = 64 * 1024  # bytes: a disk with less is full


class ToolError(Exception):
    """What went wrong and what to do about it, in one line."""


def is_disk_full(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def disk_hint(path: Path) -> str:
    """What to add to an error: not every program says that the disk was full."""
    while not path.exists():
        path = path.parent
    full = shutil.disk_usage(path).free < ALMOST_NOTHING
    return f" (the disk is full at {path}: free some space)" if full else ""
