"""Know all pages: every blueprint of routes, in one list."""

from flask import Blueprint

from xrm.ui.routes_actions import actions
from xrm.ui.routes_board import board_pages
from xrm.ui.routes_bulk import bulk_pages
from xrm.ui.routes_calendar import calendar_pages
from xrm.ui.routes_cells import cell_pages
from xrm.ui.routes_charts import chart_pages
from xrm.ui.routes_doors import doors
from xrm.ui.routes_exports import exports
from xrm.ui.routes_help import help_pages
from xrm.ui.routes_imports import import_pages
from xrm.ui.routes_jobs import job_pages
from xrm.ui.routes_lines import line_pages
from xrm.ui.routes_links import links
from xrm.ui.routes_lists import lists
from xrm.ui.routes_me import me_pages
from xrm.ui.routes_records import record_pages
from xrm.ui.routes_related import related
from xrm.ui.routes_reminders import reminder_pages
from xrm.ui.routes_samples import sample_pages
from xrm.ui.routes_search import search_pages
from xrm.ui.routes_settings import settings_pages
from xrm.ui.routes_solutions import solution_pages
from xrm.ui.routes_timeline import timeline_pages
from xrm.ui.routes_views import view_pages

PARTS = (
    doors,
    reminder_pages,
    lists,
    chart_pages,
    board_pages,
    view_pages,
    exports,
    bulk_pages,
    cell_pages,
    calendar_pages,
    record_pages,
    related,
    links,
    line_pages,
    timeline_pages,
    actions,
    search_pages,
    solution_pages,
    job_pages,
    me_pages,
    settings_pages,
    help_pages,
    import_pages,
    sample_pages,
)


def ui_blueprint() -> Blueprint:
    """Return the blueprint of all pages."""
    pages = Blueprint("ui", __name__)
    for part in PARTS:
        pages.register_blueprint(part)
    return pages
