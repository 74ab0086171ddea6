"""Know the catalog: an immutable snapshot of all definitions, and how to compose one.

The catalog answers questions; it loads nothing and checks nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from xrm.metadata import (
    apps,
    charts,
    choices,
    dashboards,
    entity_documents,
    forms,
    manifests,
    relationships,
    roles,
    rules,
    views,
)
from xrm.metadata.apps import App
from xrm.metadata.charts import Chart
from xrm.metadata.choices import ChoiceList
from xrm.metadata.dashboards import Dashboard
from xrm.metadata.definitions import UnknownEntity, UnknownName, frozen
from xrm.metadata.documents import Document
from xrm.metadata.entities import Entity, Field, LookupTarget
from xrm.metadata.family import ACTIVITY, ACTIVITY_BASE, Family, family_of, takes_part
from xrm.metadata.forms import Form, FormType
from xrm.metadata.manifests import Manifest
from xrm.metadata.relationships import Relationship
from xrm.metadata.roles import Role
from xrm.metadata.rules import RuleDefinition
from xrm.metadata.views import View

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Child:
    """A 1:N relationship seen from the parent: `field` of `entity` points to it."""

    entity: str
    field: Field
    target: LookupTarget


@dataclass(frozen=True, slots=True)
class Sources:
    """What a catalog was composed of: place → (data, definition), and its choices."""

    choices: Mapping[str, ChoiceList] = field(default_factory=dict)
    family: Family = field(default_factory=Family)
    definitions: Mapping[tuple[str, str], tuple[Mapping[str, Any], Any]] = field(
        default_factory=dict
    )


@dataclass(frozen=True)
class Catalog:
    """All definitions; `version` grows by one with each publish."""

    version: int = 0
    solutions: Mapping[str, Manifest] = field(default_factory=dict)
    entities: Mapping[str, Entity] = field(default_factory=dict)
    choices: Mapping[str, ChoiceList] = field(default_factory=dict)
    relationships: Mapping[str, Relationship] = field(default_factory=dict)
    forms: Mapping[str, Mapping[str, Form]] = field(default_factory=dict)
    """Entity → form name → form; views, charts and rules likewise."""
    views: Mapping[str, Mapping[str, View]] = field(default_factory=dict)
    charts: Mapping[str, Mapping[str, Chart]] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, RuleDefinition]] = field(default_factory=dict)
    dashboards: Mapping[str, Dashboard] = field(default_factory=dict)
    apps: Mapping[str, App] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    sources: Sources = field(default_factory=Sources, compare=False, repr=False)

    def entity(self, name: str) -> Entity:
        """Return an entity by name.

        Raises:
            UnknownEntity: there is none.
        """
        try:
            return self.entities[name]
        except KeyError:
            raise UnknownEntity(name) from None

    @cached_property
    def _by_set(self) -> Mapping[str, Entity]:
        return {entity.set_name: entity for entity in self.entities.values()}

    def entity_of_set(self, set_name: str) -> Entity | None:
        """Return the entity whose set name this is."""
        return self._by_set.get(set_name)

    @cached_property
    def activity_base(self) -> Entity | None:
        """Return the entity that lists all activities, if there is one."""
        found = (e for e in self.entities.values() if e.kind == ACTIVITY_BASE)
        return next(found, None)

    @cached_property
    def activities(self) -> tuple[Entity, ...]:
        """Return the entities that are activities."""
        return tuple(e for e in self.entities.values() if e.kind == ACTIVITY)

    @cached_property
    def _children(self) -> Mapping[str, tuple[Child, ...]]:
        found: dict[str, list[Child]] = {name: [] for name in self.entities}
        for entity in self.entities.values():
            for lookup in entity.lookups:
                for target in lookup.targets:
                    found.setdefault(target.entity, []).append(
                        Child(entity.name, lookup, target)
                    )
        return {name: tuple(children) for name, children in found.items()}

    def children(self, entity: str) -> tuple[Child, ...]:
        """Return the 1:N relationships whose parent is this entity."""
        return self._children.get(entity, ())

    @cached_property
    def _collections(
        self,
    ) -> Mapping[str, Mapping[str, Child | Relationship]]:
        made: dict[str, dict[str, Child | Relationship]] = {}
        for name in self.entities:
            own = made.setdefault(name, {})
            for child in self.children(name):
                own.setdefault(child.target.collection, child)
            for child in self.children(name):
                own[child.target.relationship] = child
        for link in self.relationships.values():
            made.setdefault(link.first, {})[link.first_collection] = link
            made.setdefault(link.second, {})[link.second_collection] = link
        return made

    def collections(self, entity: str) -> Mapping[str, Child | Relationship]:
        """Return the collections of an entity by name: what rules and subgrids use."""
        return self._collections.get(entity, {})

    def form(self, entity: str, type_: FormType = "main") -> Form | None:
        """Return the first form of a type."""
        return next(
            (f for f in self.forms.get(entity, {}).values() if f.type == type_), None
        )

    def view(self, entity: str, name: str) -> View:
        """Return a view by entity and name.

        Raises:
            UnknownName: there is none.
        """
        try:
            return self.views[entity][name]
        except KeyError:
            raise UnknownName(f"{entity}.{name}") from None

    def default_view(self, entity: str) -> View | None:
        """Return the public view marked as default, else the first public one."""
        public = [v for v in self.views.get(entity, {}).values() if v.type == "public"]
        return next((v for v in public if v.default), public[0] if public else None)


def compose(
    documents: Iterable[Document], version: int = 0, *, reuse: Catalog | None = None
) -> Catalog:
    """Make a catalog of documents that passed their schemas.

    References that lead nowhere are left as they are: `checks` reports them. What is
    the same in `reuse`, a catalog composed before, is taken from there: a publish of
    one field then makes one entity, and comparing the two catalogs is quick.
    """
    reader = _Reader(reuse.sources if reuse else Sources())
    for document in documents:
        reader.by_kind.setdefault(document.kind, []).append(document)
    shared = reader.named("choice", choices.from_document)
    family = family_of(d.data for d in reader.by_kind.get("entity", ()))
    reader.forget_entities_unless(shared, family)

    def read_entity(data: Mapping[str, Any]) -> Entity:
        return entity_documents.from_document(data, shared, family)

    return Catalog(
        version=version,
        solutions=reader.named("solution", manifests.from_document),
        entities=reader.named("entity", read_entity),
        choices=shared,
        relationships=reader.named("relationship", relationships.from_document),
        forms=reader.nested("form", forms.from_document),
        views=reader.nested("view", views.from_document),
        charts=reader.nested("chart", charts.from_document),
        rules=reader.nested("rule", rules.from_document),
        dashboards=reader.named("dashboard", dashboards.from_document),
        apps=reader.named("app", apps.from_document),
        roles=reader.named("role", roles.from_document),
        sources=Sources(shared, family, reader.made),
    )


class _Reader:
    """Makes definitions of documents, taking over those whose data did not change."""

    def __init__(self, known: Sources) -> None:
        self.by_kind: dict[str, list[Document]] = {}
        self.made: dict[tuple[str, str], tuple[Mapping[str, Any], Any]] = {}
        self._known = known
        self._keeps_entities = True
        self._keeps_relatives = True

    def forget_entities_unless(
        self, shared: Mapping[str, ChoiceList], family: Family
    ) -> None:
        """Read every entity anew when a choice list changed: fields hold options.

        Those that take from other entities are read anew when that changed.
        """
        self._keeps_entities = self._known.choices == shared
        self._keeps_relatives = self._known.family == family

    def named(
        self, kind: str, read: Callable[[Mapping[str, Any]], Made]
    ) -> Mapping[str, Made]:
        """Return the definitions of a kind by name."""
        found = self.by_kind.get(kind, ())
        return frozen({document.name: self._read(document, read) for document in found})

    def nested(
        self, kind: str, read: Callable[[Mapping[str, Any]], Made]
    ) -> Mapping[str, Mapping[str, Made]]:
        """Return the definitions of a kind by entity and name."""
        made: dict[str, dict[str, Made]] = {}
        for document in self.by_kind.get(kind, ()):
            own = made.setdefault(document.data["entity"], {})
            own[document.name] = self._read(document, read)
        return made

    def _keeps(self, document: Document) -> bool:
        """Say whether what stands beside a document is as it was."""
        if document.kind != "entity":
            return True
        return self._keeps_entities and (
            self._keeps_relatives or not takes_part(document.data)
        )

    def _read(
        self, document: Document, read: Callable[[Mapping[str, Any]], Made]
    ) -> Made:
        place = (document.kind, document.key)
        before = self._known.definitions.get(place)
        if before is not None and self._keeps(document):
            data, definition = before
            if data is document.data or data == document.data:
                self.made[place] = before
                kept: Made = definition
                return kept
        definition = read(document.data)
        self.made[place] = (document.data, definition)
        return definition
