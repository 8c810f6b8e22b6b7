"""The PostgreSQL to work with: the user's own, or the embedded one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from tools import clock
from tools.cluster import ROLE, Cluster
from tools.errors import ToolError
from tools.settings import Settings

OLDEST_VERSION = 13  # Odoo 19's own limit
# Any of these says that the user has a server of their own.
OWN_SERVER = ("PGHOST", "PGPORT", "PGUSER")


_OPTIONS = ("host", "port", "user", "password")


@dataclass(frozen=True)
class Server:
    """A PostgreSQL that answers, is new enough and lets us create databases.

    :param env: the PG… variables that lead any program to it
    """

    env: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def cursor(self, database: str = "postgres") -> Iterator[Cursor]:
        """A cursor in autocommit mode: databases are made outside transactions."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def connect(self, database: str) -> Connection:
        options = {name: self.env.get(f"PG{name.upper()}") for name in _OPTIONS}
        connection = psycopg2.connect(
            dbname=database,
            connect_timeout=10,
            **{name: value for name, value in options.items() if value},
        )
        connection.autocommit = True
        return connection

    def has(self, database: str) -> bool:
        with self.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
            return cursor.fetchone() is not None

    def databases(self) -> list[str]:
        with self.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")
            return sorted(name for (name,) in cursor.fetchall())

    def copy(self, source: str, target: str) -> None:
        """Copy a database; nobody else may be in it meanwhile."""
        with self.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s",
                (source,),
            )
            cursor.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(target), sql.Identifier(source)
                )
            )

    def drop(self, database: str) -> None:
        with self.cursor() as cursor:
            name = sql.Identifier(database)
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(name))

    def note(self, database: str) -> str | None:
        """The database's comment: what the tools remember goes where the data is."""
        with self.cursor() as cursor:
            cursor.execute(
                "SELECT shobj_description(oid, 'pg_database')"
                " FROM pg_database WHERE datname = %s",
                (database,),
            )
            row = cursor.fetchone()
            return row[0] if row else None

    def set_note(self, database: str, text: str) -> None:
        with self.cursor() as cursor:
            cursor.execute(
                sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                    sql.Identifier(database), sql.Literal(text)
                )
            )


def own_server(env: Mapping[str, str] = os.environ) -> bool:
    """Whether the user names a PostgreSQL of their own."""
    return any(env.get(name) for name in OWN_SERVER)


def demo_cluster(settings: Settings) -> Cluster:
    return Cluster(settings.var / "pg")


def test_cluster(settings: Settings) -> Cluster:
    return Cluster(settings.var / "pg-test", throwaway=True)


def shifted_cluster(settings: Settings) -> Cluster:
    """The server of a run with `AT`: made for that run, its data has no other dates."""
    return Cluster(settings.var / "pg-at", throwaway=True, offset=clock.offset())


def ensure_server(settings: Settings, *, testing: bool = False) -> Server:
    """The user's server, checked, or the embedded one, started."""
    if own_server():
        # PGDATABASE would become Odoo's default database: every command names its own.
        kept = {k: v for k, v in os.environ.items() if k.startswith("PG")}
        kept.pop("PGDATABASE", None)
        server = Server(env=kept)
        check(server)
        return server
    if testing and clock.offset():
        cluster = shifted_cluster(settings)
    else:
        cluster = test_cluster(settings) if testing else demo_cluster(settings)
    cluster.start()
    return Server(
        env={"PGHOST": str(cluster.socket_dir), "PGPORT": "5432", "PGUSER": ROLE}
    )


def check(server: Server) -> None:
    """Refuse a server that Odoo cannot work with, before anything is made on it."""
    try:
        connection = server.connect("postgres")
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise ToolError(f"cannot connect to your PostgreSQL: {reason}") from error
    try:
        version = connection.server_version
        if version < OLDEST_VERSION * 10000:
            found = connection.info.parameter_status("server_version")
            raise ToolError(
                f"your PostgreSQL is {found}; {OLDEST_VERSION} or newer is needed"
            )
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user, rolcreatedb OR rolsuper"
                " FROM pg_roles WHERE rolname = current_user"
            )
            user, may_create = cursor.fetchone()
    finally:
        connection.close()
    if user == "postgres":
        raise ToolError('Odoo refuses the role "postgres": set PGUSER to another role')
    if not may_create:
        raise ToolError(
            f"your PostgreSQL role {user} may not create databases: "
            f"ALTER ROLE {user} CREATEDB"
        )
