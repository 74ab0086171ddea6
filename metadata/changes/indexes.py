"""Know which indexes a catalog needs. Keys are unique indexes of their own (`AddKey`).

- one for each lookup: children are found, cascaded and checked through it;
- for each public view what its filter fixes, its order and the key, so that a page is
  read from the index however many records there are;
- for records with an owner, the default view's order within each owner and each unit: a
  reader of few records is served by those (DESIGN section 12);
- one for each date that a view's filter reads;
- what the default view fixes, the status and who may read it: so they are counted
  in all and by status;
- the title of records that lookups point to, which are looked for by its beginning;
- for charts what their filter fixes, their group and series, then all else they read of
  a record and what says who may read it: figures are made of the index alone, in its
  order. Charts with the same filter and group share one.

An index costs time on every write: what begins another one is left out, and so are
those of views beyond `MOST_FOR_VIEWS`, those of charts beyond `MOST_FOR_CHARTS` (charts
on dashboards come first), and lookups that nobody browses by.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from xrm.metadata.catalog import Catalog
from xrm.metadata.changes.operations import IndexColumn
from xrm.metadata.charts import Chart, base_amount
from xrm.metadata.entities import Entity, Field
from xrm.metadata.scope import CatalogScope
from xrm.metadata.system_fields import OWNING
from xrm.metadata.views import View
from xrm.rule_engine import RuleError, check_expression
from xrm.rule_engine.nodes import Call, Compare, Expression, Literal, Logic, Path
from xrm.rule_engine.parser import parse_expression
from xrm.rule_engine.types import BOOLEAN

MOST_FOR_VIEWS = 10
"""At most so many indexes of one entity are there for its views."""
MOST_FOR_CHARTS = 4
"""At most so many are there for its charts."""
STATUS = "statuscode"
_UNTITLED = ("activity", "activity_base", "child")
"""Kinds of records that nobody looks for by the beginning of their title."""
_FOLDED = ("text", "autonumber")
_SEARCHED = ("date", "datetime")
_UNINDEXED = (
    "createdby",
    "createdonbehalfby",
    "modifiedby",
    "modifiedonbehalfby",
    "owninguser",
    "owningteam",
    "transactioncurrencyid",
)
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
    made: list[IndexSpec] = []
    for name in catalog.entities if entities is None else entities:
        entity = catalog.entities.get(name)
        if entity is not None:
            made += _of_entity(catalog, entity, scope)
    return frozenset(made)


def has_same_around(old: Catalog, was: str, new: Catalog, name: str) -> bool:
    """Say whether what asks for an entity's indexes besides itself is the same."""
    return (
        old.views.get(was, {}) == new.views.get(name, {})
        and old.charts.get(was, {}) == new.charts.get(name, {})
        and _is_looked_up(old, was) == _is_looked_up(new, name)
        and (
            old.dashboards == new.dashboards
            or _shown_charts(old, was) == _shown_charts(new, name)
        )
    )


def _of_entity(
    catalog: Catalog, entity: Entity, scope: CatalogScope
) -> list[IndexSpec]:
    views = _without_beginnings(_of_views(catalog, entity, scope))[:MOST_FOR_VIEWS]
    charts = list(_of_charts(catalog, entity, scope))[:MOST_FOR_CHARTS]
    charts += [*_of_default(catalog, entity), *_of_title(catalog, entity)]
    covered = {spec.columns[0].name for spec in (*views, *charts)}
    lookups = [
        _spec(entity, [lookup], f"lookup {lookup.name}")
        for lookup in entity.lookups
        if lookup.is_stored and lookup.name not in {*_UNINDEXED, *covered}
    ]
    return [*_without_beginnings([*views, *charts]), *lookups]


def _of_views(
    catalog: Catalog, entity: Entity, scope: CatalogScope
) -> Iterator[IndexSpec]:
    default = catalog.default_view(entity.name)
    views = list(catalog.views.get(entity.name, {}).values())
    if default is not None:
        views.sort(key=lambda view: view is not default)
        order = _order(entity, default)
        fixed = _fixed_columns(entity, default)
        for name in OWNING if order else ():
            if name in entity.fields:
                # What the filter fixes stands last: the index alone tells which rows
                # of an owner or unit come first, without a look at the table.
                columns = tuple(_once([IndexColumn(name), *order, *fixed]))
                reason = f"view {default.name} of one {name}"
                yield IndexSpec(entity.name, columns, reason)
    for view in views:
        yield from _of_view(entity, view, scope)


def _of_view(entity: Entity, view: View, scope: CatalogScope) -> Iterator[IndexSpec]:
    order = _order(entity, view)
    if order:
        columns = tuple(_once([*_fixed_columns(entity, view), *order]))
        yield IndexSpec(entity.name, columns, f"view {view.name}")
    for name in sorted(_filter_fields(entity, view.filter, scope)):
        read = entity.fields[name]
        if read.type in _SEARCHED and read.is_stored:
            yield _spec(entity, [read], f"filter of view {view.name}")


def _of_charts(
    catalog: Catalog, entity: Entity, scope: CatalogScope
) -> Iterator[IndexSpec]:
    """Yield an index for all charts of one filter and group, the shown ones first."""
    shown = _shown_charts(catalog, entity.name)
    found: dict[tuple[str, ...], list[Chart]] = {}
    further: dict[tuple[str, ...], list[str]] = {}
    periods: dict[tuple[str, ...], list[str]] = {}
    charts = catalog.charts.get(entity.name, {}).values()
    for chart in sorted(
        charts, key=lambda one: (-len(shown.get(one.name, ())), one.name)
    ):
        read = _read_by(entity, chart, scope)
        if read is None:
            continue
        begin, rest = read
        begin = next((one for one in found if one[: len(begin)] == begin), begin)
        found.setdefault(begin, []).append(chart)
        further.setdefault(begin, []).extend(rest)
        periods.setdefault(begin, []).extend(shown.get(chart.name, ()))
    default = catalog.default_view(entity.name)
    around = _filter_fields(entity, default.filter, scope) if default else frozenset()
    for begin, charted in found.items():
        names = [*begin, *further[begin], *periods[begin], *sorted(around), *OWNING]
        parts = tuple(_columns(entity, dict.fromkeys(names)))
        if len(parts) > len(begin):
            labels = ", ".join(chart.name for chart in charted)
            word = "chart" if len(charted) == 1 else "charts"
            yield IndexSpec(entity.name, parts, f"{word} {labels}")


def _of_default(catalog: Catalog, entity: Entity) -> Iterator[IndexSpec]:
    default = catalog.default_view(entity.name)
    if default is None or not entity.states or OWNING[0] not in entity.fields:
        return
    fixed = _fixed_columns(entity, default)
    if fixed:
        parts = (*fixed, *_columns(entity, [STATUS, *OWNING]))
        yield IndexSpec(entity.name, tuple(_once(parts)), f"counts of {default.name}")


def _of_title(catalog: Catalog, entity: Entity) -> Iterator[IndexSpec]:
    title = entity.fields.get(entity.title or "")
    if title is None or title.type not in _FOLDED or entity.kind in _UNTITLED:
        return
    if _is_looked_up(catalog, entity.name):
        parts = [*_columns(entity, [title.name]), IndexColumn(entity.key)]
        yield IndexSpec(entity.name, tuple(parts), f"title {title.name}")


def _is_looked_up(catalog: Catalog, entity: str) -> bool:
    return any(not child.field.system for child in catalog.children(entity))


def _shown_charts(catalog: Catalog, entity: str) -> dict[str, list[str]]:
    """Return the charts on dashboards, with the dates their shared period is about."""
    shown: dict[str, list[str]] = {}
    for dashboard in catalog.dashboards.values():
        for tile in dashboard.tiles:
            if tile.entity == entity and tile.chart:
                shown.setdefault(tile.chart, []).append(tile.period_field or "")
    return shown


def _read_by(
    entity: Entity, chart: Chart, scope: CatalogScope
) -> tuple[tuple[str, ...], list[str]] | None:
    """Return the fields a chart's index begins with, and the further ones it reads.

    `None` for a chart that reads other records too, or what is in no column.
    """
    filtered = _filter_fields(entity, chart.filter, scope)
    group = [chart.group.field] if chart.group else []
    series = [chart.series.field] if chart.series else []
    measured = [chart.field] if chart.field else []
    if chart.field is not None and chart.field in entity.fields:
        measured = [base_amount(entity, chart.field) or chart.field]
    read = [*group, *series, *filtered, *measured]
    if not set(read) <= {column.name for column in _columns(entity, read)}:
        return None
    begin = tuple(dict.fromkeys([*_fixed_fields(chart.filter), *group]))
    return (begin, [*series, *sorted(filtered), *measured]) if begin else None


def _columns(entity: Entity, names: Iterable[str]) -> Iterator[IndexColumn]:
    """Yield the columns of those fields that an index can have."""
    for found in map(entity.fields.get, names):
        if found is not None and found.is_stored and found.type not in _UNSORTED:
            yield IndexColumn(found.name, fold=found.type in _FOLDED)


def _fixed_columns(entity: Entity, view: View) -> list[IndexColumn]:
    """Return the columns that a view's filter sets equal to one value."""
    return list(_columns(entity, _fixed_fields(view.filter)))


def _order(entity: Entity, view: View) -> tuple[IndexColumn, ...]:
    """Return the view's order as columns, the first one ascending, then the key.

    An index is read from either end, so `name` and `-name` need the same one. Every
    list's order ends in the key, in the direction of its first column. Empty when there
    is no order, or none of this table.
    """
    columns = list(_sort_columns(entity, view))
    if not columns or len(columns) != len(view.sort):
        return ()
    first = columns[0].descending
    turned = [
        IndexColumn(c.name, c.descending is not first, c.fold)
        for c in (*columns, IndexColumn(entity.key, first))
    ]
    return tuple(_once(turned))


def _without_beginnings(specs: Iterable[IndexSpec]) -> list[IndexSpec]:
    """Leave out an index whose columns are the beginning of another one."""
    found = list(dict.fromkeys(specs))
    return [
        spec
        for spec in found
        if not any(
            other is not spec and other.columns[: len(spec.columns)] == spec.columns
            for other in found
        )
    ]


def _fixed_fields(text: str | None) -> Iterator[str]:
    """Yield the fields that a filter sets equal to one value."""
    if text is not None:
        try:
            yield from _fixed(parse_expression(text))
        except RuleError:
            return  # the checks report it; there is nothing to index


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


def _filter_fields(
    entity: Entity, text: str | None, scope: CatalogScope
) -> frozenset[str]:
    if text is None:
        return frozenset()
    try:
        typed = check_expression(text, scope, entity.name, expected=BOOLEAN)
    except RuleError:
        return frozenset()  # the checks report it; there is nothing to index
    return typed.references.fields & entity.fields.keys()


def _spec(entity: Entity, fields: Iterable[Field], reason: str) -> IndexSpec:
    columns = tuple(IndexColumn(f.name, fold=f.type in _FOLDED) for f in fields)
    return IndexSpec(entity.name, columns, reason)
