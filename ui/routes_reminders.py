"""Know the routes of a person's own activities: list, complete, put off."""

from uuid import UUID

from flask import Blueprint, Response, flash, request

from xrm.platform.errors import NotFound, Refused, XrmError
from xrm.platform.query.run import run
from xrm.platform.records import service
from xrm.platform.security import checks
from xrm.platform.web import Right, right
from xrm.ui import records, reminders_page, shell
from xrm.ui.reading import lower_first
from xrm.ui.reminders_page import MOST, RemindersPage
from xrm.ui.responses import fragment, htmx, page, redirect
from xrm.ui.timeline_page import DUE
from xrm.ui.visit import Visit, visit

reminder_pages = Blueprint("reminders", __name__)
PLACE = shell.MY_ACTIVITIES


def read(seen: Visit) -> RemindersPage:
    """Return the visitor's open activities: one statement per kind."""
    found, is_cut = [], False
    for entity in reminders_page.kinds(seen.work.catalog):
        if not shell.may_read(seen.actor, entity.name):
            continue
        asked = reminders_page.query(entity, seen.actor.user_id)
        rows = run(seen.work, asked).rows
        is_cut = is_cut or len(rows) == MOST
        about = reminders_page.about_field(entity)
        if about:
            seen.add_names(rows, ((about, entity.field(about)),))
        for row in rows:
            target = row.get(f"{about}_type") if about else None
            found.append(
                reminders_page.reminder(
                    entity,
                    row,
                    seen.reader,
                    seen.app,
                    may_write=checks.check_record(seen.work, entity.name, "write", row),
                    may_read_about=bool(target)
                    and shell.may_read(seen.actor, str(target)),
                )
            )
    address = f"/app/{seen.app}/{PLACE}"
    return reminders_page.build(address, found, seen.reader, is_cut=is_cut)


@reminder_pages.get(f"/app/<app>/{PLACE}")
@right(Right.RECORDS)
def show(app: str) -> Response:
    """Show the visitor's open activities."""
    with visit(app) as seen:
        made = read(seen)
        if htmx and htmx.target == "reminders":
            return fragment("reminders/list.html", reminders=made)
        return page(
            "reminders/page.html",
            shell=seen.shell(title="To do", place=PLACE),
            reminders=made,
        )


@reminder_pages.post(f"/app/<app>/{PLACE}/<kind>/<activity>")
@right(Right.RECORDS)
def change(app: str, kind: str, activity: str) -> Response:
    """Complete an activity, or put it off."""
    try:
        with visit(app, write=True) as seen:
            said = _do(seen, kind, activity)
            warnings = tuple(seen.work.warnings)
    except XrmError as fault:
        if fault.status not in (400, 403, 409, 412):
            raise
        return _again(app, [("red", f"Not done: {fault.message}")])
    return _again(app, [("green", said), *(("yellow", line) for line in warnings)])


def _do(seen: Visit, kind: str, activity: str) -> str:
    found = {entity.name: entity for entity in reminders_page.kinds(seen.work.catalog)}
    entity = found.get(kind)
    if entity is None:
        raise NotFound(f'There are no activities "{kind[:63]}".')
    seen.entity(kind)
    key: UUID = records.id_of(entity, activity)
    label = lower_first(entity.label)
    to = request.form.get("to", "")
    if to:
        state = entity.state(int(to)) if to.isdigit() and len(to) < 10 else None
        if state is None:
            raise Refused(f"{entity.label} has no such status.")
        service.set_state(seen.work, kind, key, state.value)
        return f"The {label} is {lower_first(state.name)}."
    moment = reminders_page.put_off(request.form.get("snooze", ""), seen.reader)
    if moment is None:
        raise NotFound("There is no such action.")
    service.update(seen.work, kind, key, {DUE: moment})
    return f"The {label} is put off."


def _again(app: str, lines: list[tuple[str, str]]) -> Response:
    if not htmx:
        for hue, line in lines:
            flash(line, hue)
        return redirect(f"/app/{app}/{PLACE}")
    with visit(app) as seen:
        return fragment("reminders/list.html", reminders=read(seen), said=lines)
