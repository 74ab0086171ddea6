"""Know the unit of work: one transaction, one snapshot, one actor, one clock.

Everything that reads or writes records is given a `Work`. A writing work commits when
its block ends and rolls back when an exception leaves it; a reading one uses the
reader.

A writer and a publish never mix: on SQLite there is one writer, on PostgreSQL writers
hold a lock in common that a publish takes alone. So what a work was started with stays
true.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.catalog import Catalog
from xrm.platform.database.catalog_store import CatalogState, catalog_state
from xrm.platform.database.engine import Database, Dialect, is_busy, is_stopped
from xrm.platform.database.ready import Ready
from xrm.platform.database.snapshots import Snapshot, Snapshots
from xrm.platform.database.tables import Tables
from xrm.platform.errors import CatalogMoved, Unavailable

if TYPE_CHECKING:
    from xrm.platform.security.actors import Actor

CATALOG_LOCK = 0x78726D02
"""Key of PostgreSQL's advisory lock: writers share it, a publish holds it alone."""

ActorSource = Callable[[Connection, Snapshot], "Actor"]
StateSource = Callable[[Connection], CatalogState]


@dataclass(slots=True)
class Work:
    """What a verb or a query works with; valid inside `open_work` only."""

    connection: Connection
    snapshot: Snapshot
    actor: "Actor"
    now: datetime
    database: Database
    cause: str = ""
    """Why: the request, import or rule, in words that history shows."""
    request_id: UUID = field(default_factory=uuid4)
    writes: bool = True
    security_version: int = 0
    memo: dict[Any, Any] = field(default_factory=dict)
    """What rooms keep for the length of this work."""
    warnings: list[str] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    @property
    def catalog(self) -> Catalog:
        """Return the catalog of this work."""
        return self.snapshot.catalog

    @property
    def tables(self) -> Tables:
        """Return the tables of this work's catalog."""
        return self.snapshot.tables

    @property
    def dialect(self) -> Dialect:
        """Return `sqlite` or `postgresql`."""
        return self.database.dialect

    def on_commit(self, call: Callable[[], None]) -> None:
        """Have something called after the commit, and not after a rollback."""
        self.after_commit.append(call)


@contextmanager
def open_work(
    database: Database,
    snapshots: Snapshots,
    actor: "Actor | ActorSource",
    *,
    now: datetime | None = None,
    write: bool = True,
    cause: str = "",
    request_id: UUID | None = None,
    read_state: StateSource | None = None,
) -> Iterator[Work]:
    """Give a work in one transaction; commit at the end, roll back on an exception.

    `actor` may be a function of connection and snapshot that loads the actor in the
    same transaction. `now` is the clock of the work, the present time by default.
    `read_state` reads the catalog's state together with something the caller needs
    anyway, so that a request begins with one statement.

    Raises:
        Unavailable: the database is busy, unreachable, or stopped a statement.
        CatalogMoved: definitions were published while this was reading.
    """
    engine = database.engine if write else database.reader
    snapshot: Snapshot | None = None
    try:
        with engine.connect() as connection:
            if write:
                share_catalog(database, connection)
            known = None if read_state is None else read_state(connection)
            snapshot, state = snapshots.with_state(connection, known)
            work = Work(
                connection=connection,
                snapshot=snapshot,
                actor=actor(connection, snapshot) if callable(actor) else actor,
                now=now or datetime.now(UTC),
                database=database,
                cause=cause,
                request_id=request_id or uuid4(),
                writes=write,
                security_version=state.security,
            )
            yield work
            if write:
                connection.commit()
    except sa.exc.DBAPIError as fault:
        raise _translated(fault, database, snapshot) from fault
    except sa.exc.TimeoutError as fault:
        raise Unavailable(
            "All database connections are in use. Try again in a moment."
        ) from fault
    for call in work.after_commit:
        call()


def share_catalog(database: Database, connection: Connection) -> None:
    """Begin a writing transaction that no publish can overlap."""
    if database.dialect == "postgresql":
        _SHARE.rows(connection, {})


_SHARE = Ready(
    sa.select(sa.func.pg_advisory_xact_lock_shared(CATALOG_LOCK).label("shared"))
)


def _translated(
    fault: sa.exc.DBAPIError, database: Database, snapshot: Snapshot | None
) -> Exception:
    """Return the error of the platform that a database error means, or itself."""
    if is_busy(fault):
        return Unavailable(
            "The database is busy with another change. Try again in a moment."
        )
    if is_stopped(fault):
        return Unavailable(
            "The database stopped a statement that took too long. "
            "Ask for less: fewer records, a narrower filter."
        )
    if fault.connection_invalidated:
        return Unavailable("The database cannot be reached. Try again in a moment.")
    if snapshot is not None and isinstance(
        fault,
        (sa.exc.ProgrammingError, sa.exc.OperationalError, sa.exc.NotSupportedError),
    ):
        with database.reader.connect() as connection:
            moved = catalog_state(connection).version != snapshot.version
        if moved:
            return CatalogMoved(
                "The definitions were published anew during this request. Repeat it."
            )
    return fault
