"""Know the shape of the schema a catalog asks for: tables, columns, indexes as values.

Pure: shapes are computed and compared without a database. `ddl.py` makes them real,
`inspection.py` reads them back.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.relationships import Relationship
from xrm.platform.database.conversions import storage_of
from xrm.platform.database.engine import Dialect
from xrm.platform.database.indexes import table_indexes
from xrm.platform.database.shape_values import (
    ColumnShape,
    IndexPart,
    IndexShape,
    Meaning,
    TableShape,
    short_name,
)
from xrm.platform.database.tables import storage_type

_DIALECTS: Mapping[Dialect, sa.engine.Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]  # theirs
}


def signature(type_: TypeEngine[Any], dialect: Dialect) -> str:
    """Return a type as the database spells it in DDL."""
    spelled = type_.compile(_DIALECTS[dialect])
    return str(spelled)


def column_shapes(
    fields: Iterable[Field], key: str, dialect: Dialect
) -> dict[str, ColumnShape]:
    """Return the columns of fields by name; `key` is the name of the key's column."""
    return {
        column.name: ColumnShape(
            column.name,
            type_ := storage_type(column.type, dialect),
            signature(type_, dialect),
            is_key=column.name == key,
            nullable=column.name != key,
            meaning=_meaning(field, column.type),
        )
        for field in fields
        if field.is_stored
        for column in field_type(field.type).columns(field)
    }


def _meaning(field: Field, type_: TypeEngine[Any]) -> Meaning:
    """Return what the values of a field's column mean."""
    storage = storage_of(type_)
    things = [target.entity for target in field.targets]
    if field.choices is not None:
        things += [str(option.value) for option in field.choices.options]
    return Meaning(field.type, storage.family, storage.size, tuple(sorted(things)))


def columns_of(field: Field, dialect: Dialect, key: str) -> tuple[ColumnShape, ...]:
    """Return the columns of one field; `key` is the name of its table's key."""
    return tuple(column_shapes([field], key, dialect).values())


def entity_shape(catalog: Catalog, entity: Entity, dialect: Dialect) -> TableShape:
    """Return the table of an entity with the indexes the catalog needs."""
    columns = column_shapes(entity.fields.values(), entity.key, dialect)
    return TableShape(
        entity.name,
        columns,
        {i.name: i for i in table_indexes(catalog, entity, columns)},
    )


def pair_shape(relationship: Relationship, dialect: Dialect) -> TableShape:
    """Return the table of pairs of an N:N relationship."""
    uuid = sa.Uuid(as_uuid=True)
    spelled = signature(uuid, dialect)
    table = relationship.table
    first, second = relationship.first_column, relationship.second_column
    indexes = (
        IndexShape(
            short_name("uq", table, "pair"),
            (IndexPart(first), IndexPart(second)),
            unique=True,
            reason="a pair stands once",
        ),
        IndexShape(short_name("ix", table, "back"), (IndexPart(second),)),
    )
    return TableShape(
        table,
        {
            f"{table}id": ColumnShape(
                f"{table}id", uuid, spelled, is_key=True, nullable=False
            ),
            first: ColumnShape(first, uuid, spelled, nullable=False),
            second: ColumnShape(second, uuid, spelled, nullable=False),
        },
        {index.name: index for index in indexes},
    )


def catalog_shapes(catalog: Catalog, dialect: Dialect) -> dict[str, TableShape]:
    """Return all tables of a catalog by name."""
    made = {
        name: entity_shape(catalog, entity, dialect)
        for name, entity in catalog.entities.items()
    }
    for relationship in catalog.relationships.values():
        made[relationship.table] = pair_shape(relationship, dialect)
    return made
