"""Serving the demo, and knowing whether it is served."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from tools import console
from tools.errors import ToolError
from tools.odoo_cli import Odoo
from tools.settings import Settings

START_SECONDS = 60


def pid_file(settings: Settings) -> Path:
    return settings.var / "demo.pid"


def running(settings: Settings) -> int | None:
    """The demo server's process, if it runs: a pid file alone proves nothing."""
    try:
        pid = int(pid_file(settings).read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (OSError, ValueError):
        return None
    return pid if str(settings.var / "odoo-demo.conf") in command else None


def serve(settings: Settings, odoo: Odoo, port: int) -> int:
    """Serve until Ctrl-C or `make stop`; the address is printed when it answers."""
    if pid := running(settings):
        raise ToolError(f"the demo is served already (process {pid}): see `make stop`")
    log = settings.var / "log" / "demo-server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = odoo.command(
        f"--http-port={port}",
        *("-d", settings.db, f"--db-filter=^{re.escape(settings.db)}$"),
        *("--no-database-list", "--max-cron-threads=1"),
    )
    with log.open("w") as out:
        child = subprocess.Popen(
            command,
            cwd=settings.var,
            env=odoo.environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    pid_file(settings).write_text(f"{child.pid}\n")
    try:
        wait_until_it_answers(child, port, log)
        print(f"\n  http://localhost:{port}   login admin, password admin", flush=True)
        console.say(f"  (Ctrl-C stops; log: {log})")
        code = child.wait()
    except KeyboardInterrupt:
        code = end(child)
        console.say("\n  stopped; `make stop` also stops the embedded PostgreSQL")
    finally:
        pid_file(settings).unlink(missing_ok=True)
    return 0 if code in (0, -signal.SIGTERM) else 1


def stop(settings: Settings) -> bool:
    """End the demo server; False when none runs."""
    pid = running(settings)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    for _attempt in range(100):
        if running(settings) is None:
            return True
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    return True


def wait_until_it_answers(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    url = f"http://127.0.0.1:{port}/web/login"
    with console.step("Starting Odoo"):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if child.poll() is not None:
                last = console.last_line(log.read_text(errors="replace"))
                raise ToolError(f"Odoo does not start: {last} (see {log})")
            try:
                with urllib.request.urlopen(url, timeout=START_SECONDS):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        end(child)
        raise ToolError(f"Odoo does not answer on port {port} (see {log})")


def end(child: subprocess.Popen[bytes]) -> int:
    child.terminate()
    try:
        return child.wait(timeout=15)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
