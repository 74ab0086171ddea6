"""Know which records and pairs are there, whoever may see them.

For the platform's own work, such as loading the records of a package.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from xrm.platform.database.work import Work

_PART = 500


def present(work: Work, entity: str, keys: Sequence[UUID]) -> set[UUID]:
    """Return those of the keys that records of the entity have."""
    key = work.tables.table(entity).c[work.catalog.entity(entity).key]
    found: set[UUID] = set()
    for start in range(0, len(keys), _PART):
        part = list(keys[start : start + _PART])
        rows = work.connection.execute(select(key).where(key.in_(part)))
        found.update(row[0] for row in rows)
    return found


def keys_by_value(work: Work, entity: str, field: str) -> dict[object, UUID]:
    """Return the keys of all records of a small entity by the value of a field."""
    table = work.tables.table(entity)
    key = table.c[work.catalog.entity(entity).key]
    return {
        row[0]: row[1] for row in work.connection.execute(select(table.c[field], key))
    }


def pairs(work: Work, relationship: str) -> set[tuple[UUID, UUID]]:
    """Return the pairs of an N:N relationship: key of the first, key of the second."""
    link = work.catalog.relationships[relationship]
    table = work.tables.pairs(relationship)
    ends = select(table.c[link.first_column], table.c[link.second_column])
    return {(row[0], row[1]) for row in work.connection.execute(ends)}
