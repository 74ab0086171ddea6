"""Know the question a chart asks in one statement: what it groups by and measures.

An average is asked for as a sum and a count, so that the groups beyond the limit can be
put together. Amounts are added up in the base currency.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from xrm.metadata.catalog import Catalog
from xrm.metadata.charts import Chart, Grouping, Period, base_amount
from xrm.metadata.entities import Entity, Field
from xrm.metadata.paths import places
from xrm.platform.errors import Forbidden, Refused
from xrm.platform.query.periods import Day, shifted, start_of
from xrm.platform.query.query import (
    PAGE_LIMIT,
    Aggregate,
    And,
    Compare,
    Condition,
    Expr,
    Group,
    Order,
    Query,
    both,
)
from xrm.platform.query.query import Function as Aggregated
from xrm.ui.chart_parts import between
from xrm.ui.reading import lower_first

Kind = Literal["date", "choice", "boolean", "lookup", "value"]

COUNT, VALUE, COUNTED = "n", "v", "c"
GROUP, SERIES = "g", "s"
CHOICES: Final = frozenset({"choice", "state", "status"})
SPARK: Final = 8
"""Periods of the line beside a number."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What a chart groups by: the field, how its values are told apart."""

    path: str
    field: Field
    kind: Kind
    period: Period | None = None

    @property
    def label(self) -> str:
        """Return what the axis is called."""
        return self.field.label


@dataclass(frozen=True, slots=True)
class Plan:
    """A chart with the fields it leads to, for somebody who may read them."""

    chart: Chart
    entity: Entity
    group: Axis | None = None
    series: Axis | None = None
    path: str | None = None
    """What is measured; `None` counts records."""
    field: Field | None = None

    @property
    def function(self) -> str:
        """Return the aggregate; records are counted where a value is counted."""
        return self.chart.aggregate

    @property
    def measure(self) -> str:
        """Return what the figures are."""
        if self.function == "count" or self.field is None:
            return self.entity.plural_label
        label = self.field.label
        words = {
            "sum": label,
            "avg": f"Average {lower_first(label)}",
            "min": f"Least {lower_first(label)}",
            "max": f"Greatest {lower_first(label)}",
        }
        return words[self.function]

    @property
    def is_trend(self) -> bool:
        """Say whether it is a number that moves over time."""
        return self.chart.type == "number" and self.group is not None


def plan_of(
    catalog: Catalog, entity: Entity, chart: Chart, readable: "Readable"
) -> Plan:
    """Return the plan of a chart.

    Raises:
        Forbidden: it shows a field that the reader may not read.
        Refused: it names a field that there is not any more.
    """
    measured = field = None
    if chart.aggregate != "count" and chart.field is not None:
        holder, found = _field(catalog, entity, chart, chart.field, readable)
        head, dot, _ = chart.field.rpartition(".")
        name = base_amount(holder, found.name) or found.name
        measured, field = f"{head}{dot}{name}", found
        readable.check(holder, holder.fields[name])
    return Plan(
        chart,
        entity,
        _axis(catalog, entity, chart, chart.group, readable),
        _axis(catalog, entity, chart, chart.series, readable),
        measured,
        field,
    )


@dataclass(frozen=True, slots=True)
class Readable:
    """Which fields of which entities somebody may read."""

    fields: "dict[str, frozenset[str]]"

    def check(self, entity: Entity, field: Field) -> None:
        """Refuse a field that may not be read.

        Raises:
            Forbidden: the field may not be read.
        """
        if field.name not in self.fields.get(entity.name, frozenset()):
            raise Forbidden(
                f"This chart shows “{field.label}”, which your roles do not let you "
                "read. Ask an administrator if you need it.",
                target=field.name,
            )


def entities_on(catalog: Catalog, entity: Entity, chart: Chart) -> set[str]:
    """Return the entities whose fields a chart shows."""
    found = {entity.name}
    groupings = (chart.group, chart.series)
    paths = [one.field for one in groupings if one] + ([chart.field or ""])
    for path in paths:
        for _, lookup in (places(catalog, entity, path) or ())[:-1]:
            found |= {target.entity for target in lookup.targets}
    return found


def _field(
    catalog: Catalog, entity: Entity, chart: Chart, path: str, readable: Readable
) -> tuple[Entity, Field]:
    found = places(catalog, entity, path)
    if found is None:
        raise Refused(
            f'The chart “{chart.label}” shows "{path}", which '
            f"{lower_first(entity.plural_label)} do not have. Correct the chart.",
            code="unknown_field",
            target=path,
        )
    for place in found:
        readable.check(*place)
    return found[-1]


def _axis(
    catalog: Catalog,
    entity: Entity,
    chart: Chart,
    grouping: Grouping | None,
    readable: Readable,
) -> Axis | None:
    if grouping is None:
        return None
    _, field = _field(catalog, entity, chart, grouping.field, readable)
    period: Period | None = grouping.period
    kind: Kind = "value"
    if field.type in ("date", "datetime"):
        kind, period = "date", grouping.period or "day"
    elif field.type in CHOICES:
        kind = "choice"
    elif field.is_lookup:
        kind = "lookup"
    elif field.type == "boolean":
        kind = "boolean"
    return Axis(grouping.field, field, kind, period)


def aggregates_of(plan: Plan) -> tuple[Aggregate, ...]:
    """Return the figures of each group."""
    records = Aggregate("count", alias=COUNT)
    if plan.path is None:
        return (records,)
    if plan.function == "avg":
        return (
            records,
            Aggregate("sum", plan.path, VALUE),
            Aggregate("count", plan.path, COUNTED),
        )
    functions: dict[str, Aggregated] = {"sum": "sum", "min": "min", "max": "max"}
    return (records, Aggregate(functions[plan.function], plan.path, VALUE))


def where_of(plan: Plan, outside: Condition | None) -> Condition | None:
    """Return which records count: those of the list around it, and the chart's own."""
    chart = plan.chart
    made = both(outside, Expr(chart.filter) if chart.filter else None)
    if chart.aggregate == "count" and chart.field is not None:
        made = both(made, Compare(chart.field, "not-null"))
    return made


def question(plan: Plan, outside: Condition | None) -> Query:
    """Return the query of a chart: the latest dates, of others the greatest groups."""
    axes = [(plan.group, GROUP), (plan.series, SERIES)]
    groups = tuple(
        Group(axis.path, axis.period, alias, with_title=False)
        for axis, alias in axes
        if axis is not None
    )
    order: tuple[Order, ...] = ()
    if plan.group is not None:
        is_dated = plan.group.kind == "date"
        key = GROUP if is_dated else COUNT if plan.path is None else VALUE
        order = (Order(key, descending=True),)
    return Query(
        entity=plan.entity.name,
        where=where_of(plan, outside),
        aggregates=aggregates_of(plan),
        group=groups,
        order=order,
        limit=PAGE_LIMIT,
    )


def totals_question(plan: Plan, outside: Condition | None) -> Query:
    """Return the query of the figures of all records together."""
    return Query(
        entity=plan.entity.name,
        where=where_of(plan, outside),
        aggregates=aggregates_of(plan),
        limit=1,
    )


@dataclass(frozen=True, slots=True)
class Span:
    """The period whose figure a number shows."""

    period: Period
    start: Day
    """Its first day."""
    is_now: bool = True
    """Whether it is the present one, of which a part is still to come."""

    @property
    def end(self) -> Day:
        """Return its last day."""
        return shifted(self.period, self.start, 1) - timedelta(days=1)

    def before(self, count: int) -> "Span":
        """Return the one so many periods earlier."""
        return Span(self.period, shifted(self.period, self.start, -count), False)


def span_of(plan: Plan, today: Day, asked: str = "") -> Span:
    """Return the period of a number; `asked` is an operator such as last-month."""
    assert plan.group is not None
    assert plan.group.period is not None
    word, _, unit = asked.partition("-")
    periods: dict[str, Period] = {
        "week": "week",
        "month": "month",
        "quarter": "quarter",
        "year": "year",
    }
    period = periods.get(unit, plan.group.period)
    start = start_of(period, today)
    if unit in periods and word == "last":
        return Span(period, shifted(period, start, -1), is_now=False)
    return Span(period, start)


def trend_question(plan: Plan, outside: Condition | None, span: Span) -> Query:
    """Return the query of a number with its trend: figures by day, summed up later."""
    assert plan.group is not None
    first = span.before(trend_length(span) - 1).start
    within = between(plan.group.path, first, span.end)
    where = where_of(plan, outside)
    return Query(
        entity=plan.entity.name,
        where=within if where is None else And((where, within)),
        aggregates=aggregates_of(plan),
        group=(Group(plan.group.path, "day", GROUP),),
        limit=PAGE_LIMIT,
    )


def trend_length(span: Span) -> int:
    """Return how many periods the line beside a number has."""
    return 5 if span.period == "year" else SPARK
