"""`make stop` and `make clean`."""

from __future__ import annotations

from collections.abc import Sequence

from tools import serving
from tools.postgres import demo_cluster, shifted_cluster, test_cluster
from tools.settings import Settings


def main(settings: Settings, argv: Sequence[str]) -> int:
    """End what this checkout started; a server of the user's own is left alone."""
    stopped = ["the demo"] if serving.stop(settings) else []
    for find in (demo_cluster, test_cluster, shifted_cluster):
        cluster = find(settings)
        if cluster.stop():
            stopped.append(f"PostgreSQL in {cluster.folder}")
    print("stopped: " + ", ".join(stopped) if stopped else "nothing is running")
    return 0
