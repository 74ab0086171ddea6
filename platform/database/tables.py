"""Know the SQLAlchemy table of each entity, made of the catalog on first use.

A table has the name of its entity, its columns have the names of its fields. A database
enforces the key and the unique keys, nothing else:

- No foreign keys. On SQLite each one would make every change of a parent's table a
  rebuild of the children, and a lookup to several entities cannot have one at all. The
  record pipeline checks that a lookup's target exists, in the same transaction, and
  runs the declared cascades; `xrm doctor` finds lookups that lead nowhere.
- No NOT NULL besides the key, no CHECK: a field becomes required, or gets a maximum, at
  once and whatever the old records hold; the pipeline refuses what is written from then
  on.

On SQLite a text column has no length and every whole number is INTEGER: SQLite does not
enforce them, and so a longer text is no change of the table at all.
"""

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.relationships import Relationship
from xrm.platform.database.engine import Dialect


def storage_type(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    """Return the type a column of this type really has in a database."""
    if dialect == "sqlite":
        if type(type_) is sa.String:
            return sa.Text()
        if type(type_) in (sa.BigInteger, sa.SmallInteger):
            return sa.Integer()
    return type_


def field_columns(
    fields: Iterable[Field], dialect: Dialect
) -> dict[str, TypeEngine[Any]]:
    """Return the columns of fields: name → type, in the order of the fields."""
    return {
        column.name: storage_type(column.type, dialect)
        for field in fields
        if field.is_stored
        for column in field_type(field.type).columns(field)
    }


def entity_table(entity: Entity, dialect: Dialect) -> sa.Table:
    """Return the table of an entity, in a MetaData of its own."""
    return sa.Table(
        entity.name,
        sa.MetaData(),
        *(
            sa.Column(name, type_, primary_key=name == entity.key)
            for name, type_ in field_columns(entity.fields.values(), dialect).items()
        ),
    )


def pair_table(relationship: Relationship) -> sa.Table:
    """Return the table of pairs of an N:N relationship; a pair stands in it once."""
    return sa.Table(
        relationship.table,
        sa.MetaData(),
        sa.Column(f"{relationship.table}id", sa.Uuid(as_uuid=True), primary_key=True),
        sa.Column(relationship.first_column, sa.Uuid(as_uuid=True), nullable=False),
        sa.Column(relationship.second_column, sa.Uuid(as_uuid=True), nullable=False),
    )


class Tables:
    """The tables of one catalog on one dialect, each made once, on its first use."""

    def __init__(self, catalog: Catalog, dialect: Dialect) -> None:
        self.catalog = catalog
        self.dialect = dialect
        self._made: dict[str, sa.Table] = {}
        self._pairs: dict[str, sa.Table] = {}
        self._lock = Lock()

    def table(self, entity: str) -> sa.Table:
        """Return the table of an entity.

        Raises:
            UnknownEntity: the catalog has no such entity.
        """
        made = self._made.get(entity)
        if made is None:
            with self._lock:
                made = self._made.get(entity)
                if made is None:
                    made = entity_table(self.catalog.entity(entity), self.dialect)
                    self._made[entity] = made
        return made

    def pairs(self, relationship: str) -> sa.Table:
        """Return the table of pairs of an N:N relationship.

        Raises:
            KeyError: the catalog has no such relationship.
        """
        made = self._pairs.get(relationship)
        if made is None:
            with self._lock:
                made = self._pairs.get(relationship)
                if made is None:
                    made = pair_table(self.catalog.relationships[relationship])
                    self._pairs[relationship] = made
        return made

    @property
    def made(self) -> Mapping[str, sa.Table]:
        """Return the tables that were asked for so far, by entity."""
        return dict(self._made)
