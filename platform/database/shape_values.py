"""Know what a schema is made of, as values: tables, columns, indexes, their names."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

LONGEST_NAME = 63
"""PostgreSQL cuts longer names; ours are shortened with a hash instead."""


class Meaning(NamedTuple):
    """What the values of a column mean: the field's type, how they are kept, of what.

    `things` are the entities a lookup may point to, or the values of a choice. The same
    type of the database may hold quite different values: on SQLite a decimal of 2 and
    one of 4 places are both BIGINT.
    """

    field: str = ""
    family: str = ""
    size: int | None = None
    things: tuple[str, ...] = ()

    def takes(self, other: "Meaning") -> bool:
        """Return whether values of another meaning may be put here as they are."""
        is_same = (self.field, self.family) == (other.field, other.family)
        can_grow = self.family in ("text", "integer")
        has_room = self.size == other.size or (
            can_grow
            and (
                self.size is None or (other.size is not None and self.size > other.size)
            )
        )
        return is_same and has_room and set(other.things) <= set(self.things)


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """A column: `signature` is its type as the database spells it."""

    name: str
    type: TypeEngine[Any]
    signature: str
    is_key: bool = False
    nullable: bool = True
    meaning: Meaning = field(default=Meaning(), compare=False)


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
