"""Know how the groups and figures of a chart read, in the reader's language."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.dates import format_date, format_skeleton
from babel.numbers import format_compact_currency, format_compact_decimal

from xrm.metadata.charts import Period
from xrm.metadata.entities import Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.decimal import scale_of
from xrm.metadata.fields.display import digits_after_point, money_text, number_text
from xrm.metadata.fields.field_type import Formats
from xrm.ui.chart_query import Axis, Plan
from xrm.ui.reading import Reader, lower_first

SMALL = 100
"""Amounts below this keep their cents."""
SHORT_FROM = 10_000
"""Figures from here on are shortened where there is little room."""
MANY_TIMES = 3
"""From so many times the figure before, times say more than percent."""
PERIOD_WORDS = {
    "day": ("today", "yesterday"),
    "week": ("this week", "last week"),
    "month": ("this month", "last month"),
    "quarter": ("this quarter", "last quarter"),
    "year": ("this year", "last year"),
}
SKELETONS = {"month": "yMMM", "quarter": "yQQQ", "year": "y"}


@lru_cache(maxsize=4_096)
def period_label(day: date, period: Period, locale: str) -> str:
    """Return a period: Jan 2026, Q1 2026, 2026; days and weeks by their first day."""
    name = locale.replace("-", "_")
    skeleton = SKELETONS.get(period)
    if skeleton is None:
        return str(format_date(day, "medium", locale=name))
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return str(format_skeleton(skeleton, noon, locale=name))


def empty_label(axis: Axis) -> str:
    """Return what records without a value are called: "No industry"."""
    return f"No {lower_first(axis.label)}"


def value_label(axis: Axis, value: Any, title: str | None, reader: Reader) -> str:
    """Return what a group is called; `title` is that of a lookup's record."""
    if value is None:
        return empty_label(axis)
    if axis.kind == "date":
        assert axis.period is not None
        return period_label(value, axis.period, reader.formats.locale)
    if axis.kind == "lookup":
        return title or "No name"
    return field_type(axis.field.type).display(axis.field, value, reader.formats) or "–"


def figure_text(plan: Plan, value: Any, formats: Formats) -> str:
    """Return a figure in full; "–" for none."""
    if value is None:
        return "–"
    field = plan.field
    if plan.function == "count" or field is None:
        return number_text(value, 0, formats)
    if isinstance(value, date):
        return field_type(field.type).display(field, value, formats)
    if field.type == "currency":
        return money_text(Decimal(value), _digits_of_money(value), formats)
    return _number(plan, field, value, formats)


def _number(plan: Plan, field: Field, value: Any, formats: Formats) -> str:
    percent = " %" if field.unit == "percent" else ""
    if field.options.get("format") == "duration":
        return field_type(field.type).display(field, round(value), formats)
    if plan.function == "avg":
        rounded = round(Decimal(str(value)), 1)
        return number_text(rounded, digits_after_point(rounded), formats) + percent
    if field.type == "decimal":
        return number_text(value, scale_of(field), formats) + percent
    if field.type == "float":
        rounded = round(Decimal(str(value)), 2)
        return number_text(rounded, digits_after_point(rounded), formats) + percent
    return number_text(value, 0, formats) + percent


def _digits_of_money(value: Any) -> int:
    return 0 if abs(value) >= SMALL or value == int(value) else 2


def short_text(plan: Plan, value: Any, formats: Formats) -> str:
    """Return a figure as it stands large on a tile: €1.42M."""
    is_plain = value is None or isinstance(value, date) or abs(value) < SHORT_FROM
    field = plan.field
    if is_plain or (field is not None and "format" in field.options):
        return figure_text(plan, value, formats)
    locale = formats.locale.replace("-", "_")
    if field is not None and field.type == "currency" and plan.function != "count":
        return str(
            format_compact_currency(
                value, formats.currency, locale=locale, fraction_digits=2
            )
        )
    made = format_compact_decimal(value, locale=locale, fraction_digits=1)
    return f"{made} %" if field is not None and field.unit == "percent" else str(made)


def percent_text(part: Any, whole: Any, formats: Formats) -> str:
    """Return a share in whole percent; "–" of nothing."""
    if not whole or part is None:
        return "–"
    return number_text(round(Decimal(part) * 100 / Decimal(whole)), 0, formats) + " %"


def change_words(now: Any, before: Any, when: str, plan: Plan, reader: Reader) -> str:
    """Return how a figure moved: "12 % above last quarter"."""
    if before is None or (before == 0 and now not in (None, 0)):
        return f"None {when}"
    now = now or 0
    if now == before:
        return f"No change from {when}"
    way = "above" if now > before else "below"
    field = plan.field
    if field is not None and field.unit == "percent" and plan.function != "count":
        points = round(abs(Decimal(str(now)) - Decimal(str(before))), 1)
        shown = number_text(points, digits_after_point(points), reader.formats)
        return f"{shown} {'point' if points == 1 else 'points'} {way} {when}"
    whole = abs(Decimal(str(before)))
    if Decimal(str(now)) >= MANY_TIMES * whole:
        times = round(Decimal(str(now)) / whole, 1)
        shown = number_text(times, digits_after_point(times), reader.formats)
        return f"{shown} times {when}"
    by = percent_text(
        abs(Decimal(str(now)) - Decimal(str(before))), whole, reader.formats
    )
    return f"{by} {way} {when}"
