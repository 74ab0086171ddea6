"""Know the parts of a record's page that come later: subgrids, timeline, candidates.

Pure. Everything is found by the catalog's relationships; no entity is known by name but
core's notes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from xrm.metadata.catalog import Catalog, Child
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields.display import zone
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.views import View
from xrm.platform.query.query import Compare, Order, Page, Query
from xrm.rule_engine import core_names
from xrm.ui.columns import HUES, Cell, Columns, record_address
from xrm.ui.list_page import Header, headers, with_bare_money
from xrm.ui.list_state import ListState
from xrm.ui.reading import (
    Reader,
    clock,
    day_title,
    exact_moment,
    lower_first,
    short_day,
)
from xrm.ui.rich_text import plain_text
from xrm.ui.shell import Link

PAGE_SIZE = 10
EVENTS = 12
"""Events of one kind that a timeline shows."""
DUE, BODY = "scheduledend", ("notetext", "description")
SHOWN = 240


@dataclass(frozen=True, slots=True)
class Hit:
    """One candidate of a lookup."""

    value: str
    title: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True)
class Hits:
    """What a lookup offers."""

    found: tuple[Hit, ...]
    text: str
    plural: str
    mixed: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """A subgrid."""

    id: str
    label: str
    singular: str
    plural: str
    headers: tuple[Header, ...]
    rows: tuple[list[Cell], ...]
    add: str
    back: str | None
    next: str | None
    count: str
    link: str = ""
    """The address that links another record, for many-to-many lists."""
    unlink: str = ""
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened or will happen."""

    when: datetime
    title: str
    text: str
    icon: str
    hue: str
    href: str
    time: str
    exact: str
    is_next: bool = False
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """The events of one day."""

    title: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a record's timeline shows."""

    days: tuple[Day, ...]
    create: tuple[Link, ...] = ()
    note: str = ""


def hits(
    catalog: Catalog, lookup: Field, found: Sequence[tuple[Ref, str, str]], text: str
) -> Hits:
    """Return the candidates of a lookup as a list to choose from."""
    names = [t.entity for t in lookup.targets if t.entity in catalog.entities]
    plurals = [lower_first(catalog.entity(name).plural_label) for name in names]
    return Hits(
        found=tuple(
            Hit(
                f"{ref.entity}:{ref.id}",
                title,
                label,
                catalog.entity(ref.entity).icon or "table",
            )
            for ref, title, label in found
        ),
        text=text,
        plural=" or ".join(plurals[:4]),
        mixed=len(names) > 1,
    )


def build(
    entity: Entity,
    view: View,
    columns: Columns,
    state: ListState,
    page: Page,
    reader: Reader,
    *,
    id_: str,
    add: str,
    link: str = "",
    label: str = "",
) -> Grid:
    """Return a subgrid."""
    reader = with_bare_money(columns, page.rows, reader)
    makers = [column.make for column in columns.items]
    following = state.following(page.next) if page.next else None
    before = state.before()
    shown = len(page.rows)
    count = "" if state.after or page.next else f"{shown}"
    return Grid(
        id=id_,
        label=label or entity.plural_label,
        singular=lower_first(entity.label),
        plural=lower_first(entity.plural_label),
        headers=headers(view, columns, state, page.rows, reader),
        rows=tuple([make(row, reader) for make in makers] for row in page.rows),
        add=add,
        back=before.address() if before else None,
        next=following.address() if following else None,
        count=count,
        link=f"{link}/link" if link else "",
        unlink=f"{link}/unlink" if link else "",
        ids=tuple(str(row[entity.key]) for row in page.rows),
    )


def timeline_children(catalog: Catalog, entity: Entity) -> list[Child]:
    """Return what a timeline shows: notes, and the activities about a record."""
    found: dict[str, Child] = {}
    for child in catalog.children(entity.name):
        other = catalog.entities.get(child.entity)
        if other is None or child.field.system or child.entity in found:
            continue
        is_note = entity.notes and other.name == core_names.NOTE
        if is_note or (entity.activities and other.kind == "activity"):
            found[child.entity] = child
    return list(found.values())


def note_child(catalog: Catalog, entity: Entity) -> Child | None:
    """Return how notes point to records of an entity."""
    if not entity.notes:
        return None
    children = timeline_children(catalog, entity)
    return next((c for c in children if c.entity == core_names.NOTE), None)


def timeline_query(entity: Entity, child: Child, record: Any) -> Query:
    """Return the query of one kind of event."""
    wanted = ("modifiedon", "createdon", "statecode", DUE, *BODY)
    columns = [entity.title or entity.key]
    columns += [name for name in wanted if name in entity.fields]
    columns += ["createdby", "createdby@name"]
    return Query(
        entity.name,
        tuple(columns),
        Compare(child.field.name, "eq", (record,)),
        order=(Order("modifiedon", descending=True),),
        limit=EVENTS,
    )


def events(
    entity: Entity, rows: Sequence[Mapping[str, Any]], reader: Reader, app: str
) -> list[Event]:
    """Return the events of one entity's rows."""
    return [_event(entity, row, reader, app) for row in rows]


def _event(entity: Entity, row: Mapping[str, Any], reader: Reader, app: str) -> Event:
    state = entity.state(row.get("statecode"))
    is_open = state is not None and not state.read_only and entity.states[0] is state
    due = row.get(DUE)
    is_note = entity.name == core_names.NOTE
    planned = due is not None and is_open and not is_note
    when: datetime = due if planned and due else row.get("createdon") or reader.now
    body = next((row[name] for name in BODY if row.get(name)), "")
    title = row.get(entity.title or entity.key)
    if is_note and not title:
        title = f"Note by {row.get('createdby@name') or 'the system'}"
    is_late = bool(planned and when < reader.now)
    local = when.astimezone(zone(reader.formats.time_zone))
    today = local.date() == reader.today
    time = (
        clock(local, reader)
        if today or not planned
        else short_day(local.date(), reader)
    )
    hue = entity.color if entity.color in HUES else ("yellow" if is_note else "gray")
    text = plain_text(str(body))
    return Event(
        when=when,
        title=str(title or entity.label),
        text=text[:SHOWN] + ("…" if len(text) > SHOWN else ""),
        icon=entity.icon or "note",
        hue="red" if is_late else str(hue),
        href=record_address(app, entity.name, row[entity.key]),
        time=f"{(reader.today - local.date()).days} days late"
        if is_late and not today
        else time,
        exact=exact_moment(when, reader),
        is_next=planned,
        is_late=is_late,
    )


def by_day(found: Sequence[Event], reader: Reader) -> tuple[Day, ...]:
    """Return events under their days: what comes next first, then the newest."""
    coming = sorted((e for e in found if e.is_next), key=lambda e: e.when)
    days = [Day("Next", tuple(coming))] if coming else []
    past: dict[date, list[Event]] = {}
    for event in sorted(
        (e for e in found if not e.is_next), key=lambda e: e.when, reverse=True
    ):
        day = event.when.astimezone(zone(reader.formats.time_zone)).date()
        past.setdefault(day, []).append(event)
    days += [Day(day_title(day, reader), tuple(some)) for day, some in past.items()]
    return tuple(days)
