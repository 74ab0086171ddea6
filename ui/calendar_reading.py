"""Read a calendar: the records of a few weeks, of one entity or of every activity."""

from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

from flask import Response, get_flashed_messages

from xrm.metadata.entities import Entity
from xrm.platform.query.query import Condition, Order, Query, both
from xrm.platform.query.run import run
from xrm.ui import calendar_page, list_reading, list_views, offers, shell
from xrm.ui.calendar_page import MOST, CalendarPage, Event, Source, SpanLink
from xrm.ui.list_state import ListState
from xrm.ui.list_views import ChosenView
from xrm.ui.reading import lower_first
from xrm.ui.responses import fragment, page, wants_fragment
from xrm.ui.visit import Visit

EVERY = "*"
"""What `by` says for every kind of activity."""


def show(seen: Visit, entity: Entity, state: ListState, chosen: ChosenView) -> Response:
    """Show a calendar, or the part of it that htmx asks for."""
    head = list_reading.make_head(seen, entity, state, chosen)
    calendar = build(seen, entity, state, chosen)
    if wants_fragment("list"):
        said = get_flashed_messages(with_categories=True)
        return fragment(
            "list/calendar_fragment.html", said=said, list=head, calendar=calendar
        )
    return page(
        "list/calendar_page.html",
        shell=seen.shell(entity.name, entity.plural_label),
        list=head,
        calendar=calendar,
    )


def build(
    seen: Visit, entity: Entity, state: ListState, chosen: ChosenView
) -> CalendarPage:
    """Return the calendar of a list."""
    readable = seen.readable(entity.name)
    is_every = state.by == EVERY and entity.kind == "activity"
    source = calendar_page.source_of(entity, "" if is_every else state.by, readable)
    assert source is not None, "the calendar is offered where there is a date"
    span = state.span if state.span in calendar_page.SPANS else "month"
    at = calendar_page.read_day(state.day, seen.reader.today)
    where = list_reading.where_of(seen, entity, chosen, state)
    back = urlencode({"back": state.first().address()})
    found: list[Event] = []
    capped = False
    for one, condition in _every(seen) if is_every else [(source, where)]:
        events, more = _events(seen, one, condition, span, at, back)
        found += events
        capped = capped or more
    new = f"{state.path}/new" if shell.may_create(seen.actor, entity) else ""
    kinds: tuple[SpanLink, ...] = ()
    if entity.kind == "activity":
        own = replace(state.first(), by="")
        kinds = (
            SpanLink(entity.plural_label, own.address(), not is_every),
            SpanLink("All activities", replace(own, by=EVERY).address(), is_every),
        )
    return calendar_page.build(
        state,
        source,
        found,
        seen.reader,
        span=span,
        at=at,
        new=new,
        kinds=kinds,
        note=_note(entity, is_every, capped),
    )


def _note(entity: Entity, is_every: bool, capped: bool) -> str:
    """Return what the reader has to know of what is shown."""
    if is_every:
        things = lower_first(entity.plural_label)
        return f"Activities of every kind; the view and its filters are of {things}."
    if capped:
        return f"Only the first {MOST} are shown; filter to see others."
    return ""


def _every(seen: Visit) -> list[tuple[Source, Condition | None]]:
    """Return every kind of activity that the person reads."""
    entities = [
        entity
        for entity in seen.work.catalog.entities.values()
        if entity.kind == "activity" and shell.may_read(seen.actor, entity.name)
    ]
    readable = {e.name: list_views.readable(seen, e.name) for e in entities}
    return [(one, None) for one in calendar_page.sources(entities, readable)]


def _events(
    seen: Visit,
    source: Source,
    where: Condition | None,
    span: str,
    at: date,
    back: str,
) -> tuple[list[Event], bool]:
    first, last = calendar_page.span_days(span, at)
    inside = calendar_page.between(source, first, last, seen.reader)
    query = Query(
        source.entity.name,
        source.paths,
        both(where, inside),
        (Order(source.start.name),),
        limit=MOST,
    )
    answer = run(seen.work, query)
    base = f"/app/{seen.app}"
    key = source.entity.key
    movable = offers.changeable(
        seen, source.entity.name, [row[key] for row in answer.rows]
    )
    made = [
        calendar_page.event_of(
            source, row, seen.reader, base, back, may_move=row[key] in movable
        )
        for row in answer.rows
    ]
    return [event for event in made if event is not None], answer.next is not None
