"""Know how the catalog answers the questions of `rule_engine.scope.Scope`."""

from collections.abc import Sequence
from functools import cached_property

from xrm.metadata.catalog import Catalog, Child
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import FIELD_TYPES
from xrm.metadata.relationships import Relationship
from xrm.rule_engine.scope import CollectionFacts, FieldFacts
from xrm.rule_engine.types import TEXT


class CatalogScope:
    """The entities, fields and collections of a catalog, as rules see them."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._facts: dict[tuple[str, str], FieldFacts] = {}

    def has_entity(self, entity: str) -> bool:
        """Say whether the entity exists."""
        return entity in self.catalog.entities

    def field(self, entity: str, name: str) -> FieldFacts | None:
        """Return the facts of a field, or `None` when the entity has no such field."""
        known = self._facts.get((entity, name))
        if known is not None:
            return known
        owner = self.catalog.entities.get(entity)
        field = owner.fields.get(name) if owner else None
        if owner is None or field is None:
            return None
        made = facts_of(owner, field)
        self._facts[(entity, name)] = made
        return made

    def field_names(self, entity: str) -> Sequence[str]:
        """Return the names of all fields of an entity."""
        owner = self.catalog.entities.get(entity)
        return tuple(owner.fields) if owner else ()

    def collection(self, entity: str, name: str) -> CollectionFacts | None:
        """Return the facts of a collection, or `None`."""
        found = self.catalog.collections(entity).get(name)
        if found is None:
            return None
        return CollectionFacts(name, entity_of(found, entity, name))

    def collection_names(self, entity: str) -> Sequence[str]:
        """Return the names of all collections of an entity."""
        return tuple(self.catalog.collections(entity))

    @cached_property
    def _entities(self) -> tuple[str, ...]:
        return tuple(self.catalog.entities)

    def entity_names(self) -> Sequence[str]:
        """Return the names of all entities."""
        return self._entities


def entity_of(found: Child | Relationship, entity: str, name: str) -> str:
    """Return the entity of the records in the collection `name` of `entity`."""
    if isinstance(found, Child):
        return found.entity
    if found.first == entity and found.first_collection == name:
        return found.second
    return found.first


def facts_of(entity: Entity, field: Field) -> FieldFacts:
    """Return what a rule may know of a field."""
    kind = FIELD_TYPES.get(field.type)
    return FieldFacts(
        name=field.name,
        type=kind.rule_type(field) if kind else TEXT,
        label=field.label,
        is_required=field.is_required,
        can_set=can_set(entity, field),
    )


def can_set(entity: Entity, field: Field) -> bool:
    """Say whether a rule may set the field: nothing computed, nothing automatic."""
    if field.formula is not None or field.rollup is not None:
        return False
    return not (field.system and field.read_only) and field.name != entity.key
