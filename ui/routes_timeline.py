"""Know the routes of a record's timeline: show it, add to it, complete what is open.

Each answers with a fragment to htmx and leads back to the timeline's page without it.
"""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, request

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import NotFound, Refused, TooLarge, XrmError
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run
from xrm.platform.records import service
from xrm.platform.services import stored_files
from xrm.platform.services.stored_files import Content
from xrm.platform.web import Right, right
from xrm.rule_engine import core_names
from xrm.ui import (
    decision_page,
    drafts,
    form_plan,
    records,
    shell,
    timeline,
    timeline_page,
    uploads,
)
from xrm.ui.drafts import Draft
from xrm.ui.reading import lower_first
from xrm.ui.responses import fragment, htmx, page, redirect
from xrm.ui.routes_actions import ask
from xrm.ui.timeline_state import Asked, asked_in
from xrm.ui.visit import Visit, visit

timeline_pages = Blueprint("timeline", __name__)
PREFIX = "t"
"""Begins the ids of the entry's widgets: the record's own form is on the same page."""
NOTE_TEXT = timeline_page.BODY[0]
BASE = "/app/<app>/<entity>/<record>/timeline"


@timeline_pages.get(BASE)
@right(Right.RECORDS)
def show(app: str, entity: str, record: str) -> Response:
    """Show activities, notes and changes of a record."""
    with visit(app) as seen:
        definition, id_, title = _found(seen, entity, record)
        asked = asked_in(request.args)
        made = timeline.read(seen, definition, id_, asked)
        if _is_htmx():
            if asked.before is not None:
                return fragment("form/timeline_days.html", timeline=made)
            whole = htmx.target != "timeline-stream"
            name = "timeline" if whole else "timeline_stream"
            return fragment(f"form/{name}.html", timeline=made, text="", fault="")
        return _page(seen, definition, title, made)


def _page(
    seen: Visit,
    entity: Entity,
    title: str,
    made: timeline_page.Timeline,
    *,
    text: str = "",
    fault: str = "",
    entry: Any = None,
    status: int = HTTPStatus.OK,
) -> Response:
    return page(
        "form/timeline_page.html",
        status=status,
        shell=seen.shell(entity.name, entity.label),
        timeline=made,
        title=title,
        text=text,
        fault=fault,
        entry=entry,
    )


@timeline_pages.post(BASE + "/notes")
@right(Right.RECORDS)
def add_note(app: str, entity: str, record: str) -> Response:
    """Add a note; one that is refused keeps its text."""
    text = request.form.get(NOTE_TEXT, "").strip()
    fault = ""
    try:
        content = uploads.kept().get("file")
        if not text and content is None:
            raise Refused("Write the note first.")
        with visit(app, write=True) as seen:
            definition, id_, _ = _found(seen, entity, record)
            note = timeline_page.note_child(seen.work.catalog, definition)
            if note is None:
                raise NotFound(f"{definition.plural_label} take no notes.")
            values: dict[str, Any] = {note.field.name: Ref(entity, id_)}
            if text:
                values[NOTE_TEXT] = text
            if content is not None:
                kind = seen.work.catalog.entity(note.entity)
                values |= _attached(seen, kind, content)
            service.create(seen.work, note.entity, values)
    except (*drafts.SAYABLE, TooLarge) as error:
        fault = error.message
    if not fault:
        return _again(app, entity, record, "The note is added.")
    return _refused(app, entity, record, text, fault)


def _attached(seen: Visit, note: Entity, content: Content) -> dict[str, Any]:
    """Return the values of a note that name a file and tell about it."""
    fields = stored_files.file_fields(note)
    if not fields:
        raise Refused("Notes take no files here.")
    told = {
        "name": content.name,
        "mimetype": content.mimetype,
        "size": content.size,
        "is": True,
    }
    names = core_names.NOTE_FILE
    values: dict[str, Any] = {
        names[key]: value for key, value in told.items() if names[key] in note.fields
    }
    values[fields[0]] = stored_files.add(seen.work, content)
    return values


@timeline_pages.get(BASE + "/<kind>/new")
@right(Right.RECORDS)
def new_entry(app: str, entity: str, record: str, kind: str) -> Response:
    """Show the few fields of an activity that is made here."""
    with visit(app) as seen:
        draft = _draft(seen, entity, record, kind)
        return _entry(seen, entity, record, draft)


@timeline_pages.post(BASE + "/<kind>/new")
@right(Right.RECORDS)
def add_entry(app: str, entity: str, record: str, kind: str) -> Response:
    """Make an activity about the record."""
    draft = drafts.save(app, lambda seen: _draft(seen, entity, record, kind))
    if draft.record is not None:
        label = lower_first(draft.entity.label)
        return _again(
            app, entity, record, f"The {label} is added.", warnings=draft.warnings
        )
    with visit(app) as seen:
        return _entry(seen, entity, record, draft)


@timeline_pages.get(BASE + "/<kind>/<event>")
@right(Right.RECORDS)
def edit(app: str, entity: str, record: str, kind: str, event: str) -> Response:
    """Show a note to be changed where it stands."""
    with visit(app) as seen:
        definition, id_, title = _found(seen, entity, record)
        child = _child(seen, definition, kind)
        if kind != core_names.NOTE:
            raise NotFound("Only notes are changed here.")
        values = _of_record(seen, child, id_, event, (NOTE_TEXT, "versionnumber"))
        address = f"{_address(app, entity, record)}/timeline/{kind}/{event}"
        shown = {
            "address": address,
            "text": values[NOTE_TEXT] or "",
            "version": values["versionnumber"],
            "id": event,
            "back": _address(app, entity, record) + "/timeline",
        }
        if _is_htmx():
            return fragment("form/note.html", note=shown)
        return page(
            "form/note_page.html",
            shell=seen.shell(entity, definition.label),
            note=shown,
            title=title,
        )


@timeline_pages.post(BASE + "/<kind>/<event>")
@right(Right.RECORDS)
def change(app: str, entity: str, record: str, kind: str, event: str) -> Response:
    """Complete an activity, change or delete a note."""
    do = request.form.get("do", "")
    if do == "delete" and not _is_htmx() and not request.form.get("sure"):
        return _ask_delete(app, entity, record, kind, event)
    try:
        with visit(app, write=True) as seen:
            definition, id_, _ = _found(seen, entity, record)
            child = _child(seen, definition, kind)
            _of_record(seen, child, id_, event, ())
            said = _do(seen, seen.work.catalog.entity(kind), UUID(event), do)
            warnings = tuple(seen.work.warnings)
    except XrmError as fault:
        if fault.status not in (400, 403, 409, 412):
            raise
        return _again(app, entity, record, f"Not done: {fault.message}", "red")
    return _again(app, entity, record, said, warnings=warnings)


def _ask_delete(app: str, entity: str, record: str, kind: str, event: str) -> Response:
    """Ask first, where no script did."""
    with visit(app) as seen:
        definition, id_, _ = _found(seen, entity, record)
        child = _child(seen, definition, kind)
        _of_record(seen, child, id_, event, ())
        other = seen.work.catalog.entity(kind)
        title = seen.title_of(kind, UUID(event)) or other.label
        address = f"{_address(app, entity, record)}/timeline"
        made = decision_page.deleting(
            other, [title], f"{address}/{kind}/{event}", address, (("do", "delete"),)
        )
        return ask(seen, definition, made)


def _do(seen: Visit, kind: Entity, event: UUID, do: str) -> str:
    label = lower_first(kind.label)
    if do == "state":
        to = request.form.get("to", "")
        state = kind.state(int(to)) if to.isdigit() and len(to) < 10 else None
        if state is None:
            raise Refused(f"{kind.label} has no such status.")
        service.set_state(seen.work, kind.name, event, state.value)
        return f"The {label} is {lower_first(state.name)}."
    if do == "delete":
        service.delete(seen.work, kind.name, event)
        return f"The {label} is deleted."
    if do == "save" and kind.name == core_names.NOTE:
        text = request.form.get(NOTE_TEXT, "").strip()
        version = request.form.get("version", "")
        if not text:
            raise Refused("A note needs a text. Delete it instead.")
        service.update(
            seen.work,
            kind.name,
            event,
            {NOTE_TEXT: text},
            if_version=int(version) if version.isdigit() else None,
        )
        return f"The {label} is saved."
    raise NotFound("There is no such action.")


def _found(seen: Visit, entity: str, record: str) -> tuple[Entity, UUID, str]:
    definition = seen.entity(entity)
    id_ = records.id_of(definition, record)
    title = seen.title_of(entity, id_)
    if title is None:
        raise records.not_found(definition)
    return definition, id_, title


def _child(seen: Visit, entity: Entity, kind: str) -> Child:
    found = timeline_page.children(seen.work.catalog, entity)
    child = next((one for one in found if one.entity == kind), None)
    if child is None or not shell.may_read(seen.actor, kind):
        raise NotFound(f'{entity.plural_label} have no "{kind[:63]}" in the timeline.')
    return child


def _of_record(
    seen: Visit, child: Child, record: UUID, event: str, fields: tuple[str, ...]
) -> dict[str, Any]:
    """Return fields of an event that belongs to a record."""
    kind = seen.work.catalog.entity(child.entity)
    key = records.id_of(kind, event)
    rows = run(
        seen.work,
        Query(
            kind.name,
            (child.field.name, *fields),
            Compare(kind.key, "eq", (key,)),
            limit=1,
        ),
    ).rows
    if not rows or rows[0][child.field.name] != record:
        raise records.not_found(kind)
    return rows[0]


def _draft(seen: Visit, entity: str, record: str, kind: str) -> Draft:
    definition, id_, _ = _found(seen, entity, record)
    child = _child(seen, definition, kind)
    other = drafts.creatable(seen, kind)
    lookup = child.field.name
    plan = records.plan_for(
        seen,
        other,
        lambda catalog, made: form_plan.entry_form(catalog, made, lookup),
        f"entry {lookup}",
    )
    posted = dict(request.form.lists()) if request.method == "POST" else None
    return Draft(other, plan, lookup, Ref(entity, id_), posted=posted)


def _entry(seen: Visit, entity: str, record: str, draft: Draft) -> Response:
    made = drafts.page_of(seen, draft, prefix=PREFIX)
    address = f"{_address(seen.app, entity, record)}/timeline"
    entry = {
        "form": made,
        "icon": draft.entity.icon or shell.ICON,
        "action": f"{address}/{draft.entity.name}/new",
        "back": address,
    }
    status = HTTPStatus.BAD_REQUEST if draft.is_refused else HTTPStatus.OK
    if _is_htmx():
        return fragment("form/entry.html", status=status, entry=entry)
    definition, id_, title = _found(seen, entity, record)
    shown = timeline.read(seen, definition, id_, Asked())
    return _page(seen, definition, title, shown, entry=entry, status=status)


def _again(
    app: str,
    entity: str,
    record: str,
    said: str,
    hue: str = "green",
    warnings: tuple[str, ...] = (),
) -> Response:
    """Show the timeline as it is now, and say what was done."""
    lines = [(hue, said), *(("yellow", line) for line in warnings)]
    if not _is_htmx():
        for kind, line in lines:
            flash(line, kind)
        return redirect(f"{_address(app, entity, record)}/timeline")
    with visit(app) as seen:
        definition, id_, _ = _found(seen, entity, record)
        made = timeline.read(seen, definition, id_, Asked())
        response = fragment(
            "form/timeline.html", timeline=made, text="", fault="", said=lines
        )
        response.headers["HX-Retarget"] = "#timeline"
        return response


def _refused(app: str, entity: str, record: str, text: str, fault: str) -> Response:
    with visit(app) as seen:
        definition, id_, title = _found(seen, entity, record)
        made = timeline.read(seen, definition, id_, Asked())
        status = HTTPStatus.BAD_REQUEST
        if _is_htmx():
            return fragment(
                "form/timeline.html",
                status=status,
                timeline=made,
                text=text,
                fault=fault,
            )
        return _page(
            seen, definition, title, made, text=text, fault=fault, status=status
        )


def _address(app: str, entity: str, record: str) -> str:
    return f"{shell.list_address(app, entity)}/{record}"


def _is_htmx() -> bool:
    return bool(htmx) and not htmx.history_restore_request
