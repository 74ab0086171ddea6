"""Know the routes of the help: its contents, its chapters, its search."""

from flask import Blueprint, Response, request

from xrm.platform.web import Right, right
from xrm.ui import help_page
from xrm.ui.help_library import library
from xrm.ui.responses import page
from xrm.ui.visit import visit

help_pages = Blueprint("help", __name__)
LONGEST = 200


@help_pages.get("/help")
@right(Right.SIGNED_IN)
def contents() -> Response:
    """Show the books, or what a search found."""
    text = request.args.get("q", "").strip()[:LONGEST]
    with visit() as seen:
        made = help_page.home(library(), text)
        return page("help/home.html", shell=seen.shell(title="Help"), help=made)


@help_pages.get("/help/<book>/<chapter>")
@right(Right.SIGNED_IN)
def chapter(book: str, chapter: str) -> Response:
    """Show a chapter.

    Raises:
        NotFound: there is none.
    """
    with visit() as seen:
        shelf = library()
        made = help_page.chapter_page(shelf, shelf.chapter(book, chapter))
        return page("help/chapter.html", shell=seen.shell(title="Help"), help=made)
