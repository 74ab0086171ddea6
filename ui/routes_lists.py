"""Know the routes of lists: a page of records, its count, its filter form.

Thin: the address is read by `list_state`, the page made by `list_page`.
"""

from dataclasses import replace

from flask import Blueprint, Response, request

from xrm.metadata.entities import Entity
from xrm.platform.errors import Refused
from xrm.platform.query.run import run
from xrm.platform.web import Right, right
from xrm.ui import (
    board_reading,
    calendar_reading,
    charting,
    layouts,
    list_page,
    list_reading,
    list_state,
    list_views,
    shell,
    shortcuts,
    tree_reading,
)
from xrm.ui.list_state import ListState
from xrm.ui.responses import fragment, page, redirect, wants_fragment
from xrm.ui.visit import Visit, visit

lists = Blueprint("lists", __name__)
SHOWN_BY = {
    "board": board_reading.show,
    "calendar": calendar_reading.show,
    "tree": tree_reading.show,
}
"""Layout → what shows it; the list is shown here."""


@lists.get("/app/<app>/<entity>")
@right(Right.RECORDS)
def show(app: str, entity: str) -> Response:
    """Show a page of an entity's records, or the part of it that htmx asks for."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        path = shell.list_address(app, entity)
        asked = list_state.read(path, request.args)
        readable = seen.readable(entity)
        state = replace(asked, size=seen.page_size, readable=readable)
        if wants_fragment("count"):
            return _count(seen, definition, state)
        try:
            chosen = list_views.chosen(seen, definition, state)
            state = list_views.laid_out(state, chosen)
            layout = layouts.layout_of(definition, state, seen.readable(entity))
            if layout in SHOWN_BY:
                return SHOWN_BY[layout](seen, definition, state, chosen)
            made = list_reading.make(seen, definition, state, chosen)
        except Refused as fault:
            if fault.code == "bad_cursor":
                return redirect(state.first().address())
            raise
        if wants_fragment("filter-form"):
            return fragment("list/filter.html", list=made)
        pin = shortcuts.pin_of_page(
            seen, state.first().address(), made.title, "this list"
        )
        if wants_fragment("list"):
            return fragment("list/fragment.html", list=made, pin=pin)
        frame = seen.shell(entity, definition.plural_label)
        return page("list/page.html", shell=frame, list=made, pin=pin)


def _count(seen: Visit, entity: Entity, state: ListState) -> Response:
    chosen = list_views.chosen(seen, entity, state)
    columns = list_reading.columns_for(seen, entity, chosen.view)
    exact = request.args.get("count") == "exact"
    query = list_page.question(
        entity,
        chosen.view,
        columns,
        state,
        where=chosen.where,
        count="exact" if exact else "capped",
        chart=charting.chart_of_part(seen, entity, state),
    )
    found = run(seen.work, query)
    shown = len(found.rows)
    if state.layout and found.total is not None:
        shown = found.total
    return fragment(
        "list/count.html",
        list={
            "count": list_page.count_words(shown, found, state),
            "range": list_page.range_words(shown, found, state),
            "exact_link": state.address(count="exact") if found.capped else "",
        },
    )
