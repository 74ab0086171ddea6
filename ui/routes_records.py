"""Know the routes of one record: show, create and save it.

Thin: what was typed is read by `form_values`, the page made by `form_page`, the record
changed by the record service. A refusal shows the form again with everything typed.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, request

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Invalid, NotFound, StaleVersion, XrmError
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run
from xrm.platform.records import service
from xrm.platform.records.attached import FILE_TYPES
from xrm.platform.services import recent
from xrm.platform.web import Right, right
from xrm.ui import (
    conflict_page,
    drafts,
    form_page,
    form_plan,
    form_values,
    lookups,
    records,
    shell,
    shortcuts,
    uploads,
)
from xrm.ui.columns import record_address
from xrm.ui.drafts import Draft
from xrm.ui.filters import Choice
from xrm.ui.form_plan import FormPlan
from xrm.ui.form_values import Typed
from xrm.ui.reading import lower_first
from xrm.ui.record_actions import FormRights
from xrm.ui.responses import fragment, page, redirect, wants_fragment
from xrm.ui.shortcuts import Pin
from xrm.ui.visit import Visit, visit

record_pages = Blueprint("records", __name__)


@record_pages.get("/app/<app>/<entity>/new")
@right(Right.RECORDS)
def new(app: str, entity: str) -> Response:
    """Show the form of a new record, filled in from where the person came."""
    with visit(app) as seen:
        return _new(seen, _draft(seen, entity, request.args))


@record_pages.post("/app/<app>/<entity>/new")
@right(Right.RECORDS)
def create(app: str, entity: str) -> Response:
    """Create a record of what was typed."""
    if request.form.get("find"):
        return _with_choices(app, entity)
    contents = uploads.kept()

    def begin(seen: Visit) -> Draft:
        draft = _draft(seen, entity, request.form)
        draft.contents = contents
        return draft

    draft = drafts.save(app, begin)
    if wants_fragment("dialog"):
        return _quickly(app, draft)
    if draft.record is not None:
        flash(f"The {lower_first(draft.entity.label)} is created.", "green")
        _warn(draft.warnings)
        return redirect(f"{shell.list_address(app, entity)}/{draft.record}")
    with visit(app) as seen:
        return _new(seen, draft)


def _draft(seen: Visit, entity: str, arguments: Mapping[str, str]) -> Draft:
    definition = drafts.creatable(seen, entity)
    lookup, parent = drafts.parent_in(arguments)
    posted = dict(request.form.lists()) if request.method == "POST" else None
    if wants_fragment("dialog"):
        plan = records.plan_for(seen, definition, form_plan.quick_form, "quick")
    else:
        plan = records.plan_for(seen, definition)
    return Draft(definition, plan, lookup, parent, arguments, posted)


def _new(seen: Visit, draft: Draft, **more: Any) -> Response:
    status = HTTPStatus.BAD_REQUEST if draft.is_refused else HTTPStatus.OK
    if wants_fragment("dialog"):
        made = drafts.page_of(seen, draft, prefix="q")
        asker = request.values.get("for", "")[:80]
        given = draft.hidden + ((("for", asker),) if asker else ())
        kept = [*draft.hidden, *(p for p in request.args.items() if p[0] != "for")]
        query = urlencode(dict(kept))
        return fragment(
            "form/quick.html",
            status=status,
            form=replace(made, hidden=given),
            asker=asker,
            full=f"{made.address}?{query}" if query else made.address,
            **more,
        )
    return page(
        "form/page.html",
        status=status,
        shell=seen.shell(draft.entity.name, draft.entity.label),
        form=drafts.page_of(seen, draft, tab=_tab(draft.plan)),
    )


def _tab(plan: FormPlan) -> str:
    """Return the tab that is asked for: by name, or by a lookup that is on it."""
    wanted = request.form.get("find", "")
    if wanted:
        for tab, sections in plan.tabs:
            if any(s.field.name == wanted for one in sections for s in one.specs):
                return tab.name
    return request.args.get("tab", "") or request.form.get("tab", "")


def _quickly(app: str, draft: Draft) -> Response:
    """Answer a dialog: close it and say so, begin the next record, or show it again."""
    if draft.record is None:
        with visit(app) as seen:
            return _new(seen, draft)
    name, record = draft.entity.name, draft.record
    href = f"{shell.list_address(app, name)}/{record}"
    said = [("yellow", line) for line in draft.warnings]
    asker = request.form.get("for", "")[:80]
    told: dict[str, Any] = {f"created-{name}": "", "xrm-created": {
        "asker": asker, "value": f"{name}:{record}", "title": draft.title, "href": href,
    }}  # fmt: skip
    if request.form.get("then") == "new":
        begun = Draft(draft.entity, draft.plan, draft.lookup, draft.parent)
        saved = ("green", f"“{draft.title}” is saved.")
        with visit(app) as seen:
            answer = _new(seen, begun, said=[saved, *said])
    else:
        answer = fragment("form/created.html", href=href, title=draft.title, said=said)
    answer.headers["HX-Trigger"] = json.dumps(told)
    return answer


def _with_choices(app: str, entity: str) -> Response:
    """Show the form of a new record again, with records to choose for one lookup."""
    with visit(app) as seen:
        draft = _draft(seen, entity, request.form)
        draft.choices = _found(seen, draft.entity, draft.plan)
        return _new(seen, draft)


def _found(
    seen: Visit, entity: Entity, plan: FormPlan
) -> dict[str, tuple[Choice, ...]]:
    """Return the records that a lookup offers to whoever has no scripts."""
    name = request.form.get("find", "")
    field = entity.fields.get(name)
    if field is None or not field.is_lookup:
        return {}
    text = request.form.get(f"{name}.text", "").strip()[:200]
    found = lookups.candidates(seen, field, text, plan.filter_of(name))
    return {name: records.choices_of(found or lookups.candidates(seen, field, ""))}


@record_pages.get("/app/<app>/<entity>/<record>")
@right(Right.RECORDS)
def show(app: str, entity: str, record: str) -> Response:
    """Show a record."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        id_ = records.id_of(definition, record)
        kind = records.kind_of(seen, definition, id_)
        if kind != entity:
            return redirect(record_address(app, kind, id_))
        plan = records.plan_for(seen, definition)
        row = records.row_of(seen, definition, plan, id_)
        recent.note_seen(seen.work, Ref(entity, row[definition.key]))
        return _form(seen, definition, row, current=row)


@record_pages.get("/app/<app>/<entity>/<record>/files/<field>")
@right(Right.RECORDS)
def download(app: str, entity: str, record: str, field: str) -> Response:
    """Send the file that a field of a record names."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        id_ = records.id_of(definition, record)
        known = definition.fields.get(field)
        if known is None or known.type not in FILE_TYPES:
            raise NotFound(f'{definition.label} keeps no file in "{field[:60]}".')
        if field not in seen.readable(entity):
            raise NotFound(f'{definition.label} keeps no file in "{field[:60]}".')
        query = Query(entity, (field,), Compare(definition.key, "eq", (id_,)), limit=1)
        rows = run(seen.work, query).rows
        if not rows:
            raise records.not_found(definition)
        return uploads.sent(seen, rows[0][field])


@record_pages.post("/app/<app>/<entity>/<record>")
@right(Right.RECORDS)
def save(app: str, entity: str, record: str) -> Response:
    """Save what was typed; someone else's change is shown beside it."""
    posted = dict(request.form.lists())
    choices: dict[str, tuple[Choice, ...]] = {}
    error: XrmError | None = None
    typed = Typed()
    warnings: tuple[str, ...] = ()
    is_merge = bool(posted.get("merge"))
    for name in [n.removeprefix("pick.") for n in posted if n.startswith("pick.")]:
        if posted[f"pick.{name}"][-1] == "theirs":
            posted.pop(name, None)
            posted.pop(f"{name}.text", None)
    version = _version(request.form.get("version", ""))
    contents = uploads.kept()
    try:
        with visit(app, write=True) as seen:
            definition = seen.entity(entity)
            id_ = records.id_of(definition, record)
            plan = records.plan_for(seen, definition)
            row = records.row_of(seen, definition, plan, id_)
            if posted.get("find"):
                return _form(
                    seen,
                    definition,
                    row,
                    posted=posted,
                    choices=_found(seen, definition, plan),
                    current=row,
                    version=version,
                )
            is_stale = version is not None and version != row["versionnumber"]
            known: Mapping[str, Any] | None = row
            if is_stale:
                known = conflict_page.as_it_was(
                    definition,
                    row,
                    service.history(seen.work, entity, id_),
                    version or 0,
                )
            typed = form_values.read(
                records.typed_fields(plan), posted, known or row, seen.reader.formats
            )
            fields = records.typed_fields(plan)
            uploads.apply(seen, fields, posted, contents, typed)
            choices = records.resolve_names(seen, definition, typed, plan)
            if typed.faults:
                raise Invalid("Some values do not fit.")
            if posted.get("edit"):
                return _form(
                    seen, definition, row, posted=posted, typed=typed, current=row
                )
            if is_stale and typed.values:
                return _conflict(seen, definition, plan, row, known, typed, posted)
            if typed.values:
                service.update(
                    seen.work,
                    entity,
                    id_,
                    typed.values,
                    if_version=row["versionnumber"],
                )
            warnings = tuple(seen.work.warnings)
            label = lower_first(definition.label)
    except StaleVersion:
        return save(app, entity, record)
    except drafts.SAYABLE as fault:
        error = fault
    address = f"{shell.list_address(app, entity)}/{record}"
    if error is None:
        said = f"The {label} is saved." if typed.values else "Nothing was changed."
        flash("Both changes are put together and saved." if is_merge else said, "green")
        _warn(warnings)
        tab = request.form.get("tab", "")
        return redirect(f"{address}?tab={tab}" if tab.isidentifier() else address)
    with visit(app) as seen:
        definition = seen.entity(entity)
        plan = records.plan_for(seen, definition)
        row = records.row_of(seen, definition, plan, records.id_of(definition, record))
        return _form(
            seen,
            definition,
            row,
            posted=posted,
            error=None if typed.faults else error,
            typed=typed,
            choices=choices,
            current=row,
            version=version,
        )


def _form(
    seen: Visit,
    entity: Entity,
    row: Mapping[str, Any],
    *,
    posted: Mapping[str, list[str]] | None = None,
    error: XrmError | None = None,
    typed: Typed | None = None,
    choices: Mapping[str, tuple[Choice, ...]] | None = None,
    current: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Response:
    plan = records.plan_for(seen, entity)
    rights = (
        records.rights_on(seen, entity, row)
        if current is not None
        else FormRights(create=True, write=True)
    )
    refused = error is not None or bool(typed and typed.faults)
    if version is not None and version != row.get("versionnumber"):
        row = {**row, "versionnumber": version}
    made = form_page.build(
        seen.work.catalog,
        entity,
        plan,
        row,
        seen.reader,
        rights,
        seen.app,
        tab=_tab(plan),
        typed=posted,
        error=error,
        faults=typed.faults if typed else None,
        choices=choices,
        may_read=lambda name: shell.may_read(seen.actor, name),
        current=current,
    )
    shown = next((tab for tab in made.tabs if tab.current), None)
    if shown is not None and wants_fragment(f"tab-{shown.name}"):
        return fragment("form/panel.html", tab=shown)
    return page(
        "form/page.html",
        status=HTTPStatus.BAD_REQUEST if refused else HTTPStatus.OK,
        shell=seen.shell(entity.name, entity.label),
        form=made,
        pin=_pin(seen, entity, current),
    )


def _pin(seen: Visit, entity: Entity, current: Mapping[str, Any] | None) -> Pin | None:
    """Return the pin of a record that is there."""
    if current is None:
        return None
    return shortcuts.pin_of_record(seen, Ref(entity.name, current[entity.key]))


def _conflict(
    seen: Visit,
    entity: Entity,
    plan: FormPlan,
    row: Mapping[str, Any],
    base: Mapping[str, Any] | None,
    typed: Typed,
    posted: Mapping[str, list[str]],
) -> Response:
    made = conflict_page.build(
        entity,
        plan,
        row,
        base,
        typed.values,
        posted,
        seen.reader,
        address=f"{shell.list_address(seen.app, entity.name)}/{row[entity.key]}",
        names=seen.titles([v for v in typed.values.values() if isinstance(v, Ref)]),
    )
    return page(
        "form/conflict.html",
        status=HTTPStatus.PRECONDITION_FAILED,
        shell=seen.shell(entity.name, entity.label),
        conflict=made,
    )


def _version(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) < 19 else None


def _warn(warnings: tuple[str, ...]) -> None:
    for line in warnings:
        flash(line, "yellow")
