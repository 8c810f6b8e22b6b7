"""Finding a port to serve on."""

from __future__ import annotations

import socket

from tools.errors import ToolError

FIRST = 8069
HOST = "127.0.0.1"


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose(wanted: int | None) -> int:
    """The port the user asks for, or the first free one from 8069."""
    if wanted is None:
        for port in range(FIRST, FIRST + 200):
            if is_free(port):
                return port
        raise ToolError(f"no port is free between {FIRST} and {FIRST + 199}")
    if not is_free(wanted):
        raise ToolError(f"port {wanted} is taken: choose another one with PORT=")
    return wanted


def any_free() -> int:
    """A port nobody uses, for a server that nobody needs to find."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
