"""Know the routes that edit many records at once: choose fields, values, and go.

Up to `AT_ONCE` are changed while the person waits, with a result for each; more are a
job. Records are those selected, or all that the list shows.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, request

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Forbidden, Refused, XrmError
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.query_json import to_json
from xrm.platform.query.run import count, rows, run
from xrm.platform.records import service
from xrm.platform.security import access
from xrm.platform.services.bulk_jobs import BULK_EDIT
from xrm.platform.web import Right, right
from xrm.ui import (
    background,
    bulk_edit_page,
    decision_page,
    form_page,
    list_question,
    list_state,
    records,
    shell,
)
from xrm.ui.filters import Choice
from xrm.ui.form_values import Typed
from xrm.ui.list_state import ListState
from xrm.ui.reading import lower_first, plural
from xrm.ui.responses import page, redirect
from xrm.ui.visit import Visit, visit

bulk_pages = Blueprint("bulk", __name__)
AT_ONCE = 100
MOST_SELECTED = 1_000


@bulk_pages.get("/app/<app>/<entity>/bulk-edit")
@right(Right.RECORDS)
def ask_all(app: str, entity: str) -> Response:
    """Ask what shall be changed in all records that a list shows."""
    with visit(app) as seen:
        definition = _editable(seen, entity)
        state = list_state.read(shell.list_address(app, entity), request.args)
        return _page(seen, definition, state, [], Typed(), {})


@bulk_pages.post("/app/<app>/<entity>/bulk-edit")
@right(Right.RECORDS)
def edit(app: str, entity: str) -> Response:
    """Take a step: add a field, drop one, or change the records."""
    path = shell.list_address(app, entity)
    state = list_state.read_text(path, request.form.get("state", ""))
    ids = [i for i in map(form_page.record_id, request.form.getlist("id")) if i]
    if len(ids) > MOST_SELECTED:
        raise Refused(
            f"At most {MOST_SELECTED:,} selected records are changed at once."
        )
    if request.form.get("do") != "apply":
        with visit(app) as seen:
            return _page(seen, _editable(seen, entity), state, ids, Typed(), {})
    typed = Typed()
    choices: dict[str, tuple[Choice, ...]] = {}
    fault = ""
    try:
        with visit(app, write=True) as seen:
            definition = _editable(seen, entity)
            fields = bulk_edit_page.chosen(
                definition, request.form.getlist("fields"), seen.readable(entity)
            )
            posted = dict(request.form.lists())
            typed = bulk_edit_page.read(fields, posted, seen.reader.formats)
            choices = records.resolve_names(seen, definition, typed)
            if not typed.faults:
                if not typed.values:
                    raise Refused("Choose a field and its new value first.")
                return _change(seen, definition, state, ids, typed.values)
    except (Refused, XrmError) as error:
        if error.status not in (400, 409, 412):
            raise
        fault = records.reasons(error)
    with visit(app) as seen:
        definition = _editable(seen, entity)
        return _page(seen, definition, state, ids, typed, choices, fault)


def _change(
    seen: Visit,
    entity: Entity,
    state: ListState,
    ids: list[UUID],
    values: dict[str, Any],
) -> Response:
    """Change the records, now or in a job."""
    asked = list_question.question_of(seen, entity, state)
    if not ids and count(seen.work, asked.query, AT_ONCE) <= AT_ONCE:
        query = Query(entity.name, (entity.key,), asked.query.where)
        ids = [row[entity.key] for row in rows(seen.work, query)]
    if ids and len(ids) <= AT_ONCE:
        return _now(seen, entity, state, ids, values)
    payload: dict[str, Any] = {
        "entity": entity.name,
        "values": {name: _plain(value) for name, value in values.items()},
    }
    if ids:
        payload["ids"] = [str(one) for one in ids]
    else:
        payload["query"] = to_json(Query(entity.name, where=asked.query.where))
    label = f"Edit {lower_first(entity.plural_label)}"
    background.queue(seen, BULK_EDIT, payload, label)
    return redirect("/jobs")


def _plain(value: Any) -> Any:
    """Return a value as the job's payload holds it."""
    if isinstance(value, Ref):
        return f"{value.entity}:{value.id}"
    if isinstance(value, tuple):
        return list(value)
    return value


def _now(
    seen: Visit,
    entity: Entity,
    state: ListState,
    ids: list[UUID],
    values: dict[str, Any],
) -> Response:
    verb: Any = "set_state" if {"statecode", "statuscode"} & set(values) else "update"
    done = service.update_many(
        seen.work,
        entity.name,
        [(one, values) for one in ids],
        on_error="report",
        verb=verb,
    )
    back = state.address()
    failed = [i for i, outcome in zip(ids, done, strict=True) if outcome.error]
    if not failed:
        labels = lower_first(entity.label), lower_first(entity.plural_label)
        said = f"{plural(len(ids), *labels)} changed."
        seen.work.on_commit(lambda: flash(said, "green"))
        return redirect(back)
    title = entity.title or entity.key
    query = Query(entity.name, (title,), Compare(entity.key, "in", tuple(ids)))
    titles = {
        r[entity.key]: str(r[title] or "No name") for r in run(seen.work, query).rows
    }
    made = decision_page.results(
        entity,
        "changed",
        [
            (titles.get(i, "A record you may not see"), f"{state.path}/{i}", outcome)
            for i, outcome in zip(ids, done, strict=True)
        ],
        back,
    )
    names = {*request.form.getlist("fields")}
    again = [("state", state.query), *(("id", str(one)) for one in failed)]
    for name in request.form.getlist("fields"):
        again.append(("fields", name))
    again += [
        (name, value)
        for name, given in request.form.lists()
        for value in given
        if name in names or name.removesuffix(".text") in names
    ]
    frame = seen.shell(entity.name, entity.plural_label)
    return page(
        "bulk.html",
        shell=frame,
        bulk=made,
        again={"action": f"{state.path}/bulk-edit", "hidden": again},
    )


def _page(
    seen: Visit,
    entity: Entity,
    state: ListState,
    ids: list[UUID],
    typed: Typed,
    choices: dict[str, tuple[Choice, ...]],
    fault: str = "",
) -> Response:
    readable = seen.readable(entity.name)
    names = request.form.getlist("fields")
    do = request.form.get("do", "")
    if do == "add":
        names.append(request.form.get("field", ""))
    elif do.startswith("drop:"):
        names = [name for name in names if name != do.removeprefix("drop:")]
    fields = bulk_edit_page.chosen(entity, names, readable)
    number = len(ids)
    if not ids:
        asked = list_question.question_of(seen, entity, state)
        number = count(seen.work, asked.query)
    made = bulk_edit_page.build(
        entity,
        number,
        fields,
        readable,
        seen.reader,
        typed=typed,
        posted=dict(request.form.lists()),
        choices=choices,
        action=f"{state.path}/bulk-edit",
        hidden=(
            ("state", state.query),
            *(("id", str(one)) for one in ids),
            *(("fields", field.name) for field in fields),
        ),
        back=state.address(),
        address=state.path,
        most=AT_ONCE,
        fault=fault,
    )
    frame = seen.shell(entity.name, entity.plural_label)
    return page("list/bulk_edit.html", shell=frame, edit=made)


def _editable(seen: Visit, name: str) -> Entity:
    entity = seen.entity(name)
    if not access.may(seen.actor, name, "write"):
        raise Forbidden(
            f"Your roles do not let you change {entity.plural_label.lower()}. Ask an "
            "administrator if you need to.",
            target=name,
        )
    return entity
