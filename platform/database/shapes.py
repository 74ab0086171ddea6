"""Know the shape of the schema a catalog asks for: tables, columns, indexes as values.

Pure: shapes are computed and compared without a database. `ddl.py` makes them real,
`inspection.py` reads them back.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Field
from xrm.metadata.relationships import Relationship
from xrm.platform.database.engine import Dialect
from xrm.platform.database.tables import field_columns

LONGEST_NAME = 63
"""PostgreSQL cuts longer names; ours are shortened with a hash instead."""

_DIALECTS: Mapping[Dialect, sa.engine.Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]  # theirs
}


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """A column: `signature` is its type as the database spells it."""

    name: str
    type: TypeEngine[Any]
    signature: str
    is_key: bool = False
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class IndexPart:
    """One column of an index; `folded` compares texts without regard to case."""

    column: str
    folded: bool = False
    descending: bool = False


@dataclass(frozen=True, slots=True)
class IndexShape:
    """An index and why it is there."""

    name: str
    parts: tuple[IndexPart, ...]
    unique: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table with its columns and indexes by name."""

    name: str
    columns: Mapping[str, ColumnShape]
    indexes: Mapping[str, IndexShape]

    @property
    def key(self) -> ColumnShape:
        """Return the primary key's column."""
        return next(c for c in self.columns.values() if c.is_key)


def signature(type_: TypeEngine[Any], dialect: Dialect) -> str:
    """Return a type as the database spells it in DDL."""
    spelled = type_.compile(_DIALECTS[dialect])
    return str(spelled)


def short_name(*parts: str) -> str:
    """Return a name of the parts that is at most 63 characters, and always the same."""
    name = "_".join(parts)
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: LONGEST_NAME - 11]}_{digest}"


def is_text(type_: TypeEngine[Any]) -> bool:
    """Return whether values of a type are compared as texts, without regard to case."""
    return isinstance(type_, sa.String)


def column_shapes(
    fields: Iterable[Field], key: str, dialect: Dialect
) -> dict[str, ColumnShape]:
    """Return the columns of fields by name; `key` is the name of the key's column."""
    return {
        name: ColumnShape(
            name,
            type_,
            signature(type_, dialect),
            is_key=name == key,
            nullable=name != key,
        )
        for name, type_ in field_columns(fields, dialect).items()
    }


def columns_of(field: Field, dialect: Dialect, key: str) -> tuple[ColumnShape, ...]:
    """Return the columns of one field; `key` is the name of its table's key."""
    return tuple(column_shapes([field], key, dialect).values())


def entity_shape(catalog: Catalog, entity: Entity, dialect: Dialect) -> TableShape:
    """Return the table of an entity with the indexes the catalog needs."""
    columns = column_shapes(entity.fields.values(), entity.key, dialect)
    return TableShape(
        entity.name, columns, {i.name: i for i in _indexes(catalog, entity, columns)}
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


def _indexes(
    catalog: Catalog, entity: Entity, columns: Mapping[str, ColumnShape]
) -> Iterable[IndexShape]:
    """Yield the indexes that keys, lookups and the sort orders of views need."""

    def part(column: str, *, descending: bool = False) -> IndexPart:
        return IndexPart(column, is_text(columns[column].type), descending)

    for key, names in entity.keys.items():
        if all(name in columns for name in names):
            yield IndexShape(
                short_name("uq", entity.name, key),
                tuple(part(name) for name in names),
                unique=True,
                reason=f"key {key}",
            )
    for lookup in entity.lookups:
        if lookup.name in columns and lookup.name not in ("createdby", "modifiedby"):
            yield IndexShape(
                short_name("ix", entity.name, lookup.name),
                (IndexPart(lookup.name),),
                reason=f"lookup {lookup.name}",
            )
