"""Know which indexes the definitions of an entity need. Pure.

- a unique one for each key;
- one for each lookup, since children are found, cascaded and checked through it;
- for each public view the columns its filter fixes, its sort order and the key, so that
  a page is read from the index, however many records there are;
- for records with an owner, the default view's order within each owner and each unit:
  a reader of few records is served by those (DESIGN section 12).

Each index costs time on every write, so what begins another one is left out, and so are
views beyond `MOST_FOR_VIEWS` and lookups of the platform's own that nobody browses by.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.views import View
from xrm.platform.database.shape_values import (
    ColumnShape,
    IndexPart,
    IndexShape,
    is_text,
    short_name,
)
from xrm.rule_engine.nodes import Call, Compare, Expression, Literal, Logic, Path
from xrm.rule_engine.parser import parse_expression
from xrm.rule_engine.problems import RuleError

MOST_FOR_VIEWS = 8
"""At most so many indexes of one table are there for its views."""
OWNERS = ("ownerid", "owningbusinessunit")


def table_indexes(
    catalog: Catalog, entity: Entity, columns: Mapping[str, ColumnShape]
) -> tuple[IndexShape, ...]:
    """Return the indexes of an entity's table."""
    keys = list(_keys(entity, columns))
    views = _without_prefixes(_views(catalog, entity, columns))[:MOST_FOR_VIEWS]
    covered = {index.parts[0].column for index in views}
    lookups = [i for i in _lookups(entity, columns) if i.parts[0].column not in covered]
    return (*keys, *views, *lookups)


def _keys(entity: Entity, columns: Mapping[str, ColumnShape]) -> Iterator[IndexShape]:
    for key, names in entity.keys.items():
        if names and all(name in columns for name in names):
            yield IndexShape(
                short_name("uq", entity.name, key),
                tuple(_part(columns, name) for name in names),
                unique=True,
                reason=f"key {key}",
            )


def _lookups(
    entity: Entity, columns: Mapping[str, ColumnShape]
) -> Iterator[IndexShape]:
    for lookup in entity.lookups:
        is_browsed = not lookup.system or lookup.name in OWNERS
        if lookup.name in columns and is_browsed:
            yield _index(entity, [IndexPart(lookup.name)], f"lookup {lookup.name}")


def _views(
    catalog: Catalog, entity: Entity, columns: Mapping[str, ColumnShape]
) -> Iterator[IndexShape]:
    default = catalog.default_view(entity.name)
    views = [v for v in catalog.views.get(entity.name, {}).values() if _is_listed(v)]
    if default is not None:
        views = [default, *(v for v in views if v is not default)]
        order = _order(default, entity, columns)
        for owner in OWNERS:
            if order is not None and owner in columns:
                parts = [IndexPart(owner), *order]
                yield _index(entity, parts, f"view {default.name} of one {owner}")
    for view in views:
        order = _order(view, entity, columns)
        if order is None:
            continue
        fixed = [n for n in _fixed_columns(view.filter or "") if n in columns]
        sorted_by = {part.column for part in order}
        parts = [_part(columns, n) for n in fixed if n not in sorted_by]
        if len(parts) + len(order) > 1:
            yield _index(entity, [*parts, *order], f"view {view.name}")


def _is_listed(view: View) -> bool:
    return view.type == "public" and bool(view.sort)


def _order(
    view: View, entity: Entity, columns: Mapping[str, ColumnShape]
) -> list[IndexPart] | None:
    """Return the sort order with the key, the first part ascending.

    A database reads an index from either end, so `name` and `-name` need the same one.
    None for an order of other tables (lookups are sorted by their titles).
    """
    parts: list[IndexPart] = []
    if not view.sort:
        return None
    first = view.sort[0].descending
    for sort in view.sort:
        field = entity.fields.get(sort.field)
        if field is None or field.is_lookup or sort.field not in columns:
            return None
        parts.append(
            _part(columns, sort.field, descending=sort.descending is not first)
        )
    if all(part.column != entity.key for part in parts):
        parts.append(IndexPart(entity.key))
    return parts


@lru_cache(maxsize=4_000)
def _fixed_columns(text: str) -> tuple[str, ...]:
    """Return the fields that a filter sets equal to one value, in their order."""
    if not text:
        return ()
    try:
        return tuple(_fixed(parse_expression(text)))
    except RuleError:
        return ()


def _fixed(node: Expression) -> Iterator[str]:
    if isinstance(node, Logic) and node.operator == "and":
        for operand in node.operands:
            yield from _fixed(operand)
    elif (
        isinstance(node, Compare)
        and node.operator == "="
        and isinstance(node.left, Path)
        and len(node.left.steps) == 1
        and isinstance(node.right, (Literal, Call))
    ):
        yield node.left.steps[0]


def _part(
    columns: Mapping[str, ColumnShape], name: str, *, descending: bool = False
) -> IndexPart:
    return IndexPart(name, is_text(columns[name].type), descending)


def _index(entity: Entity, parts: Iterable[IndexPart], reason: str) -> IndexShape:
    listed = tuple(parts)
    words = [f"{p.column}_desc" if p.descending else p.column for p in listed]
    if len(words) > 1 and words[-1] == entity.key:
        words.pop()
        words.append("key")
    return IndexShape(short_name("ix", entity.name, *words), listed, reason=reason)


def _without_prefixes(indexes: Iterable[IndexShape]) -> list[IndexShape]:
    """Leave out an index when another one begins with its columns."""
    found = {index.parts: index for index in indexes}
    return [
        index
        for parts, index in found.items()
        if not any(
            len(other) > len(parts) and other[: len(parts)] == parts for other in found
        )
    ]
