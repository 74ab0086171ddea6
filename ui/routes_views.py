"""Know the routes that change how a list looks: columns, filter builder, my views."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, request

from xrm.metadata.entities import Entity
from xrm.metadata.paths import field_at
from xrm.metadata.views import ViewColumn
from xrm.platform.errors import NotFound, Refused, XrmError
from xrm.platform.query import filter_tree
from xrm.platform.query.filter_tree import Group
from xrm.platform.records import service
from xrm.platform.services import personal_views
from xrm.platform.services.personal_views import PersonalView
from xrm.platform.web import Right, right
from xrm.rule_engine import core_names
from xrm.ui import (
    column_picker,
    decision_page,
    filter_builder,
    list_reading,
    list_state,
    list_views,
    records,
    shell,
)
from xrm.ui.filter_builder import Builder, FormMaker, FormReader
from xrm.ui.filter_words import Words
from xrm.ui.list_state import ListState
from xrm.ui.responses import fragment, page, redirect, wants_fragment
from xrm.ui.routes_actions import ask
from xrm.ui.visit import Visit, visit

view_pages = Blueprint("views", __name__)


def state_of(app: str, entity: str) -> ListState:
    """Return the list that a form or link of its head belongs to."""
    path = shell.list_address(app, entity)
    if request.method == "POST":
        return list_state.read_text(path, request.form.get("state", ""))
    return list_state.read(path, request.args)


@view_pages.route("/app/<app>/<entity>/columns", methods=["GET", "POST"])
@right(Right.RECORDS)
def columns(app: str, entity: str) -> Response:
    """Choose columns, step by step; the last step opens the list with them."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        state = state_of(app, entity)
        found = list_views.chosen(seen, definition, state)
        chosen = list(found.view.columns)
        do = request.form.get("do", "")
        if request.method == "POST":
            chosen = _posted_columns(chosen)
            add = request.form.get("field", "")
            if field_at(seen.work.catalog, definition, add) is None:
                add = ""
            chosen = column_picker.changed(chosen, do, add)
        chosen = column_picker.readable_columns(seen.work.catalog, definition, chosen)
        if do == "apply":
            made = tuple(ViewColumn(c.field, c.width) for c in chosen)
            return redirect(replace(state.first(), columns=made).address())
        picker = column_picker.build(
            seen.work.catalog,
            definition,
            chosen,
            request.form.get("way", ""),
            lambda name: list_views.readable(seen, name),
            action=f"{state.path}/columns",
            state=state.query,
            back=state.address(),
        )
        return _shown(seen, definition, "list/columns", picker=picker)


def _posted_columns(known: list[ViewColumn]) -> list[ViewColumn]:
    labels = {column.field: column.label for column in known}
    widths = request.form.getlist("width")
    text = ",".join(
        f"{path}~{widths[i]}" if i < len(widths) and widths[i] else path
        for i, path in enumerate(request.form.getlist("col"))
    )
    return [
        ViewColumn(c.field, c.width, labels.get(c.field))
        for c in list_state.read_columns(text)
    ]


@view_pages.route("/app/<app>/<entity>/filter", methods=["GET", "POST"])
@right(Right.RECORDS)
def build_filter(app: str, entity: str) -> Response:
    """Build a filter, step by step; the last step opens the list with it."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        state = state_of(app, entity)
        found = list_views.chosen(seen, definition, state)
        tree, fault = found.tree, ""
        do = request.form.get("do", "")
        if request.method == "POST":
            reader = FormReader(
                seen.work.catalog, dict(request.form.lists()), seen.reader.formats
            )
            tree = filter_builder.changed(reader.tree(definition), do)
        elif not tree.items:
            tree = Group("&", (filter_tree.Rule(),))
        maker = _maker(seen, says=do == "apply")
        root = maker.group(definition, tree, filter_builder.ROOT)
        if do == "apply" and not maker.faults:
            try:
                return _filtered(definition, state, found.personal, tree)
            except Refused as refused:
                fault = refused.message
        words = _words(seen).of(definition, filter_builder.complete(tree))
        builder = Builder(
            title=f"Filter {definition.plural_label.lower()}",
            action=f"{state.path}/filter",
            hidden=(("state", state.query),),
            back=state.address(),
            root=root,
            words=words,
            fault=fault,
        )
        return _shown(seen, definition, "list/builder", builder=builder)


def _filtered(
    entity: Entity, state: ListState, personal: PersonalView | None, tree: Group
) -> Response:
    text = filter_tree.write(filter_builder.complete(tree))
    own = personal.kept.where if personal else ""
    where = None if text == own else text
    return redirect(replace(state.first(), where=where).address())


def _maker(seen: Visit, *, says: bool) -> FormMaker:
    return FormMaker(
        seen.work.catalog,
        lambda name: list_views.readable(seen, name),
        seen.reader.formats,
        lambda entity, field: f"{shell.list_address(seen.app, entity)}/lookup/{field}",
        lambda field, value: list_reading.title_of(seen, field, value),
        says=says,
    )


def _words(seen: Visit) -> Words:
    return Words(
        seen.work.catalog,
        seen.reader.formats,
        lambda field, value: list_reading.title_of(seen, field, value),
    )


def _shown(seen: Visit, entity: Entity, template: str, **values: Any) -> Response:
    """Answer as a dialog, as the part of it that changes, or as a page."""
    if wants_fragment("dialog") or wants_fragment("steps"):
        return fragment(f"{template}.html", **values)
    frame = seen.shell(entity.name, entity.plural_label)
    title = next(one.title for one in values.values())
    return page(
        "list/steps_page.html",
        shell=frame,
        part=f"{template}.html",
        title=title,
        **values,
    )


@view_pages.get("/app/<app>/<entity>/views/save")
@right(Right.RECORDS)
def ask_save(app: str, entity: str) -> Response:
    """Ask what a new view shall be called."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        state = state_of(app, entity)
        made = decision_page.naming_view(
            "Save as a new view",
            f"{state.path}/views/save",
            state.address(),
            (("state", state.query),),
        )
        return ask(seen, definition, made)


@view_pages.post("/app/<app>/<entity>/views/save")
@right(Right.RECORDS)
def save_new(app: str, entity: str) -> Response:
    """Keep the list as a new view of the person."""
    state = state_of(app, entity)
    name = request.form.get("name", "").strip()
    try:
        with visit(app, write=True) as seen:
            definition = seen.entity(entity)
            if not name:
                raise Refused("Give the view a name.", target="name")
            found = list_views.chosen(seen, definition, state)
            kept = list_views.kept_of(state, found, definition)
            record = personal_views.keep(
                seen.work, entity, name, kept, bool(request.form.get("first"))
            )
    except XrmError as fault:
        return _refused(fault, state, "Not saved")
    flash(f"The view “{name}” is saved. Only you have it.", "green")
    return redirect(f"{state.path}?view={record}")


@view_pages.post("/app/<app>/<entity>/views/<record>/save")
@right(Right.RECORDS)
def save(app: str, entity: str, record: str) -> Response:
    """Keep the list in the person's view that it began from."""
    state = state_of(app, entity)
    try:
        with visit(app, write=True) as seen:
            definition, own = _own(seen, entity, record)
            found = list_views.chosen(seen, definition, state)
            kept = list_views.kept_of(state, found, definition)
            personal_views.change(seen.work, own.id, kept)
    except XrmError as fault:
        return _refused(fault, state, "Not saved")
    flash(f"The view “{own.name}” is saved.", "green")
    return redirect(f"{state.path}?view={own.id}")


@view_pages.post("/app/<app>/<entity>/views/<record>/default")
@right(Right.RECORDS)
def make_default(app: str, entity: str, record: str) -> Response:
    """Let the list open with a view, or no longer with it."""
    is_on = request.args.get("on") == "1"
    state = state_of(app, entity)
    try:
        with visit(app, write=True) as seen:
            _, own = _own(seen, entity, record)
            chosen = own.id if is_on else None
            personal_views.make_default(seen.work, entity, chosen)
    except XrmError as fault:
        return _refused(fault, state, "Not changed")
    said = "opens first from now on" if is_on else "no longer opens first"
    flash(f"The view “{own.name}” {said}.", "green")
    return redirect(f"{state.path}?view={own.id}")


@view_pages.get("/app/<app>/<entity>/views/<record>/rename")
@right(Right.RECORDS)
def ask_rename(app: str, entity: str, record: str) -> Response:
    """Ask for another name."""
    with visit(app) as seen:
        definition, own = _own(seen, entity, record)
        path = shell.list_address(app, entity)
        made = decision_page.naming_view(
            "Rename view",
            f"{path}/views/{own.id}/rename",
            f"{path}?view={own.id}",
            (),
            own.name,
        )
        return ask(seen, definition, made)


@view_pages.post("/app/<app>/<entity>/views/<record>/rename")
@right(Right.RECORDS)
def rename(app: str, entity: str, record: str) -> Response:
    """Give a view another name."""
    state = replace(state_of(app, entity), view=record)
    name = request.form.get("name", "").strip()
    try:
        with visit(app, write=True) as seen:
            _, own = _own(seen, entity, record)
            if not name:
                raise Refused("Give the view a name.", target="name")
            values = {"name": name}
            service.update(seen.work, core_names.PERSONAL_VIEW, own.id, values)
    except XrmError as fault:
        return _refused(fault, state, "Not renamed")
    flash(f"The view is called “{name}” now.", "green")
    return redirect(state.address())


@view_pages.get("/app/<app>/<entity>/views/<record>/delete")
@right(Right.RECORDS)
def ask_delete(app: str, entity: str, record: str) -> Response:
    """Ask whether a view shall be deleted."""
    with visit(app) as seen:
        definition, own = _own(seen, entity, record)
        path = shell.list_address(app, entity)
        made = decision_page.deleting_view(
            own.name, f"{path}/views/{own.id}/delete", f"{path}?view={own.id}"
        )
        return ask(seen, definition, made)


@view_pages.post("/app/<app>/<entity>/views/<record>/delete")
@right(Right.RECORDS)
def delete(app: str, entity: str, record: str) -> Response:
    """Delete a view; the records stay."""
    state = state_of(app, entity)
    try:
        with visit(app, write=True) as seen:
            _, own = _own(seen, entity, record)
            service.delete(seen.work, core_names.PERSONAL_VIEW, own.id)
    except XrmError as fault:
        return _refused(fault, state, "Not deleted")
    flash(f"The view “{own.name}” is deleted.", "green")
    return redirect(state.path)


def _own(seen: Visit, entity: str, record: str) -> tuple[Entity, PersonalView]:
    """Return a view that the person may read; the verbs say what else they may."""
    definition = seen.entity(entity)
    try:
        found = personal_views.view(seen.work, entity, UUID(record))
    except ValueError:
        found = None
    if found is None:
        raise NotFound("There is no such view, or it is not shared with you.")
    return definition, found


def _refused(fault: XrmError, state: ListState, what: str) -> Response:
    if fault.status not in (400, 403, 409, 412):
        raise fault
    flash(f"{what}: {records.reasons(fault)}", "red")
    return redirect(state.address())
