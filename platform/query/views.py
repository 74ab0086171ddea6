"""Make the question that a view asks, and the quick find over an entity."""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from xrm.metadata.entities import Entity
from xrm.metadata.views import View
from xrm.platform.query.query import (
    Compare,
    Condition,
    Expr,
    Or,
    Order,
    Query,
    both,
)

if TYPE_CHECKING:
    from xrm.platform.database.snapshots import Snapshot


def query_of(snapshot: "Snapshot", view: View) -> Query:
    """Return the question of a view: columns with the titles of lookups, filter, sort.

    A column that no longer leads anywhere is left out; the checks report it.
    """
    entity = snapshot.catalog.entity(view.entity)
    columns = tuple(column.field for column in view.columns)
    return Query(
        entity=view.entity,
        columns=with_titles(snapshot, entity, columns),
        where=Expr(view.filter) if view.filter else None,
        order=tuple(Order(key.field, key.descending) for key in view.sort),
    )


def with_titles(
    snapshot: "Snapshot", entity: Entity, columns: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the columns, each lookup followed by the title of its record."""
    found: list[str] = []
    for path in columns:
        if not leads_somewhere(snapshot, entity, path):
            continue
        found.append(path)
        if is_lookup(snapshot, entity, path):
            found.append(f"{path}@name")
    return tuple(dict.fromkeys(found))


def is_lookup(snapshot: "Snapshot", entity: Entity, path: str) -> bool:
    """Say whether a path ends in a lookup."""
    holder = _holder(snapshot, entity, path)
    last = path.rpartition(".")[2]
    return holder is not None and holder.field(last).is_lookup


def leads_somewhere(snapshot: "Snapshot", entity: Entity, path: str) -> bool:
    """Say whether a path names a field."""
    return _holder(snapshot, entity, path) is not None


def _holder(snapshot: "Snapshot", entity: Entity, path: str) -> Entity | None:
    """Return the (first) entity that has the last field of a path."""
    steps = path.split(".")
    entities = [entity]
    for step in steps[:-1]:
        name, _, only = step.partition(":")
        entities = [
            snapshot.catalog.entity(target.entity)
            for current in entities
            if name in current.fields
            for target in current.field(name).targets
            if target.entity in snapshot.catalog.entities
            and only in ("", target.entity)
        ]
    return next((e for e in entities if steps[-1] in e.fields), None)


def quick_find(
    entity: Entity, text: str, readable: Collection[str] | None = None
) -> Condition | None:
    """Return the condition that one of the quick-find fields contains a text.

    The title is searched where an entity names no fields, the title of its record for a
    lookup; `None` for an empty text, or where there is nothing to search. `readable`
    are the fields the asker may read: others find nothing.
    """
    words = text.strip()
    if not words:
        return None
    names = entity.quick_find or ((entity.title,) if entity.title else ())
    found: list[Condition] = []
    for name in names:
        field = entity.fields.get(name)
        if field is None or field.is_computed:
            continue
        if readable is not None and name not in readable:
            continue
        if field.is_lookup:
            found.append(Compare(f"{name}@name", "contains", (words,)))
        elif field.type in ("text", "autonumber"):
            found.append(Compare(name, "contains", (words,)))
    return Or(tuple(found)) if found else None


def narrowed(query: Query, condition: Condition | None) -> Query:
    """Return the query with one more condition."""
    return replace(query, where=both(query.where, condition))
