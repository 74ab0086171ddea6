"""Know the calendar: a month, a week, a day or an agenda of records by their dates.

Pure: rows come from queries that `calendar_reading` runs; days are those of the
reader's time zone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from babel.dates import format_date, format_skeleton

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields.display import zone
from xrm.platform.query.periods import add_days, add_months, start_of
from xrm.platform.query.query import And, Compare, Condition, Or
from xrm.ui.form_fields import lock_of
from xrm.ui.hues import hue_of
from xrm.ui.list_state import ListState
from xrm.ui.reading import Reader, clock, day_title

START, END, ALL_DAY = "scheduledstart", "scheduledend", "isalldayevent"
"""Fields that activities of every kind share."""
SPANS = {"month": "Month", "week": "Week", "day": "Day", "agenda": "Agenda"}
AGENDA_DAYS = 30
SHOWN = 4
"""Records of a day that a month shows."""
MOST = 500
KINDS_HUES = ("blue", "green", "purple", "orange", "teal", "pink", "yellow", "gray")


@dataclass(frozen=True, slots=True)
class Source:
    """Where an entity's records stand in a calendar."""

    entity: Entity
    start: Field
    end: Field | None = None
    """The field that counts where there is no start."""
    hue: str = "blue"

    @property
    def paths(self) -> tuple[str, ...]:
        """Return what a query asks for."""
        found = [self.entity.title or self.entity.key, self.start.name, "versionnumber"]
        if self.end is not None:
            found.append(self.end.name)
        if ALL_DAY in self.entity.fields:
            found.append(ALL_DAY)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Event:
    """One record on a day."""

    id: str
    entity: str
    kind: str
    title: str
    href: str
    hue: str
    icon: str
    time: str
    day: date
    order: tuple[Any, ...]
    version: str
    by: str
    edit: str
    """The address where the date is changed by typing; empty when it cannot be."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day with its records."""

    date: date
    iso: str
    number: str
    title: str
    events: tuple[Event, ...]
    rest: int
    is_today: bool
    is_off: bool
    """Whether it belongs to another month, or is a weekend."""
    new: str
    all: str


@dataclass(frozen=True, slots=True)
class Week:
    """A row of the month."""

    number: str
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class SpanLink:
    """A button of the calendar's bar."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """Everything the calendar shows."""

    title: str
    span: str
    spans: tuple[SpanLink, ...]
    kinds: tuple[SpanLink, ...]
    back: str
    today: str
    next: str
    heads: tuple[str, ...]
    weeks: tuple[Week, ...]
    agenda: tuple[Day, ...]
    note: str
    here: str


def date_fields(entity: Entity, readable: frozenset[str]) -> list[Field]:
    """Return the fields that records can stand by, an activity's start first."""
    found = [
        field
        for field in entity.fields.values()
        if field.type in ("date", "datetime")
        and not field.system
        and field.name in readable
    ]
    return sorted(found, key=lambda f: (f.name not in (START, END), f.name != START))


def source_of(
    entity: Entity, by: str, readable: frozenset[str], hue: str = "blue"
) -> Source | None:
    """Return where records of an entity stand, by the field asked for or the first."""
    fields = date_fields(entity, readable)
    if not fields:
        return None
    start = next((f for f in fields if f.name == by), fields[0])
    end = next((f for f in fields if f.name == END), None)
    is_activity = entity.kind == "activity" and start.name == START
    return Source(entity, start, end if is_activity else None, hue)


def span_days(span: str, at: date) -> tuple[date, date]:
    """Return the first day that is shown, and the one after the last."""
    if span == "month":
        first = start_of("week", at.replace(day=1))
        last = add_months(at.replace(day=1), 1)
        end = start_of("week", add_days(last, -1))
        return first, add_days(end, 7)
    if span == "week":
        first = start_of("week", at)
        return first, add_days(first, 7)
    return at, add_days(at, 1 if span == "day" else AGENDA_DAYS)


def moved(span: str, at: date, steps: int) -> date:
    """Return the day of the span before or after."""
    if span == "month":
        return add_months(at.replace(day=1), steps)
    days = {"week": 7, "day": 1}.get(span, AGENDA_DAYS)
    return add_days(at, days * steps)


def between(source: Source, first: date, last: date, reader: Reader) -> Condition:
    """Return the condition that a record stands on one of the days."""
    inside = _inside(source.start, first, last, reader)
    if source.end is None:
        return inside
    return Or(
        (
            inside,
            And(
                (
                    Compare(source.start.name, "null"),
                    _inside(source.end, first, last, reader),
                )
            ),
        )
    )


def _inside(field: Field, first: date, last: date, reader: Reader) -> Condition:
    edges: tuple[Any, Any] = (first, last)
    if is_moment(field):
        edges = (_moment(field, first, reader), _moment(field, last, reader))
    return And(
        (
            Compare(field.name, "ge", (edges[0],)),
            Compare(field.name, "lt", (edges[1],)),
        )
    )


def is_moment(field: Field) -> bool:
    """Say whether a field has a time of day."""
    return field.type == "datetime" and field.options.get("behavior") != "date_only"


def keeps_hour(field: Field) -> bool:
    """Say whether its time is the same everywhere."""
    return field.options.get("behavior") == "zone_independent"


def _moment(field: Field, day: date, reader: Reader) -> datetime:
    there = UTC if keeps_hour(field) else zone(reader.formats.time_zone)
    return datetime.combine(day, time(), there).astimezone(UTC)


def event_of(
    source: Source,
    row: Mapping[str, Any],
    reader: Reader,
    app_address: str,
    back: str,
    *,
    may_move: bool = True,
) -> Event | None:
    """Return a row as it stands in the calendar."""
    field = source.start
    value = row.get(field.name)
    if value is None and source.end is not None:
        field = source.end
        value = row.get(field.name)
    if value is None:
        return None
    day, shown = _place(field, value, reader)
    if row.get(ALL_DAY):
        shown = ""
    entity = source.entity
    id_ = row[entity.key]
    address = f"{app_address}/{entity.name}/{id_}"
    title = str(row.get(entity.title or entity.key) or "No name")
    locked = not may_move or bool(lock_of(field, read_only=False)[0])
    return Event(
        id=str(id_),
        entity=entity.name,
        kind=entity.label,
        title=title,
        href=address,
        hue=source.hue,
        icon=entity.icon or "calendar",
        time=shown,
        day=day,
        order=(bool(shown), shown and value.isoformat(), title.casefold(), str(id_)),
        version=str(row["versionnumber"]),
        by=source.start.name,
        edit="" if locked else f"{address}/cell/{field.name}?{back}",
    )


def _place(field: Field, value: Any, reader: Reader) -> tuple[date, str]:
    if not isinstance(value, datetime):
        return value, ""
    there = UTC if keeps_hour(field) else zone(reader.formats.time_zone)
    local = value.astimezone(there)
    if not is_moment(field):
        return local.date(), ""
    return local.date(), clock(local, reader)


def local_day(field: Field, value: datetime, reader: Reader) -> date:
    """Return the day of a moment where the reader is."""
    return _place(field, value, reader)[0]


def shifted(value: datetime, field: Field, to: date, reader: Reader) -> datetime:
    """Return the same time of day on another day, where the reader is."""
    there = UTC if keeps_hour(field) else zone(reader.formats.time_zone)
    local = value.astimezone(there)
    return datetime.combine(to, local.time(), there).astimezone(UTC)


def build(
    state: ListState,
    source: Source,
    events: Iterable[Event],
    reader: Reader,
    *,
    span: str,
    at: date,
    new: str,
    kinds: tuple[SpanLink, ...] = (),
    note: str = "",
) -> CalendarPage:
    """Return the calendar."""
    locale = reader.formats.locale.replace("-", "_")
    first, last = span_days(span, at)
    by_day: dict[date, list[Event]] = {}
    for event in sorted(events, key=lambda e: e.order):
        by_day.setdefault(event.day, []).append(event)

    def link(to: date, what: str = span) -> str:
        return replace(state.first(), day=to.isoformat(), span=what).address()

    def day(one: date) -> Day:
        found = by_day.get(one, [])
        few = SHOWN if span == "month" else len(found)
        return Day(
            date=one,
            iso=one.isoformat(),
            number=str(one.day),
            title=day_title(one, reader),
            events=tuple(found[:few]),
            rest=max(0, len(found) - few),
            is_today=one == reader.today,
            is_off=one.weekday() > 4 or (span == "month" and one.month != at.month),
            new=f"{new}?set.{source.start.name}={_typed(source.start, one)}"
            if new
            else "",
            all=link(one, "day"),
        )

    every = [day(add_days(first, n)) for n in range((last - first).days)]
    is_grid = span in ("month", "week")
    return CalendarPage(
        title=_title(span, at, first, last, locale),
        span=span,
        spans=tuple(
            SpanLink(label, link(at, name), name == span)
            for name, label in SPANS.items()
        ),
        kinds=kinds,
        back=link(moved(span, at, -1)),
        today=link(reader.today),
        next=link(moved(span, at, 1)),
        heads=tuple(
            format_date(add_days(first, n), "EEE", locale=locale) for n in range(7)
        ),
        weeks=tuple(
            Week(f"W{every[n].date.isocalendar().week}", tuple(every[n : n + 7]))
            for n in range(0, len(every), 7)
        )
        if is_grid
        else (),
        agenda=tuple(one for one in every if one.events or span == "day")
        if not is_grid
        else (),
        note=note,
        here=link(at),
    )


def _typed(field: Field, day: date) -> str:
    if is_moment(field):
        return datetime.combine(day, time(9), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return day.isoformat()


def _title(span: str, at: date, first: date, last: date, locale: str) -> str:
    if span == "month":
        return format_skeleton("yMMMM", at, locale=locale)
    if span == "day":
        return format_date(at, "full", locale=locale)
    until = add_days(last, -1)
    return (
        f"{format_date(first, 'd MMM', locale=locale)} – "
        f"{format_date(until, 'd MMM y', locale=locale)}"
    )


def read_day(text: str, today: date) -> date:
    """Return the day of an address, today for none or one out of reach."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return today
    near = timedelta(days=366 * 200)
    return found if abs(found - today) < near else today


def kind_hue(entity: Entity, number: int) -> str:
    """Return the hue of a kind of record: its own, or one of a row."""
    return hue_of(entity.color, KINDS_HUES[number % len(KINDS_HUES)])


def sources(
    entities: Sequence[Entity], readable: Mapping[str, frozenset[str]]
) -> list[Source]:
    """Return where records of several kinds stand."""
    found = [
        source_of(entity, "", readable[entity.name], kind_hue(entity, number))
        for number, entity in enumerate(entities)
    ]
    return [one for one in found if one is not None]
