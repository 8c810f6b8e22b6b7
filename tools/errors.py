"""The one kind of error that the user is meant to read."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ToolError(Exception):
    """What went wrong and what to do about it, in one line."""


def disk_full(path: Path) -> ToolError:
    """The error for a full disk, wherever it was noticed."""
    return ToolError(f"the disk is full at {path}: free some space and run this again")


def says_disk_full(text: str) -> bool:
    """Whether a program's words mean that the disk is full."""
    return "No space left on device" in text or "Disk quota exceeded" in text


@contextmanager
def explain_disk_full(path: Path) -> Iterator[None]:
    """Turn the system's "no space left" below ``path`` into one clear line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(path) from error
        raise
