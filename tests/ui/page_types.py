"""Know the kinds of pages that the installed apps have, derived from what is installed.

A page of each kind is looked at in every app; a quick run looks at each kind in one
app, and at a few of the lists and forms of all entities.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from tests.support.counts import campaign, count
from tests.support.environment import ROOT
from tests.ui.live import SECOND, Live
from xrm.metadata.apps import App
from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.platform.database.work import Work, open_work
from xrm.platform.query.query import Query
from xrm.platform.query.run import rows
from xrm.platform.security.actors import SYSTEM
from xrm.ui import form_plan, layouts
from xrm.ui.list_state import ListState

INSTALLED = ("core", "crm", SECOND)
APPS = sorted(
    path.stem for name in INSTALLED for path in ROOT.glob(f"solutions/{name}/apps/*")
)
"""The apps of the demonstration; a test holds this to what is installed there."""
GENERAL = {
    "search": "/search?q=quarz",
    "search that finds nothing": "/search?q=zzzzzz",
    "shortcuts": "/me/shortcuts",
    "due": "/me/due",
    "my settings": "/settings/me",
    "solutions": "/solutions",
    "samples": "/solutions/samples/crm",
    "plan": "/solutions/uninstall/crm",
    "undo": "/solutions/undo",
    "jobs": "/jobs",
    "jobs of everyone": "/jobs?of=everyone",
    "help": "/help",
    "found help": "/help?q=rollup",
    "chapter": "/help/consultant/first_app",
    "reference": "/help/reference/definitions",
    "missing": "/nowhere",
    "missing app": "/app/none/account",
}
"""Pages that belong to no app."""
FEW_SHARE = 6
"""A quick run looks at one in so many lists and forms."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A page of an app, and what is opened on it."""

    kind: str
    path: str
    opens: str = ""


def kinds_in(live: Live, name: str) -> list[Spot]:
    """Return a page of each kind in an app, of those this run looks at."""
    with open_work(live.database, live.snapshots, SYSTEM, write=False) as work:
        every = {app: list(_kinds(work, work.catalog.apps[app])) for app in APPS}
    return _share(every, name) if campaign() == "quick" else every[name]


def entities_in(live: Live, name: str) -> list[Spot]:
    """Return the lists and forms of an app's entities, a few in a quick run."""
    with open_work(live.database, live.snapshots, SYSTEM, write=False) as work:
        found = list(_entities(work, work.catalog.apps[name]))
    return found[:: count(ci=1, release=1, quick=FEW_SHARE)]


def _share(every: dict[str, list[Spot]], name: str) -> list[Spot]:
    """Return the pages of the kinds that are looked at in this app only."""
    homes: dict[str, list[str]] = {}
    for app, spots in every.items():
        for spot in spots:
            homes.setdefault(spot.kind, []).append(app)
    mine = {
        kind
        for number, (kind, apps) in enumerate(homes.items())
        if apps[number % len(apps)] == name
    }
    return [spot for spot in every[name] if spot.kind in mine]


def entities_of(catalog: Catalog, app: App) -> list[Entity]:
    """Return the entities of an app's navigation, each once."""
    items = [item for group in app.groups for item in group.items]
    names = dict.fromkeys(item.entity for item in items if item.entity)
    return [catalog.entity(name) for name in names]


def record_of(work: Work, entity: Entity) -> str | None:
    """Return the id of some record, `None` where there is none."""
    found = next(rows(work, Query(entity.name, (entity.key,), limit=1)), None)
    return None if found is None else str(found[entity.key])


def _kinds(work: Work, app: App) -> Iterator[Spot]:
    catalog, base = work.catalog, f"/app/{app.name}"
    entities = [e for e in entities_of(catalog, app) if e.kind == "standard"]
    main = next(entity for entity in entities if record_of(work, entity))
    path = f"{base}/{main.name}"
    yield Spot("list", path)
    yield Spot("empty list", f"{path}?q=nothinghasthisname")
    yield Spot("list with a filter", f"{path}?add={main.title}")
    yield Spot("columns", f"{path}/columns")
    where = quote(f'["%26",["{main.title}","contains","a"],["|",["ownerid","null"]]]')
    yield Spot("filter", f"{path}/filter?where={where}")
    yield Spot("save a view", f"{path}/views/save")
    yield Spot("bulk edit", f"{path}/bulk-edit")
    yield Spot("import", f"{path}/import")
    yield Spot("new record", f"{path}/new")
    yield Spot("quick create", path, "quick")
    yield Spot("palette", path, "palette")
    yield Spot("navigation", path, "nav")
    yield Spot("menu of a list", path, "menu")
    yield Spot("to do", f"{base}/my-activities")
    yield from _of_record(work, app, main)
    yield from _layouts(entities_of(catalog, app), base)
    yield from _charts(catalog, app, base)
    for group in app.groups:
        for item in group.items:
            if item.dashboard:
                yield Spot("dashboard", f"{base}/dashboards/{item.dashboard}")


def _of_record(work: Work, app: App, entity: Entity) -> Iterator[Spot]:
    record = f"/app/{app.name}/{entity.name}/{record_of(work, entity)}"
    plan = form_plan.main_form(work.catalog, entity)
    for tab in plan.tabs:
        yield Spot(f"tab {tab.name}", f"{record}?tab={tab.name}")
        for section in tab.sections:
            if section.subgrid is not None:
                grid = section.subgrid.collection
                yield Spot("related records", f"{record}/related/{grid}")
    yield Spot("cell", f"{record}/cell/{entity.title}")
    yield Spot("delete", f"{record}/delete")
    if entity.audited:
        yield Spot("history", f"{record}/history")
    if entity.ownership == "user":
        yield Spot("assign", f"{record}/assign")
    if plan.timeline:
        yield Spot("timeline", f"{record}/timeline")


def _layouts(entities: list[Entity], base: str) -> Iterator[Spot]:
    """Give each layout of a list, of the first entity that offers it."""
    done: set[str] = set()
    for entity in entities:
        address = f"{base}/{entity.name}"
        state = ListState(address)
        offered = layouts.layouts_of(entity, state, frozenset(entity.fields))
        for button in offered.buttons:
            if button.name and button.name not in done:
                done.add(button.name)
                yield Spot(button.name, f"{address}?as={button.name}")
                if button.name == "calendar":
                    for span in ("week", "agenda"):
                        more = f"{address}?as=calendar&span={span}"
                        yield Spot(f"calendar by {span}", more)


def _charts(catalog: Catalog, app: App, base: str) -> Iterator[Spot]:
    """Give a chart of each type that the app's entities have, and its records."""
    done: set[str] = set()
    for entity in entities_of(catalog, app):
        for chart in catalog.charts.get(entity.name, {}).values():
            if chart.type not in done:
                done.add(chart.type)
                path = f"{base}/{entity.name}/charts/{chart.name}"
                yield Spot(f"chart {chart.type}", path)


def _entities(work: Work, app: App) -> Iterator[Spot]:
    """Give the main list and the main form of every entity of the app."""
    for entity in entities_of(work.catalog, app):
        path = f"/app/{app.name}/{entity.name}"
        yield Spot(f"list of {entity.name}", path)
        record = record_of(work, entity)
        if record is not None:
            yield Spot(f"form of {entity.name}", f"{path}/{record}")
        elif entity.kind == "standard":
            yield Spot(f"form of {entity.name}", f"{path}/new")
