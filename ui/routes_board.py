"""Know the routes of the board: ask where a card shall go, and move it there.

A move is the normal change of one field, with the version the person saw: rules,
transitions and rights may refuse it, and the card is back where it was.
"""

from uuid import UUID

from flask import Blueprint, Response, flash, request

from xrm.metadata.entities import Entity, Field
from xrm.platform.errors import Forbidden, NotFound, Refused, StaleVersion, XrmError
from xrm.platform.records import service
from xrm.platform.web import Right, right
from xrm.ui import (
    board_page,
    board_reading,
    decision_page,
    layouts,
    list_state,
    list_views,
    records,
    shell,
)
from xrm.ui.responses import local, redirect, wants_fragment
from xrm.ui.routes_actions import ask
from xrm.ui.visit import Visit, visit

board_pages = Blueprint("board", __name__)


@board_pages.get("/app/<app>/<entity>/<record>/move")
@right(Right.RECORDS)
def ask_move(app: str, entity: str, record: str) -> Response:
    """Ask which lane a record shall go to: what dragging does, without a mouse."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        by = _by(seen, definition, request.args.get("by", ""))
        id_ = records.id_of(definition, record)
        title = seen.title_of(entity, id_)
        if title is None:
            raise records.not_found(definition)
        row = service.retrieve(seen.work, entity, id_, (by.name,))
        address = shell.list_address(app, entity)
        made = decision_page.moving(
            title,
            by.label,
            board_page.targets(by, row.get(by.name)),
            f"{address}/{record}/move",
            local(request.args.get("back"), f"{address}?as=board&by={by.name}"),
            (("by", by.name), ("version", request.args.get("version", ""))),
        )
        return ask(seen, definition, made)


@board_pages.post("/app/<app>/<entity>/<record>/move")
@right(Right.RECORDS)
def move(app: str, entity: str, record: str) -> Response:
    """Move a record to another lane; a refusal says why."""
    base = shell.list_address(app, entity)
    name = request.form.get("by", "")
    back = local(request.form.get("back"), f"{base}?as=board&by={name}")
    try:
        with visit(app, write=True) as seen:
            definition = seen.entity(entity)
            by = _by(seen, definition, name)
            id_ = records.id_of(definition, record)
            title = seen.title_of(entity, id_)
            if title is None:
                raise records.not_found(definition)
            to = _option(by, request.form.get("to", ""))
            _change(seen, definition, id_, by, to)
            warnings = tuple(seen.work.warnings)
            label = {c.value: c.label for c in board_page.targets(by, None)}
            flash(f"“{title}” moved to {label[request.form.get('to', '')]}.", "green")
            for line in warnings:
                flash(line, "yellow")
    except StaleVersion:
        flash("Not moved: somebody changed the record meanwhile. Look again.", "red")
    except XrmError as fault:
        if fault.status not in (400, 403, 409, 412):
            raise
        flash(f"Not moved: {records.reasons(fault)}", "red")
    if wants_fragment("list"):
        return _board(app, entity, base, back)
    return redirect(back)


def _board(app: str, entity: str, base: str, back: str) -> Response:
    """Answer with the board as it is now."""
    with visit(app) as seen:
        state = list_state.read_text(base, back.partition("?")[2])
        definition = seen.entity(entity)
        chosen = list_views.chosen(seen, definition, state)
        return board_reading.show(seen, definition, state, chosen)


def _change(
    seen: Visit, entity: Entity, record: UUID, by: Field, to: int | None
) -> None:
    text = request.form.get("version", "")
    version = int(text) if text.isdigit() and len(text) < 19 else None
    values: dict[str, int | None] = {by.name: to}
    verb = "update"
    if by.type == "status":
        state = entity.state_of_reason(to)
        now = service.retrieve(seen.work, entity.name, record, ("statecode",))
        if state is not None and now["statecode"] != state.value:
            values["statecode"] = state.value
            verb = "set_state"
    elif by.type == "state":
        verb = "set_state"
    service.update(
        seen.work,
        entity.name,
        record,
        values,
        if_version=version,
        verb="set_state" if verb == "set_state" else "update",
    )


def _by(seen: Visit, entity: Entity, name: str) -> Field:
    fields = layouts.lane_fields(entity, seen.readable(entity.name))
    found = next((field for field in fields if field.name == name), None)
    if found is None:
        raise NotFound(f"{entity.plural_label} have no board by “{name[:80]}”.")
    if lock := board_page.move_lock(found):
        raise Forbidden(f"{found.label} cannot be changed: {lock}.", target=name)
    return found


def _option(by: Field, text: str) -> int | None:
    for choice in board_page.targets(by, None):
        if choice.value == text:
            return int(text) if text else None
    raise Refused(f"{by.label} has no such option.", target=by.name)
