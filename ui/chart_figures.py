"""Know how the rows of a chart's query become groups: top ones, the rest, no gaps.

Pure arithmetic on figures; what they are called is said in `chart_words`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from xrm.metadata.charts import Chart
from xrm.platform.query.periods import shifted
from xrm.rule_engine.fold import fold
from xrm.ui.chart_query import COUNT, COUNTED, GROUP, SERIES, VALUE, Axis, Plan

MOST_SLICES: Final = 8
MOST_GROUPS: Final = 24
MOST_SERIES: Final = 8
MOST_FILLED: Final = 120
"""Periods up to which gaps are filled; a stray date would make thousands."""


class Rest:
    """The groups that are not shown one by one."""


REST: Final = Rest()
Key = Any
"""The value of a group: `None` for none, `REST` for all that is not shown."""


@dataclass(slots=True)
class Figure:
    """The figures of some records, which can be put together with others."""

    records: int = 0
    total: Any = None
    counted: int = 0
    least: Any = None
    greatest: Any = None

    def add(self, other: "Figure") -> None:
        """Take in the figures of other records."""
        self.records += other.records
        self.counted += other.counted
        if other.total is not None:
            self.total = other.total if self.total is None else self.total + other.total
        for name, choose in (("least", min), ("greatest", max)):
            mine, its = getattr(self, name), getattr(other, name)
            known = [one for one in (mine, its) if one is not None]
            setattr(self, name, choose(known) if known else None)

    def value(self, function: str) -> Any:
        """Return what is shown."""
        match function:
            case "count":
                return self.records
            case "sum":
                return self.total if self.total is not None else 0
            case "avg":
                if self.total is None or not self.counted:
                    return None
                whole = self.total
                if not isinstance(whole, float):
                    whole = Decimal(whole)
                return whole / self.counted
            case "min":
                return self.least
        return self.greatest


def figure_of(row: Mapping[str, Any], function: str) -> Figure:
    """Return the figures of a row."""
    value = row.get(VALUE)
    return Figure(
        records=row[COUNT],
        total=value if function in ("sum", "avg") else None,
        counted=row.get(COUNTED, 0),
        least=value if function == "min" else None,
        greatest=value if function == "max" else None,
    )


def together(figures: Iterable[Figure]) -> Figure:
    """Return the figures of all records together."""
    made = Figure()
    for one in figures:
        made.add(one)
    return made


@dataclass(slots=True)
class Bar:
    """One group: its figures altogether and by series."""

    key: Key
    whole: Figure = field(default_factory=Figure)
    parts: dict[Key, Figure] = field(default_factory=dict)


@dataclass(slots=True)
class Groups:
    """The groups and series of a chart, in the order in which they are shown."""

    bars: list[Bar]
    series: list[Key]
    titles: dict[Key, str | None]
    """Titles of the records that lookups point to; texts as they are written."""
    is_cut: bool = False
    """Whether earlier periods, or small groups, were left out."""


def groups_of(
    plan: Plan, rows: Sequence[Mapping[str, Any]], whole: Figure | None = None
) -> Groups:
    """Return the groups of a chart.

    `whole` has the figures of all records where there are more groups than rows.
    """
    group = plan.group
    assert group is not None
    bars: dict[Key, Bar] = {}
    titles: dict[Key, str | None] = {}
    for row in rows:
        key = _key(row.get(GROUP))
        bar = bars.setdefault(key, Bar(key))
        figure = figure_of(row, plan.function)
        bar.whole.add(figure)
        titles.setdefault(key, _title(row, GROUP))
        if plan.series is not None:
            part = _key(row.get(SERIES))
            bar.parts.setdefault(part, Figure()).add(figure)
            titles.setdefault(part, _title(row, SERIES))
    series: list[Key] = []
    if plan.series is not None:
        series = _series(plan, plan.series, bars.values(), titles)
    if group.kind == "date":
        shown, is_cut = _dates(plan.chart, group, bars)
    else:
        shown, is_cut = _greatest(plan, group, list(bars.values()), titles), False
        if whole is not None:
            is_cut = _complete(plan, shown, whole)
    return Groups(shown, series, titles, is_cut)


def _key(value: Any) -> Key:
    """Return what tells a group apart: texts that differ in case only are one."""
    return fold(value) if isinstance(value, str) else value


def _title(row: Mapping[str, Any], alias: str) -> str | None:
    value = row.get(alias)
    return value if isinstance(value, str) else row.get(f"{alias}@name")


def limit_of(chart: Chart) -> int:
    """Return how many groups are shown one by one."""
    if chart.limit is not None:
        return chart.limit
    return MOST_SLICES if chart.type in ("pie", "doughnut") else MOST_GROUPS


def _dates(chart: Chart, axis: Axis, bars: dict[Key, Bar]) -> tuple[list[Bar], bool]:
    """Return the latest periods in order, gaps filled, what has no date last."""
    assert axis.period is not None
    days = sorted(key for key in bars if isinstance(key, date))
    if days:
        every: list[date] = []
        day = days[0]
        while day <= days[-1] and len(every) <= MOST_FILLED:
            every.append(day)
            day = shifted(axis.period, day, 1)
        days = every if len(every) <= MOST_FILLED else days
    most = chart.limit or MOST_FILLED
    shown = [bars.get(day) or Bar(day) for day in days[-most:]]
    undated = bars.get(None)
    return [*shown, *([undated] if undated else [])], len(days) > most


def _greatest(
    plan: Plan, axis: Axis, bars: list[Bar], titles: Mapping[Key, str | None]
) -> list[Bar]:
    """Return the groups that are shown, the rest of them as one."""
    most = limit_of(plan.chart)
    by_value = sorted(bars, key=lambda b: (-_size(b.whole, plan), _name(titles, b.key)))
    if len(bars) == most + 1:
        most += 1
    shown, others = by_value[:most], by_value[most:]
    if _sort(plan.chart, axis) == "group":
        shown.sort(key=lambda bar: _place(axis, bar.key, titles))
    if not others:
        return shown
    rest = Bar(REST)
    for bar in others:
        rest.whole.add(bar.whole)
        for key, figure in bar.parts.items():
            rest.parts.setdefault(key, Figure()).add(figure)
    return [*shown, rest]


def _complete(plan: Plan, shown: list[Bar], whole: Figure) -> bool:
    """Make the rest of all that is not shown; return whether that cannot be done."""
    if shown and shown[-1].key is REST:
        shown.pop()
    if plan.series is not None or plan.function in ("min", "max"):
        return True
    seen = together(bar.whole for bar in shown)
    rest = Figure(whole.records - seen.records, counted=whole.counted - seen.counted)
    if whole.total is not None:
        rest.total = whole.total - (seen.total or 0)
    shown.append(Bar(REST, rest))
    return False


def _series(
    plan: Plan, axis: Axis, bars: Iterable[Bar], titles: Mapping[Key, str | None]
) -> list[Key]:
    """Return the series in order; those beyond the limit become one of each bar."""
    totals: dict[Key, Figure] = {}
    for bar in bars:
        for key, figure in bar.parts.items():
            totals.setdefault(key, Figure()).add(figure)
    by_value = sorted(
        totals, key=lambda key: (-_size(totals[key], plan), _name(titles, key))
    )
    most = MOST_SERIES + 1 if len(totals) == MOST_SERIES + 1 else MOST_SERIES
    shown, others = by_value[:most], set(by_value[most:])
    if axis.kind in ("choice", "boolean", "date"):
        shown.sort(key=lambda key: _place(axis, key, titles))
    if not others:
        return shown
    for bar in bars:
        rest = [bar.parts.pop(key) for key in list(bar.parts) if key in others]
        if rest:
            bar.parts[REST] = together(rest)
    return [*shown, REST]


def _sort(chart: Chart, axis: Axis) -> str:
    return chart.sort or ("group" if axis.kind in ("choice", "boolean") else "value")


def _size(figure: Figure, plan: Plan) -> Any:
    value = figure.value(plan.function)
    return Decimal(str(value)) if value is not None else Decimal(0)


def _name(titles: Mapping[Key, str | None], key: Key) -> str:
    return (titles.get(key) or str(key)).casefold()


def _place(axis: Axis, key: Key, titles: Mapping[Key, str | None]) -> Any:
    """Return where a group stands in the order of its own; none comes last."""
    if key is None:
        return (1, 0, "")
    if axis.kind == "choice" and axis.field.choices is not None:
        order = [option.value for option in axis.field.choices.options]
        return (0, order.index(key) if key in order else len(order), "")
    if axis.kind == "lookup":
        return (0, 0, _name(titles, key))
    if isinstance(key, bool | int | float | Decimal):
        return (0, key, "")
    if isinstance(key, date):
        return (0, key.toordinal(), "")
    return (0, 0, str(key).casefold())
