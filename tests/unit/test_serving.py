"""Waiting for a server that never answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import serving
from tools.errors import ToolError
from tools.ports import any_free


def test_a_silent_server_is_ended(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(serving, "START_SECONDS", 1)
    log = tmp_path / "odoo.log"
    log.touch()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(ToolError, match="does not answer"):
        serving.wait_until_it_answers(child, any_free(), log)
    assert child.poll() is not None


def test_a_server_that_ends_says_why(tmp_path: Path):
    log = tmp_path / "odoo.log"
    log.write_text("first\nno such database\n")
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    with pytest.raises(ToolError, match="no such database"):
        serving.wait_until_it_answers(child, any_free(), log)
