"""Know the palette and the search page: records by words, places to go, things to do.

Pure but for the records it is given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from xrm.metadata.apps import App
from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.family import ACTIVITY_BASE
from xrm.platform.security.actors import Actor
from xrm.platform.services.search import Found, Hit, best, marked
from xrm.rule_engine.fold import fold
from xrm.ui import shell
from xrm.ui.columns import record_address
from xrm.ui.filters import Choice
from xrm.ui.reading import lower_first

MOST_ENTITIES = 20
MOST_BEST = 8
MOST_OF_ONE = 10
MOST_PLACES = 8
MOST_DEEDS = 6
HELP = "Help"
COMMANDS, PEOPLE = ">", "@"
"""What a text begins with that asks for commands, for people only."""
Pieces = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be opened, or done.

    `pieces` are the title with the found letters told apart, `beside` further texts of
    a record; `theme` is what a command changes the look to.
    """

    title: str
    href: str
    icon: str
    kind: str
    pieces: Pieces = ()
    beside: Pieces = ()
    theme: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under a title; `more` leads to all of them."""

    title: str
    entries: tuple[Entry, ...]
    count: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a search says."""

    text: str = ""
    app: str = ""
    entity: str = ""
    mine: bool = False

    @property
    def words(self) -> str:
        """Return the text without the sign that says what to look for."""
        return self.text.removeprefix(COMMANDS).removeprefix(PEOPLE).strip()

    @property
    def commands_only(self) -> bool:
        """Say whether only commands are asked for."""
        return self.text.startswith(COMMANDS)

    @property
    def people_only(self) -> bool:
        """Say whether only people are asked for."""
        return self.text.startswith(PEOPLE)

    @property
    def address(self) -> str:
        """Return the address of the page."""
        given = {
            "q": self.text,
            "app": self.app,
            "entity": self.entity,
            "mine": "1" if self.mine else "",
        }
        return "/search?" + urlencode({k: v for k, v in given.items() if v})


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What the palette or the page shows."""

    asked: Asked
    sections: tuple[Section, ...]
    entities: tuple[Choice, ...] = ()
    nothing: str = ""
    """What to say when there is nothing."""

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was found but the way to the help."""
        return all(section.title == HELP for section in self.sections)


def searched(catalog: Catalog, actor: Actor, app: App) -> list[Entity]:
    """Return the entities whose records are searched, those of the app first."""
    apps = [app, *(one for one in shell.apps_of(catalog, actor) if one is not app)]
    every: dict[str, Entity] = {}
    for one in apps:
        listed = shell.entities_of(catalog, actor, one)
        for entity in sorted(listed, key=lambda entity: entity.kind != "standard"):
            every.setdefault(entity.name, entity)
    found = [e for e in every.values() if e.title and e.kind != ACTIVITY_BASE]
    return found[:MOST_ENTITIES]


def app_of(catalog: Catalog, actor: Actor, app: App, entity: str) -> App:
    """Return the app in which a record is opened: this one, if it has the entity."""
    for one in (app, *shell.apps_of(catalog, actor)):
        if any(e.name == entity for e in shell.entities_of(catalog, actor, one)):
            return one
    return app


def places(catalog: Catalog, actor: Actor, app: App, text: str) -> list[Entry]:
    """Return lists, views and other pages whose names contain a text, and apps."""
    asked = fold(text)
    found = []
    for group in shell.build(catalog, actor, app.name).groups:
        for link in group.links:
            if asked in fold(link.label):
                found.append(Entry(link.label, link.href, link.icon, group.label))
    for entity in shell.entities_of(catalog, actor, app) if asked else ():
        base = shell.list_address(app.name, entity.name)
        for view in catalog.views.get(entity.name, {}).values():
            if view.type == "public" and asked in fold(view.label):
                href = f"{base}?{urlencode({'view': view.name})}"
                found.append(Entry(view.label, href, "list", "View"))
    for link in shell.build(catalog, actor, app.name).apps if asked else ():
        if asked in fold(link.label) and not link.current:
            found.append(Entry(link.label, link.href, link.icon, "App"))
    return _once(found)[:MOST_PLACES]


def _once(entries: Sequence[Entry]) -> list[Entry]:
    return list({entry.href: entry for entry in reversed(entries)}.values())[::-1]


def deeds(catalog: Catalog, actor: Actor, app: App, text: str) -> list[Entry]:
    """Return what can be done: records to make, settings, looks."""
    asked = fold(text)
    made = [
        Entry(
            f"New {lower_first(entity.label)}",
            f"{shell.list_address(app.name, entity.name)}/new",
            "plus",
            "Create",
        )
        for entity in shell.entities_of(catalog, actor, app)
        if entity.kind != "child" and shell.may_create(actor, entity)
    ]
    if not asked:
        return made[:3]
    others = [
        Entry("My settings", "/settings/me", "settings", "Go to"),
        Entry("Background jobs", "/jobs", "progress-check", "Go to"),
        Entry("Recent and pinned", "/me/shortcuts", "history", "Go to"),
        *(
            Entry(f"Theme: {name}", "", mark, "Look", theme=name)
            for name, mark in (
                ("light", "sun"),
                ("dark", "moon"),
                ("auto", "device-desktop"),
            )
        ),
    ]
    return [one for one in (*made, *others) if asked in fold(one.title)][:MOST_DEEDS]


def _in_the_help(text: str) -> Entry:
    if not text:
        return Entry("Help", "/help", "lifebuoy", "Guides and reference")
    address = f"/help?{urlencode({'q': text})}"
    return Entry(f"Find “{text}” in the help", address, "lifebuoy", "Help")


def entry_of(
    entity: Entity, hit: Hit, words: Sequence[str], app: str, kind: str = ""
) -> Entry:
    """Return the entry of a record."""
    shown = tuple(marked(hit.title, words))
    beside: list[tuple[str, bool]] = []
    for text in hit.beside:
        if beside:
            beside.append((" · ", False))
        beside += marked(text, words)
    return Entry(
        hit.title,
        record_address(app, entity.name, hit.ref.id),
        entity.icon or shell.ICON,
        kind,
        shown,
        tuple(beside),
    )


def palette(
    asked: Asked,
    found: Sequence[Found],
    words: Sequence[str],
    app_for: Callable[[str], str],
    kept: Sequence[Section],
    go: Sequence[Entry],
    do: Sequence[Entry],
) -> SearchPage:
    """Return the palette: the best records of all entities, places and deeds."""
    hits = tuple(
        entry_of(entity, hit, words, app_for(entity.name), entity.label)
        for entity, hit in best(found, MOST_BEST)
    )
    more = asked.address if hits else ""
    sections = (
        *(kept if not asked.text else ()),
        Section("Records", hits, more=more),
        Section("Go to", tuple(go)),
        Section("Do", tuple(do)),
        Section(HELP, (_in_the_help(asked.words),)),
    )
    return SearchPage(
        asked,
        tuple(section for section in sections if section.entries),
        nothing=_nothing(asked, words),
    )


def results(
    asked: Asked,
    found: Sequence[Found],
    words: Sequence[str],
    app_for: Callable[[str], str],
    entities: Sequence[Entity],
    others: SearchPage,
) -> SearchPage:
    """Return the page: records entity by entity with their numbers, then the rest."""
    sections = []
    for one in found:
        name = one.entity.name
        count = f"{len(one.hits)}{'+' if one.has_more else ''}"
        list_ = shell.list_address(app_for(name), name)
        more = f"{list_}?{urlencode({'q': asked.words})}"
        shown = one.hits[:MOST_OF_ONE]
        sections.append(
            Section(
                one.entity.plural_label,
                tuple(entry_of(one.entity, h, words, app_for(name)) for h in shown),
                count,
                more if one.has_more or len(one.hits) > MOST_OF_ONE else "",
            )
        )
    rest = () if asked.entity else others.sections
    rest = tuple(section for section in rest if section.title != "Records")
    choices = tuple(
        Choice(entity.name, entity.plural_label, entity.name == asked.entity)
        for entity in entities
    )
    return replace(others, sections=(*sections, *rest), entities=choices)


def _nothing(asked: Asked, words: Sequence[str]) -> str:
    if not asked.text:
        return "Type a few letters of a name."
    if not words and not asked.commands_only:
        return "Type one letter more."
    if asked.commands_only:
        return f"No page or command is called “{asked.words}”."
    whose = " of yours" if asked.mine else ""
    return f"Nothing{whose} you may see has “{asked.words}”."
