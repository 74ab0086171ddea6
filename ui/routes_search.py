"""Know the routes of the palette and the search page."""

from flask import Blueprint, Response, request

from xrm.metadata.apps import App
from xrm.metadata.entities import Entity
from xrm.platform.services import search as searching
from xrm.platform.web import Right, right
from xrm.rule_engine import core_names
from xrm.ui import search_page, shell, shortcuts
from xrm.ui.responses import fragment, page, wants_fragment
from xrm.ui.search_page import Asked, SearchPage
from xrm.ui.visit import Visit, visit

search_pages = Blueprint("search", __name__)


@search_pages.get("/search")
@right(Right.RECORDS)
def search() -> Response:
    """Show what fits a text, in the palette or as a page."""
    with visit() as seen:
        mine = shell.apps_of(seen.work.catalog, seen.actor)
        wanted = request.args.get("app", "")
        app = next(
            (one for one in mine if one.name == wanted), mine[0] if mine else None
        )
        asked = Asked(
            text=request.args.get("q", "").strip()[:200],
            app=app.name if app else "",
            entity=request.args.get("entity", ""),
            mine=request.args.get("mine") == "1",
        )
        if wants_fragment("results"):
            return fragment("search/results.html", search=_palette(seen, app, asked))
        if wants_fragment("palette"):
            return fragment("search/palette.html", search=_palette(seen, app, asked))
        made = _page(seen, app, asked)
        if wants_fragment("found"):
            return fragment("search/found.html", search=made)
        seen.app = asked.app
        return page("search/page.html", shell=seen.shell(title="Search"), search=made)


def _palette(seen: Visit, app: App | None, asked: Asked) -> SearchPage:
    if app is None:
        return SearchPage(asked, (), nothing="No app is open to you.")
    catalog, actor = seen.work.catalog, seen.actor
    entities = [] if asked.commands_only else _entities(seen, app, asked)
    words = searching.words_of(asked.words)
    text = asked.words
    return search_page.palette(
        asked,
        searching.find(seen.work, text, entities, mine=asked.mine),
        words,
        lambda name: search_page.app_of(catalog, actor, app, name).name,
        () if asked.text else shortcuts.sections(seen, app),
        () if asked.people_only else search_page.places(catalog, actor, app, text),
        () if asked.people_only else search_page.deeds(catalog, actor, app, text),
    )


def _page(seen: Visit, app: App | None, asked: Asked) -> SearchPage:
    if app is None:
        return SearchPage(asked, (), nothing="No app is open to you.")
    catalog, actor = seen.work.catalog, seen.actor
    every = search_page.searched(catalog, actor, app)
    chosen = [one for one in every if asked.entity in ("", one.name)]
    if asked.people_only or asked.commands_only:
        chosen = [] if asked.commands_only else _entities(seen, app, asked)
    words = searching.words_of(asked.words)
    found = searching.find(seen.work, asked.words, chosen, mine=asked.mine)

    def app_for(name: str) -> str:
        return search_page.app_of(catalog, actor, app, name).name

    places = search_page.places(catalog, actor, app, asked.words)
    deeds = search_page.deeds(catalog, actor, app, asked.words)
    kept = () if asked.text else shortcuts.sections(seen, app)
    others = search_page.palette(asked, (), words, app_for, kept, places, deeds)
    return search_page.results(asked, found, words, app_for, every, others)


def _entities(seen: Visit, app: App, asked: Asked) -> list[Entity]:
    catalog = seen.work.catalog
    if asked.people_only:
        people = catalog.entities.get(core_names.USER)
        return [people] if people is not None else []
    return search_page.searched(catalog, seen.actor, app)
