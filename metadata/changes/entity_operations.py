"""Know the operations on entities and fields."""

from dataclasses import dataclass

from xrm.metadata.changes.operation import Operation, said_change
from xrm.metadata.changes.storage_facts import (
    Dialect,
    has_columns,
    loses,
    rewrites,
    type_text,
)
from xrm.metadata.entities import Entity, Field


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
    """A field goes, with its values; as it carries the field, it can come back."""

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
