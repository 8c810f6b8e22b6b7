"""The one kind of error that the user is meant to read."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ALMOST_NOTHING = 64 * 1024  # bytes: a disk with less is full


class ToolError(Exception):
    """What went wrong and what to do about it, in one line."""


def disk_full(path: Path) -> ToolError:
    """The error for a full disk, wherever it was noticed."""
    return ToolError(f"the disk is full at {path}: free some space and run this again")


def is_disk_full(path: Path, words: str) -> bool:
    """Whether a program failed because the disk is full.

    Not every program says so: some only write less than they should.

    :param words: what the program said
    """
    if "No space left on device" in words or "Disk quota exceeded" in words:
        return True
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free < ALMOST_NOTHING


@contextmanager
def explain_disk_full(path: Path) -> Iterator[None]:
    """Turn the system's "no space left" below ``path`` into one clear line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(path) from error
        raise
