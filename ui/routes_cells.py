"""Know the routes of one cell of a list: its widget in place, and the change of it.

The same addresses give a page with the one field, for browsers without scripts. A
change is the normal one, with the version that was shown when editing began.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, request

from xrm.metadata.entities import Entity, Field
from xrm.metadata.forms import Cell as FormCell
from xrm.metadata.views import View, ViewColumn
from xrm.platform.errors import NotFound, StaleVersion, XrmError
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run
from xrm.platform.records import service
from xrm.platform.security import checks
from xrm.platform.web import Right, right
from xrm.ui import form_values, records, shell
from xrm.ui.columns import CURRENCY_FIELD, Cell, columns_of
from xrm.ui.filters import Choice
from xrm.ui.form_fields import FieldModel, field_model, spec
from xrm.ui.form_values import Typed
from xrm.ui.reading import lower_first
from xrm.ui.responses import fragment, htmx, local, page, redirect
from xrm.ui.visit import Visit, visit

cell_pages = Blueprint("cells", __name__)


@dataclass(frozen=True, slots=True)
class CellForm:
    """One field of one record, to be changed in place."""

    title: str
    action: str
    back: str
    version: str
    field: FieldModel
    lock: str


@cell_pages.get("/app/<app>/<entity>/<record>/cell/<field>")
@right(Right.RECORDS)
def show(app: str, entity: str, record: str, field: str) -> Response:
    """Show the widget of a field, or why it cannot be changed."""
    with visit(app) as seen:
        definition, found = _place(seen, entity, field)
        row = _row(seen, definition, found, record)
        return _form(seen, definition, found, row, local(request.args.get("back"), ""))


@cell_pages.post("/app/<app>/<entity>/<record>/cell/<field>")
@right(Right.RECORDS)
def save(app: str, entity: str, record: str, field: str) -> Response:
    """Change the field; a refusal stands beside it, with what was typed."""
    posted = dict(request.form.lists())
    back = local(request.form.get("back"), shell.list_address(app, entity))
    typed = Typed()
    choices: dict[str, tuple[Choice, ...]] = {}
    fault = ""
    try:
        with visit(app, write=True) as seen:
            definition, found = _place(seen, entity, field)
            row = _row(seen, definition, found, record)
            typed = form_values.read([found], posted, row, seen.reader.formats)
            choices = records.resolve_names(seen, definition, typed)
            if not typed.faults and typed.values:
                _change(seen, definition, found, row, typed.values)
    except StaleVersion:
        fault = "Somebody changed the record meanwhile; this is its value now."
        posted = {}
    except XrmError as error:
        if error.status not in (400, 403, 409, 412):
            raise
        fault = records.reasons(error)
    with visit(app) as seen:
        definition, found = _place(seen, entity, field)
        row = _row(seen, definition, found, record)
        fault = fault or typed.faults.get(field, "")
        if fault:
            return _form(
                seen, definition, found, row, back, posted, fault, choices.get(field)
            )
        if htmx:
            return fragment("list/cell.html", row=[_cell(seen, definition, found, row)])
    flash(f"The {lower_first(definition.label)} is saved.", "green")
    return redirect(back)


def _change(
    seen: Visit,
    entity: Entity,
    field: Field,
    row: dict[str, Any],
    values: dict[str, Any],
) -> None:
    text = request.form.get("version", "")
    version = int(text) if text.isdigit() and len(text) < 19 else None
    is_assigned = field.name == "ownerid"
    service.update(
        seen.work,
        entity.name,
        row[entity.key],
        values,
        if_version=version,
        verb="assign" if is_assigned else "update",
    )


def _place(seen: Visit, entity: str, name: str) -> tuple[Entity, Field]:
    definition = seen.entity(entity)
    found = definition.fields.get(name)
    if found is None or name not in seen.readable(entity):
        raise NotFound(f"{definition.plural_label} have no such field.")
    return definition, found


def _row(seen: Visit, entity: Entity, field: Field, record: str) -> dict[str, Any]:
    paths = [field.name, "versionnumber", entity.title or entity.key]
    for name in ("statecode", "ownerid", "owningbusinessunit", CURRENCY_FIELD):
        if name in entity.fields:
            paths.append(name)
    if entity.parent:
        paths.append(entity.parent)
    if field.is_lookup:
        paths.append(f"{field.name}@name")
    id_ = records.id_of(entity, record)
    where = Compare(entity.key, "eq", (id_,))
    found = run(
        seen.work, Query(entity.name, tuple(dict.fromkeys(paths)), where, limit=1)
    ).rows
    if not found:
        raise records.not_found(entity)
    return found[0]


def _cell(seen: Visit, entity: Entity, field: Field, row: dict[str, Any]) -> Cell:
    """Return the cell as the list shows it."""
    view = View(entity.name, "", "", (ViewColumn(field.name),))
    title = entity.title or entity.key
    if field.name != title:
        view = View(entity.name, "", "", (ViewColumn(title), ViewColumn(field.name)))
    readable = seen.readable(entity.name)
    made = columns_of(seen.work.catalog, entity, view, seen.app, readable)
    column = next(c for c in made.items if c.path == field.name)
    return column.make(row, seen.reader)


def _form(
    seen: Visit,
    entity: Entity,
    field: Field,
    row: dict[str, Any],
    back: str,
    posted: dict[str, list[str]] | None = None,
    fault: str = "",
    options: tuple[Choice, ...] | None = None,
) -> Response:
    made = spec(entity, FormCell(field.name))
    if made is None:
        raise NotFound(f"{entity.plural_label} have no such field.")
    lock = made.lock
    state = entity.state(row.get("statecode"))
    if not lock and state is not None and state.read_only and field.type != "status":
        lock = f"The record is {lower_first(state.name)}, so it is read-only"
    if not lock and not checks.check_record(seen.work, entity.name, "write", row):
        lock = "Your roles do not let you change this record"
    address = shell.list_address(seen.app, entity.name)
    model = field_model(
        made,
        row,
        seen.reader,
        typed=posted,
        faults=(fault,) if fault else (),
        lock=lock,
        address=address,
        options=options,
    )
    form = CellForm(
        title=str(row[entity.title or entity.key] or "No name"),
        action=f"{address}/{row[entity.key]}/cell/{field.name}",
        back=back or address,
        version=str(row["versionnumber"]),
        field=model,
        lock=lock,
    )
    if htmx:
        return fragment("list/cell_form.html", form=form)
    return page(
        "list/cell_page.html",
        shell=seen.shell(entity.name, entity.plural_label),
        form=form,
    )
