"""Read what a list shows: its view, its columns, a page of rows, rights.

Every layout begins here; `list_page` makes the page of what was read.
"""

from dataclasses import replace
from uuid import UUID

from flask import request

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.views import View
from xrm.platform.database.work import Work
from xrm.platform.query.query import Condition, Counting, Page
from xrm.platform.query.run import run
from xrm.platform.security import access
from xrm.ui import charting, layouts, list_page
from xrm.ui.columns import Columns, columns_of
from xrm.ui.list_page import ListPage, Rights
from xrm.ui.list_state import ListState
from xrm.ui.reading import lower_first
from xrm.ui.visit import Visit


def make(seen: Visit, entity: Entity, state: ListState) -> ListPage:
    """Return the list page of a state."""
    view = chosen_view(seen, entity, state)
    columns = columns_for(seen, entity, view)
    asked = request.args.get("count", "")
    count: Counting = "exact" if asked == "exact" else "none"
    if asked == "capped":
        count = "capped"
    chart = charting.chart_of_part(seen, entity, state)
    query = list_page.question(entity, view, columns, state, count=count, chart=chart)
    found = run(seen.work, query)
    seen.add_names(found.rows, columns.late)
    if count == "none" and found.next is None and not state.after:
        found = replace(found, total=len(found.rows))
    return _built(seen, entity, state, view, columns, found)


def make_head(seen: Visit, entity: Entity, state: ListState) -> ListPage:
    """Return the list page without rows, for a layout that shows them otherwise."""
    view = chosen_view(seen, entity, state)
    columns = columns_for(seen, entity, view)
    made = _built(seen, entity, state, view, columns, Page())
    return replace(made, empty=None)


def _built(
    seen: Visit,
    entity: Entity,
    state: ListState,
    view: View,
    columns: Columns,
    found: Page,
) -> ListPage:
    views = list_page.public_views(
        seen.work.catalog, entity.name, frozenset(seen.actor.roles)
    )
    readable = seen.readable(entity.name)
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
        readable=readable,
        layouts=layouts.layouts_of(entity, state, readable),
        title_of=lambda field, value: _record_title(seen, entity, field, value),
        part=charting.part_chip(seen, entity, state),
    )


def chosen_view(seen: Visit, entity: Entity, state: ListState) -> View:
    """Return the view of a list: the one asked for, or the entity's default.

    What is behind a part of a chart that no view bounds is taken of all records.
    """
    catalog = seen.work.catalog
    found = catalog.views.get(entity.name, {}).get(state.view)
    if found is None:
        found = catalog.default_view(entity.name)
    found = found or list_page.fallback_view(entity)
    return found if state.view or state.part is None else unfiltered(entity, found)


def unfiltered(entity: Entity, view: View) -> View:
    """Return a view's columns of all records."""
    label = f"All {lower_first(entity.plural_label)}"
    return replace(view, name="", label=label, filter=None)


def where_of(
    seen: Visit, entity: Entity, view: View, state: ListState
) -> Condition | None:
    """Return which records a list shows, those behind a part of a chart too."""
    chart = charting.chart_of_part(seen, entity, state)
    return list_page.conditions(entity, view, state, chart)


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
