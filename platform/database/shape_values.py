"""Know what a schema is made of, as values: tables, columns, indexes, their names."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

LONGEST_NAME = 63
"""PostgreSQL cuts longer names; ours are shortened with a hash instead."""


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
