"""Know the operations that lead from one catalog to another.

Each is a value: it says what it does in words, whether it loses data, what takes it
back. Applying one to a catalog is the business of `apply`, to tables of the platform.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from xrm.metadata.changes.storage_facts import (
    Dialect,
    has_columns,
    loses,
    rewrites,
    type_text,
)
from xrm.metadata.entities import Entity, Field, LookupTarget
from xrm.metadata.relationships import Relationship

Symbol = Literal["+", "~", "-"]


class Operation(ABC):
    """One change: `symbol`, `kind` and `subject` make the beginning of its line."""

    __slots__ = ()

    @property
    @abstractmethod
    def symbol(self) -> Symbol:
        """Return + for something added, ~ for changed, - for removed."""

    @property
    @abstractmethod
    def kind(self) -> str:
        """Return what is changed: entity, field, key, index, form …"""

    @property
    @abstractmethod
    def subject(self) -> str:
        """Return the name of what is changed: `opportunity.name`."""

    @property
    def detail(self) -> str:
        """Return what happens to it, in words; may be empty."""
        return ""

    @property
    def place(self) -> tuple[str, str | None]:
        """Return the entity and field it is about, as impacts name them."""
        return ("", None)

    @property
    def loses_data(self) -> bool:
        """Return whether it may take values out of the tables."""
        return False

    @property
    def is_consequence(self) -> bool:
        """Return whether it only follows from another one; plans do not print it."""
        return False

    @abstractmethod
    def reverse(self) -> "Operation":
        """Return the operation that takes it back."""

    def needs_rewrite(self, dialect: Dialect) -> bool:
        """Return whether every row of a table is written again."""
        return False

    def describe(self) -> str:
        """Return it in one line."""
        return f"{self.symbol} {self.kind} {self.subject} {self.detail}".rstrip()


@dataclass(frozen=True, slots=True)
class AddEntity(Operation):
    """An entity comes, with all its fields, keys and indexes."""

    entity: Entity
    symbol = "+"
    kind = "entity"

    @property
    def subject(self) -> str:
        return self.entity.name

    @property
    def detail(self) -> str:
        own = sum(not field.system for field in self.entity.fields.values())
        return f"{own} field{'s' if own != 1 else ''}"

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity.name, None)

    def reverse(self) -> "RemoveEntity":
        return RemoveEntity(self.entity)


@dataclass(frozen=True, slots=True)
class RemoveEntity(Operation):
    """An entity goes, with all its records."""

    entity: Entity
    symbol = "-"
    kind = "entity"
    loses_data = True

    @property
    def subject(self) -> str:
        return self.entity.name

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity.name, None)

    def reverse(self) -> AddEntity:
        return AddEntity(self.entity)


@dataclass(frozen=True, slots=True)
class RenameEntity(Operation):
    """An entity gets another name, with its key and in every lookup to it."""

    old: str
    new: str
    symbol = "~"
    kind = "entity"

    @property
    def subject(self) -> str:
        return self.old

    @property
    def detail(self) -> str:
        return f"renamed to {self.new}"

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.new, None)

    def reverse(self) -> "RenameEntity":
        return RenameEntity(self.new, self.old)


@dataclass(frozen=True, slots=True)
class AddField(Operation):
    """A field comes."""

    entity: str
    field: Field
    symbol = "+"
    kind = "field"

    @property
    def subject(self) -> str:
        return f"{self.entity}.{self.field.name}"

    @property
    def detail(self) -> str:
        return type_text(self.field)

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity, self.field.name)

    @property
    def is_consequence(self) -> bool:
        return self.field.system

    def reverse(self) -> "RemoveField":
        return RemoveField(self.entity, self.field)

    def needs_rewrite(self, dialect: Dialect) -> bool:
        is_filled = self.field.stored or self.field.rollup is not None
        return is_filled and has_columns(self.field)


@dataclass(frozen=True, slots=True)
class RemoveField(Operation):
    """A field goes, with its values; it carries the whole field, so it can come back."""

    entity: str
    field: Field
    symbol = "-"
    kind = "field"

    @property
    def subject(self) -> str:
        return f"{self.entity}.{self.field.name}"

    @property
    def detail(self) -> str:
        return type_text(self.field)

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity, self.field.name)

    @property
    def loses_data(self) -> bool:
        return has_columns(self.field)

    @property
    def is_consequence(self) -> bool:
        return self.field.system

    def reverse(self) -> AddField:
        return AddField(self.entity, self.field)

    def needs_rewrite(self, dialect: Dialect) -> bool:
        return dialect == "sqlite" and has_columns(self.field)


@dataclass(frozen=True, slots=True)
class RenameField(Operation):
    """A field gets another name; its values stay."""

    entity: str
    old: str
    new: str
    symbol = "~"
    kind = "field"

    @property
    def subject(self) -> str:
        return f"{self.entity}.{self.old}"

    @property
    def detail(self) -> str:
        return f"renamed to {self.new}"

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity, self.new)

    def reverse(self) -> "RenameField":
        return RenameField(self.entity, self.new, self.old)


@dataclass(frozen=True, slots=True)
class ChangeFieldType(Operation):
    """A field is kept in another way: type, length, scale, number of columns."""

    entity: str
    old: Field
    new: Field
    symbol = "~"
    kind = "field"

    @property
    def subject(self) -> str:
        return f"{self.entity}.{self.new.name}"

    @property
    def detail(self) -> str:
        return f"{type_text(self.old)} → {type_text(self.new)}"

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity, self.new.name)

    @property
    def loses_data(self) -> bool:
        return loses(self.old, self.new)

    def reverse(self) -> "ChangeFieldType":
        return ChangeFieldType(self.entity, self.new, self.old)

    def needs_rewrite(self, dialect: Dialect) -> bool:
        return rewrites(self.old, self.new, dialect)


@dataclass(frozen=True, slots=True)
class ChangeField(Operation):
    """A field means something else, but is kept as it was."""

    entity: str
    old: Field
    new: Field
    follows: bool = False
    """Whether it only follows from a change elsewhere, of its choice list for one."""
    symbol = "~"
    kind = "field"

    @property
    def subject(self) -> str:
        return f"{self.entity}.{self.new.name}"

    @property
    def detail(self) -> str:
        return said_change(self.old, self.new)

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity, self.new.name)

    @property
    def loses_data(self) -> bool:
        return loses(self.old, self.new)

    @property
    def is_consequence(self) -> bool:
        return self.follows

    def reverse(self) -> "ChangeField":
        return ChangeField(self.entity, self.new, self.old, self.follows)


@dataclass(frozen=True, slots=True)
class AddKey(Operation):
    """Fields together name one record from now on."""

    entity: str
    name: str
    fields: tuple[str, ...]
    symbol = "+"
    kind = "key"

    @property
    def subject(self) -> str:
        return f"{self.entity}.{self.name}"

    @property
    def detail(self) -> str:
        return ", ".join(self.fields)

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity, None)

    def reverse(self) -> "RemoveKey":
        return RemoveKey(self.entity, self.name, self.fields)


@dataclass(frozen=True, slots=True)
class RemoveKey(Operation):
    """Fields together need not name one record any more."""

    entity: str
    name: str
    fields: tuple[str, ...]
    symbol = "-"
    kind = "key"

    @property
    def subject(self) -> str:
        return f"{self.entity}.{self.name}"

    @property
    def detail(self) -> str:
        return ", ".join(self.fields)

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity, None)

    def reverse(self) -> AddKey:
        return AddKey(self.entity, self.name, self.fields)


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """A column of an index; `fold` marks texts, compared without regard to case."""

    name: str
    descending: bool = False
    fold: bool = False

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name


@dataclass(frozen=True, slots=True)
class AddIndex(Operation):
    """An index comes, because something in the catalog needs it (`indexes`)."""

    entity: str
    columns: tuple[IndexColumn, ...]
    reason: str = ""
    symbol = "+"
    kind = "index"

    @property
    def subject(self) -> str:
        return f"{self.entity}({', '.join(map(str, self.columns))})"

    @property
    def detail(self) -> str:
        return f"for {self.reason}" if self.reason else ""

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity, None)

    def reverse(self) -> "RemoveIndex":
        return RemoveIndex(self.entity, self.columns, self.reason)


@dataclass(frozen=True, slots=True)
class RemoveIndex(Operation):
    """An index goes that nothing needs any more."""

    entity: str
    columns: tuple[IndexColumn, ...]
    reason: str = ""
    symbol = "-"
    kind = "index"

    @property
    def subject(self) -> str:
        return f"{self.entity}({', '.join(map(str, self.columns))})"

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity, None)

    def reverse(self) -> AddIndex:
        return AddIndex(self.entity, self.columns, self.reason)


@dataclass(frozen=True, slots=True)
class AddRelationship(Operation):
    """A relationship of many to many comes, with its table of pairs."""

    relationship: Relationship
    symbol = "+"
    kind = "relationship"

    @property
    def subject(self) -> str:
        return self.relationship.name

    @property
    def detail(self) -> str:
        return f"{self.relationship.first} ↔ {self.relationship.second}"

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.relationship.table, None)

    def reverse(self) -> "RemoveRelationship":
        return RemoveRelationship(self.relationship)


@dataclass(frozen=True, slots=True)
class RemoveRelationship(Operation):
    """A relationship of many to many goes, with its pairs."""

    relationship: Relationship
    symbol = "-"
    kind = "relationship"
    loses_data = True

    @property
    def subject(self) -> str:
        return self.relationship.name

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.relationship.table, None)

    def reverse(self) -> AddRelationship:
        return AddRelationship(self.relationship)


@dataclass(frozen=True, slots=True)
class RenameRelationship(Operation):
    """A relationship of many to many gets another name or table; its pairs stay."""

    old: Relationship
    new: Relationship
    symbol = "~"
    kind = "relationship"

    @property
    def subject(self) -> str:
        return self.old.name

    @property
    def detail(self) -> str:
        return f"renamed to {self.new.name}"

    def reverse(self) -> "RenameRelationship":
        return RenameRelationship(self.new, self.old)


@dataclass(frozen=True, slots=True)
class ChangeDefinition(Operation):
    """Something without tables comes, changes or goes: a form, a view, a rule …

    For kind `entity` the two are the entity without its fields and keys; `old` is `None`
    for something new, `new` for something that goes.
    """

    of: str
    key: str
    old: Any
    new: Any
    follows: bool = False

    @property
    def symbol(self) -> Symbol:
        if self.old is None:
            return "+"
        return "-" if self.new is None else "~"

    @property
    def kind(self) -> str:
        return self.of

    @property
    def subject(self) -> str:
        return self.key.replace("/", ".")

    @property
    def detail(self) -> str:
        if self.old is None or self.new is None:
            return str(getattr(self.new or self.old, "label", ""))
        if self.of == "solution":
            return f"{self.old.version} → {self.new.version}"
        return said_change(self.old, self.new)

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.key, None) if self.of == "entity" else ("", None)

    @property
    def is_consequence(self) -> bool:
        return self.follows

    def reverse(self) -> "ChangeDefinition":
        return ChangeDefinition(self.of, self.key, self.new, self.old, self.follows)


_WORDS: Final = {"plural_label": "plural label", "set_name": "set name"}


def said_change(old: Any, new: Any) -> str:
    """Return which parts of a definition differ, short ones with both values."""
    parts = []
    for part in fields(new):
        before, after = getattr(old, part.name), getattr(new, part.name)
        if not part.compare or before == after:
            continue
        word = _WORDS.get(part.name, part.name.replace("_", " "))
        if part.name == "targets":
            parts.append(_said_targets(before, after))
        elif _is_short(before) and _is_short(after):
            parts.append(f"{word}: {_short(before)} → {_short(after)}")
        else:
            parts.append(word)
    return ", ".join(parts)


def _said_targets(old: Sequence[LookupTarget], new: Sequence[LookupTarget]) -> str:
    """Return which targets a lookup gains and loses, else that its behaviour differs."""
    before, after = [t.entity for t in old], [t.entity for t in new]
    gained = [f"+ {name}" for name in after if name not in before]
    lost = [f"- {name}" for name in before if name not in after]
    return f"targets: {', '.join([*gained, *lost])}" if gained or lost else "behaviour"


def _is_short(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= 40 and "\n" not in value
    return value is None or isinstance(value, (bool, int))


def _short(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def reverse_all(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return the operations that take all of these back, last first."""
    return tuple(operation.reverse() for operation in reversed(operations))
