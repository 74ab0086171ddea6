"""Know whether a form is sound: fields, related records, names of tabs and sections."""

from xrm.metadata import forms
from xrm.metadata.checks.context import Context
from xrm.metadata.documents import Path
from xrm.metadata.entities import Entity
from xrm.metadata.forms import Cell, QuickView, Section, Subgrid
from xrm.metadata.scope import entity_of


def check(context: Context) -> None:
    """Check a document of kind `form`."""
    data = context.document.data
    form = forms.from_document(data)
    context.roles(form.roles)
    entity = context.entity(form.entity, ("entity",))
    if "tabs" in data and "sections" in data:
        context.report(
            "O006",
            "The form has tabs and sections.",
            ("sections",),
            "Put the sections into a tab.",
            key=True,
        )
    if entity is None:
        return
    places = context.paths("header")
    for index, name in enumerate(form.header):
        context.field(entity, name, places[index], "O001")
    seen: dict[str, Path] = {}
    names: set[tuple[str, str]] = set()
    for number, tab in enumerate(form.tabs):
        base: Path = ("tabs", number) if "tabs" in data else ()
        _check_name(context, "tab", tab.name, base, names)
        for index, section in enumerate(tab.sections):
            path = (*base, "sections", index)
            if section.name != f"section_{index + 1}":
                _check_name(context, "section", section.name, path, names)
            _check_section(context, entity, section, path, seen)


def _check_name(
    context: Context, what: str, name: str, path: Path, names: set[tuple[str, str]]
) -> None:
    if (what, name) in names:
        context.report(
            "O006",
            f'There are two {what}s "{name}".',
            (*path, "name"),
            "Give one of them another name; rules find them by it.",
        )
    names.add((what, name))


def _check_section(
    context: Context,
    entity: Entity,
    section: Section,
    path: Path,
    seen: dict[str, Path],
) -> None:
    parts = (section.cells, section.subgrid, section.quick_view, section.timeline)
    holds = sum(bool(part) for part in parts)
    if holds != 1:
        kinds = "fields, subgrid, quick_view and timeline"
        message = "The section holds nothing."
        if holds:
            message = f"The section holds more than one of {kinds}."
        hint = f"Give each section one of {kinds}."
        context.report("O007", message, path, hint)
    for index, cell in enumerate(section.cells):
        _check_cell(context, entity, cell, (*path, "fields", index), seen)
    if section.subgrid is not None:
        _check_subgrid(context, entity, section.subgrid, (*path, "subgrid"))
    if section.quick_view is not None:
        quick = section.quick_view
        _check_quick_view(context, entity, quick, (*path, "quick_view"))


def _check_cell(
    context: Context, entity: Entity, cell: Cell, path: Path, seen: dict[str, Path]
) -> None:
    field = entity.parties.get(cell.field) or context.field(
        entity, cell.field, path, "O001"
    )
    if cell.field in seen:
        context.report(
            "O002",
            f'The field "{cell.field}" stands twice on the form.',
            path,
            "Remove one.",
        )
    seen[cell.field] = path
    if cell.filter is None or field is None:
        return
    if len(field.targets) != 1:
        context.report(
            "O005",
            f'"{cell.field}" is no lookup to one entity; it takes no filter.',
            (*path, "filter"),
            "Leave the filter out.",
        )
        return
    context.filter(cell.filter, field.targets[0].entity, (*path, "filter"))


def _check_subgrid(context: Context, entity: Entity, grid: Subgrid, path: Path) -> None:
    collections = context.catalog.collections(entity.name)
    found = collections.get(grid.collection)
    is_text = isinstance(_at(context, path), str)
    if found is None:
        where = path if is_text else (*path, "collection")
        what = f"collection of {entity.name}"
        context.unknown("O003", what, grid.collection, where, collections)
        return
    child = entity_of(found, entity.name, grid.collection)
    if grid.view is not None:
        views = context.catalog.views.get(child, {})
        if grid.view not in views:
            what = f"view of {child}"
            context.unknown("O004", what, grid.view, (*path, "view"), views)


def _check_quick_view(
    context: Context, entity: Entity, quick: QuickView, path: Path
) -> None:
    field = context.field(entity, quick.lookup, (*path, "lookup"), "O001")
    if field is None:
        return
    if not field.targets:
        context.report(
            "O008",
            f'"{quick.lookup}" is no lookup; there is no record to show.',
            (*path, "lookup"),
            "Name a lookup.",
        )
        return
    if quick.form is None:
        return
    forms_there = {
        name
        for target in field.targets
        for name in context.catalog.forms.get(target.entity, {})
    }
    if quick.form not in forms_there:
        what = f"form of {' or '.join(t.entity for t in field.targets)}"
        context.unknown("O009", what, quick.form, (*path, "form"), forms_there)


def _at(context: Context, path: Path) -> object:
    """Return the data at a path of the document."""
    here: object = context.document.data
    for step in path:
        here = here[step]  # type: ignore[index]  # the path was made from this data
    return here
