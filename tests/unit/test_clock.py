"""A run at another moment: what each kind of process sees."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tools import clock, programs
from tools.cluster import ROLE, Cluster
from tools.errors import ToolError
from tools.postgres import Server

MOMENTS = [datetime(2024, 2, 29, 12), datetime(2031, 12, 31, 23, 30)]
# What a run does with time, and what it must not notice.
PROGRAM = """
import json, os, subprocess, sys, tempfile, threading, time
start = time.monotonic()
time.sleep(0.2)
threading.Event().wait(0.2)
slept = time.monotonic() - start
child = subprocess.check_output([sys.executable, "-c", "import time; print(time.time())"])
with tempfile.NamedTemporaryFile() as file:
    written = os.stat(file.name).st_mtime
print(json.dumps([time.time(), float(child), slept, written, start]))
"""
PAGE = "data:text/html,<body><script>document.body.innerText=Date.now()</script>"


def _real_now() -> datetime:
    """Without the shift that this very run may have."""
    code = "import time; print(time.time())"
    said = subprocess.check_output(
        [sys.executable, "-c", code], env=clock.real_environment()
    )
    return datetime.fromtimestamp(float(said), timezone.utc)


@pytest.fixture(params=MOMENTS, ids=str)
def moment(request: pytest.FixtureRequest) -> datetime:
    return request.param.replace(tzinfo=timezone.utc)


@pytest.fixture
def offset(moment: datetime) -> str:
    return clock.offset_to(moment, _real_now())


def _is_now(seconds: float, moment: datetime) -> bool:
    return -1 <= seconds - moment.timestamp() < 120


def test_python(moment: datetime, offset: str) -> None:
    env = clock.real_environment() | clock.variables(clock.library(), offset)
    real, ticks = _real_now(), time.monotonic()
    said = subprocess.check_output([sys.executable, "-c", PROGRAM], env=env)
    now, child, slept, written, start = json.loads(said)
    assert _is_now(now, moment)
    assert abs(now - child) < 5
    assert 0.4 <= slept < 2
    assert abs(written - real.timestamp()) < 30
    assert 0 <= start - ticks < 30


def test_postgresql(moment: datetime, offset: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder) / "pg", throwaway=True, offset=offset)
        cluster.start()
        server = Server(
            env={"PGHOST": str(cluster.socket_dir), "PGPORT": "5432", "PGUSER": ROLE}
        )
        with server.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM now())::float, pg_sleep(0.1)")
            assert _is_now(cursor.fetchone()[0], moment)
        cluster.remove()
        assert not cluster.folder.exists()


def test_chromium(moment: datetime, offset: str, tmp_path: Path) -> None:
    chromium = programs.CHROMIUM.find()
    if not chromium:
        pytest.skip("needs Chromium")
    env = clock.real_environment() | clock.variables(clock.library(), offset)
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu"]
    command += [f"--user-data-dir={tmp_path}", "--dump-dom", PAGE]
    page = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=60
    ).stdout
    said = page.split("<body>")[1].split("<")[0]
    assert _is_now(int(said) / 1000, moment)


def test_a_clock_that_does_not_move(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that cannot be preloaded is ignored by the system: found out."""
    monkeypatch.setenv("FAKETIME", "+1s")
    with pytest.raises(ToolError, match="cannot be shifted"):
        clock.enter(datetime(2050, 1, 1, tzinfo=timezone.utc), [])
