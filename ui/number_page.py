"""Know the number tile: one large figure, how it moved, the line of its past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from xrm.ui import chart_words
from xrm.ui.chart_figures import Figure, figure_of
from xrm.ui.chart_page import Context, currency_of, number_of, unit_of
from xrm.ui.chart_parts import code_of
from xrm.ui.chart_query import GROUP, Plan, Span, trend_length
from xrm.ui.reading import lower_first, plural

WIDTH, HEIGHT, EDGE = 88, 32, 3


@dataclass(frozen=True, slots=True)
class PastRow:
    """One period of the past."""

    label: str
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class NumberModel:
    """Everything that is shown of a number."""

    name: str
    label: str
    description: str
    text: str
    exact: str
    href: str
    measure: str
    when: str = ""
    change: str = ""
    direction: str = ""
    """up, down, or empty where it did not move."""
    is_good: bool = True
    spark: str = ""
    """The points of the line, empty for none."""
    past: tuple[PastRow, ...] = ()
    currency: str = ""
    unit: str = ""


def build_number(
    plan: Plan, rows: Sequence[Mapping[str, Any]], context: Context
) -> NumberModel:
    """Return a number without a trend."""
    figure = figure_of(rows[0], plan.function) if rows else Figure()
    entity = plan.entity
    behind = plural(
        figure.records, lower_first(entity.label), lower_first(entity.plural_label)
    )
    said = behind if plan.function != "count" else ""
    return _model(plan, figure, context, "", change=said)


def _model(
    plan: Plan, figure: Figure, context: Context, at: str, **more: Any
) -> NumberModel:
    value = figure.value(plan.function)
    formats = context.reader.formats
    return NumberModel(
        name=plan.chart.name,
        label=plan.chart.label,
        description=plan.chart.description,
        text=chart_words.short_text(plan, value, formats),
        exact=chart_words.figure_text(plan, value, formats),
        href=context.address(plan, at) if figure.records else "",
        measure=plan.measure,
        currency=currency_of(plan, formats),
        unit=unit_of(plan),
        **more,
    )


def build_trend(
    plan: Plan,
    rows: Sequence[Mapping[str, Any]],
    context: Context,
    span: Span,
    *,
    is_filtered: bool = False,
) -> NumberModel:
    """Return a number with its trend, of figures by day.

    `is_filtered` says that the list around it holds the period already.
    """
    reader = context.reader
    days = {row[GROUP]: figure_of(row, plan.function) for row in rows if row[GROUP]}
    spans = [span.before(count) for count in range(trend_length(span) - 1, 0, -1)]
    spans.append(span)
    figures = [_within(days, one.start, one.end) for one in spans]
    now = figures[-1]
    before, is_part = figures[-2], False
    if span.is_now and not any(day > reader.today for day in days):
        elapsed = (reader.today - span.start).days
        last = span.before(1)
        upto = date.fromordinal(
            min(last.end.toordinal(), last.start.toordinal() + elapsed)
        )
        before, is_part = _within(days, last.start, upto), upto < last.end
    value, old = now.value(plan.function), before.value(plan.function)
    present, past = chart_words.PERIOD_WORDS[span.period]
    locale = reader.formats.locale
    when = present
    if not span.is_now:
        when = chart_words.period_label(span.start, span.period, locale)
        past = chart_words.period_label(span.before(1).start, span.period, locale)
    direction = ""
    if value is not None and old and value != old:
        direction = "up" if value > old else "down"
    compared = f"the same time {past}" if is_part and span.period != "day" else past
    return _model(
        plan,
        now,
        context,
        "" if is_filtered else code_of(span.start.isoformat()),
        when=when,
        change=chart_words.change_words(value, old, compared, plan, reader),
        direction=direction,
        is_good=(direction == "up") == (plan.chart.better == "higher"),
        spark=spark([one.value(plan.function) for one in figures]),
        past=tuple(
            PastRow(
                chart_words.period_label(one.start, one.period, locale),
                chart_words.figure_text(
                    plan, figure.value(plan.function), reader.formats
                ),
                number_of(figure.value(plan.function)),
            )
            for one, figure in zip(spans, figures, strict=True)
        ),
    )


def _within(days: Mapping[date, Figure], first: date, last: date) -> Figure:
    made = Figure()
    for day, figure in days.items():
        if first <= day <= last:
            made.add(figure)
    return made


def spark(values: Sequence[Any]) -> str:
    """Return the points of a small line, empty where there is nothing to see."""
    known = [float(value or 0) for value in values]
    if len(known) < 2 or not any(known):
        return ""
    low, high = min(known), max(known)
    room = HEIGHT - 2 * EDGE
    step = WIDTH / (len(known) - 1)
    heights = [
        room * (value - low) / (high - low) if high > low else room / 2
        for value in known
    ]
    return " ".join(
        f"{index * step:.0f},{HEIGHT - EDGE - height:.0f}"
        for index, height in enumerate(heights)
    )
