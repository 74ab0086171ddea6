"""Know the operations on keys, indexes, relationships and all other definitions."""

from dataclasses import dataclass
from typing import Any

from xrm.metadata.changes.operation import Operation, Symbol, said_change
from xrm.metadata.relationships import Relationship


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
class AddSearchIndex(Operation):
    """The texts of an entity's quick find become searchable by any part of them."""

    entity: str
    fields: tuple[str, ...]
    symbol = "+"
    kind = "search index"

    @property
    def subject(self) -> str:
        return f"{self.entity}({', '.join(self.fields)})"

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity, None)

    def reverse(self) -> "RemoveSearchIndex":
        return RemoveSearchIndex(self.entity, self.fields)


@dataclass(frozen=True, slots=True)
class RemoveSearchIndex(Operation):
    """An entity is searched by other fields from now on, or by none."""

    entity: str
    fields: tuple[str, ...]
    symbol = "-"
    kind = "search index"

    @property
    def subject(self) -> str:
        return f"{self.entity}({', '.join(self.fields)})"

    @property
    def place(self) -> tuple[str, str | None]:
        return (self.entity, None)

    def reverse(self) -> AddSearchIndex:
        return AddSearchIndex(self.entity, self.fields)


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
    """Something without tables comes, changes or goes, such as a form or a rule.

    For kind `entity` the two are the entity without its fields and keys; `old` is
    `None` for something new, `new` for something that goes.
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
