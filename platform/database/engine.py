"""Know how a database is opened: drivers, pragmas, transactions and pools.

A `Database` has two engines on one database. `engine` is for writers: on SQLite its
transactions start with BEGIN IMMEDIATE, so a writer waits at the door instead of
failing in the middle. `reader` never writes: BEGIN on SQLite (one state of the file for
the whole transaction), AUTOCOMMIT on PostgreSQL (a page is one or two statements; a
transaction would cost two more round trips), and a statement that takes too long is
stopped.

Nothing here knows of tables, catalogs or records.
"""

import sqlite3 as standard_sqlite
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import ConnectionPoolEntry

from xrm.platform.database import functions, sqlite_library

Dialect = Literal["sqlite", "postgresql"]

BUSY_SECONDS = 10
"""How long a SQLite writer waits for another one."""
PROGRESS_STEPS = 200_000
"""After how many steps of SQLite's machine the clock of a reader is looked at."""


class BadDatabaseUrl(ValueError):
    """The database URL cannot be used; the message says why."""


class Database:
    """One database with its two engines. Make it with `open_database`."""

    def __init__(
        self, url: URL, *, threads: int = 4, statement_timeout: int = 10
    ) -> None:
        self.url = url
        self.dialect: Dialect = (
            "sqlite" if url.get_backend_name() == "sqlite" else "postgresql"
        )
        if self.dialect == "sqlite":
            self.engine = _sqlite_engine(url, threads, begin="BEGIN IMMEDIATE")
            self.reader = _sqlite_engine(
                url, threads, begin="BEGIN", seconds=statement_timeout
            )
        else:
            self.engine = _postgresql_engine(url, threads)
            self.reader = _postgresql_engine(url, threads, seconds=statement_timeout)

    def dispose(self, *, close: bool = True) -> None:
        """Close all connections; in the child of a fork, call it with close=False."""
        self.engine.dispose(close=close)
        self.reader.dispose(close=close)

    def __repr__(self) -> str:
        return f"<Database {self.url.render_as_string()}>"


def open_database(
    url: str | URL, *, threads: int = 4, statement_timeout: int = 10
) -> Database:
    """Return the database of a URL; the SQLite file's folder is made if it is missing.

    `threads` is the number of threads that use it (the pools have two more
    connections), `statement_timeout` the seconds a reading statement may take. No
    connection is made.

    Raises:
        BadDatabaseUrl: it is neither SQLite (a file) nor PostgreSQL, or not a URL.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as fault:
        raise BadDatabaseUrl(
            "The database URL is not a URL. Write sqlite:///path/to/file or "
            "postgresql://user:password@host/name."
        ) from fault
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise BadDatabaseUrl(
                "SQLite needs a file: sqlite:///path/to/file. A database in memory "
                "would be another one for each connection."
            )
        Path(parsed.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
        parsed = parsed.set(drivername="sqlite")
    elif backend == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    else:
        raise BadDatabaseUrl(
            f'The database URL begins with "{backend}"; it must be sqlite or '
            "postgresql."
        )
    return Database(parsed, threads=threads, statement_timeout=statement_timeout)


def _sqlite_engine(
    url: URL, threads: int, *, begin: str, seconds: int | None = None
) -> Engine:
    engine = sa.create_engine(
        url,
        module=sqlite_library.module(),
        pool_size=threads + 2,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        pool_use_lifo=True,
        connect_args={
            "timeout": BUSY_SECONDS,
            "isolation_level": None,
            "check_same_thread": False,
        },
    )
    journal = "WAL" if sqlite_library.has_sound_wal() else "TRUNCATE"

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, entry: ConnectionPoolEntry) -> None:
        for pragma in (
            f"busy_timeout={BUSY_SECONDS * 1000}",
            f"journal_mode={journal}",
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
            "cache_size=-4000",
        ):
            connection.execute(f"PRAGMA {pragma}")
        functions.install_on_sqlite(connection)
        if seconds is not None:
            _stop_long_statements(connection, entry)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        if seconds is None:
            connection.exec_driver_sql(begin)
            return
        # a reader's BEGIN waits for nobody and cannot fail: no need to wrap its errors
        connection.connection.cursor().execute(begin)

    if seconds is not None:

        @event.listens_for(engine, "before_cursor_execute")
        def set_deadline(connection: Connection, *_: Any) -> None:
            connection.connection.info["xrm_deadline"] = time.monotonic() + seconds

    return engine


def _stop_long_statements(connection: Any, entry: ConnectionPoolEntry) -> None:
    """Let SQLite interrupt what runs after the deadline of its statement."""
    info = entry.info

    def is_over() -> bool:
        return "xrm_patient" not in info and (
            time.monotonic() > info.get("xrm_deadline", float("inf"))
        )

    connection.set_progress_handler(is_over, PROGRESS_STEPS)


def _postgresql_engine(url: URL, threads: int, *, seconds: int | None = None) -> Engine:
    # jit=off: statements are short and many; compiling one of them takes 0.5 to 2 s.
    options = "-c timezone=UTC -c jit=off"
    if seconds is not None:
        options += f" -c statement_timeout={seconds * 1000}"
    return sa.create_engine(
        url,
        pool_size=threads + 2,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=False,
        isolation_level="AUTOCOMMIT" if seconds is not None else "READ COMMITTED",
        connect_args={
            "options": options,
            "application_name": "openxrm",
            "connect_timeout": BUSY_SECONDS,
        },
    )


@contextmanager
def at_once(database: Database, *, lasting: bool = True) -> Iterator[Connection]:
    """Give a writing transaction only if it can begin without waiting for another one.

    One that is not `lasting` does not wait for the disk either: it may be lost when the
    machine stops, and never harms what was committed before or after.

    Raises:
        OperationalError: somebody else is writing (SQLite).
    """
    with database.engine.connect() as connection:
        if database.dialect != "sqlite":
            with connection.begin():
                if not lasting:
                    connection.execute(_NOT_LASTING)
                yield connection
            return
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA busy_timeout=0")
        if not lasting:
            cursor.execute("PRAGMA synchronous=NORMAL")
        try:
            with connection.begin():
                yield connection
        finally:
            cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
            if not lasting:
                cursor.execute("PRAGMA synchronous=FULL")


_NOT_LASTING = sa.select(sa.func.set_config("synchronous_commit", "off", True))


@contextmanager
def patiently(database: Database, connection: Connection) -> Iterator[None]:
    """Let a reader's statements take as long as they need, for counts of a plan."""
    if database.dialect == "sqlite":
        connection.connection.info["xrm_patient"] = True
    else:
        _set_timeout(connection, "0")
    try:
        yield
    finally:
        if database.dialect == "sqlite":
            connection.connection.info.pop("xrm_patient", None)
        elif not connection.invalidated:
            _set_timeout(connection, None)


def _set_timeout(connection: Connection, value: str | None) -> None:
    if value is None:
        value = connection.scalar(_DEFAULT_TIMEOUT)
    connection.execute(sa.select(sa.func.set_config("statement_timeout", value, False)))


_settings = sa.table(
    "pg_settings",
    sa.column("name", sa.Text()),
    sa.column("reset_val", sa.Text()),
    schema="pg_catalog",
)
_DEFAULT_TIMEOUT = sa.select(_settings.c.reset_val).where(
    _settings.c.name == "statement_timeout"
)


def is_busy(fault: BaseException) -> bool:
    """Return whether a database error means "somebody else is writing; try again"."""
    original = getattr(fault, "orig", fault)
    if isinstance(original, standard_sqlite.OperationalError) or (
        type(original).__module__.startswith(("sqlite3", "pysqlite3"))
    ):
        return "locked" in str(original) or "busy" in str(original)
    state = getattr(original, "sqlstate", None)
    return state in ("40001", "40P01", "55P03")


def is_stopped(fault: BaseException) -> bool:
    """Return whether a database error means that a statement took too long."""
    original = getattr(fault, "orig", fault)
    if type(original).__module__.startswith(("sqlite3", "pysqlite3")):
        return "interrupted" in str(original)
    return getattr(original, "sqlstate", None) == "57014"
