"""Read what a list shows: its view, its columns, a page of rows, rights.

Every layout begins here; `list_page` makes the page of what was read.
"""

from dataclasses import replace
from uuid import UUID

from flask import request

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.views import View
from xrm.platform.database.work import Work
from xrm.platform.query import filter_tree
from xrm.platform.query.filter_tree import Group
from xrm.platform.query.query import Condition, Counting, Page
from xrm.platform.query.run import run
from xrm.platform.security import access
from xrm.platform.services import personal_views
from xrm.rule_engine import core_names
from xrm.ui import charting, layouts, list_page, list_tools, list_views, shell
from xrm.ui.columns import Columns, columns_of
from xrm.ui.filter_words import Words
from xrm.ui.filters import Chip
from xrm.ui.list_page import ListPage, Rights
from xrm.ui.list_state import ListState
from xrm.ui.list_tools import Tools
from xrm.ui.list_views import ChosenView, unfiltered
from xrm.ui.visit import Visit

__all__ = [
    "built",
    "chosen_view",
    "columns_for",
    "make",
    "make_head",
    "rights_of",
    "title_of",
    "unfiltered",
    "where_of",
]


def make(seen: Visit, entity: Entity, state: ListState, chosen: ChosenView) -> ListPage:
    """Return the list page of a state."""
    columns = columns_for(seen, entity, chosen.view)
    asked = request.args.get("count", "")
    count: Counting = "exact" if asked == "exact" else "none"
    if asked == "capped":
        count = "capped"
    chart = charting.chart_of_part(seen, entity, state)
    query = list_page.question(
        entity,
        chosen.view,
        columns,
        state,
        where=chosen.where,
        count=count,
        chart=chart,
    )
    found = run(seen.work, query)
    seen.add_names(found.rows, columns.late)
    if count == "none" and found.next is None and not state.after:
        found = replace(found, total=len(found.rows))
    return built(seen, entity, state, chosen, columns, found)


def make_head(
    seen: Visit, entity: Entity, state: ListState, chosen: ChosenView
) -> ListPage:
    """Return the list page without rows, for a layout that shows them otherwise."""
    columns = columns_for(seen, entity, chosen.view)
    return replace(built(seen, entity, state, chosen, columns, Page()), empty=None)


def built(
    seen: Visit,
    entity: Entity,
    state: ListState,
    chosen: ChosenView,
    columns: Columns,
    found: Page,
) -> ListPage:
    """Return the list page of what was read."""
    views = list_page.public_views(
        seen.work.catalog, entity.name, frozenset(seen.actor.roles)
    )
    readable = seen.readable(entity.name)
    return list_page.build(
        seen.work.catalog,
        entity,
        chosen.view,
        columns,
        state,
        found,
        seen.reader,
        rights_of(seen.work, entity),
        views=views,
        readable=readable,
        layouts=layouts.layouts_of(
            entity,
            state,
            readable,
            "list" if chosen.personal and chosen.personal.kept.layout else "",
            _chart(seen, entity, state, chosen),
        ),
        tools=_tools(seen, entity, state, chosen),
        title_of=lambda field, value: title_of(seen, entity.field(field), value),
        part=charting.part_chip(seen, entity, state),
    )


def chosen_view(seen: Visit, entity: Entity, state: ListState) -> View:
    """Return the view of a list; `list_views` has its conditions and notices too."""
    return list_views.chosen(seen, entity, state).view


def _chart(seen: Visit, entity: Entity, state: ListState, chosen: ChosenView) -> str:
    """Return the address of the first chart, of the records that the list shows."""
    charts = charting.charts_of(seen, entity)
    if not charts:
        return ""
    listed = replace(state.laid_out(""), view=state.view or chosen.view.name)
    return charting.chart_address(listed, charts[0].name)


def where_of(
    seen: Visit, entity: Entity, chosen: ChosenView, state: ListState
) -> Condition | None:
    """Return which records a list shows, those behind a part of a chart too."""
    chart = charting.chart_of_part(seen, entity, state)
    state = replace(state, readable=seen.readable(entity.name))
    return list_page.conditions(entity, chosen.view, state, chart, chosen.where)


def _tools(seen: Visit, entity: Entity, state: ListState, chosen: ChosenView) -> Tools:
    """Return the tools of the head, and the built filter as chips."""
    chips: tuple[Chip, ...] = ()
    if chosen.tree.items:
        words = Words(
            seen.work.catalog,
            seen.reader.formats,
            lambda field, value: title_of(seen, field, value),
        )
        builder = f"{state.path}/filter?{state.query}"
        chips = words.chips(
            entity, chosen.tree, builder, lambda tree: _without(state, tree)
        )
    return list_tools.tools_of(
        state,
        chosen.mine,
        chosen.personal,
        may_write=bool(access.may(seen.actor, entity.name, "write")),
        may_create=shell.may_create(seen.actor, entity),
        may_keep=personal_views.may_keep(seen.work),
        notices=chosen.notices,
        chips=chips,
        views_address=shell.list_address(seen.app, core_names.PERSONAL_VIEW),
    )


def _without(state: ListState, tree: Group) -> str:
    return replace(state.first(), where=filter_tree.write(tree)).address()


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
        write=bool(access.may(actor, name, "write")),
        delete=bool(access.may(actor, name, "delete")),
        assign=entity.ownership == "user"
        and entity.kind != "child"
        and bool(access.may(actor, name, "assign")),
    )


def title_of(seen: Visit, field: Field, value: str) -> str | None:
    """Return the title of the record that a filter on a lookup means."""
    target, _, id_ = value.rpartition(":")
    try:
        record = UUID(id_)
    except ValueError:
        return None
    names = [target] if target else [t.entity for t in field.targets]
    found = seen.titles([Ref(name, record) for name in names])
    return next(iter(found.values()), None)
