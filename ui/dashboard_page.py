"""Know the dashboard page: tiles on a grid, one filter above all, the other dashboards.

Pure. The filter is part of the address, and becomes filters of each tile's list:

    /app/sales/dashboards/sales?period=this-quarter&owner=me
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from xrm.metadata.apps import App
from xrm.metadata.catalog import Catalog
from xrm.metadata.dashboards import Dashboard, Tile
from xrm.metadata.entities import Entity
from xrm.metadata.views import View
from xrm.platform.security.actors import Actor
from xrm.ui import shell
from xrm.ui.chart_page import ChartModel
from xrm.ui.columns import Cell
from xrm.ui.list_page import Header
from xrm.ui.list_state import Filter
from xrm.ui.number_page import NumberModel
from xrm.ui.shell import Link

ANY: Final = "any"
PERIODS: Final[Mapping[str, str]] = {
    ANY: "Any time",
    "today": "Today",
    "this-week": "This week",
    "last-week": "Last week",
    "this-month": "This month",
    "last-month": "Last month",
    "this-quarter": "This quarter",
    "last-quarter": "Last quarter",
    "this-year": "This year",
    "last-year": "Last year",
}
OWNERS: Final[Mapping[str, str]] = {
    "everyone": "Everyone",
    "team": "My team",
    "me": "Me",
}
OWNER_FIELD, UNIT_FIELD = "ownerid", "owningbusinessunit"
ROW, GAP, AROUND, LINE = 60, 12, 84, 33
"""Heights in pixels: of the grid's rows, between them, of a tile's heads, of a line."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the shared filter says."""

    period: str = ANY
    owner: str = "everyone"

    def pairs(self) -> list[tuple[str, str]]:
        """Return it as it stands in the address."""
        return [("period", self.period), ("owner", self.owner)]


@dataclass(frozen=True, slots=True)
class LoadedTile:
    """What a tile shows: a chart, a number, rows of a view, or why none of them."""

    id: str
    heading: str
    label: str
    description: str = ""
    address: str = ""
    here: str = ""
    list: str = ""
    page: str = ""
    hint: str = ""
    chart: ChartModel | None = None
    number: NumberModel | None = None
    headers: tuple[Header, ...] = ()
    rows: tuple[Sequence[Cell], ...] = ()
    more: bool = False
    empty: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class TileFrame:
    """Where a tile stands, and where its content comes from."""

    id: str
    heading: str
    label: str
    width: int
    height: int
    address: str
    is_number: bool
    loaded: LoadedTile | None = None


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """Everything the dashboard page shows."""

    label: str
    description: str
    others: tuple[Link, ...]
    period: str
    periods: tuple[Link, ...]
    owners: tuple[Link, ...]
    tiles: tuple[TileFrame, ...]
    clock: str
    here: str
    whole: str
    is_whole: bool


def read(dashboard: Dashboard, arguments: Mapping[str, str]) -> Asked:
    """Read the shared filter of an address; what makes no sense is as declared."""
    period = arguments.get("period", "")
    owner = arguments.get("owner", "")
    return Asked(
        period if period in PERIODS else dashboard.filter.period,
        owner if owner in OWNERS else dashboard.filter.owner,
    )


def open_to(catalog: Catalog, actor: Actor, app: App) -> list[Dashboard]:
    """Return the dashboards of a person: those of the app first."""
    of_app = [item.dashboard for group in app.groups for item in group.items]
    found = [
        d
        for d in catalog.dashboards.values()
        if shell.may_open_dashboard(actor, catalog, d)
    ]
    return sorted(
        found,
        key=lambda d: (
            of_app.index(d.name) if d.name in of_app else len(of_app),
            d.label.casefold(),
        ),
    )


def filters_of(tile: Tile, entity: Entity, asked: Asked) -> tuple[Filter, ...]:
    """Return what the shared filter means for the records of a tile."""
    found: list[Filter] = []
    if asked.period != ANY and tile.period_field in entity.fields:
        assert tile.period_field is not None
        found.append(Filter(tile.period_field, asked.period))
    if asked.owner == "me" and OWNER_FIELD in entity.fields:
        found.append(Filter(OWNER_FIELD, "eq-userid"))
    if asked.owner == "team" and UNIT_FIELD in entity.fields:
        found.append(Filter(UNIT_FIELD, "eq-businessid-or-below"))
    return tuple(found)


def hint_of(tile: Tile, entity: Entity, asked: Asked) -> str:
    """Return which part of the shared filter does not hold for a tile."""
    said = []
    if asked.period != ANY and tile.period_field is None:
        said.append("any time")
    if asked.owner != "everyone" and OWNER_FIELD not in entity.fields:
        said.append("everyone’s")
    return ", ".join(said).capitalize()


def label_of(catalog: Catalog, tile: Tile) -> str:
    """Return the title of a tile."""
    chart = catalog.charts.get(tile.entity, {}).get(tile.chart or "")
    view = catalog.views.get(tile.entity, {}).get(tile.view or "")
    return tile.label or (chart.label if chart else view.label if view else "")


def address(app: str, name: str, pairs: Iterable[tuple[str, str]] = ()) -> str:
    """Return the address of a dashboard."""
    base = shell.dashboard_address(app, name)
    query = urlencode(list(pairs))
    return f"{base}?{query}" if query else base


def tile_address(app: str, name: str, index: int, asked: Asked) -> str:
    """Return the address of a tile's content."""
    base = shell.dashboard_address(app, name)
    return f"{base}/tiles/{index}?{urlencode(asked.pairs())}"


def shortened(view: View, width: int) -> View:
    """Return a view with as many columns as a tile of this width has room for."""
    most = 8 if width > 10 else 6 if width > 7 else 4 if width > 5 else 3
    return replace(view, columns=view.columns[:most])


def lines_of(tile: Tile) -> int:
    """Return how many rows of a view a tile has room for."""
    room = tile.height * ROW + (tile.height - 1) * GAP - AROUND
    return max(3, room // LINE)


def frames(
    catalog: Catalog, actor: Actor, app: str, dashboard: Dashboard, asked: Asked
) -> list[tuple[int, TileFrame]]:
    """Return the tiles this person may see, each with its place in the definition."""
    found = []
    for index, tile in enumerate(dashboard.tiles):
        known = tile.entity in catalog.entities
        if not known or not shell.may_read(actor, tile.entity):
            continue
        chart = catalog.charts.get(tile.entity, {}).get(tile.chart or "")
        frame = TileFrame(
            id=f"tile-{index}",
            heading=f"tile-{index}-name",
            label=label_of(catalog, tile),
            width=tile.width,
            height=tile.height,
            address=tile_address(app, dashboard.name, index, asked),
            is_number=chart is not None and chart.type == "number",
        )
        found.append((index, frame))
    return found


def build(
    catalog: Catalog,
    actor: Actor,
    app: App,
    dashboard: Dashboard,
    asked: Asked,
    tiles: Iterable[TileFrame],
    *,
    clock: str,
    is_whole: bool,
) -> DashboardPage:
    """Return the dashboard page."""
    entities = [catalog.entities.get(tile.entity) for tile in dashboard.tiles]
    has_period = any(tile.period_field for tile in dashboard.tiles)
    has_owner = any(one and OWNER_FIELD in one.fields for one in entities)
    more = [("all", "1")] if is_whole else []

    def link(label: str, new: Asked, *, current: bool) -> Link:
        pairs = new.pairs() + more
        return Link(label, address(app.name, dashboard.name, pairs), "", current)

    return DashboardPage(
        label=dashboard.label,
        description=dashboard.description,
        others=tuple(
            Link(
                one.label,
                address(app.name, one.name),
                "layout-dashboard",
                one.name == dashboard.name,
            )
            for one in open_to(catalog, actor, app)
        ),
        period=PERIODS[asked.period],
        periods=tuple(
            link(label, replace(asked, period=name), current=name == asked.period)
            for name, label in PERIODS.items()
        )
        if has_period
        else (),
        owners=tuple(
            link(label, replace(asked, owner=name), current=name == asked.owner)
            for name, label in OWNERS.items()
        )
        if has_owner
        else (),
        tiles=tuple(tiles),
        clock=clock,
        here=address(app.name, dashboard.name, asked.pairs() + more),
        whole=address(app.name, dashboard.name, [*asked.pairs(), ("all", "1")]),
        is_whole=is_whole,
    )
