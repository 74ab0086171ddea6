"""Know whether a reader of own records and units reaches a large part of a table.

SQLite does not know how many rows each owner and unit has. Looking up the rows of a
small reach is quick, of a large one slower than testing each row in the order of an
index that answers the question. So the rows of the reach are counted first, on indexes
alone and only up to the part that decides. PostgreSQL knows, and decides by itself.
"""

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from xrm.platform.database.ready import Ready
from xrm.platform.security import access
from xrm.platform.security.access import Shape

if TYPE_CHECKING:
    from xrm.platform.database.snapshots import Snapshot
    from xrm.platform.database.work import Work

READ: Final = "read"
PART: Final = 8
"""A reach of more than one row in so many is large."""
LEAST: Final = 4_000
"""Of fewer rows than this, every way is quick."""


def is_large(work: "Work", form: Shape, entity: str) -> bool:
    """Say whether the actor of a work may read a large part of an entity's records."""
    if work.dialect != "sqlite" or form.kind != "rows":
        return False
    statement = work.snapshot.cache("reaches").get(
        (entity, form.has_units), lambda: _statement(work.snapshot, form, entity)
    )
    values = access.parameters(work.actor, form, entity, READ)
    size, *parts = statement.rows(work.connection, values)[0]
    return bool(size >= LEAST) and sum(parts) * PART > size


def _statement(snapshot: "Snapshot", form: Shape, entity: str) -> Ready:
    """Return the count of all rows, roughly, and of those of owners and of units."""
    table = snapshot.tables.table(entity)
    last = sa.func.coalesce(sa.func.max(sa.column("rowid", sa.Integer())), 0)
    size = sa.select(last).select_from(table)
    most = sa.select(last // PART + 1).select_from(table)
    reached = [access.among(table.c.ownerid, access.PRINCIPALS, None, "sqlite")]
    if form.has_units:
        units = access.units_name(entity, READ)
        unit = table.c.owningbusinessunit
        reached.append(access.among(unit, units, None, "sqlite"))
    counts = []
    for condition in reached:
        rows: sa.Select[Any] = sa.select(sa.literal_column("1").label("one")).where(
            condition
        )
        few = rows.select_from(table).limit(most.scalar_subquery()).subquery()
        counts.append(sa.select(sa.func.count()).select_from(few).scalar_subquery())
    return Ready(sa.select(size.scalar_subquery(), *counts), forgets=True)
