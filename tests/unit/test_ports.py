from __future__ import annotations

import socket

import pytest

from tools import ports
from tools.errors import ToolError


def test_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ToolError, match=f"port {port} is taken"):
            ports.choose(port)


def test_wanted_port() -> None:
    port = ports.any_free()
    assert ports.choose(port) == port


def test_next_free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        first = taken.getsockname()[1]
        monkeypatch.setattr(ports, "FIRST", first)
        assert ports.choose(None) > first
