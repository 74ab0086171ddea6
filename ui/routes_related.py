"""Know what hangs on a record: its subgrids, and the candidates of its lookups.

Each has an address of its own: a fragment for htmx, a page for everyone else.
"""

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, Response, request

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.forms import Subgrid
from xrm.metadata.views import View
from xrm.platform.errors import NotFound
from xrm.platform.query.query import And, Compare, Condition, Exists, Expr, Query
from xrm.platform.query.run import count, run
from xrm.platform.web import Right, right
from xrm.ui import (
    form_page,
    form_plan,
    lines_reading,
    list_page,
    list_state,
    lookups,
    offers,
    records,
    related_page,
    shell,
)
from xrm.ui.form_fields import stored
from xrm.ui.list_reading import columns_for
from xrm.ui.record_actions import FormRights
from xrm.ui.responses import fragment, htmx, page, redirect
from xrm.ui.visit import Visit, visit

related = Blueprint("related", __name__)
MOST_COUNTED = 99
"""Related records that a tab counts."""
QUICK = "q-"
"""How ids of widgets in a dialog begin: no further dialog opens from there."""


@related.get("/app/<app>/<entity>/lookup/<field>")
@right(Right.RECORDS)
def lookup(app: str, entity: str, field: str) -> Response:
    """Offer the records a lookup may point to, by a part of their names."""
    text = _text()
    with visit(app) as seen:
        definition = seen.entity(entity)
        found = definition.fields.get(field) or definition.parties.get(field)
        if found is None or not found.targets:
            raise NotFound(f'{definition.label} has no lookup "{field[:60]}".')
        where = _filter(seen, definition, field, request.args.get("form", ""))
        hits = lookups.candidates(seen, found, text, where)
        targets = [target.entity for target in found.targets]
        asker = (htmx.target or "").removesuffix("-hits")
        create: tuple[shell.Link, ...] = ()
        if asker and not asker.startswith(QUICK) and found.type != "owner":
            create = lookups.makers(seen, targets, text, asker)
        made = related_page.hits(
            seen.work.catalog, targets, hits, text, app=app, create=create
        )
    return fragment("form/hits.html", hits=made, prefix=asker or field)


def _text() -> str:
    """Return the name that was typed into a lookup, whatever the lookup is called."""
    given = next((v for k, v in request.args.items() if k.endswith(".text")), None)
    return (given if given is not None else request.args.get("q", "")).strip()[:200]


def _filter(seen: Visit, entity: Entity, field: str, form: str) -> str:
    """Return the filter that a form puts on a lookup."""
    known = seen.work.catalog.forms.get(entity.name, {}).get(form)
    if known is None:
        return ""
    return next(
        (
            cell.filter
            for tab in known.tabs
            for section in tab.sections
            for cell in section.cells
            if cell.field == field and cell.filter
        ),
        "",
    )


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
        if htmx and not htmx.history_restore_request:
            lines = lines_reading.of_record(seen, definition, id_, collection)
            if lines is not None and _may_edit(seen, definition, id_):
                return fragment("form/lines.html", grid=lines_reading.read(seen, lines))
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
        add = ""
        linking = ""
        if not isinstance(link, Child):
            linking = path if offers.may_link(seen, definition, id_, other) else ""
        elif offers.may_add(seen, definition, id_, other):
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
            link=linking,
            label=records.plan_for(seen, definition).label_of(collection),
            path=state.address(),
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


@related.get("/app/<app>/<entity>/<record>/quick/<lookup_name>")
@right(Right.RECORDS)
def quick_view(app: str, entity: str, record: str, lookup_name: str) -> Response:
    """Show some fields of the record that a lookup points to."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        found = _looked_up(seen, definition, record, lookup_name)
        other = seen.entity(found.entity)
        address = f"{shell.list_address(app, other.name)}/{found.id}"
        if not htmx or htmx.history_restore_request:
            return redirect(address)
        name = request.args.get("form", "")
        plan = records.plan_for(
            seen,
            other,
            lambda catalog, one: form_plan.quick_view_form(catalog, one, name),
            f"quick view {name}",
        )
        row = records.row_of(seen, other, plan, found.id)
        made = form_page.build(
            seen.work.catalog,
            other,
            plan,
            row,
            seen.reader,
            FormRights(),
            app,
            may_read=lambda one: shell.may_read(seen.actor, one),
            current=row,
            prefix=f"v-{lookup_name}",
            every_tab=True,
        )
        return fragment("form/quick_view.html", form=made)


def _looked_up(seen: Visit, entity: Entity, record: str, lookup_name: str) -> Ref:
    """Return the record a lookup points to.

    Raises:
        NotFound: there is no such lookup, it is empty, or not for this person.
    """
    field = entity.fields.get(lookup_name)
    if (
        field is None
        or not field.is_lookup
        or lookup_name not in seen.readable(entity.name)
    ):
        raise NotFound(f'{entity.label} has no lookup "{lookup_name[:60]}".')
    key = records.id_of(entity, record)
    asked = Query(
        entity.name, (lookup_name,), Compare(entity.key, "eq", (key,)), limit=1
    )
    rows = run(seen.work, asked).rows
    value = stored(rows[0], field) if rows else None
    if not isinstance(value, Ref):
        raise records.not_found(entity)
    return value


@related.get("/app/<app>/<entity>/<record>/counts")
@right(Right.RECORDS)
def counts(app: str, entity: str, record: str) -> Response:
    """Tell how many related records each tab shows, up to a bound."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        id_ = records.id_of(definition, record)
        if seen.title_of(entity, id_) is None:
            raise records.not_found(definition)
        plan = records.plan_for(seen, definition)
        made = []
        for tab, sections in plan.tabs:
            grids = [s.section.subgrid for s in sections if s.section.subgrid]
            if not grids:
                continue
            total = sum(_count(seen, definition, id_, grid) for grid in grids)
            text = f"{MOST_COUNTED}+" if total > MOST_COUNTED else str(total or "")
            made.append((tab.name, text))
        return fragment("form/counts.html", counts=made)


def _count(seen: Visit, entity: Entity, record: UUID, grid: Subgrid) -> int:
    found = form_plan.collection_of(seen.work.catalog, entity, grid.collection)
    if found is None or not shell.may_read(seen.actor, found[0].name):
        return 0
    other, link = found
    parts: list[Condition] = [_leads_here(entity, other, link, grid.collection, record)]
    view = _associated(seen, other, grid.view or "")
    if view.filter:
        parts.append(Expr(view.filter))
    return count(seen.work, Query(other.name, where=And(tuple(parts))), MOST_COUNTED)


def _may_edit(seen: Visit, entity: Entity, record: UUID) -> bool:
    """Say whether the record is one whose lines are edited in place."""
    plan = records.plan_for(seen, entity)
    row = records.row_of(seen, entity, plan, record)
    state = entity.state(row.get("statecode"))
    is_closed = state is not None and state.read_only
    return not is_closed and records.rights_on(seen, entity, row).write


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
