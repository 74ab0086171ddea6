"""Know the frame around every page: apps, navigation, the New menu, the person.

Pure: of the catalog and the actor's rights. It names only what the person may open.
"""

from dataclasses import dataclass
from itertools import takewhile
from urllib.parse import quote

from xrm.metadata.apps import App, NavGroup, NavItem
from xrm.metadata.catalog import Catalog
from xrm.metadata.dashboards import Dashboard
from xrm.metadata.entities import Entity
from xrm.platform.security import access
from xrm.platform.security.actors import Actor
from xrm.ui.people import Avatar, avatar

CUSTOMIZERS = frozenset({"system_administrator", "system_customizer"})
"""Roles that may look at solutions; `solutions` as a task privilege does the same."""
SETTINGS = "settings"
MY_ACTIVITIES = "my-activities"
"""The place of the page of a person's own activities, in every app."""
"""The app of core that configuration belongs to."""
ICON, APP_ICON = "table", "apps"


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a menu."""

    label: str
    href: str
    icon: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under a title."""

    label: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Shell:
    """What the frame shows."""

    app: str
    app_label: str
    app_icon: str
    language: str
    apps: tuple[Link, ...]
    groups: tuple[Group, ...]
    create: tuple[Link, ...]
    person: Avatar
    title: str = ""
    """What the phone shows in the top bar."""
    home: str = "/"


def may_open(actor: Actor, app: App) -> bool:
    """Say whether an app is for this person."""
    return actor.is_system or not app.roles or bool(actor.roles & set(app.roles))


def may_solutions(actor: Actor) -> bool:
    """Say whether the person may see and change solutions."""
    return (
        actor.is_system or "solutions" in actor.tasks or bool(actor.roles & CUSTOMIZERS)
    )


def apps_of(catalog: Catalog, actor: Actor) -> list[App]:
    """Return the apps a person may open, in their order."""
    found = [app for app in catalog.apps.values() if may_open(actor, app)]
    return sorted(found, key=lambda app: (app.order, app.label))


def may_read(actor: Actor, entity: str) -> bool:
    """Say whether the person reads any records of an entity."""
    return bool(access.may(actor, entity, "read"))


def may_create(actor: Actor, entity: Entity) -> bool:
    """Say whether the person may make records of an entity."""
    return bool(access.may(actor, entity.name, "create"))


def list_address(app: str, entity: str, view: str | None = None) -> str:
    """Return the address of an entity's list in an app."""
    base = f"/app/{quote(app)}/{quote(entity)}"
    return f"{base}?view={quote(view)}" if view else base


def dashboard_address(app: str, name: str) -> str:
    """Return the address of a dashboard in an app."""
    return f"/app/{quote(app)}/dashboards/{quote(name)}"


def dashboard_place(name: str) -> str:
    """Return how the frame knows that a dashboard is open."""
    return f"dashboard {name}"


def may_open_dashboard(actor: Actor, catalog: Catalog, dashboard: Dashboard) -> bool:
    """Say whether a dashboard is for somebody, and has anything for this person."""
    is_for = not dashboard.roles or bool(actor.roles & set(dashboard.roles))
    return (actor.is_system or is_for) and any(
        tile.entity in catalog.entities and may_read(actor, tile.entity)
        for tile in dashboard.tiles
    )


def entities_of(catalog: Catalog, actor: Actor, app: App) -> list[Entity]:
    """Return the readable entities of an app's navigation, each once."""
    names = dict.fromkeys(
        item.entity for group in app.groups for item in group.items if item.entity
    )
    return [
        catalog.entities[name]
        for name in names
        if name in catalog.entities and may_read(actor, name)
    ]


def first_page(catalog: Catalog, actor: Actor) -> str | None:
    """Return where a person begins, `None` when nothing is open to them."""
    for app in apps_of(catalog, actor):
        address = _home(catalog, actor, app)
        if address is not None:
            return address
    return None


def _home(catalog: Catalog, actor: Actor, app: App) -> str | None:
    items = [item for group in app.groups for item in group.items]
    for item in takewhile(lambda item: item.dashboard, items):
        opening = catalog.dashboards.get(item.dashboard or "")
        if opening is not None and may_open_dashboard(actor, catalog, opening):
            return dashboard_address(app.name, opening.name)
    main = [e for e in entities_of(catalog, actor, app) if e.kind == "standard"]
    every = main or entities_of(catalog, actor, app)
    return list_address(app.name, every[0].name) if every else None


def build(
    catalog: Catalog,
    actor: Actor,
    app_name: str | None = None,
    entity: str | None = None,
    title: str = "",
    place: str = "",
) -> Shell:
    """Return the frame around a page of an app, or of none (solutions, errors)."""
    mine = apps_of(catalog, actor)
    app = next((one for one in mine if one.name == app_name), None)
    if app is None and place:
        app = next((one for one in mine if one.name == SETTINGS), None)
    if app is None and app_name is None and mine:
        app = mine[0]
    groups = _groups(catalog, actor, app, entity, place) if app else ()
    if (app is not None and app.name == "settings") or (place and not groups):
        groups = (*groups, *_studio(actor, place))
    return Shell(
        app=app.name if app else "",
        app_label=app.label if app else "OpenXRM",
        app_icon=(app.icon or APP_ICON) if app else "stack-2",
        language=actor.locale.replace("_", "-"),
        apps=tuple(
            Link(
                one.label,
                _home(catalog, actor, one) or "/",
                one.icon or APP_ICON,
                one is app,
            )
            for one in mine
        )
        + tuple(link for group in _studio(actor, place) for link in group.links),
        groups=groups,
        create=_create(catalog, actor, app) if app else (),
        person=avatar(actor.name or "?", str(actor.user_id)),
        title=title,
        home=(_home(catalog, actor, app) or "/") if app else "/",
    )


def _studio(actor: Actor, place: str) -> tuple[Group, ...]:
    if not may_solutions(actor):
        return ()
    link = Link("Solutions", "/solutions", "package", place == "solutions")
    return (Group("Configuration", (link,)),)


def _has_activities(catalog: Catalog, group: NavGroup) -> bool:
    """Say whether a group of the navigation shows activities."""
    found = [catalog.entities.get(item.entity or "") for item in group.items]
    return any(one is not None and one.kind == "activity" for one in found)


def _my_activities(app: App, place: str) -> Link:
    address = f"/app/{quote(app.name)}/{MY_ACTIVITIES}"
    return Link("To do", address, "checklist", place == MY_ACTIVITIES)


def _groups(
    catalog: Catalog, actor: Actor, app: App, entity: str | None, place: str = ""
) -> tuple[Group, ...]:
    made = []
    is_told = False
    for group in app.groups:
        links = []
        for item in group.items:
            link = _link(catalog, actor, app, item, entity)
            if link is not None:
                links.append(link)
        if links and not is_told and _has_activities(catalog, group):
            is_told = True
            links.insert(0, _my_activities(app, place))
        if links:
            made.append(Group(group.label, tuple(links)))
    return tuple(made)


def _link(
    catalog: Catalog, actor: Actor, app: App, item: NavItem, current: str | None
) -> Link | None:
    if item.dashboard:
        return _dashboard_link(catalog, actor, app, item, current)
    found = catalog.entities.get(item.entity or "")
    if found is None or not may_read(actor, found.name):
        return None
    return Link(
        item.label or found.plural_label,
        list_address(app.name, found.name, item.view),
        item.icon or found.icon or ICON,
        found.name == current,
    )


def _dashboard_link(
    catalog: Catalog, actor: Actor, app: App, item: NavItem, current: str | None
) -> Link | None:
    found = catalog.dashboards.get(item.dashboard or "")
    if found is None or not may_open_dashboard(actor, catalog, found):
        return None
    return Link(
        item.label or found.label,
        dashboard_address(app.name, found.name),
        item.icon or "layout-dashboard",
        current == dashboard_place(found.name),
    )


def _create(catalog: Catalog, actor: Actor, app: App) -> tuple[Link, ...]:
    return tuple(
        Link(
            found.label, f"{list_address(app.name, found.name)}/new", found.icon or ICON
        )
        for found in entities_of(catalog, actor, app)
        if found.kind != "child" and may_create(actor, found)
    )
