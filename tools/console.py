"""Progress lines and child processes."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.errors import ToolError

# Progress goes to stderr: stdout belongs to what a command is asked for.
OUT = sys.stderr
NO_SPACE = re.compile("No space left on device|Disk quota exceeded")


def say(text: str) -> None:
    """Write one line of progress."""
    print(text, file=OUT, flush=True)


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """One step of a longer job: its name when it starts, its seconds when it ends.

    Yields a function that shows where the step is; only a terminal sees that.
    """
    # Steps that run at the same time take a line each.
    live = OUT.isatty() and threading.active_count() == 1
    newline, rewrite = ("\n", "\r\033[K") if live else ("", "")
    start = time.monotonic()
    print(f"  {title} …", file=OUT, end="" if live else "\n", flush=True)

    def detail(text: str) -> None:
        if live:
            seconds = time.monotonic() - start
            line = f"  {title} … {seconds:.0f} s  {text}"
            print(f"{rewrite}{line[:100]}", file=OUT, end="", flush=True)

    try:
        yield detail
    except BaseException:
        print(f"{newline}  {title}: stopped", file=OUT, flush=True)
        raise
    seconds = time.monotonic() - start
    print(f"{rewrite}  {title}: {seconds:.1f} s", file=OUT, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Run a short command quietly and return what it printed.

    :param what: what failed if it fails: "cannot …"
    """
    done = subprocess.run(
        [str(part) for part in command],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        words = done.stderr.strip() or done.stdout.strip()
        raise ToolError(f"{what}: {reason(words) or f'exit code {done.returncode}'}")
    return done.stdout


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    append: bool = False,
) -> int:
    """Run a long command, its whole output in ``log``, and return its exit code.

    An interruption (Ctrl-C) reaches the child too; it is waited for, so that nothing
    goes on writing behind the user's back.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("a" if append else "w", encoding="utf-8") as out,
        subprocess.Popen(
            [str(part) for part in command],
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as child,
    ):
        assert child.stdout is not None
        try:
            for line in child.stdout:
                out.write(line)
                if on_line:
                    on_line(line)
        except KeyboardInterrupt:
            child.wait()
            raise
    return child.returncode


def reason(words: str) -> str:
    """Why a program failed: a full disk, wherever it says so, or its last line."""
    full = [line.strip() for line in words.splitlines() if NO_SPACE.search(line)]
    return full[0] if full else last_line(words)


def last_line(text: str) -> str:
    """The last line that says something: programs put the reason there."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
