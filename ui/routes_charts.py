"""Know the routes of charts and dashboards: pages, and the parts htmx asks for.

/app/<app>/<entity>/charts/<chart>?view=…&f=…&q=…     a chart of a list's records
/app/<app>/dashboards/<name>?period=…&owner=…         a dashboard
/app/<app>/dashboards/<name>/tiles/<number>           one of its tiles
"""

from dataclasses import dataclass, replace

from flask import Blueprint, Response, request

from xrm.metadata.catalog import Catalog
from xrm.metadata.dashboards import Dashboard, Tile
from xrm.metadata.entities import Entity
from xrm.metadata.fields.display import zone
from xrm.platform.errors import Forbidden, NotFound, Refused
from xrm.platform.query.run import run
from xrm.platform.web import Right, right
from xrm.ui import (
    charting,
    dashboard_page,
    filters,
    list_page,
    list_reading,
    list_state,
    list_views,
    shell,
    shortcuts,
)
from xrm.ui.chart_page import ChartModel
from xrm.ui.charting import chart_address
from xrm.ui.dashboard_page import Asked, LoadedTile, TileFrame
from xrm.ui.filters import Chip
from xrm.ui.list_state import ListState
from xrm.ui.number_page import NumberModel
from xrm.ui.reading import clock, lower_first
from xrm.ui.responses import fragment, htmx, page, redirect, wants_fragment
from xrm.ui.shell import Link
from xrm.ui.visit import Visit, visit

chart_pages = Blueprint("charts", __name__)

ICONS = {
    "line": "chart-line",
    "area": "chart-line",
    "pie": "chart-pie",
    "doughnut": "chart-pie",
    "number": "sum",
}


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with the charts and views one may change to."""

    label: str
    description: str
    address: str
    list: str
    view: str
    charts: tuple[Link, ...]
    views: tuple[Link, ...]
    chips: tuple[Chip, ...]
    search: str
    is_whole: bool
    chart: ChartModel | None = None
    number: NumberModel | None = None
    refusal: str = ""


@chart_pages.get("/app/<app>/<entity>/charts/<chart>")
@right(Right.RECORDS)
def show_chart(app: str, entity: str, chart: str) -> Response:
    """Show a chart of the records of a list, or the part of it that htmx asks for."""
    with visit(app) as seen:
        definition = seen.entity(entity)
        asked = list_state.read(shell.list_address(app, entity), request.args)
        state = replace(asked, readable=seen.readable(entity))
        state = replace(state.first(), part=None, layout="", by="", sort=(), columns=())
        is_part = wants_fragment("chart")
        panel = panel_of(seen, definition, chart, state, is_whole=not is_part)
        if is_part:
            return fragment("chart/panel.html", panel=panel)
        frame = seen.shell(entity, panel.label)
        return page("chart/page.html", shell=frame, panel=panel)


def panel_of(
    seen: Visit, entity: Entity, name: str, state: ListState, *, is_whole: bool
) -> Panel:
    """Return a chart of a list's records; without a view, of all records.

    Raises:
        NotFound: there is no such chart.
    """
    try:
        chart = charting.chart_of(seen, entity, name)
    except Refused as fault:
        raise NotFound(str(fault), code=fault.code) from None
    listed = charting.listed_by(seen, entity, chart, state)
    drawn, refusal = charting.Drawn(), ""
    try:
        drawn = charting.draw(seen, entity, chart, listed, state)
    except (Forbidden, Refused) as fault:
        refusal = str(fault)
    return Panel(
        label=chart.label,
        description=chart.description,
        address=chart_address(state, name),
        list=state.address(),
        view=listed.personal.name if listed.personal else listed.view.label,
        charts=tuple(
            Link(
                one.label,
                chart_address(state, one.name),
                ICONS.get(one.type, "chart-bar"),
                one is chart,
            )
            for one in charting.charts_of(seen, entity)
        ),
        views=_views(seen, entity, state, name),
        chips=_chips(seen, entity, state, name),
        search=state.search,
        is_whole=is_whole,
        chart=drawn.chart,
        number=drawn.number,
        refusal=refusal,
    )


def _views(
    seen: Visit, entity: Entity, state: ListState, name: str
) -> tuple[Link, ...]:
    roles = frozenset(seen.actor.roles)
    found = [(f"All {lower_first(entity.plural_label)}", "")]
    found += [
        (view.label, view.name)
        for view in list_page.public_views(seen.work.catalog, entity.name, roles)
    ]
    return tuple(
        Link(
            label,
            chart_address(replace(state, view=view), name),
            "",
            view == state.view,
        )
        for label, view in found
    )


def _chips(
    seen: Visit, entity: Entity, state: ListState, name: str
) -> tuple[Chip, ...]:
    """Return the filters in words; removing one leads to the same chart without it."""
    at_chart = replace(state, path=f"{state.path}/charts/{name}")
    return filters.chips(
        entity,
        at_chart,
        seen.reader.formats,
        lambda field, value: list_reading.title_of(seen, entity.field(field), value),
    )


@chart_pages.get("/app/<app>/dashboards/<name>")
@right(Right.RECORDS)
def show_dashboard(app: str, name: str) -> Response:
    """Show a dashboard: its tiles load one by one, or with `all` at once."""
    with visit(app) as seen:
        catalog, actor = seen.work.catalog, seen.actor
        dashboard = _dashboard(seen, name)
        asked = dashboard_page.read(dashboard, request.args)
        is_whole = request.args.get("all") == "1"
        tiles = []
        for index, tile in dashboard_page.frames(catalog, actor, app, dashboard, asked):
            loaded = load(seen, dashboard, index, tile, asked) if is_whole else None
            tiles.append(replace(tile, loaded=loaded))
        now = seen.work.now.astimezone(zone(seen.reader.formats.time_zone))
        made = dashboard_page.build(
            catalog,
            actor,
            catalog.apps[app],
            dashboard,
            asked,
            tiles,
            clock=clock(now, seen.reader),
            is_whole=is_whole,
        )
        frame = seen.shell(shell.dashboard_place(name), dashboard.label)
        here = dashboard_page.address(app, name, asked.pairs())
        pin = shortcuts.pin_of_page(seen, here, dashboard.label, "this dashboard")
        return page("dashboard/page.html", shell=frame, dash=made, pin=pin)


@chart_pages.get("/app/<app>/dashboards/<name>/tiles/<number>")
@right(Right.RECORDS)
def show_tile(app: str, name: str, number: str) -> Response:
    """Show what is on a tile; asked for without htmx, the whole dashboard."""
    with visit(app) as seen:
        dashboard = _dashboard(seen, name)
        asked = dashboard_page.read(dashboard, request.args)
        if not htmx:
            return redirect(dashboard_page.address(app, name, asked.pairs()))
        frames = dict(
            dashboard_page.frames(seen.work.catalog, seen.actor, app, dashboard, asked)
        )
        index = int(number) if number.isdecimal() and len(number) < 5 else -1
        if index not in frames:
            raise NotFound("There is no such tile for your roles.", code="unknown_tile")
        loaded = load(seen, dashboard, index, frames[index], asked)
        return fragment("dashboard/tile.html", tile=loaded)


def _dashboard(seen: Visit, name: str) -> Dashboard:
    found = seen.work.catalog.dashboards.get(name)
    if found is None or not shell.may_open_dashboard(
        seen.actor, seen.work.catalog, found
    ):
        raise NotFound(
            f'There is no dashboard "{name[:80]}", or it is not for your roles.',
            code="unknown_dashboard",
        )
    return found


def load(
    seen: Visit, dashboard: Dashboard, index: int, frame: TileFrame, asked: Asked
) -> LoadedTile:
    """Return what a tile shows; a refusal stands in its place."""
    tile = dashboard.tiles[index]
    catalog: Catalog = seen.work.catalog
    entity = catalog.entity(tile.entity)
    state = ListState(
        shell.list_address(seen.app, entity.name),
        view=tile.view or "",
        filters=dashboard_page.filters_of(tile, entity, asked),
    )
    made = LoadedTile(
        id=frame.id,
        heading=frame.heading,
        label=frame.label,
        address=frame.address,
        here=dashboard_page.address(seen.app, dashboard.name, asked.pairs()),
        list=state.address(),
        hint=dashboard_page.hint_of(tile, entity, asked),
    )
    try:
        if tile.chart is not None:
            return _chart_tile(seen, entity, tile, state, made)
        return _view_tile(seen, entity, tile, state, made)
    except (Forbidden, Refused) as fault:
        return replace(made, refusal=str(fault))


def _chart_tile(
    seen: Visit, entity: Entity, tile: Tile, state: ListState, made: LoadedTile
) -> LoadedTile:
    chart = charting.chart_of(seen, entity, tile.chart or "")
    listed = charting.listed_by(seen, entity, chart, state)
    drawn = charting.draw(seen, entity, chart, listed, state)
    number = drawn.number
    if number is not None:
        page_of = chart_address(state, chart.name)
        number = replace(number, label=made.label, href=number.href or page_of)
    return replace(
        made,
        description=chart.description,
        page=chart_address(state, chart.name),
        list=charting.part_address(state, chart.name),
        chart=drawn.chart,
        number=number,
    )


def _view_tile(
    seen: Visit, entity: Entity, tile: Tile, state: ListState, made: LoadedTile
) -> LoadedTile:
    listed = list_views.chosen(seen, entity, state)
    view = dashboard_page.shortened(listed.view, tile.width)
    columns = list_reading.columns_for(seen, entity, view)
    query = list_page.question(
        entity,
        view,
        columns,
        state,
        limit=dashboard_page.lines_of(tile),
        where=listed.where,
    )
    found = run(seen.work, query)
    seen.add_names(found.rows, columns.late)
    reader = list_page.with_bare_money(columns, found.rows, seen.reader)
    things = lower_first(entity.plural_label)
    return replace(
        made,
        headers=list_page.headers(view, columns, state, found.rows, reader),
        rows=tuple(
            [column.make(row, reader) for column in columns.items] for row in found.rows
        ),
        more=found.next is not None,
        empty="" if found.rows else f"No {things} here.",
    )
