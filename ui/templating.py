"""Know the templates: one environment for the process, escaping always on.

Templates show page models; they ask nothing of database, request or catalog.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from xrm.ui import static_files
from xrm.ui.cells import cells
from xrm.ui.shell import Shell

FOLDER = Path(__file__).parent / "templates"


class Widgets(Mapping[str, Template]):
    """The template of each kind of widget, found once; `text` for one without."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._known = frozenset(
            path.stem for path in (FOLDER / "widgets").glob("*.html")
        )
        self._made: dict[str, Template] = {}

    def __getitem__(self, kind: str) -> Template:
        found = self._made.get(kind)
        if found is None:
            name = kind if kind in self._known else "text"
            found = self._environment.get_template(f"widgets/{name}.html")
            self._made[kind] = found
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._known))

    def __len__(self) -> int:
        return len(self._known)


@cache
def environment() -> Environment:
    """Return the environment; templates are compiled at their first use and kept."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        cache_size=-1,
    )
    made.globals.update(
        cells=cells,
        static=static_files.address,
        icons=static_files.address("vendor/icons.svg"),
        widgets=Widgets(made),
    )
    return made


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a page, filled in: escaped by the templates that made it."""

    navigation: str
    top: str
    bottom: str


@lru_cache(maxsize=512)
def frame(shell: Shell, theme: str, rail: bool, csrf: str) -> Frame:
    """Return the frame for one person's browser, kept while nothing of it changes."""
    module: Any = environment().get_template("parts/frame.html").module
    return Frame(
        navigation=module.navigation(shell, rail, csrf),
        top=module.top(shell, theme, csrf),
        bottom=module.bottom(shell),
    )


def render(template: str, /, **values: Any) -> str:
    """Return a template filled in."""
    return environment().get_template(template).render(values)
