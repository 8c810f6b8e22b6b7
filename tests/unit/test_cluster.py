"""The embedded PostgreSQL, for real: made, killed, restarted, in awkward places."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from tools import cluster as cluster_module
from tools import server_user
from tools.cluster import MAX_SOCKET_DIR, ROLE, Cluster
from tools.errors import ToolError
from tools.postgres import Server, check


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One running cluster in a folder that anybody may enter; pytest's are closed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        found = Cluster(Path(folder) / "pg", throwaway=True)
        found.start()
        yield found
        found.stop()


def _server(cluster: Cluster, role: str = ROLE) -> Server:
    return Server(
        env={"PGHOST": str(cluster.socket_dir), "PGPORT": "5432", "PGUSER": role}
    )


def _server_pid(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def test_role_makes_databases_and_is_no_superuser(cluster: Cluster) -> None:
    server = _server(cluster)
    check(server)
    with server.cursor() as cursor:
        cursor.execute("CREATE DATABASE made")
        cursor.execute("SHOW is_superuser")
        assert cursor.fetchone() == ("off",)
    assert server.has("made") and not server.has("other")
    assert server.note("made") is None
    server.set_note("made", '{"by": "it\'s me"}')
    assert server.note("made") == '{"by": "it\'s me"}'


def test_a_parameter_for_the_role(cluster: Cluster) -> None:
    """The benchmark's book is loaded without foreign keys; nothing else may do that."""
    setting = "SET session_replication_role = replica"
    with _server(cluster).cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(setting)
        cluster.allow("session_replication_role")
        cursor.execute(setting)


def test_nobody_else_may_connect(cluster: Cluster) -> None:
    """There is no password: the folder of the socket is the lock."""
    assert cluster.socket_dir.stat().st_mode & 0o777 == 0o700
    with _server(cluster).cursor() as cursor:
        cursor.execute("SHOW listen_addresses")
        assert cursor.fetchone() == ("",)


def test_start_is_harmless_when_it_runs(cluster: Cluster) -> None:
    pid = _server_pid(cluster)
    cluster.start()
    assert _server_pid(cluster) == pid


def test_after_a_power_failure(cluster: Cluster) -> None:
    """Killed, and its number now belongs to another process: this one."""
    pid = _server_pid(cluster)
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while cluster.is_running() and time.monotonic() < end:
        time.sleep(0.05)
    pid_file = cluster.data / "postmaster.pid"
    rest = pid_file.read_text().split("\n", 1)[1]
    pid_file.write_text(f"{os.getpid()}\n{rest}")
    lock = cluster.socket_dir / ".s.PGSQL.5432.lock"
    lock.write_text(f"{os.getpid()}\n" + lock.read_text().split("\n", 1)[1])
    # Its children notice that it is gone; until then the memory is theirs.
    time.sleep(1)

    assert not cluster.is_running()
    cluster.start()
    assert cluster.is_running()
    assert _server(cluster).has("made")


def test_stop(cluster: Cluster) -> None:
    cluster.start()
    assert cluster.stop() is True
    assert cluster.stop() is False
    cluster.start()


def test_long_path(tmp_path: Path) -> None:
    """A path too long for a socket has it elsewhere, for this user alone."""
    folder = tmp_path.joinpath(*["a-long-name-of-a-folder"] * 5)
    cluster = Cluster(folder)
    assert len(str(folder)) > MAX_SOCKET_DIR >= len(str(cluster.socket_dir))
    assert cluster.socket_dir != Cluster(folder / "other").socket_dir


def test_closed_parent_folder(tmp_path: Path) -> None:
    """As root below a closed folder such as /root: the folder stays closed."""
    if not server_user.needed():
        pytest.skip("only root's server is another user")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    cluster = Cluster(closed / "var" / "pg", throwaway=True)
    cluster.start()
    elsewhere = cluster.folder.resolve()
    try:
        assert cluster.is_running()
        assert cluster.folder.is_symlink()
        assert closed.stat().st_mode & 0o777 == 0o700
        assert elsewhere.parent == Path("/var/lib")
    finally:
        cluster.stop()
        shutil.rmtree(elsewhere)


def test_full_disk(tiny_disk: Path) -> None:
    cluster = Cluster(tiny_disk / "pg")
    with pytest.raises(ToolError, match="No space left"):
        cluster.start()
    assert not cluster.data.exists()


def test_roles_that_odoo_cannot_use(cluster: Cluster) -> None:
    with pytest.raises(ToolError, match='refuses the role "postgres"'):
        check(_server(cluster, "postgres"))
    with _server(cluster, "postgres").cursor() as cursor:
        cursor.execute("CREATE ROLE reader LOGIN")
    with pytest.raises(ToolError, match="ALTER ROLE reader CREATEDB"):
        check(_server(cluster, "reader"))


def test_programs_that_others_may_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment is in a closed folder too: a copy of the programs works."""
    if not server_user.needed():
        pytest.skip("only root's server is another user")
    closed = tmp_path / "site-packages"
    for folder in cluster_module._wheel().glob(f"{cluster_module.WHEEL}*"):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setattr(cluster_module, "_wheel", lambda: closed)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder) / "pg", throwaway=True)
        cluster.start()
        assert (cluster.place / "wheel").is_dir()
        assert cluster.stop()
