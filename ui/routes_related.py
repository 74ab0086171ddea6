"""Know what hangs on a record: its subgrids, its timeline, candidates of its lookups.

Each has an address of its own: a fragment for htmx, a page for everyone else.
"""

from dataclasses import replace

from flask import Blueprint, Response, flash, request

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.views import View
from xrm.platform.errors import NotFound, XrmError
from xrm.platform.query.query import And, Compare, Condition, Exists, Expr, Query
from xrm.platform.query.run import run
from xrm.platform.records import service
from xrm.platform.security import access
from xrm.platform.web import Right, right
from xrm.rule_engine import core_names
from xrm.ui import form_plan, list_page, list_state, records, related_page, shell
from xrm.ui.list_reading import columns_for
from xrm.ui.responses import fragment, htmx, page, redirect
from xrm.ui.visit import Visit, visit

related = Blueprint("related", __name__)


@related.get("/app/<app>/<entity>/lookup/<field>")
@right(Right.RECORDS)
def lookup(app: str, entity: str, field: str) -> Response:
    """Offer the records a lookup may point to, by a part of their names."""
    text = next(
        (value for key, value in request.args.items() if key.endswith(".text")),
        request.args.get("q", ""),
    ).strip()
    with visit(app) as seen:
        definition = seen.entity(entity)
        found = definition.fields.get(field)
        if found is None or not found.is_lookup:
            raise NotFound(f'{definition.label} has no lookup "{field[:60]}".')
        hits = records.candidates(seen, definition, found, text[:200])
        made = related_page.hits(seen.work.catalog, found, hits, text)
    return fragment("form/hits.html", hits=made, prefix=f"{field}-hit")


@related.get("/app/<app>/<entity>/<record>/related/<collection>")
@right(Right.RECORDS)
def grid(app: str, entity: str, record: str, collection: str) -> Response:
    """Show the records of a collection."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        id_ = records.id_of(definition, record)
        found = form_plan.collection_of(seen.work.catalog, definition, collection)
        title = seen.title_of(entity, id_)
        if title is None:
            raise records.not_found(definition)
        if found is None or not shell.may_read(seen.actor, found[0].name):
            raise NotFound("There is no such list here, or it is not for your roles.")
        other, link = found
        view = _associated(seen, other, request.args.get("view", ""))
        columns = columns_for(seen, other, view)
        path = f"{shell.list_address(app, entity)}/{record}/related/{collection}"
        state = list_state.read(path, request.args)
        parts: list[Condition] = [_leads_here(definition, other, link, collection, id_)]
        if view.filter:
            parts.append(Expr(view.filter))
        asked = Query(
            other.name,
            columns.paths,
            And(tuple(parts)),
            order=list_page.order_of(view, columns, state),
            limit=related_page.PAGE_SIZE,
            after=state.after or None,
        )
        answer = run(seen.work, asked)
        seen.add_names(answer.rows, columns.late)
        may_add = bool(access.may(seen.actor, other.name, "create"))
        add = ""
        if may_add and isinstance(link, Child):
            add = (
                f"{shell.list_address(app, other.name)}/new"
                f"?by={link.field.name}&from={entity}:{id_}"
            )
        made = related_page.build(
            other,
            view,
            columns,
            replace(state, view=view.name),
            answer,
            seen.reader,
            id_=f"related-{collection}",
            add=add,
            link="" if isinstance(link, Child) else path,
            label=records.plan_for(seen, definition).label_of(collection),
        )
        if htmx and not htmx.history_restore_request:
            return fragment("form/related.html", grid=made)
        return page(
            "form/related_page.html",
            shell=seen.shell(entity, definition.label),
            grid=made,
            title=title,
            record=f"{shell.list_address(app, entity)}/{record}",
        )


def _associated(seen: Visit, entity: Entity, name: str) -> View:
    views = seen.work.catalog.views.get(entity.name, {})
    if name in views:
        return views[name]
    made = next((view for view in views.values() if view.type == "associated"), None)
    return (
        made
        or seen.work.catalog.default_view(entity.name)
        or list_page.fallback_view(entity)
    )


def _leads_here(
    entity: Entity, other: Entity, link: object, collection: str, id_: object
) -> Condition:
    """Return the condition that a record of the other entity belongs to this one."""
    if isinstance(link, Child):
        return Compare(link.field.name, "eq", (id_,))
    back = getattr(link, "second_collection", "")
    if back == collection:
        back = getattr(link, "first_collection", "")
    return Exists(back, Compare(entity.key, "eq", (id_,)))


@related.get("/app/<app>/<entity>/<record>/timeline")
@right(Right.RECORDS)
def timeline(app: str, entity: str, record: str) -> Response:
    """Show notes and activities of a record, the newest first."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        id_ = records.id_of(definition, record)
        title = seen.title_of(entity, id_)
        if title is None:
            raise records.not_found(definition)
        events = []
        makers = []
        for child in related_page.timeline_children(seen.work.catalog, definition):
            other = seen.work.catalog.entity(child.entity)
            if not shell.may_read(seen.actor, other.name):
                continue
            answer = run(seen.work, related_page.timeline_query(other, child, id_))
            events += related_page.events(other, answer.rows, seen.reader, app)
            if other.name != core_names.NOTE and shell.may_create(seen.actor, other):
                makers.append(
                    shell.Link(
                        other.label,
                        f"{shell.list_address(app, other.name)}/new"
                        f"?by={child.field.name}&from={entity}:{id_}",
                        other.icon or shell.ICON,
                    )
                )
        address = f"{shell.list_address(app, entity)}/{record}"
        note = related_page.note_child(seen.work.catalog, definition)
        made = related_page.Timeline(
            days=related_page.by_day(events, seen.reader),
            create=tuple(makers),
            note=f"{address}/notes"
            if note is not None and access.may(seen.actor, note.entity, "create")
            else "",
        )
        if htmx and not htmx.history_restore_request:
            return fragment("form/timeline.html", timeline=made)
        return page(
            "form/timeline_page.html",
            shell=seen.shell(entity, definition.label),
            timeline=made,
            title=title,
            record=address,
        )


@related.post("/app/<app>/<entity>/<record>/notes")
@right(Right.RECORDS)
def add_note(app: str, entity: str, record: str) -> Response:
    """Add a note to a record."""
    text = request.form.get("notetext", "").strip()
    address = f"{shell.list_address(app, entity)}/{record}"
    try:
        with visit(app, write=True) as seen:
            definition = seen.entity(entity)
            id_ = records.id_of(definition, record)
            note = related_page.note_child(seen.work.catalog, definition)
            if note is None:
                raise NotFound(f"{definition.plural_label} take no notes.")
            if text:
                values = {"notetext": text, note.field.name: Ref(entity, id_)}
                service.create(seen.work, note.entity, values)
    except XrmError as fault:
        if fault.status != 400:
            raise
        flash(f"The note is not added: {fault.message}", "red")
        return redirect(address)
    flash("The note is added." if text else "The note has no text yet.", "green")
    return redirect(address)
