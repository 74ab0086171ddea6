"""Know how Alembic is got: when tables change, not when a server starts.

Alembic brings Mako and Pygments with it, for migration files that this platform does
not have. That is a quarter of a second of every start and 15 MB of every server.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

if TYPE_CHECKING:
    from alembic.operations import Operations


def operations_on(connection: Connection) -> "Operations":
    """Return the operations that change tables through this connection."""
    operations, migration = _alembic()
    context = migration.MigrationContext.configure(connection)
    made: Operations = operations.Operations(context)
    return made


@cache
def _alembic() -> tuple[Any, Any]:
    return import_module("alembic.operations"), import_module(
        "alembic.runtime.migration"
    )
