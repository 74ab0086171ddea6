"""Know how the platform's own tables are made and go from version to version.

`upgrade` may be called by any number of processes at once: one does the work, the
others wait and find it done. Each step is one function that is never changed after a
release; the first makes all tables of `system_tables.py` as they were at the first
release.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.platform.database import functions, search_store
from xrm.platform.database.engine import Database
from xrm.platform.database.operations import operations_on
from xrm.platform.database.system_tables import CATALOG, METADATA, SCHEMA_VERSION
from xrm.platform.errors import Unavailable

if TYPE_CHECKING:
    from alembic.operations import Operations

UPGRADE_LOCK = 0x78726D01
"""Key of PostgreSQL's advisory lock for upgrades."""

Step = Callable[[Connection, "Operations"], None]


def _first_tables(connection: Connection, operations: "Operations") -> None:
    """Make every table, and the rows that there is exactly one of."""
    METADATA.create_all(connection)
    connection.execute(sa.insert(CATALOG).values(id=1, version=0, security=0))


STEPS: tuple[Step, ...] = (_first_tables,)
"""Step number n carries the tables from version n to n + 1."""


def current_version(connection: Connection) -> int:
    """Return the version of the platform's tables, 0 in an empty database."""
    if not sa.inspect(connection).has_table(SCHEMA_VERSION.name):
        return 0
    return connection.scalar(sa.select(SCHEMA_VERSION.c.version)) or 0


def upgrade(database: Database) -> int:
    """Bring the platform's own tables to the newest version; return that version.

    Raises:
        Unavailable: the database was upgraded by a newer program than this one.
    """
    with _locked(database) as connection:
        version = current_version(connection)
        if version > len(STEPS):
            raise Unavailable(
                f"The database is of version {version}, this program knows versions up "
                f"to {len(STEPS)}. Start the newer program, or restore a backup."
            )
        if database.dialect == "postgresql":
            functions.install_on_postgresql(connection)
        search_store.install(connection)
        if version == len(STEPS):
            return version
        operations = operations_on(connection)
        for step in STEPS[version:]:
            step(connection, operations)
        changed = sa.update(SCHEMA_VERSION).values(version=len(STEPS))
        if connection.execute(changed).rowcount == 0:
            connection.execute(
                sa.insert(SCHEMA_VERSION).values(id=1, version=len(STEPS))
            )
        return len(STEPS)


@contextmanager
def _locked(database: Database) -> Iterator[Connection]:
    """Give a transaction that no other upgrade shares."""
    with database.engine.begin() as connection:
        if database.dialect == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(UPGRADE_LOCK)))
        yield connection
