"""Know the routes of lists: a page of records, its count, its filter form.

Thin: the address is read by `list_state`, the page made by `list_page`.
"""

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, Response, request

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.views import View
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused
from xrm.platform.query.query import Counting
from xrm.platform.query.run import run
from xrm.platform.security import access
from xrm.platform.web import Right, right
from xrm.ui import list_page, list_state, shell
from xrm.ui.columns import Columns, columns_of
from xrm.ui.list_page import ListPage, Rights
from xrm.ui.list_state import ListState
from xrm.ui.responses import fragment, page, redirect, wants_fragment
from xrm.ui.visit import Visit, visit

lists = Blueprint("lists", __name__)


@lists.get("/app/<app>/<entity>")
@right(Right.RECORDS)
def show(app: str, entity: str) -> Response:
    """Show a page of an entity's records, or the part of it that htmx asks for."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        path = shell.list_address(app, entity)
        state = list_state.read(path, request.args)
        if wants_fragment("count"):
            return _count(seen, definition, state)
        try:
            made = make(seen, definition, state)
        except Refused as fault:
            if fault.code == "bad_cursor":
                return redirect(state.first().address())
            raise
        if wants_fragment("filter-form"):
            return fragment("list/filter.html", list=made)
        if wants_fragment("list"):
            return fragment("list/fragment.html", list=made)
        frame = seen.shell(entity, definition.plural_label)
        return page("list/page.html", shell=frame, list=made)


def _count(seen: Visit, entity: Entity, state: ListState) -> Response:
    view = chosen_view(seen, entity, state)
    columns = columns_for(seen, entity, view)
    exact = request.args.get("count") == "exact"
    query = list_page.question(
        entity, view, columns, state, count="exact" if exact else "capped"
    )
    found = run(seen.work, query)
    shown = len(found.rows)
    return fragment(
        "list/count.html",
        list={
            "count": list_page.count_words(shown, found, state),
            "range": list_page.range_words(shown, found, state),
            "exact_link": state.address(count="exact") if found.capped else "",
        },
    )


def make(seen: Visit, entity: Entity, state: ListState) -> ListPage:
    """Return the list page of a state."""
    view = chosen_view(seen, entity, state)
    columns = columns_for(seen, entity, view)
    asked = request.args.get("count", "")
    count: Counting = "exact" if asked == "exact" else "none"
    if asked == "capped":
        count = "capped"
    query = list_page.question(entity, view, columns, state, count=count)
    found = run(seen.work, query)
    seen.add_names(found.rows, columns.late)
    if count == "none" and found.next is None and not state.after:
        found = replace(found, total=len(found.rows))
    views = list_page.public_views(
        seen.work.catalog, entity.name, frozenset(seen.actor.roles)
    )
    return list_page.build(
        seen.work.catalog,
        entity,
        view,
        columns,
        state,
        found,
        seen.reader,
        rights_of(seen.work, entity),
        views=views,
        readable=seen.readable(entity.name),
        title_of=lambda field, value: _record_title(seen, entity, field, value),
    )


def chosen_view(seen: Visit, entity: Entity, state: ListState) -> View:
    """Return the view of a list: the one asked for, or the entity's default."""
    catalog = seen.work.catalog
    found = catalog.views.get(entity.name, {}).get(state.view)
    if found is None:
        found = catalog.default_view(entity.name)
    return found or list_page.fallback_view(entity)


def columns_for(seen: Visit, entity: Entity, view: View) -> Columns:
    """Return the columns of a view, kept with the snapshot."""
    readable = seen.readable(entity.name)
    return seen.work.snapshot.cache("ui_columns").get(
        (view, seen.app, readable),
        lambda: columns_of(seen.work.catalog, entity, view, seen.app, readable),
    )


def rights_of(work: Work, entity: Entity) -> Rights:
    """Return what the actor may do with records of an entity at all."""
    actor, name = work.actor, entity.name
    return Rights(
        create=bool(access.may(actor, name, "create")),
        delete=bool(access.may(actor, name, "delete")),
        assign=entity.ownership == "user"
        and entity.kind != "child"
        and bool(access.may(actor, name, "assign")),
    )


def _record_title(seen: Visit, entity: Entity, field: str, value: str) -> str | None:
    target, _, id_ = value.rpartition(":")
    try:
        record = UUID(id_)
    except ValueError:
        return None
    names = [target] if target else [t.entity for t in entity.field(field).targets]
    found = seen.titles([Ref(name, record) for name in names])
    return next(iter(found.values()), None)
