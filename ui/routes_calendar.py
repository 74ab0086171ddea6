"""Know the route of the calendar: a record goes to another day, at its time of day."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, flash, request

from xrm.metadata.entities import Entity
from xrm.platform.errors import NotFound, Refused, StaleVersion, XrmError
from xrm.platform.records import service
from xrm.platform.web import Right, right
from xrm.ui import (
    calendar_page,
    calendar_reading,
    list_state,
    list_views,
    records,
    shell,
)
from xrm.ui.calendar_page import Source
from xrm.ui.reading import short_day
from xrm.ui.responses import local, redirect, wants_fragment
from xrm.ui.visit import Visit, visit

calendar_pages = Blueprint("calendar", __name__)


@calendar_pages.post("/app/<app>/<entity>/<record>/reschedule")
@right(Right.RECORDS)
def reschedule(app: str, entity: str, record: str) -> Response:
    """Move a record to another day; a refusal says why and leaves it where it was."""
    back = local(request.form.get("back"), shell.list_address(app, entity))
    try:
        with visit(app, write=True) as seen:
            definition = seen.entity(entity)
            source = calendar_page.source_of(
                definition, request.form.get("by", ""), seen.readable(entity)
            )
            if source is None:
                raise NotFound(f"{definition.plural_label} have no dates.")
            day = _day(request.form.get("day", ""))
            title = _move(seen, definition, source, record, day)
            said = f"“{title}” moved to {short_day(day, seen.reader)}."
            warnings = tuple(seen.work.warnings)
        flash(said, "green")
        for line in warnings:
            flash(line, "yellow")
    except StaleVersion:
        flash("Not moved: somebody changed the record meanwhile. Look again.", "red")
    except XrmError as fault:
        if fault.status not in (400, 403, 409, 412):
            raise
        flash(f"Not moved: {records.reasons(fault)}", "red")
    if not wants_fragment("list"):
        return redirect(back)
    path, _, query = back.partition("?")
    with visit(app) as seen:
        listed = seen.entity(path.rstrip("/").rpartition("/")[2])
        state = list_state.read_text(path, query)
        chosen = list_views.chosen(seen, listed, state)
        return calendar_reading.show(
            seen, listed, list_views.laid_out(state, chosen), chosen
        )


def _move(seen: Visit, entity: Entity, source: Source, record: str, day: date) -> str:
    """Move the record's dates by as many days as its first one; return its title."""
    id_ = records.id_of(entity, record)
    title = seen.title_of(entity.name, id_)
    if title is None:
        raise records.not_found(entity)
    names = [source.start.name, *((source.end.name,) if source.end else ())]
    row = service.retrieve(seen.work, entity.name, id_, tuple(names))
    first = row.get(names[0]) or (row.get(names[-1]) if source.end else None)
    if first is None:
        raise Refused("It has no date to move.")
    step = day - _local(first, source, seen)
    values: dict[str, Any] = {}
    for name in names:
        value, field = row.get(name), entity.field(name)
        if isinstance(value, datetime):
            to = _local(value, source, seen) + step
            values[name] = calendar_page.shifted(value, field, to, seen.reader)
        elif value is not None:
            values[name] = value + step
    text = request.form.get("version", "")
    version = int(text) if text.isdigit() and len(text) < 19 else None
    service.update(seen.work, entity.name, id_, values, if_version=version)
    return title


def _local(value: Any, source: Source, seen: Visit) -> date:
    if not isinstance(value, datetime):
        found: date = value
        return found
    return calendar_page.local_day(source.start, value, seen.reader)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("Say which day it shall move to.") from None
