"""Know what a form is: tabs with sections that show fields, subgrids and a timeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xrm.metadata.definitions import mappings, texts, words_of

FormType = Literal["main", "quick_create", "card", "quick_view"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A field on a form."""

    field: str
    label: str | None = None
    read_only: bool = False
    hidden: bool = False
    span: int = 1
    filter: str | None = None
    """For a lookup: a condition in the rule language on the candidates."""


@dataclass(frozen=True, slots=True)
class Subgrid:
    """Related records on a form: a collection of the entity shown by a view."""

    collection: str
    view: str | None = None
    label: str | None = None
    limit: int = 10
    editable: bool = False


@dataclass(frozen=True, slots=True)
class QuickView:
    """Some fields of the record that a lookup points to.

    `form` names a form of the entity looked up; without it its first quick view, or
    else its card, is shown.
    """

    lookup: str
    form: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of cells, or one subgrid, a quick view, or the timeline."""

    name: str
    label: str
    columns: int = 2
    cells: tuple[Cell, ...] = ()
    subgrid: Subgrid | None = None
    quick_view: QuickView | None = None
    timeline: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a form."""

    name: str
    label: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of an entity; `header` are the key figures shown in one line."""

    entity: str
    name: str
    label: str
    type: FormType = "main"
    header: tuple[str, ...] = ()
    tabs: tuple[Tab, ...] = ()
    timeline: bool = False
    roles: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields on the form, each once, in order."""
        found = dict.fromkeys(self.header)
        for tab in self.tabs:
            for section in tab.sections:
                found.update(dict.fromkeys(cell.field for cell in section.cells))
        return tuple(found)


def _cell(data: Mapping[str, Any]) -> Cell:
    return Cell(
        field=data["field"],
        label=data.get("label"),
        read_only=bool(data.get("read_only")),
        hidden=bool(data.get("hidden")),
        span=data.get("span", 1),
        filter=data.get("filter"),
    )


def _section(data: Mapping[str, Any], index: int) -> Section:
    grid = data.get("subgrid")
    name = data.get("name") or f"section_{index}"
    subgrid = None
    if grid:
        body = grid if isinstance(grid, Mapping) else {"collection": grid}
        subgrid = Subgrid(
            collection=body["collection"],
            view=body.get("view"),
            label=body.get("label"),
            limit=body.get("limit", 10),
            editable=bool(body.get("editable")),
        )
    quick = data.get("quick_view")
    return Section(
        name=name,
        label=data.get("label", "" if "name" not in data else words_of(name)),
        columns=data.get("columns", 2),
        cells=tuple(_cell(cell) for cell in mappings(data.get("fields"), "field")),
        subgrid=subgrid,
        quick_view=QuickView(quick["lookup"], quick.get("form")) if quick else None,
        timeline=bool(data.get("timeline")),
        hidden=bool(data.get("hidden")),
    )


def from_document(data: Mapping[str, Any]) -> Form:
    """Read a document of kind `form`: `tabs`, or `sections` for a form of one tab."""
    tabs = data.get("tabs") or [
        {"name": "general", "label": "General", "sections": data.get("sections") or []}
    ]
    return Form(
        entity=data["entity"],
        name=data["name"],
        label=data.get("label") or words_of(data["name"]),
        type=data.get("type", "main"),
        header=texts(data.get("header")),
        tabs=tuple(
            Tab(
                name=tab.get("name") or f"tab_{number}",
                label=tab.get("label") or words_of(tab.get("name") or "General"),
                sections=tuple(
                    _section(section, index)
                    for index, section in enumerate(tab.get("sections") or (), 1)
                ),
            )
            for number, tab in enumerate(tabs, 1)
        ),
        timeline=bool(data.get("timeline")),
        roles=texts(data.get("roles")),
    )
