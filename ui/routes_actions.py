"""Know the routes that do something to records: delete, assign, change state, in bulk.

Each is asked first (GET, or POST without `sure`), then done (POST with `sure`).
"""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, flash, request

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Forbidden, NotFound, Refused, XrmError
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run
from xrm.platform.records import service
from xrm.platform.records.service import Outcome
from xrm.platform.web import Right, right
from xrm.rule_engine import core_names
from xrm.ui import decision_page, form_page, history_page, records, shell
from xrm.ui.decision_page import Decision
from xrm.ui.filters import Choice
from xrm.ui.form_values import Typed
from xrm.ui.reading import lower_first, plural
from xrm.ui.responses import fragment, local, page, redirect, wants_fragment
from xrm.ui.visit import Visit, visit

actions = Blueprint("actions", __name__)
MOST_ROWS = 1_000


def ask(seen: Visit, entity: Entity, decision: Decision, status: int = 200) -> Response:
    """Ask a question, as a dialog or as a page."""
    if wants_fragment("dialog"):
        return fragment("parts/decision.html", ask=decision)
    frame = seen.shell(entity.name, entity.label)
    return page("decision.html", status=status, shell=frame, ask=decision)


@actions.get("/app/<app>/<entity>/<record>/delete")
@right(Right.RECORDS)
def ask_delete(app: str, entity: str, record: str) -> Response:
    """Ask whether a record shall be deleted."""
    with visit(app) as seen:
        definition, _, title = _found(seen, entity, record)
        address = f"{shell.list_address(app, entity)}/{record}"
        made = decision_page.deleting(definition, [title], f"{address}/delete", address)
        return ask(seen, definition, made)


@actions.post("/app/<app>/<entity>/<record>/delete")
@right(Right.RECORDS)
def delete(app: str, entity: str, record: str) -> Response:
    """Delete a record."""
    base = shell.list_address(app, entity)
    try:
        with visit(app, write=True) as seen:
            _, id_, title = _found(seen, entity, record)
            service.delete(seen.work, entity, id_)
    except XrmError as fault:
        return _refused(fault, f"{base}/{record}", "Not deleted")
    flash(f"“{title}” is deleted.", "green")
    return redirect(base)


@actions.get("/app/<app>/<entity>/<record>/assign")
@right(Right.RECORDS)
def ask_assign(app: str, entity: str, record: str) -> Response:
    """Ask who shall own a record."""
    with visit(app) as seen:
        definition, _, title = _found(seen, entity, record)
        base = shell.list_address(app, entity)
        made = decision_page.assigning(
            definition,
            [title],
            f"{base}/{record}/assign",
            f"{base}/{record}",
            f"{base}/lookup/ownerid",
        )
        return ask(seen, definition, made)


@actions.post("/app/<app>/<entity>/<record>/assign")
@right(Right.RECORDS)
def assign(app: str, entity: str, record: str) -> Response:
    """Give a record another owner."""
    address = f"{shell.list_address(app, entity)}/{record}"
    try:
        with visit(app, write=True) as seen:
            definition, id_, _ = _found(seen, entity, record)
            owner, name = _owner(seen, definition)
            service.assign(seen.work, entity, id_, owner)
    except XrmError as fault:
        return _refused(fault, address, "Not assigned")
    flash(f"The {lower_first(definition.label)} belongs to {name} now.", "green")
    with visit(app) as seen:
        readable = seen.title_of(entity, id_) is not None
    return redirect(address if readable else shell.list_address(app, entity))


@actions.get("/app/<app>/<entity>/<record>/state")
@right(Right.RECORDS)
def ask_state(app: str, entity: str, record: str) -> Response:
    """Ask for the reason of a record's new state."""
    with visit(app) as seen:
        definition, id_, title = _found(seen, entity, record)
        address = f"{shell.list_address(app, entity)}/{record}"
        row = service.retrieve(seen.work, entity, id_, ("statecode",))
        made = decision_page.changing_state(
            definition,
            title,
            row.get("statecode"),
            _number(request.args.get("to", "")),
            f"{address}/state",
            address,
        )
        if made is None:
            raise NotFound(f"{definition.label} has no such status.")
        return ask(seen, definition, made)


@actions.post("/app/<app>/<entity>/<record>/state")
@right(Right.RECORDS)
def change_state(app: str, entity: str, record: str) -> Response:
    """Change the state of a record; a refusal shows the form with the message."""
    address = f"{shell.list_address(app, entity)}/{record}"
    to = _number(request.form.get("to", ""))
    reason = request.form.get("reason", "")
    try:
        with visit(app, write=True) as seen:
            definition, id_, _ = _found(seen, entity, record)
            service.set_state(
                seen.work, entity, id_, to, _number(reason) if reason else None
            )
            warnings = tuple(seen.work.warnings)
    except XrmError as fault:
        if fault.status not in (400, 409):
            raise
        return _form_with(app, entity, record, fault)
    state = definition.state(to)
    name = lower_first(state.name) if state else "changed"
    flash(f"The {lower_first(definition.label)} is {name} now.", "green")
    for line in warnings:
        flash(line, "yellow")
    return redirect(address)


@actions.get("/app/<app>/<entity>/<record>/history")
@right(Right.RECORDS)
def history(app: str, entity: str, record: str) -> Response:
    """Show who changed a record when."""
    with visit(app) as seen:
        definition, id_, title = _found(seen, entity, record)
        entries = service.history(seen.work, entity, id_)
        people = {entry.who for entry in entries if entry.who}
        refs = history_page.refs_of(definition, entries)
        names = seen.titles([*refs, *(Ref(core_names.USER, who) for who in people)])
        base = shell.list_address(app, entity)
        made = history_page.build(
            definition,
            entries,
            seen.reader,
            title=title,
            base=base,
            record=f"{base}/{record}",
            people={
                who: names[(core_names.USER, who)]
                for who in people
                if (core_names.USER, who) in names
            },
            names=names,
        )
        frame = seen.shell(entity, definition.label)
        return page("history.html", shell=frame, history=made)


@actions.post("/app/<app>/<entity>/bulk")
@right(Right.RECORDS)
def bulk(app: str, entity: str) -> Response:
    """Ask about the selected records, or do it to each and say what became of it."""
    base = shell.list_address(app, entity)
    back = local(request.form.get("back"), base)
    ids = [i for i in map(form_page.record_id, request.form.getlist("id")) if i]
    if not ids:
        flash("Select records first: nothing was changed.", "yellow")
        return redirect(back)
    if len(ids) > MOST_ROWS:
        raise Refused(f"At most {MOST_ROWS:,} records can be changed at once.")
    do = request.form.get("do", "")
    if do not in ("delete", "assign"):
        raise NotFound("There is no such action.")
    if not request.form.get("sure"):
        with visit(app) as seen:
            return _ask_bulk(seen, seen.entity(entity), do, ids, back)
    return _do_bulk(app, entity, do, ids, back)


def _ask_bulk(
    seen: Visit, entity: Entity, do: str, ids: list[UUID], back: str
) -> Response:
    titles = _titles(seen, entity, ids)
    names = [titles.get(id_, "A record you may not see") for id_ in ids]
    base = shell.list_address(seen.app, entity.name)
    hidden = (
        ("do", do),
        ("back", back),
        *(("id", str(id_)) for id_ in ids),
    )
    if do == "delete":
        made = decision_page.deleting(entity, names, f"{base}/bulk", back, hidden)
    else:
        made = decision_page.assigning(
            entity, names, f"{base}/bulk", back, f"{base}/lookup/ownerid", hidden
        )
    return ask(seen, entity, made)


def _do_bulk(app: str, entity: str, do: str, ids: list[UUID], back: str) -> Response:
    try:
        with visit(app, write=True) as seen:
            definition = seen.entity(entity)
            titles = _titles(seen, definition, ids)
            if do == "delete":
                done = service.delete_many(seen.work, entity, ids, on_error="report")
            else:
                owner, _ = _owner(seen, definition)
                done = service.assign_many(
                    seen.work, entity, ids, owner, on_error="report"
                )
    except XrmError as fault:
        return _refused(fault, back, "Nothing was changed")
    verb = "deleted" if do == "delete" else "assigned"
    if not any(outcome.error for outcome in done):
        label = lower_first(definition.label), lower_first(definition.plural_label)
        flash(f"{plural(len(done), *label)} {verb}.", "green")
        return redirect(back)
    base = shell.list_address(app, entity)
    rows: list[tuple[str, str, Outcome]] = [
        (titles.get(id_, "A record you may not see"), f"{base}/{id_}", outcome)
        for id_, outcome in zip(ids, done, strict=True)
    ]
    with visit(app) as seen:
        made = decision_page.results(definition, verb, rows, back)
        frame = seen.shell(entity, definition.plural_label)
        return page("bulk.html", shell=frame, bulk=made)


def _found(seen: Visit, entity: str, record: str) -> tuple[Entity, UUID, str]:
    definition = seen.entity(entity)
    id_ = records.id_of(definition, record)
    title = seen.title_of(entity, id_)
    if title is None:
        raise records.not_found(definition)
    return definition, id_, title


def _titles(seen: Visit, entity: Entity, ids: list[UUID]) -> dict[UUID, str]:
    title = entity.title or entity.key
    query = Query(entity.name, (title,), Compare(entity.key, "in", tuple(ids)))
    return {
        row[entity.key]: str(row[title] or "No name")
        for row in run(seen.work, query).rows
    }


def _owner(seen: Visit, entity: Entity) -> tuple[Ref, str]:
    """Return the owner that was chosen or whose name was typed.

    Raises:
        Refused: nobody, or more than one, is meant.
    """
    field = entity.field("ownerid")
    chosen = request.form.get("ownerid", "")
    target, _, text = chosen.partition(":")
    id_ = form_page.record_id(text)
    if target and id_ is not None:
        return Ref(target, id_), seen.title_of(target, id_) or "the new owner"
    name = request.form.get("ownerid.text", "").strip()
    if not name:
        raise Refused("Choose the new owner first.", target="ownerid")
    typed = Typed(names={field.name: name})
    choices: dict[str, tuple[Choice, ...]] = records.resolve_names(seen, entity, typed)
    found = typed.values.get(field.name)
    if not isinstance(found, Ref):
        among = ", ".join(c.label for c in choices.get(field.name, ())[:5])
        raise Refused(
            typed.faults[field.name] + (f" They are: {among}." if among else ""),
            target="ownerid",
        )
    return found, seen.title_of(found.entity, found.id) or name


def _refused(fault: XrmError, back: str, what: str) -> Response:
    """Say why something was not done, where the person came from."""
    if fault.status not in (400, 403, 409, 412) or isinstance(fault, Forbidden):
        raise fault
    flash(f"{what}: {fault.message}", "red")
    return redirect(back)


def _form_with(app: str, entity: str, record: str, fault: XrmError) -> Response:
    with visit(app) as seen:
        definition = seen.entity(entity)
        plan = records.plan_for(seen, definition)
        row = records.row_of(seen, definition, plan, records.id_of(definition, record))
        made = form_page.build(
            seen.work.catalog,
            definition,
            plan,
            row,
            seen.reader,
            records.rights_on(seen, definition, row),
            app,
            error=fault,
            may_read=lambda name: shell.may_read(seen.actor, name),
            current=row,
        )
        return page(
            "form/page.html",
            status=HTTPStatus.BAD_REQUEST,
            shell=seen.shell(entity, definition.label),
            form=made,
        )


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return -1
