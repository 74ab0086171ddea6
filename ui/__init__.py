"""The screens: server-rendered pages of records, solutions and people.

`ui_blueprint()` has every page, `error_page()` shows an error as one; `main.py` puts
both on the application and hands in, as `SolutionsDesk`, what pages need of the room
that installs solutions.
"""

from xrm.ui.help_desk import HELP_EXTENSION, HelpDesk
from xrm.ui.routes import ui_blueprint
from xrm.ui.routes_errors import error_page
from xrm.ui.solutions_desk import EXTENSION, SolutionsDesk

__all__ = [
    "EXTENSION", "HELP_EXTENSION", "HelpDesk", "SolutionsDesk", "error_page",
    "ui_blueprint",
]  # fmt: skip
