"""Know the catalog: an immutable snapshot of all definitions, and how to compose one.

The catalog answers questions; it loads nothing and checks nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

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
from xrm.metadata.forms import Form, FormType
from xrm.metadata.manifests import Manifest
from xrm.metadata.relationships import Relationship
from xrm.metadata.roles import Role
from xrm.metadata.rules import RuleDefinition
from xrm.metadata.views import View


@dataclass(frozen=True, slots=True)
class Child:
    """A 1:N relationship seen from the parent: `field` of `entity` points to it."""

    entity: str
    field: Field
    target: LookupTarget


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


def compose(documents: Iterable[Document], version: int = 0) -> Catalog:
    """Make a catalog of documents that passed their schemas.

    References that lead nowhere are left as they are: `checks` reports them.
    """
    by_kind: dict[str, list[Document]] = {}
    for document in documents:
        by_kind.setdefault(document.kind, []).append(document)

    def of(kind: str) -> list[Document]:
        return by_kind.get(kind, [])

    shared = {d.name: choices.from_document(d.data) for d in of("choice")}

    def nested(kind: str, read: object) -> dict[str, dict[str, object]]:
        made: dict[str, dict[str, object]] = {}
        for d in of(kind):
            made.setdefault(d.data["entity"], {})[d.name] = read(d.data)  # type: ignore[operator]  # a from_document
        return made

    return Catalog(
        version=version,
        solutions=frozen(
            {d.name: manifests.from_document(d.data) for d in of("solution")}
        ),
        entities=frozen(
            {
                d.name: entity_documents.from_document(d.data, shared)
                for d in of("entity")
            }
        ),
        choices=frozen(shared),
        relationships=frozen(
            {d.name: relationships.from_document(d.data) for d in of("relationship")}
        ),
        forms=nested("form", forms.from_document),  # type: ignore[arg-type]
        views=nested("view", views.from_document),  # type: ignore[arg-type]
        charts=nested("chart", charts.from_document),  # type: ignore[arg-type]
        rules=nested("rule", rules.from_document),  # type: ignore[arg-type]
        dashboards=frozen(
            {d.name: dashboards.from_document(d.data) for d in of("dashboard")}
        ),
        apps=frozen({d.name: apps.from_document(d.data) for d in of("app")}),
        roles=frozen({d.name: roles.from_document(d.data) for d in of("role")}),
    )
