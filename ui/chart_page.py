"""Know the chart page: what the template shows of a chart's groups and figures.

Pure: the rows come from the query. The table is the chart: the script draws what stands
in it, and each figure in it leads to the list of the records behind it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Formats
from xrm.ui import chart_words
from xrm.ui.chart_figures import REST, Bar, Figure, Groups, Key, groups_of, together
from xrm.ui.chart_parts import LONGEST, Part, code_of, code_of_rest
from xrm.ui.chart_query import Axis, Plan
from xrm.ui.hues import hue_of
from xrm.ui.list_state import ListState
from xrm.ui.reading import Reader, lower_first

PALETTE = ("blue", "teal", "orange", "purple", "green", "pink", "yellow", "red")
NEUTRAL = "gray"
SLICED = frozenset({"pie", "doughnut"})
LINES = frozenset({"line", "area"})


@dataclass(frozen=True, slots=True)
class Point:
    """One figure: how it reads, what is drawn, where its records are."""

    text: str
    value: str
    """The figure for the script, empty for none."""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One group."""

    label: str
    points: tuple[Point, ...]
    hue: str = ""
    """The colour of its own, empty where the series' counts."""
    is_drawn: bool = True
    share: str = ""
    width: str = ""
    """Of a funnel: the length of its bar in percent."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its name, its colour."""

    label: str
    hue: str


@dataclass(frozen=True, slots=True)
class ChartModel:
    """Everything that is shown of a chart."""

    name: str
    label: str
    description: str
    drawn: str
    """bar, column, stacked, stacked-column, line, area, pie, doughnut or funnel."""
    group: str
    is_dated: bool
    measure: str
    series: tuple[Series, ...]
    rows: tuple[Row, ...]
    total: Point | None
    currency: str = ""
    unit: str = ""
    note: str = ""
    empty: str = ""

    @property
    def summary(self) -> str:
        """Return the chart in a sentence, for whoever cannot see it."""
        found = f"{self.label}: {self.measure} by {lower_first(self.group)}"
        return f"{found}, {len(self.rows)} groups. “Show as table” has the figures."


@dataclass(frozen=True, slots=True)
class Context:
    """What a chart stands in: who reads it, the list its records come from."""

    reader: Reader
    state: ListState
    """The list; its view and filters hold for the chart too."""

    def address(self, plan: Plan, at: str = "", within: str = "") -> str:
        """Return the list of the records behind a part; empty for too long a name."""
        if len(at) > LONGEST or len(within) > LONGEST:
            return ""
        part = Part(plan.chart.name, at, within)
        listed = replace(self.state.first(), sort=(), layout="", by="")
        return replace(listed, part=part).address()


def build(
    plan: Plan,
    rows: Sequence[Mapping[str, Any]],
    context: Context,
    whole: Figure | None = None,
) -> ChartModel:
    """Return a chart of its rows; `whole` where there are more groups than rows."""
    assert plan.group is not None
    groups = groups_of(plan, rows, whole)
    series = _series(plan, groups, context)
    hues = _hues_of_bars(plan, groups)
    total = whole or together(bar.whole for bar in groups.bars)
    made = tuple(
        _row(plan, groups, bar, hues.get(bar.key, ""), total, context)
        for bar in groups.bars
    )
    if plan.chart.type == "funnel":
        made = _funnel(made, plan, groups, context.reader)
    return ChartModel(
        name=plan.chart.name,
        label=plan.chart.label,
        description=plan.chart.description,
        drawn=_drawn(plan),
        group=plan.group.label,
        is_dated=plan.group.kind == "date",
        measure=plan.measure,
        series=series,
        rows=made,
        total=_total(plan, total, groups, context),
        currency=currency_of(plan, context.reader.formats),
        unit=unit_of(plan),
        note=_note(plan, groups, context.reader),
        empty="" if made else empty_words(plan, context.state),
    )


def currency_of(plan: Plan, formats: Formats) -> str:
    """Return the currency of the figures, empty where they are no money."""
    is_money = plan.field is not None and plan.field.type == "currency"
    return formats.currency if is_money and plan.function != "count" else ""


def unit_of(plan: Plan) -> str:
    """Return the unit of the figures."""
    is_share = plan.field is not None and plan.field.unit == "percent"
    return "%" if is_share and plan.function != "count" else ""


def empty_words(plan: Plan, state: ListState) -> str:
    """Return what a chart of nothing says."""
    things = lower_first(plan.entity.plural_label)
    if state.filters or state.search:
        return f"No {things} fit the filters."
    return f"No {things} to show yet."


def _drawn(plan: Plan) -> str:
    """Return how it is drawn: stacks of dates stand, those of names lie."""
    kind = plan.chart.type
    if kind == "stacked" and plan.group is not None and plan.group.kind == "date":
        return "stacked-column"
    return kind


def _label(plan: Plan, axis: Axis, key: Key, groups: Groups, context: Context) -> str:
    if key is REST:
        return "Other"
    title = groups.titles.get(key)
    if axis.kind == "value" and title is not None:
        return title or "–"
    return chart_words.value_label(axis, key, title, context.reader)


def key_text(key: Key) -> str | None:
    """Return a group's value as an address writes it."""
    if key is None:
        return None
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, date):
        return key.isoformat()
    return str(key)


def _code(key: Key, shown: Sequence[Key]) -> str:
    if key is REST:
        return code_of_rest(key_text(one) for one in shown if one is not REST)
    return code_of(key_text(key))


def _row(
    plan: Plan,
    groups: Groups,
    bar: Bar,
    hue: str,
    total: Figure,
    context: Context,
) -> Row:
    assert plan.group is not None
    at = _code(bar.key, [one.key for one in groups.bars])
    if plan.series is None:
        points: tuple[Point, ...] = (_point(plan, bar.whole, context, at),)
    else:
        points = tuple(
            _point(
                plan,
                bar.parts.get(key) or Figure(),
                context,
                at,
                _code(key, groups.series),
            )
            for key in groups.series
        )
    share = ""
    if plan.chart.type in SLICED and plan.function in ("count", "sum"):
        share = chart_words.percent_text(
            bar.whole.value(plan.function),
            total.value(plan.function),
            context.reader.formats,
        )
    return Row(
        label=_label(plan, plan.group, bar.key, groups, context),
        points=points,
        hue=hue,
        is_drawn=not (bar.key is None and plan.chart.type in LINES),
        share=share,
    )


def _point(
    plan: Plan, figure: Figure, context: Context, at: str, within: str = ""
) -> Point:
    value = figure.value(plan.function)
    return Point(
        text=chart_words.figure_text(plan, value, context.reader.formats),
        value=number_of(value),
        href=context.address(plan, at, within) if figure.records else "",
    )


def number_of(value: Any) -> str:
    """Return a figure as the script reads it."""
    if value is None or isinstance(value, date):
        return ""
    return f"{value:f}" if not isinstance(value, int) else str(value)


def _total(plan: Plan, total: Figure, groups: Groups, context: Context) -> Point | None:
    """Return the figure of everything; parts add up to it only when nothing is cut."""
    if plan.function not in ("count", "sum") or groups.is_cut or not groups.bars:
        return None
    return _point(plan, total, context, "")


def _note(plan: Plan, groups: Groups, reader: Reader) -> str:
    said = []
    if groups.is_cut and plan.group is not None and plan.group.kind == "date":
        count = sum(bar.key is not None for bar in groups.bars)
        said.append(f"The last {count} {plan.group.period}s.")
    elif groups.is_cut:
        said.append("Only the greatest groups are shown.")
    undated = next((bar for bar in groups.bars if bar.key is None), None)
    if undated is not None and plan.chart.type in LINES and plan.group is not None:
        text = chart_words.figure_text(
            plan, undated.whole.value(plan.function), reader.formats
        )
        said.append(f"{chart_words.empty_label(plan.group)}: {text}.")
    return " ".join(said)


# Colours


def _declared(field: Field, key: Key) -> str:
    if field.choices is None:
        return ""
    option = field.choices.by_value.get(key) if isinstance(key, int) else None
    return hue_of(option.color) if option is not None else ""


def distinct_hues(axis: Axis, keys: Sequence[Key]) -> dict[Key, str]:
    """Return a hue for each key: the declared one, others while there are any left."""
    found: dict[Key, str] = {}
    for key in keys:
        hue = _declared(axis.field, key)
        if hue and hue not in found.values():
            found[key] = hue
    free = [hue for hue in PALETTE if hue not in found.values()]
    for key in keys:
        if key in found:
            continue
        if key is None or key is REST:
            found[key] = NEUTRAL
        else:
            found[key] = free.pop(0) if free else NEUTRAL
    return found


def _hues_of_bars(plan: Plan, groups: Groups) -> dict[Key, str]:
    """Return the colours of bars; one accent for all where none is declared."""
    assert plan.group is not None
    keys = [bar.key for bar in groups.bars]
    if plan.chart.type in SLICED:
        return distinct_hues(plan.group, keys)
    if plan.series is not None or plan.chart.type in LINES:
        return {}
    declared = {key: _declared(plan.group.field, key) for key in keys}
    if not any(declared.values()):
        return {}
    return {key: hue or NEUTRAL for key, hue in declared.items()}


def _series(plan: Plan, groups: Groups, context: Context) -> tuple[Series, ...]:
    if plan.series is None:
        return (Series(plan.measure, ""),)
    hues = distinct_hues(plan.series, groups.series)
    return tuple(
        Series(_label(plan, plan.series, key, groups, context), hues[key])
        for key in groups.series
    )


# Funnel


def _funnel(
    rows: Sequence[Row], plan: Plan, groups: Groups, reader: Reader
) -> tuple[Row, ...]:
    """Return the stages with the length of their bars and their share of all."""
    values = [bar.whole.value(plan.function) or 0 for bar in groups.bars]
    most, whole = max(values, default=0), sum(values)
    return tuple(
        replace(
            row,
            width=f"{max(0, float(value) * 100 / float(most)) if most else 0:.1f}",
            share=chart_words.percent_text(value, whole, reader.formats),
        )
        for row, value in zip(rows, values, strict=True)
    )


Titles = Callable[[str, str], str | None]


def part_words(plan: Plan, part: Part, reader: Reader, title_of: Titles) -> str:
    """Return the part of a chart that a list shows: "Q1 2026, Hot"."""
    said = []
    for axis, code in ((plan.group, part.at), (plan.series, part.within)):
        if axis is None or not code:
            continue
        if code.startswith("!"):
            said.append(f"other {lower_first(axis.label)}")
        elif code.startswith("="):
            said.append(_code_words(axis, code[1:], reader, title_of))
        else:
            said.append(chart_words.empty_label(axis))
    return ", ".join(said)


def _code_words(axis: Axis, text: str, reader: Reader, title_of: Titles) -> str:
    if axis.kind == "date":
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return text
        return chart_words.value_label(axis, day, None, reader)
    if axis.kind == "lookup":
        return title_of(axis.path, text) or "No name"
    if axis.kind == "boolean":
        return chart_words.value_label(axis, text == "true", None, reader)
    if axis.kind == "choice" and text.lstrip("-").isdigit():
        return chart_words.value_label(axis, int(text), None, reader)
    return text
