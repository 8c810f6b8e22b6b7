"""Servers of the user: unreachable, too old, or with the wrong role."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from tools.errors import ToolError
from tools.ports import any_free
from tools.postgres import Server, check, own_server


class OldServer(threading.Thread):
    """As much of PostgreSQL's protocol as a client needs to learn the version."""

    def __init__(self, version: str) -> None:
        super().__init__(daemon=True)
        self.version = version
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self) -> None:
        connection, _address = self.listener.accept()
        with connection:
            (length,) = struct.unpack("!I", connection.recv(4))
            code = connection.recv(length - 4)[:4]
            if code == struct.pack("!I", 80877103):  # may we encrypt?
                connection.sendall(b"N")
                (length,) = struct.unpack("!I", connection.recv(4))
                connection.recv(length - 4)
            answer = self._message(b"R", struct.pack("!I", 0))
            for name, value in {
                "server_version": self.version,
                "client_encoding": "UTF8",
                "standard_conforming_strings": "on",
                "DateStyle": "ISO, MDY",
            }.items():
                answer += self._message(b"S", f"{name}\0{value}\0".encode())
            connection.sendall(answer + self._message(b"Z", b"I"))
            connection.recv(1024)

    @staticmethod
    def _message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!I", len(body) + 4) + body


@pytest.fixture
def old_server() -> Iterator[Server]:
    server = OldServer("12.22 (Debian 12.22-1)")
    server.start()
    env = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "me"}
    yield Server(env=env)
    server.listener.close()


def test_too_old(old_server: Server) -> None:
    with pytest.raises(ToolError, match=r"PostgreSQL is 12\.22 .*; 13 or newer"):
        check(old_server)


def test_unreachable() -> None:
    env = {"PGHOST": "127.0.0.1", "PGPORT": str(any_free()), "PGUSER": "me"}
    with pytest.raises(ToolError, match="cannot connect to your PostgreSQL"):
        check(Server(env=env))


@pytest.mark.parametrize(
    ("env", "own"),
    [({}, False), ({"PGHOST": ""}, False), ({"PGPORT": "5433"}, True)],
)
def test_own_server(env: dict[str, str], own: bool) -> None:
    assert own_server(env) is own
