"""Know which operations lead from one catalog to another, in the order to do them.

Renames are declared (`renamed_from`), never guessed. They come first;
everything else is compared after them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from xrm.metadata.catalog import Catalog
from xrm.metadata.changes import operations as op
from xrm.metadata.changes.apply import COLLECTIONS, apply
from xrm.metadata.changes.indexes import has_same_around, wanted_indexes
from xrm.metadata.changes.storage_facts import stored_as
from xrm.metadata.documents import PER_ENTITY
from xrm.metadata.entities import Entity, Field
from xrm.metadata.search import search_fields

_FLAT = ("solution", "choice", "dashboard", "app", "role")


def diff(old: Catalog, new: Catalog) -> tuple[op.Operation, ...]:
    """Return the operations that make `new` of `old`, in the order to do them."""
    renames, now = _renames(old, new)
    made: list[op.Operation] = [*renames]
    made += _definitions(now, new, removed=True)
    made += _removed_indexes(now, new)
    made += _removed(now, new)
    made += _entities(now, new)
    made += _relationships(now, new)
    made += _definitions(now, new, removed=False)
    made += _added_indexes(now, new)
    return tuple(made)


def _renames(old: Catalog, new: Catalog) -> tuple[list[op.Operation], Catalog]:
    """Return the declared renames that have not happened yet, and the catalog then."""
    made: list[op.Operation] = []
    now = old

    def do(operation: op.Operation) -> None:
        nonlocal now
        made.append(operation)
        now = apply(now, operation)

    for entity in new.entities.values():
        was = entity.renamed_from
        is_former = was in now.entities and was not in new.entities
        if is_former and entity.name not in now.entities:
            do(op.RenameEntity(str(was), entity.name))
    for entity in new.entities.values():
        known = now.entities.get(entity.name)
        if known is None or known is entity:
            continue
        for field in entity.fields.values():
            was = field.renamed_from
            fields = now.entities[entity.name].fields
            if was in fields and was not in entity.fields and field.name not in fields:
                do(op.RenameField(entity.name, str(was), field.name))
    for link in new.relationships.values():
        was_link = now.relationships.get(link.renamed_from or "")
        if (
            was_link is not None
            and was_link.name not in new.relationships
            and link.name not in now.relationships
            and (was_link.first, was_link.second) == (link.first, link.second)
        ):
            do(op.RenameRelationship(was_link, link))
    return made, now


def _removed(now: Catalog, new: Catalog) -> Iterator[op.Operation]:
    for name, link in now.relationships.items():
        after = new.relationships.get(name)
        if after is None or not _same_pairs(link, after):
            yield op.RemoveRelationship(link)
    for name, entity in now.entities.items():
        if name not in new.entities:
            yield op.RemoveEntity(entity)


def _same_pairs(before: Any, after: Any) -> bool:
    """Say whether two relationships of one name are kept in the same table."""
    parts = ("first", "second", "table", "first_column", "second_column")
    return all(getattr(before, part) == getattr(after, part) for part in parts)


def _relationships(now: Catalog, new: Catalog) -> Iterator[op.Operation]:
    for name, link in new.relationships.items():
        before = now.relationships.get(name)
        if before is None or not _same_pairs(before, link):
            yield op.AddRelationship(link)
        elif before != link:
            yield op.ChangeDefinition("relationship", name, before, link)


def _entities(now: Catalog, new: Catalog) -> Iterator[op.Operation]:
    for name, entity in new.entities.items():
        before = now.entities.get(name)
        if before is None:
            yield op.AddEntity(entity)
        elif before is not entity and before != entity:
            yield from _entity(before, entity, now, new)


def _entity(
    before: Entity, entity: Entity, now: Catalog, new: Catalog
) -> Iterator[op.Operation]:
    name = entity.name
    for key, fields in before.keys.items():
        if entity.keys.get(key) != fields:
            yield op.RemoveKey(name, key, fields)
    bare_before, bare = _bare(before), _bare(entity)
    if bare_before != bare:
        only_rename = replace(bare_before, renamed_from=bare.renamed_from) == bare
        yield op.ChangeDefinition(
            "entity", name, bare_before, bare, follows=only_rename
        )
    for field in before.fields.values():
        if field.name not in entity.fields:
            yield op.RemoveField(name, field)
    for field in entity.fields.values():
        was = before.fields.get(field.name)
        if was is None:
            yield op.AddField(name, field)
        elif was != field:
            yield _field(name, was, field, now, new)
    for key, fields in entity.keys.items():
        if before.keys.get(key) != fields:
            yield op.AddKey(name, key, fields)


def _bare(entity: Entity) -> Entity:
    return replace(entity, fields={}, keys={})


def _field(
    entity: str, was: Field, field: Field, now: Catalog, new: Catalog
) -> op.Operation:
    if was.is_stored != field.is_stored or (
        field.is_stored and stored_as(was) != stored_as(field)
    ):
        return op.ChangeFieldType(entity, was, field)
    follows = field.system or replace(was, renamed_from=field.renamed_from) == field
    shared = field.choices is not None and field.choices.name in new.choices
    if shared and was.choices is not None and field.choices is not None:
        same_list = was.choices.name == field.choices.name
        follows = follows or (
            same_list and replace(was, choices=field.choices) == field
        )
    return op.ChangeField(entity, was, field, follows)


def _definitions(
    now: Catalog, new: Catalog, *, removed: bool
) -> Iterator[op.Operation]:
    for kind in _FLAT:
        before: Mapping[str, Any] = getattr(now, COLLECTIONS[kind])
        after: Mapping[str, Any] = getattr(new, COLLECTIONS[kind])
        yield from _named(kind, "", before, after, removed)
    for kind in sorted(PER_ENTITY):
        before, after = getattr(now, COLLECTIONS[kind]), getattr(new, COLLECTIONS[kind])
        for entity in dict.fromkeys((*before, *after)):
            yield from _named(
                kind,
                f"{entity}/",
                before.get(entity, {}),
                after.get(entity, {}),
                removed,
            )


def _named(
    kind: str,
    prefix: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    removed: bool,
) -> Iterator[op.Operation]:
    if removed:
        for name, was in old.items():
            if name not in new:
                yield op.ChangeDefinition(kind, prefix + name, was, None)
        return
    for name, definition in new.items():
        before = old.get(name)
        if before != definition:
            yield op.ChangeDefinition(kind, prefix + name, before, definition)


def _touched(now: Catalog, new: Catalog) -> list[str]:
    """Return the entities on both sides whose indexes may differ."""
    return [
        name
        for name, entity in new.entities.items()
        if name in now.entities
        and (now.entities[name] != entity or not has_same_around(now, name, new, name))
    ]


def _removed_indexes(now: Catalog, new: Catalog) -> Iterator[op.Operation]:
    touched = _touched(now, new)
    gone = wanted_indexes(now, touched) - wanted_indexes(new, touched)
    for spec in sorted(gone, key=repr):
        yield op.RemoveIndex(spec.entity, spec.columns, spec.reason)
    for name, fields in _searched(now, new):
        yield op.RemoveSearchIndex(name, fields)


def _added_indexes(now: Catalog, new: Catalog) -> Iterator[op.Operation]:
    touched = _touched(now, new)
    come = wanted_indexes(new, touched) - wanted_indexes(now, touched)
    for spec in sorted(come, key=repr):
        yield op.AddIndex(spec.entity, spec.columns, spec.reason)
    for name, fields in _searched(new, now):
        yield op.AddSearchIndex(name, fields)


def _searched(one: Catalog, other: Catalog) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the fields by which an entity is found in one catalog, not in the other."""
    for name, entity in one.entities.items():
        beside = other.entities.get(name)
        if beside is None or beside is entity:
            continue
        fields = search_fields(entity)
        if fields and fields != search_fields(beside):
            yield name, fields
