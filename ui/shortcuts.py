"""Know a person's shortcuts: what they pinned, and the records they opened last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xrm.metadata.apps import App
from xrm.metadata.fields.field_type import Ref
from xrm.platform.services import preferences, recent
from xrm.platform.services.preferences import Pinned
from xrm.ui import search_page, shell
from xrm.ui.columns import record_address
from xrm.ui.search_page import Entry, Section
from xrm.ui.visit import Visit

MOST_RECENT = 8
PIN, PAGE = "pin", "bookmark"


@dataclass(frozen=True, slots=True)
class Pin:
    """The button that pins a page: what is sent, and whether it is pinned."""

    is_pinned: bool
    what: str
    """What is pinned, for its label: `this account`."""
    back: str
    """Where the person is."""
    entity: str = ""
    id: str = ""
    href: str = ""
    label: str = ""


def pin_of_record(seen: Visit, ref: Ref) -> Pin:
    """Return the pin of a record's page."""
    is_pinned = preferences.is_pinned(seen.work, Pinned("record", ref=ref))
    back = record_address(seen.app, ref.entity, ref.id)
    return Pin(is_pinned, "this record", back, entity=ref.entity, id=str(ref.id))


def pin_of_page(seen: Visit, href: str, label: str, what: str) -> Pin:
    """Return the pin of another page: a list with its view and filters, a dashboard."""
    short = label.strip()[:200] or href
    is_pinned = preferences.is_pinned(seen.work, Pinned("page", short, href))
    return Pin(is_pinned, what, href, href=href, label=short)


def sections(seen: Visit, app: App) -> list[Section]:
    """Return pinned and recent things as parts of the palette."""
    return [
        Section("Pinned", tuple(pinned(seen, app))),
        Section("Recent", tuple(recent_records(seen, app))),
    ]


def pinned(seen: Visit, app: App | None) -> list[Entry]:
    """Return what the person pinned and may still see, in order."""
    pins = preferences.pinned(seen.work)
    refs = [one.ref for one in pins if one.ref is not None]
    titles = recent.titles(seen.work, refs) if refs else {}
    found = []
    for one in pins:
        if one.ref is None:
            found.append(Entry(one.label, one.href, PAGE, "Page"))
        elif one.ref in titles:
            found.append(_entry(seen, app, one.ref, titles[one.ref]))
    return found


def recent_records(
    seen: Visit, app: App | None, most: int = MOST_RECENT
) -> list[Entry]:
    """Return the records the person opened last and may still see."""
    open_ = set(_open_entities(seen))
    return [
        _entry(seen, app, one.ref, one.title)
        for one in recent.recent(seen.work, open_, most)
    ]


def _open_entities(seen: Visit) -> Iterator[str]:
    """Yield the entities that some app of the person shows."""
    catalog, actor = seen.work.catalog, seen.actor
    for app in shell.apps_of(catalog, actor):
        for entity in shell.entities_of(catalog, actor, app):
            yield entity.name


def _entry(seen: Visit, app: App | None, ref: Ref, title: str) -> Entry:
    catalog = seen.work.catalog
    entity = catalog.entities[ref.entity]
    every: Sequence[App] = shell.apps_of(catalog, seen.actor)
    at = app or (every[0] if every else None)
    name = ""
    if at is not None:
        name = search_page.app_of(catalog, seen.actor, at, ref.entity).name
    return Entry(
        title,
        record_address(name, ref.entity, ref.id),
        entity.icon or shell.ICON,
        entity.label,
    )
