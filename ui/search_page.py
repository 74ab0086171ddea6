"""Know the palette: records by name, places to go, things to make.

Pure but for the rows it is given.
"""

from dataclasses import dataclass
from urllib.parse import quote

from xrm.metadata.apps import App
from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.family import ACTIVITY_BASE
from xrm.platform.security.actors import Actor
from xrm.ui import shell
from xrm.ui.reading import lower_first

MOST_ENTITIES = 10
MOST_ROWS = 4
MOST_PLACES = 8
HELP = "Help"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be opened."""

    title: str
    href: str
    icon: str
    kind: str


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under a title."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What the palette shows."""

    text: str
    app: str
    sections: tuple[Section, ...]

    @property
    def is_bare(self) -> bool:
        """Say whether nothing was found but the way to the help."""
        return all(section.title == HELP for section in self.sections)


def searched(catalog: Catalog, actor: Actor, app: App) -> list[Entity]:
    """Return the entities whose records are searched: those of the app."""
    found = shell.entities_of(catalog, actor, app)
    main = [entity for entity in found if entity.kind == "standard"]
    rest = [entity for entity in found if entity.kind != "standard"]
    return [
        entity
        for entity in (*main, *rest)
        if entity.title and entity.kind != ACTIVITY_BASE
    ][:MOST_ENTITIES]


def places(catalog: Catalog, actor: Actor, app: App, text: str) -> list[Entry]:
    """Return lists and views whose names contain a text."""
    asked = text.casefold()
    found = []
    for entity in shell.entities_of(catalog, actor, app):
        base = shell.list_address(app.name, entity.name)
        icon = entity.icon or shell.ICON
        if asked in entity.plural_label.casefold():
            found.append(Entry(entity.plural_label, base, icon, "List"))
        if not asked:
            continue
        for view in catalog.views.get(entity.name, {}).values():
            if view.type == "public" and asked in view.label.casefold():
                found.append(
                    Entry(view.label, f"{base}?view={view.name}", "list", "View")
                )
    return found[:MOST_PLACES]


def deeds(catalog: Catalog, actor: Actor, app: App, text: str) -> list[Entry]:
    """Return what can be made."""
    asked = text.casefold().removeprefix("new ").strip()
    return [
        Entry(
            f"New {lower_first(entity.label)}",
            f"{shell.list_address(app.name, entity.name)}/new",
            "plus",
            "Create",
        )
        for entity in shell.entities_of(catalog, actor, app)
        if entity.kind != "child"
        and shell.may_create(actor, entity)
        and (not asked or asked in entity.label.casefold())
    ][:4]


def _in_the_help(text: str) -> Entry:
    if not text:
        return Entry("Help", "/help", "lifebuoy", "Guides and reference")
    address = f"/help?q={quote(text)}"
    return Entry(f"Find “{text}” in the help", address, "lifebuoy", "Help")


def build(
    app: str, text: str, records: list[Entry], places_: list[Entry], made: list[Entry]
) -> SearchPage:
    """Return the palette."""
    sections = (
        ("Records", records),
        ("Go to", places_),
        ("Create", made),
        (HELP, [_in_the_help(text)]),
    )
    return SearchPage(
        text,
        app,
        tuple(Section(title, tuple(some)) for title, some in sections if some),
    )
