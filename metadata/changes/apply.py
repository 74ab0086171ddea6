"""Know how operations change a catalog: a new one is made, the old one stays."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from xrm.metadata.catalog import Catalog
from xrm.metadata.changes import operations as op
from xrm.metadata.definitions import frozen
from xrm.metadata.documents import PER_ENTITY
from xrm.metadata.entities import Entity, Field

Value = TypeVar("Value")
COLLECTIONS: Final[Mapping[str, str]] = {
    "solution": "solutions",
    "choice": "choices",
    "relationship": "relationships",
    "form": "forms",
    "view": "views",
    "chart": "charts",
    "rule": "rules",
    "dashboard": "dashboards",
    "app": "apps",
    "role": "roles",
}
"""Kind → attribute of the catalog that holds its definitions."""


def apply_all(catalog: Catalog, operations: Iterable[op.Operation]) -> Catalog:
    """Return the catalog after all operations, in their order."""
    for operation in operations:
        catalog = apply(catalog, operation)
    return catalog


def apply(catalog: Catalog, operation: op.Operation) -> Catalog:
    """Return the catalog after one operation."""
    match operation:
        case op.AddEntity(entity):
            return replace(
                catalog, entities=_with(catalog.entities, entity.name, entity)
            )
        case op.RemoveEntity(entity):
            return replace(catalog, entities=_without(catalog.entities, entity.name))
        case op.RenameEntity(old, new):
            return _rename_entity(catalog, old, new)
        case op.AddField(entity, field):
            return _fields(catalog, entity, lambda f: _with(f, field.name, field))
        case op.RemoveField(entity, field):
            return _fields(catalog, entity, lambda f: _without(f, field.name))
        case op.RenameField(entity, was, name):
            return _fields(catalog, entity, lambda f: _renamed(f, was, name))
        case op.ChangeFieldType(entity, _, after) | op.ChangeField(entity, _, after):
            return _fields(catalog, entity, lambda f: _with(f, after.name, after))
        case op.AddKey(entity, name, fields):
            known = catalog.entities[entity]
            keys = _with(known.keys, name, fields)
            return _entity(catalog, replace(known, keys=keys))
        case op.RemoveKey(entity, name):
            known = catalog.entities[entity]
            return _entity(catalog, replace(known, keys=_without(known.keys, name)))
        case op.AddRelationship(link):
            links = _with(catalog.relationships, link.name, link)
            return replace(catalog, relationships=links)
        case op.RemoveRelationship(link):
            links = _without(catalog.relationships, link.name)
            return replace(catalog, relationships=links)
        case op.RenameRelationship(before, link):
            links = _without(catalog.relationships, before.name)
            return replace(catalog, relationships=_with(links, link.name, link))
        case op.ChangeDefinition():
            return _definition(catalog, operation)
    return catalog  # an index follows from the catalog; it is not part of it


def _with(items: Mapping[str, Value], name: str, value: Value) -> Mapping[str, Value]:
    return frozen({**items, name: value})


def _without(items: Mapping[str, Value], name: str) -> Mapping[str, Value]:
    return frozen({key: value for key, value in items.items() if key != name})


def _entity(catalog: Catalog, entity: Entity) -> Catalog:
    return replace(catalog, entities=_with(catalog.entities, entity.name, entity))


def _fields(
    catalog: Catalog,
    entity: str,
    change: Callable[[Mapping[str, Field]], Mapping[str, Field]],
) -> Catalog:
    known = catalog.entities[entity]
    return _entity(catalog, replace(known, fields=change(known.fields)))


def _renamed(fields: Mapping[str, Field], old: str, new: str) -> Mapping[str, Field]:
    """Return the fields with one renamed, its base amount with it."""
    names = {old: new}
    base = fields.get(f"{old}_base")
    if base is not None and base.options.get("base_of") == old:
        names[base.name] = f"{new}_base"
    made: dict[str, Field] = {}
    for name, field in fields.items():
        moved = replace(field, name=names.get(name, name))
        if name in names and field.options.get("base_of") == old:
            moved = replace(moved, options=frozen({**field.options, "base_of": new}))
        made[moved.name] = moved
    return frozen(made)


def _rename_entity(catalog: Catalog, old: str, new: str) -> Catalog:
    """Rename an entity, its key, and every mention of it that is not a text."""
    entities: dict[str, Entity] = {}
    for name, entity in catalog.entities.items():
        moved = entity
        if any(t.entity == old for f in entity.lookups for t in f.targets):
            fields = {f.name: _retargeted(f, old, new) for f in entity.fields.values()}
            moved = replace(moved, fields=frozen(fields))
        if name == old:
            was = moved.key
            moved = replace(moved, name=new)
            if was != moved.key and was in moved.fields:
                moved = replace(moved, fields=_renamed(moved.fields, was, moved.key))
        entities[moved.name] = moved
    changed: dict[str, Any] = {}
    for kind in PER_ENTITY:
        of_kind: Mapping[str, Any] = getattr(catalog, COLLECTIONS[kind])
        if old in of_kind:
            own = {n: replace(d, entity=new) for n, d in of_kind[old].items()}
            rest = {n: d for n, d in of_kind.items() if n != old}
            changed[COLLECTIONS[kind]] = {**rest, new: own}
    links = {
        name: replace(
            link,
            first=new if link.first == old else link.first,
            second=new if link.second == old else link.second,
        )
        for name, link in catalog.relationships.items()
    }
    changed["entities"] = frozen(entities)
    changed["relationships"] = frozen(links)
    return replace(catalog, **changed)


def _retargeted(field: Field, old: str, new: str) -> Field:
    if not any(target.entity == old for target in field.targets):
        return field
    targets = tuple(
        replace(target, entity=new) if target.entity == old else target
        for target in field.targets
    )
    return replace(field, targets=targets)


def _definition(catalog: Catalog, operation: op.ChangeDefinition) -> Catalog:
    if operation.of == "entity":
        known = catalog.entities[operation.key]
        made = replace(operation.new, fields=known.fields, keys=known.keys)
        return _entity(catalog, made)
    attribute = COLLECTIONS[operation.of]
    items: Mapping[str, Any] = getattr(catalog, attribute)
    if operation.of not in PER_ENTITY:
        made_of_kind = _put(items, operation.key, operation.new)
        return _replaced(catalog, attribute, made_of_kind)
    entity, _, name = operation.key.partition("/")
    own = _put(items.get(entity, {}), name, operation.new)
    others = {key: value for key, value in items.items() if key != entity}
    return _replaced(catalog, attribute, {**others, entity: own} if own else others)


def _replaced(catalog: Catalog, attribute: str, items: Mapping[str, Any]) -> Catalog:
    changed: dict[str, Any] = {attribute: items}
    return replace(catalog, **changed)


def _put(items: Mapping[str, Any], name: str, value: Any) -> Mapping[str, Any]:
    return _without(items, name) if value is None else _with(items, name, value)
