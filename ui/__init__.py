"""The screens: server-rendered pages of records, solutions and people.

`ui_blueprint()` has every page, `error_page()` shows an error as one; `main.py` puts
both on the application and hands in, as `SolutionsDesk`, what pages need of the room
that installs solutions.
"""

from flask import Blueprint

from xrm.ui.routes_actions import actions
from xrm.ui.routes_doors import doors
from xrm.ui.routes_errors import error_page
from xrm.ui.routes_links import links
from xrm.ui.routes_lists import lists
from xrm.ui.routes_records import record_pages
from xrm.ui.routes_related import related
from xrm.ui.routes_search import search_pages
from xrm.ui.routes_solutions import solution_pages
from xrm.ui.solutions_desk import EXTENSION, SolutionsDesk

__all__ = ["EXTENSION", "SolutionsDesk", "error_page", "ui_blueprint"]

PARTS = (
    doors,
    lists,
    record_pages,
    related,
    links,
    actions,
    search_pages,
    solution_pages,
)


def ui_blueprint() -> Blueprint:
    """Return the blueprint of all pages."""
    pages = Blueprint("ui", __name__)
    for part in PARTS:
        pages.register_blueprint(part)
    return pages
