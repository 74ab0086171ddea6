"""Know how links that lead nowhere are cut when old records or values come back.

While rows or values lay in quarantine, what they point to may have been deleted.
"""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.platform.database.tables import Tables


def cut_lost_links(
    connection: Connection, tables: Tables, names: Collection[str]
) -> None:
    """Empty the lookups of some tables, and delete the pairs, that lead nowhere."""
    catalog = tables.catalog
    for name in names:
        entity = catalog.entities.get(name)
        if entity is not None:
            for lookup in entity.lookups:
                if lookup.is_stored:
                    _cut(connection, tables, entity, lookup)
    for link in catalog.relationships.values():
        if link.table in names:
            table = tables.pairs(link.name)
            for target, column in (
                (link.first, link.first_column),
                (link.second, link.second_column),
            ):
                lost = ~_there(tables, target, table.c[column])
                connection.execute(sa.delete(table).where(lost))


def _cut(connection: Connection, tables: Tables, entity: Entity, lookup: Field) -> None:
    table = tables.table(entity.name)
    columns = [table.c[c.name] for c in field_type(lookup.type).columns(lookup)]
    empty = {column.name: None for column in columns}
    for target in lookup.targets:
        if target.entity not in tables.catalog.entities:
            continue
        lost = sa.and_(
            columns[0].is_not(None), ~_there(tables, target.entity, columns[0])
        )
        if len(columns) > 1:
            lost = sa.and_(columns[1] == target.entity, lost)
        connection.execute(sa.update(table).where(lost).values(empty))


def _there(
    tables: Tables, entity: str, id_: sa.ColumnElement[object]
) -> sa.ColumnElement[bool]:
    """Return the condition that an entity has the record of an id."""
    there = tables.table(entity).alias()
    (primary,) = there.primary_key
    return sa.exists().where(primary == id_)
