"""Know which indexes a catalog needs: for lookups, owners, states and views.

Keys are unique indexes of their own (`AddKey`). Every index for a list ends in the key
of the entity, because every order does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from xrm.metadata.catalog import Catalog
from xrm.metadata.changes.operations import IndexColumn
from xrm.metadata.entities import Entity, Field
from xrm.metadata.scope import CatalogScope
from xrm.metadata.views import View
from xrm.rule_engine import RuleError, check_expression
from xrm.rule_engine.types import BOOLEAN

_FOLDED = ("text", "autonumber")
_SEARCHED = ("date", "datetime")
_UNINDEXED = ("createdby", "modifiedby")
_UNSORTED = ("rich_text", "tags", "multichoice", "file", "image", "location")


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """An index and why it is there; two of the same columns are the same index."""

    entity: str
    columns: tuple[IndexColumn, ...]
    reason: str = field(default="", compare=False)


def wanted_indexes(
    catalog: Catalog, entities: Iterable[str] | None = None
) -> frozenset[IndexSpec]:
    """Return the indexes that these entities need (all of them when left out)."""
    scope = CatalogScope(catalog)
    made: dict[IndexSpec, None] = {}
    for name in catalog.entities if entities is None else entities:
        entity = catalog.entities.get(name)
        if entity is not None:
            made.update(dict.fromkeys(_of_entity(entity)))
            for view in catalog.views.get(name, {}).values():
                made.update(dict.fromkeys(_of_view(entity, view, scope)))
    return frozenset(made)


def _of_entity(entity: Entity) -> Iterator[IndexSpec]:
    for lookup in entity.lookups:
        if lookup.is_stored and lookup.name not in _UNINDEXED:
            yield _spec(entity, [lookup], f"lookup {lookup.name}")


def _of_view(entity: Entity, view: View, scope: CatalogScope) -> Iterator[IndexSpec]:
    read = _filter_fields(entity, view, scope)
    ahead = [IndexColumn("statecode")] if "statecode" in read else []
    order = list(_sort_columns(entity, view))
    if order and len(order) == len(view.sort):
        key = IndexColumn(entity.key, order[-1].descending)
        rest = [c for c in (*order, key) if c.name != "statecode"]
        yield IndexSpec(entity.name, (*ahead, *_once(rest)), f"view {view.name}")
    for name in sorted(read):
        found = entity.fields[name]
        if found.type in _SEARCHED and found.is_stored:
            yield _spec(entity, [found], f"filter of view {view.name}")


def _once(columns: Iterable[IndexColumn]) -> Iterator[IndexColumn]:
    seen: set[str] = set()
    for column in columns:
        if column.name not in seen:
            seen.add(column.name)
            yield column


def _sort_columns(entity: Entity, view: View) -> Iterator[IndexColumn]:
    for key in view.sort:
        found = entity.fields.get(key.field)
        if found is None or not found.is_stored or found.is_lookup:
            return  # a list in the order of another table has no index here
        if found.type in _UNSORTED or found.options.get("format") == "text_area":
            return
        yield IndexColumn(found.name, key.descending, found.type in _FOLDED)


def _filter_fields(entity: Entity, view: View, scope: CatalogScope) -> frozenset[str]:
    if view.filter is None:
        return frozenset()
    try:
        typed = check_expression(view.filter, scope, entity.name, expected=BOOLEAN)
    except RuleError:
        return frozenset()  # the checks report it; there is nothing to index
    return typed.references.fields & entity.fields.keys()


def _spec(entity: Entity, fields: Iterable[Field], reason: str) -> IndexSpec:
    columns = tuple(IndexColumn(f.name, fold=f.type in _FOLDED) for f in fields)
    return IndexSpec(entity.name, columns, reason)
