"""Read what a record's timeline shows: one statement per kind, none per row."""

from dataclasses import replace
from uuid import UUID

from xrm.metadata.entities import Entity
from xrm.platform.query.run import run
from xrm.platform.records import service
from xrm.platform.records.history import HistoryEntry
from xrm.platform.security import checks
from xrm.platform.services import stored_files
from xrm.rule_engine import core_names
from xrm.ui import offers, shell, timeline_page
from xrm.ui.timeline_page import READ, Event, Read, Timeline
from xrm.ui.timeline_state import CHANGES, Asked
from xrm.ui.visit import Visit

MOST_ROUNDS = 4
"""How often older changes are read where those before tell the reader nothing."""


def read(seen: Visit, entity: Entity, record: UUID, asked: Asked) -> Timeline:
    """Return the timeline of a record that the person may see."""
    catalog, name = seen.work.catalog, entity.name
    path = f"{shell.list_address(seen.app, name)}/{record}"
    children = [
        child
        for child in timeline_page.children(catalog, entity)
        if shell.may_read(seen.actor, child.entity)
    ]
    offered = _offered(seen, [child.entity for child in children])
    found: list[Read] = []
    makers = []
    for child in children:
        other = catalog.entity(child.entity)
        if asked.wants(other.name):
            query = timeline_page.query(other, child, record, asked, seen.actor.user_id)
            rows = run(seen.work, query).rows
            may = [checks.check_record(seen.work, other.name, "write", r) for r in rows]
            made = timeline_page.events(
                other, rows, seen.reader, seen.app, may_write=may
            )
            found.append(Read(tuple(made), len(rows) == READ))
        if other.name in offered and offers.may_add(seen, entity, record, other):
            address = f"{path}/timeline/{other.name}/new"
            makers.append(shell.Link(other.label, address, other.icon or shell.ICON))
    if entity.audited and asked.wants(CHANGES):
        found.append(_changes(seen, entity, record, asked))
    events, cursor = timeline_page.cut(found, asked, seen.work.now)
    before = asked.before.day if asked.before is not None else ""
    days = timeline_page.by_day(events, seen.reader, before)
    address = f"{path}/timeline"
    earlier = ""
    if cursor is not None:
        last = days[-1].key if days else ""
        earlier = asked.address(address, before=replace(cursor, day=last).text())
    there = {event.kind for event in events} | asked.kinds
    shown = [
        child.entity
        for child in children
        if child.entity in there
        or child.entity == core_names.NOTE
        or child.entity in offered
    ]
    note = timeline_page.note_child(catalog, entity)
    can_note = note is not None and offers.may_add(
        seen, entity, record, catalog.entity(note.entity)
    )
    return Timeline(
        address=address,
        record=path,
        days=days,
        kinds=timeline_page.kinds_of(
            catalog,
            shown,
            asked,
            address,
            audited=entity.audited,
        ),
        asked=asked,
        earlier=earlier,
        mine=replace(asked, mine=not asked.mine).address(address),
        create=tuple(makers),
        can_note=can_note,
        can_attach=can_note
        and bool(stored_files.file_fields(catalog.entity(core_names.NOTE))),
        is_filtered=bool(asked.kinds or asked.text or asked.mine),
        hidden=tuple(("kind", kind) for kind in sorted(asked.kinds))
        + ((("mine", "1"),) if asked.mine else ()),
    )


def _offered(seen: Visit, names: list[str]) -> frozenset[str]:
    """Return the activities that are made here: those of the app's navigation, if any.

    Others, like what the end of a record leaves behind, are only shown.
    """
    app = seen.work.catalog.apps.get(seen.app)
    groups = app.groups if app is not None else ()
    shown = {item.entity for group in groups for item in group.items}
    own = [name for name in names if name != core_names.NOTE]
    return frozenset([name for name in own if name in shown] or own)


def _changes(seen: Visit, entity: Entity, record: UUID, asked: Asked) -> Read:
    before = asked.before
    place = before.seq if before is not None else None
    told: list[Event] = []
    entries: list[HistoryEntry] = []
    for _ in range(MOST_ROUNDS):
        entries = service.latest_history(
            seen.work,
            entity.name,
            record,
            limit=READ,
            before=place,
            actor=seen.actor.user_id if asked.mine else None,
        )
        names = seen.titles(timeline_page.refs_of(entity, entries))
        people = {key: text for (kind, key), text in names.items()
                  if kind == core_names.USER}  # fmt: skip
        told = timeline_page.changes(entity, entries, seen.reader, people, names)
        if before is not None:
            told = [event for event in told if event.when <= before.moment]
        if told or len(entries) < READ:
            break
        place = entries[-1].seq
    return Read(tuple(told), bool(told) and len(entries) == READ)
