"""Know what a record's timeline shows: what comes next, and what happened, day by day.

Pure. Activities, notes and changes of the record come from different tables and are put
together here. A page of the past ends where one kind was read no further; the next one
begins there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from xrm.metadata.catalog import Catalog, Child
from xrm.metadata.entities import Entity
from xrm.metadata.fields.display import zone
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.system_fields import OWNING
from xrm.platform.query.query import And, Compare, Condition, Or, Order, Query
from xrm.platform.query.views import quick_find
from xrm.platform.records.history import HistoryEntry
from xrm.platform.services.stored_files import file_fields
from xrm.rule_engine import core_names
from xrm.ui import history_page
from xrm.ui.columns import record_address
from xrm.ui.hues import hue_of
from xrm.ui.reading import (
    Reader,
    clock,
    day_title,
    exact_moment,
    lower_first,
    short_day,
    size_words,
)
from xrm.ui.record_actions import next_states, state_words
from xrm.ui.rich_text import plain_text
from xrm.ui.shell import Link
from xrm.ui.timeline_state import CHANGES, MOST_SKIPPED, Asked, Cursor

PAGE = 20
"""Events of the past that one page shows."""
READ = 25
"""Rows of one kind that are read for a page."""
WHEN = "createdon"
"""When an event stands in the past: imported ones keep the day they come from."""
DUE, BODY = "scheduledend", ("notetext", "description")
SHOWN, CHANGES_SHOWN = 240, 4
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """One changed field: its label, before and after."""

    label: str
    before: str
    after: str


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
    kind: str = ""
    id: str = ""
    who: str = ""
    is_next: bool = False
    is_late: bool = False
    seq: int | None = None
    told: tuple[Told, ...] = ()
    more: int = 0
    done: str = ""
    """The words of what completes it, empty when the person may not."""
    to: str = ""
    can_edit: bool = False
    file: str = ""
    """The name of what is attached."""
    file_href: str = ""
    file_size: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """The events of one day."""

    title: str
    events: tuple[Event, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A chip that shows or hides a kind."""

    label: str
    icon: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a record's timeline shows."""

    address: str
    record: str
    days: tuple[Day, ...]
    asked: Asked
    kinds: tuple[Kind, ...] = ()
    earlier: str = ""
    mine: str = ""
    create: tuple[Link, ...] = ()
    can_note: bool = False
    can_attach: bool = False
    is_filtered: bool = False
    hidden: tuple[tuple[str, str], ...] = ()


def children(catalog: Catalog, entity: Entity) -> list[Child]:
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
    found = children(catalog, entity)
    return next((c for c in found if c.entity == core_names.NOTE), None)


def query(
    entity: Entity, child: Child, record: UUID, asked: Asked, user: UUID | None
) -> Query:
    """Return the query of one kind: what is open first, then the newest."""
    wanted: tuple[str, ...] = (WHEN, "statecode", DUE, *BODY, *OWNING)
    if entity.name == core_names.NOTE:
        wanted += (*core_names.NOTE_FILE.values(), *file_fields(entity))
    columns = [entity.title or entity.key]
    columns += [name for name in wanted if name in entity.fields]
    columns += ["createdby", "createdby@name"]
    parts: list[Condition] = [Compare(child.field.name, "eq", (record,))]
    if asked.text:
        found = quick_find(entity, asked.text)
        if found is not None:
            parts.append(found)
    if asked.mine and user is not None:
        who = "ownerid" if "ownerid" in entity.fields else "createdby"
        parts.append(Compare(who, "eq", (user,)))
    order = [Order(WHEN, descending=True)]
    is_open = open_value(entity)
    if asked.before is not None:
        parts.append(Compare(WHEN, "le", (asked.before.moment,)))
        if asked.before.shown:
            parts.append(Compare(entity.key, "not-in", asked.before.shown))
        if is_open is not None:
            parts.append(
                Or(
                    (
                        Compare("statecode", "ne", (is_open,)),
                        Compare("statecode", "null"),
                    )
                )
            )
    elif is_open is not None:
        order.insert(0, Order("statecode"))
    return Query(
        entity.name,
        tuple(dict.fromkeys(columns)),
        And(tuple(parts)),
        order=tuple(order),
        limit=READ,
    )


def open_value(entity: Entity) -> int | None:
    """Return the state in which an activity is still to be done."""
    if entity.kind != "activity" or not entity.states:
        return None
    first = entity.states[0]
    least = min(state.value for state in entity.states)
    return None if first.read_only or first.value != least else first.value


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of one kind: its events, and whether there are more."""

    events: tuple[Event, ...]
    is_cut: bool


def horizon(found: Iterable[Read]) -> datetime | None:
    """Return the moment before which something may not have been read yet.

    `None`: everything was. A kind that was cut before anything of its past was reached
    hides the whole past, which then begins on the next page.
    """
    edges = []
    for one in found:
        if one.is_cut:
            past = [event.when for event in one.events if not event.is_next]
            edges.append(min(past) if past else FAR)
    if any(edge == FAR for edge in edges):
        return FAR
    return max(edges) if edges else None


def cut(found: Sequence[Read], asked: Asked, now: datetime) -> tuple[
    list[Event], Cursor | None
]:  # fmt: skip
    """Return the events of a page and where the next one begins, if there is more."""
    coming = [e for one in found for e in one.events if e.is_next]
    past = sorted(
        (e for one in found for e in one.events if not e.is_next),
        key=lambda e: (-e.when.timestamp(), -(e.seq or 0), e.kind, e.id),
    )
    edge = horizon(found)
    if edge == FAR:
        before = asked.before or Cursor(now)
        return coming, before if before != asked.before else None
    shown = past if edge is None else [e for e in past if e.when >= edge]
    has_more = edge is not None or len(shown) > PAGE
    shown = shown[:PAGE]
    if not has_more or not shown:
        return [*coming, *shown], None
    last = shown[-1].when
    same = [e.id for e in shown if e.when == last and e.seq is None]
    if asked.before is not None and asked.before.moment == last:
        same = [*asked.before.shown, *same]
    seqs = [e.seq for e in shown if e.seq is not None]
    known = asked.before.seq if asked.before is not None else None
    seq = min(seqs) if seqs else known
    return [*coming, *shown], Cursor(last, tuple(same[:MOST_SKIPPED]), seq)


def events(
    entity: Entity,
    rows: Sequence[Mapping[str, Any]],
    reader: Reader,
    app: str,
    *,
    may_write: Sequence[bool] = (),
) -> list[Event]:
    """Return the events of one entity's rows; `may_write` says it for each row."""
    return [
        _event(entity, row, reader, app, may_write[i] if i < len(may_write) else False)
        for i, row in enumerate(rows)
    ]


def _event(
    entity: Entity, row: Mapping[str, Any], reader: Reader, app: str, may_write: bool
) -> Event:
    is_note = entity.name == core_names.NOTE
    first = open_value(entity)
    is_open = first is not None and row.get("statecode") == first
    due = row.get(DUE) if is_open else None
    when: datetime = due or row.get(WHEN) or reader.now
    body = next((row[name] for name in BODY if row.get(name)), "")
    title = row.get(entity.title or entity.key)
    who = str(row.get("createdby@name") or "")
    if is_note and not title:
        title = f"Note by {who or 'the system'}"
    is_late = due is not None and when < reader.now
    text = plain_text(str(body))
    hue = hue_of(entity.color, "yellow" if is_note else "gray")
    done, to = completion(entity, row) if is_open and may_write else ("", "")
    return Event(
        when=when,
        title=str(title or entity.label),
        text=text[:SHOWN] + ("…" if len(text) > SHOWN else ""),
        icon=entity.icon or "note",
        hue="red" if is_late else str(hue),
        href=record_address(app, entity.name, row[entity.key]),
        time=time_words(when, reader, is_next=is_open, has_due=due is not None),
        exact=exact_moment(when, reader),
        kind=entity.name,
        id=str(row[entity.key]),
        who=who,
        is_next=is_open,
        is_late=is_late,
        done=done,
        to=to,
        can_edit=is_note and may_write,
        **_file(entity, row, app),
    )


def _file(entity: Entity, row: Mapping[str, Any], app: str) -> dict[str, Any]:
    """Return what is attached to a note."""
    is_note = entity.name == core_names.NOTE
    name = next((n for n in file_fields(entity) if row.get(n) is not None), "")
    if not name or not is_note:
        return {}
    base = record_address(app, entity.name, row[entity.key])
    said = core_names.NOTE_FILE
    size = row.get(said["size"])
    return {
        "file": str(row.get(said["name"]) or "File"),
        "file_href": f"{base}/files/{name}",
        "file_size": "" if size is None else size_words(size),
    }


def time_words(when: datetime, reader: Reader, *, is_next: bool, has_due: bool) -> str:
    """Return when something is due or was, as people say it."""
    if is_next and not has_due:
        return "no due date"
    local = when.astimezone(zone(reader.formats.time_zone))
    days = (reader.today - local.date()).days
    if is_next and days > 0:
        return "1 day late" if days == 1 else f"{days} days late"
    if is_next and days != 0:
        return "tomorrow" if days == -1 else short_day(local.date(), reader)
    return clock(local, reader)


def completion(entity: Entity, row: Mapping[str, Any]) -> tuple[str, str]:
    """Return the words and the value of the state that completes an activity."""
    current = row.get("statecode")
    for state in next_states(entity, current):
        if state.read_only:
            return state_words(entity, current, state), str(state.value)
    return "", ""


def changes(
    entity: Entity,
    entries: Sequence[HistoryEntry],
    reader: Reader,
    people: Mapping[UUID, str],
    names: Mapping[tuple[str, UUID], str],
) -> list[Event]:
    """Return a record's changes as events; those that tell nothing are left out."""
    found = []
    for entry in entries:
        made = history_page.entry_of(entity, entry, reader, people, names)
        told = [Told(c.label, c.before or "empty", c.after or "empty")
                for c in made.changes]  # fmt: skip
        if made.is_new:
            title, told = f"{made.person.name} created this", []
        elif not told and not made.hidden and entry.verb == "update":
            continue
        elif len(told) == 1:
            title = f"{made.person.name} changed {lower_first(told[0].label)}"
        elif told:
            title = f"{made.person.name} changed {len(told)} fields"
        else:
            title = f"{made.person.name} {made.words}"
        found.append(
            Event(
                when=entry.when,
                title=title,
                text="",
                icon=made.icon,
                hue="gray",
                href="",
                time=time_words(entry.when, reader, is_next=False, has_due=False),
                exact=made.exact,
                kind=CHANGES,
                seq=entry.seq,
                told=tuple(told[:CHANGES_SHOWN]),
                more=max(0, len(told) - CHANGES_SHOWN),
            )
        )
    return found


def by_day(found: Sequence[Event], reader: Reader, before: str = "") -> tuple[Day, ...]:
    """Return events under their days: what comes next first, then the newest.

    The day that a page before ended with is not titled again.
    """
    coming = sorted((e for e in found if e.is_next), key=lambda e: e.when)
    coming.sort(key=lambda e: e.time == "no due date")
    days = [Day("Next", tuple(coming))] if coming else []
    past: dict[date, list[Event]] = {}
    for event in (e for e in found if not e.is_next):
        day = event.when.astimezone(zone(reader.formats.time_zone)).date()
        past.setdefault(day, []).append(event)
    for day, some in past.items():
        key = day.isoformat()
        title = "" if key == before else day_title(day, reader)
        days.append(Day(title, tuple(some), key))
    return tuple(days)


def kinds_of(
    catalog: Catalog, names: Sequence[str], asked: Asked, path: str, *, audited: bool
) -> tuple[Kind, ...]:
    """Return the chips of the kinds that a timeline has; none for a single one."""
    known = [(n, catalog.entity(n).plural_label, catalog.entity(n).icon or "note")
             for n in names]  # fmt: skip
    if audited:
        known.append((CHANGES, "Changes", "history"))
    if len(known) < 2:
        return ()
    made = [Kind("All", "", replace(asked, kinds=frozenset()).address(path),
                 not asked.kinds)]  # fmt: skip
    for name, label, icon in known:
        made.append(
            Kind(
                label,
                icon,
                replace(asked, kinds=asked.kinds ^ {name}).address(path),
                name in asked.kinds,
            )
        )
    return tuple(made)


def refs_of(entity: Entity, entries: Sequence[HistoryEntry]) -> list[Ref]:
    """Return the records and people that changes name."""
    people = {entry.who for entry in entries if entry.who}
    return [
        *history_page.refs_of(entity, entries),
        *(Ref(core_names.USER, who) for who in people),
    ]
