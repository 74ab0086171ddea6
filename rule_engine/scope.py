"""What the checker asks about metadata; the metadata floor answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from xrm.rule_engine.types import RuleType


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """What a rule may know of one field."""

    name: str
    type: RuleType
    label: str = ""
    is_required: bool = False
    can_set: bool = True


@dataclass(frozen=True, slots=True)
class CollectionFacts:
    """The child records of an entity; the platform knows how they are linked."""

    name: str
    entity: str


class Scope(Protocol):
    """The entities, fields and collections a rule text may name."""

    def has_entity(self, entity: str) -> bool:
        """Say whether the entity exists."""
        ...

    def field(self, entity: str, name: str) -> FieldFacts | None:
        """Return the facts of a field, or `None` when the entity has no such field."""
        ...

    def field_names(self, entity: str) -> Sequence[str]:
        """Return the names of all fields of an entity."""
        ...

    def collection(self, entity: str, name: str) -> CollectionFacts | None:
        """Return the facts of a collection, or `None`."""
        ...

    def collection_names(self, entity: str) -> Sequence[str]:
        """Return the names of all collections of an entity."""
        ...

    def entity_names(self) -> Sequence[str]:
        """Return the names of all entities."""
        ...
