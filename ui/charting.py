"""Ask for a chart and make its model: one statement, in the reader's reach.

The only place of `ui/` where charts meet the database; a page of a chart, a tile and a
list's chart layout all come here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

from xrm.metadata.charts import Chart
from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.platform.query.query import PAGE_LIMIT, Condition
from xrm.platform.query.run import run
from xrm.ui import chart_page, chart_query, list_page, list_views, number_page
from xrm.ui.chart_figures import Figure, figure_of
from xrm.ui.chart_page import ChartModel, Context
from xrm.ui.chart_parts import Part
from xrm.ui.chart_query import GROUP, SERIES, Plan, Readable
from xrm.ui.filters import Chip
from xrm.ui.list_state import ListState
from xrm.ui.list_views import ChosenView
from xrm.ui.number_page import NumberModel
from xrm.ui.visit import Visit

SPANS = frozenset(
    f"{word}-{unit}"
    for word in ("this", "last")
    for unit in ("week", "month", "quarter", "year")
)
"""Filters that say which period a number with a trend is about."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart or a number; one of the two."""

    chart: ChartModel | None = None
    number: NumberModel | None = None


def charts_of(seen: Visit, entity: Entity) -> Sequence[Chart]:
    """Return the charts of an entity, by their labels."""
    found = seen.work.catalog.charts.get(entity.name, {}).values()
    return sorted(found, key=lambda chart: chart.label.casefold())


def chart_of(seen: Visit, entity: Entity, name: str) -> Chart:
    """Return a chart by name.

    Raises:
        Refused: there is none of this name.
    """
    found = seen.work.catalog.charts.get(entity.name, {}).get(name)
    if found is None:
        raise list_page.no_chart(entity, name)
    return found


def plan_for(seen: Visit, entity: Entity, chart: Chart) -> Plan:
    """Return the plan of a chart, kept with the snapshot.

    Raises:
        Forbidden: it shows what the reader may not read.
    """
    catalog = seen.work.catalog
    names = sorted(chart_query.entities_on(catalog, entity, chart))
    fields = {name: seen.readable(name) for name in names if name in catalog.entities}
    return seen.work.snapshot.cache("ui_charts").get(
        (chart, tuple(fields.values())),
        lambda: chart_query.plan_of(catalog, entity, chart, Readable(fields)),
    )


def draw(
    seen: Visit, entity: Entity, chart: Chart, listed: ChosenView, state: ListState
) -> Drawn:
    """Return a chart of the records of a list."""
    plan = plan_for(seen, entity, chart)
    context = Context(seen.reader, replace(state, part=None))
    if plan.is_trend:
        return Drawn(number=_trend(seen, plan, listed, context))
    outside = _outside(entity, listed, context.state)
    found = run(seen.work, chart_query.question(plan, outside)).rows
    _name(seen, plan, found)
    if chart.type == "number":
        return Drawn(number=number_page.build_number(plan, found, context))
    whole: Figure | None = None
    if len(found) >= PAGE_LIMIT:
        rows = run(seen.work, chart_query.totals_question(plan, outside)).rows
        whole = figure_of(rows[0], plan.function)
    return Drawn(chart=chart_page.build(plan, found, context, whole))


def _name(seen: Visit, plan: Plan, rows: list[dict[str, Any]]) -> None:
    """Put the titles of the records that groups are of into the rows.

    Joined in the statement they would be compared for each record, not for each group.
    """
    for axis, alias in ((plan.group, GROUP), (plan.series, SERIES)):
        if axis is None or axis.kind != "lookup":
            continue
        only = axis.field.targets[0].entity
        refs = [
            (row, Ref(row.get(f"{axis.path}_type") or only, row[alias]))
            for row in rows
            if row[alias] is not None
        ]
        names = seen.titles([ref for _, ref in refs])
        for row, ref in refs:
            row[f"{alias}@name"] = names.get(ref)


def _trend(
    seen: Visit, plan: Plan, listed: ChosenView, context: Context
) -> NumberModel:
    """Return a number; a period asked for by a filter is the one it is about."""
    assert plan.group is not None
    state = context.state
    asked = next(
        (f for f in state.filters if f.field == plan.group.path and f.op in SPANS), None
    )
    if asked is not None:
        others = tuple(one for one in state.filters if one != asked)
        state = replace(state, filters=others)
    span = chart_query.span_of(plan, seen.reader.today, asked.op if asked else "")
    outside = _outside(plan.entity, listed, state)
    found = run(seen.work, chart_query.trend_question(plan, outside, span)).rows
    return number_page.build_trend(
        plan, found, context, span, is_filtered=asked is not None
    )


def _outside(entity: Entity, listed: ChosenView, state: ListState) -> Condition | None:
    """Return which records the list around a chart has."""
    return list_page.conditions(entity, listed.view, state, None, listed.where)


def listed_by(
    seen: Visit, entity: Entity, chart: Chart, state: ListState
) -> ChosenView:
    """Return the list a chart is drawn of; without a view, all records."""
    unbound = replace(state, part=Part(chart.name))
    return list_views.chosen(seen, entity, state if state.view else unbound)


def chart_of_part(seen: Visit, entity: Entity, state: ListState) -> Chart | None:
    """Return the chart that a list shows a part of.

    Raises:
        Refused: there is no such chart.
        Forbidden: it shows what the reader may not read.
    """
    if state.part is None:
        return None
    return plan_for(seen, entity, chart_of(seen, entity, state.part.chart)).chart


def part_chip(seen: Visit, entity: Entity, state: ListState) -> Chip | None:
    """Return the part of a chart that a list shows, in words."""
    if state.part is None:
        return None
    plan = plan_for(seen, entity, chart_of(seen, entity, state.part.chart))
    words = chart_page.part_words(
        plan, state.part, seen.reader, partial(_title, seen, plan)
    )
    whole = replace(state.without_part(), sort=())
    return Chip(
        plan.chart.label,
        "",
        words,
        chart_address(whole, plan.chart.name),
        state.without_part().address(),
    )


def _title(seen: Visit, plan: Plan, path: str, value: str) -> str | None:
    axis = next((a for a in (plan.group, plan.series) if a and a.path == path), None)
    if axis is None:
        return None
    try:
        record = UUID(value)
    except ValueError:
        return None
    found = seen.titles([Ref(target.entity, record) for target in axis.field.targets])
    return next(iter(found.values()), None)


def chart_address(state: ListState, name: str) -> str:
    """Return the address of a chart of a list's records."""
    path = f"{state.path}/charts/{quote(name)}"
    return replace(state, path=path).address()


def part_address(state: ListState, name: str) -> str:
    """Return the list of all records that a chart counts."""
    return replace(state, part=Part(name)).address()
