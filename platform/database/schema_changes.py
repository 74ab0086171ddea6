"""Know the changes of a schema, each a value.

`schema_diff.py` finds them, `ddl.py` has one function that makes each, `impacts.py`
counts what each would lose. What a catalog change means to people (forms, views,
labels) is metadata's diff; here is only what tables, columns and indexes need.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from xrm.metadata.entities import Field
from xrm.platform.database.shape_values import ColumnShape, IndexShape, TableShape


@dataclass(frozen=True, slots=True)
class Renames:
    """What is the same thing under another name.

    `entities` and `relationships`: old name → new name. `fields`: name of the entity
    after the change → old field name → new field name.
    """

    entities: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    relationships: Mapping[str, str] = field(default_factory=dict)

    def reversed(self) -> "Renames":
        """Return the renames that lead back."""
        back = {new: old for old, new in self.entities.items()}
        return Renames(
            back,
            {
                back.get(entity, entity): {new: old for old, new in names.items()}
                for entity, names in self.fields.items()
            },
            {new: old for old, new in self.relationships.items()},
        )


@dataclass(frozen=True, slots=True)
class Was:
    """What a table is called before the change: its name, its key, its fields.

    `fields`: field name afterwards → field before. A plan counts by these names.
    """

    table: str
    key: ColumnShape
    fields: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreateTable:
    """A new table, of an entity or of a relationship's pairs."""

    table: TableShape


@dataclass(frozen=True, slots=True)
class DropTable:
    """A table goes; its rows are kept in quarantine."""

    table: TableShape


@dataclass(frozen=True, slots=True)
class RenameTable:
    """A table gets another name."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class AddColumns:
    """A field comes, with the columns it has."""

    table: str
    key: str
    field: str
    columns: tuple[ColumnShape, ...]


@dataclass(frozen=True, slots=True)
class DropColumns:
    """A field goes; its values are kept in quarantine."""

    table: str
    key: str
    field: str
    columns: tuple[ColumnShape, ...]
    was: Was


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """A column gets another name."""

    table: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ConvertField:
    """A field is kept in another way: type, length, scale, columns; or links are cut.

    Both fields have the name they have afterwards.
    """

    table: str
    key: ColumnShape
    old: Field
    new: Field
    old_columns: tuple[ColumnShape, ...]
    new_columns: tuple[ColumnShape, ...]
    was: Was


@dataclass(frozen=True, slots=True)
class RenameTarget:
    """The entity names kept beside a lookup's ids follow the entity's rename."""

    table: str
    column: ColumnShape
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """An index comes."""

    table: TableShape
    index: IndexShape
    was: Was | None = None
    """None for a table of pairs."""


@dataclass(frozen=True, slots=True)
class DropIndex:
    """An index goes."""

    table: str
    index: str


SchemaChange: TypeAlias = (
    CreateTable
    | DropTable
    | RenameTable
    | AddColumns
    | DropColumns
    | RenameColumn
    | ConvertField
    | RenameTarget
    | CreateIndex
    | DropIndex
)

PASSING = "xrm_passing_"
"""Prefix of names that exist within a transaction only (swapped names, conversions)."""
