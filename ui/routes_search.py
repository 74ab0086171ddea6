"""Know the route of the palette: records, lists, things to make, by a few letters."""

from flask import Blueprint, Response, request

from xrm.metadata.apps import App
from xrm.platform.query.query import Order, Query
from xrm.platform.query.run import run
from xrm.platform.query.views import quick_find
from xrm.platform.web import Right, right
from xrm.ui import search_page, shell
from xrm.ui.columns import record_address
from xrm.ui.responses import fragment, page, wants_fragment
from xrm.ui.search_page import Entry, SearchPage
from xrm.ui.visit import Visit, visit

search_pages = Blueprint("search", __name__)


@search_pages.get("/search")
@right(Right.RECORDS)
def search() -> Response:
    """Show what fits a text, in the palette or as a page."""
    text = request.args.get("q", "").strip()[:200]
    with visit() as seen:
        mine = shell.apps_of(seen.work.catalog, seen.actor)
        wanted = request.args.get("app", "")
        app = next(
            (one for one in mine if one.name == wanted), mine[0] if mine else None
        )
        made = _found(seen, app, text) if app else SearchPage(text, "", ())
        if wants_fragment("results"):
            return fragment("search/results.html", search=made)
        if wants_fragment("palette"):
            return fragment("search/palette.html", search=made)
        seen.app = app.name if app else ""
        return page("search/page.html", shell=seen.shell(title="Search"), search=made)


def _found(seen: Visit, app: App, text: str) -> SearchPage:
    catalog, actor = seen.work.catalog, seen.actor
    rows: list[Entry] = []
    if text:
        for entity in search_page.searched(catalog, actor, app):
            asked = quick_find(entity, text)
            title = entity.title
            if asked is None or title is None:
                continue
            query = Query(
                entity.name,
                (title,),
                asked,
                order=(Order(title),),
                limit=search_page.MOST_ROWS,
            )
            rows += [
                Entry(
                    str(row[title] or "No name"),
                    record_address(app.name, entity.name, row[entity.key]),
                    entity.icon or shell.ICON,
                    entity.label,
                )
                for row in run(seen.work, query).rows
            ]
    return search_page.build(
        app.name,
        text,
        rows,
        search_page.places(catalog, actor, app, text),
        search_page.deeds(catalog, actor, app, text),
    )
