"""Know lines edited in place: the rows of a collection with widgets in their cells.

Pure. A cell can be typed into where its column is a field of the line itself that a
person may set; other cells show what they hold. Names of widgets begin with `line.`,
because the grid stands within the form of its record.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xrm.metadata.entities import Entity
from xrm.metadata.forms import Cell as FormCell
from xrm.metadata.forms import Form, Section, Tab
from xrm.metadata.views import View
from xrm.platform.errors import XrmError
from xrm.platform.query.query import Aggregate
from xrm.ui.columns import Cell, Column, Columns, Row
from xrm.ui.filters import Choice
from xrm.ui.form_fields import FieldModel, FieldSpec, field_model
from xrm.ui.form_plan import FormPlan
from xrm.ui.list_page import Header
from xrm.ui.reading import Reader

PREFIX = "line."
NEW = "new"


@dataclass(frozen=True, slots=True)
class LineCell:
    """One cell: a widget, or what is only shown."""

    css: str
    field: FieldModel | None = None
    cell: Cell | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its cells, and what was refused."""

    id: str
    number: str
    version: str
    cells: tuple[LineCell, ...]
    action: str
    href: str = ""
    faults: tuple[str, ...] = ()
    """Messages that belong to no cell."""
    is_new: bool = False
    can_copy: bool = False
    can_delete: bool = False
    is_typed: bool = False
    """Whether it holds what could not be saved."""

    @property
    def said(self) -> tuple[str, ...]:
        """Return everything that was refused about it."""
        beside = [text for one in self.cells if one.field for text in one.field.faults]
        return (*beside, *self.faults)


@dataclass(frozen=True, slots=True)
class Total:
    """A sum in the foot of a column."""

    css: str
    text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """The whole grid."""

    id: str
    label: str
    singular: str
    address: str
    headers: tuple[Header, ...]
    lines: tuple[Line, ...]
    new: Line | None
    totals: tuple[Total, ...]
    next: str = ""


def form_of(entity: Entity, view: View, parent: str) -> Form:
    """Return the columns of a view as a form; `parent` leads to the record itself."""
    cells = tuple(
        FormCell(column.field, label=column.label)
        for column in view.columns
        if column.field in entity.fields and column.field != parent
    )
    section = Section("line", "", cells=cells)
    return Form(entity.name, "", view.label, tabs=(Tab("line", "", (section,)),))


def shown_columns(columns: Columns, parent: str) -> tuple[Column, ...]:
    """Return the columns of a grid: all but the way back to the record."""
    return tuple(column for column in columns.items if column.path != parent)


def line(
    columns: Sequence[Column],
    plan: FormPlan,
    row: Row,
    reader: Reader,
    plain: Reader,
    *,
    id_: str,
    number: str,
    action: str,
    base: str,
    href: str = "",
    may_write: bool = True,
    may_delete: bool = False,
    may_copy: bool = False,
    typed: Mapping[str, Sequence[str]] | None = None,
    messages: Mapping[str, Sequence[str]] | None = None,
    choices: Mapping[str, tuple[Choice, ...]] | None = None,
    version: str = "",
    faults: tuple[str, ...] = (),
) -> Line:
    """Return one line; `plain` reads money whose currency stands in the head."""
    specs = {made.field.name: made for made in plan.specs}
    cells = []
    for column in columns:
        css = "num" if " num" in column.css else ""
        made = specs.get(column.path)
        if made is None or made.lock or not may_write or made.field.type == "owner":
            cells.append(LineCell(f"plain {css}".strip(), cell=column.make(row, plain)))
            continue
        cells.append(
            LineCell(
                css,
                _widget(
                    made,
                    row,
                    reader,
                    f"l-{id_}",
                    base,
                    f"{column.label}, {number}",
                    typed,
                    (messages or {}).get(made.field.name, ()),
                    (choices or {}).get(made.field.name),
                ),
            )
        )
    return Line(
        id=id_,
        number=number,
        version=version,
        cells=tuple(cells),
        action=action,
        href=href,
        faults=faults,
        is_new=id_ == NEW,
        can_copy=may_copy,
        can_delete=may_delete,
        is_typed=typed is not None,
    )


def _widget(
    made: FieldSpec,
    row: Row,
    reader: Reader,
    prefix: str,
    base: str,
    label: str,
    typed: Mapping[str, Sequence[str]] | None,
    faults: Sequence[str],
    options: tuple[Choice, ...] | None,
) -> FieldModel:
    widget = field_model(
        made,
        row,
        reader,
        typed=typed,
        faults=faults,
        address=base,
        options=options,
        prefix=prefix,
    )
    widget.name = f"{PREFIX}{widget.name}"
    widget.label = label
    widget.unit = ""
    return widget


def typed_in(posted: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return what was typed into a line, by field."""
    return {
        name.removeprefix(PREFIX): list(values)
        for name, values in posted.items()
        if name.startswith(PREFIX)
    }


def sums_of(columns: Sequence[Column]) -> tuple[Aggregate, ...]:
    """Return the sums that the foot asks for: money that is computed line by line.

    What is typed may be a price of one, which nobody adds up.
    """
    return tuple(
        Aggregate("sum", column.path, f"sum_{position}")
        for position, column in enumerate(columns)
        if column.field.type == "currency"
        and column.field.formula is not None
        and "." not in column.path
    )


def totals(
    columns: Sequence[Column],
    sums: Mapping[str, Any],
    text: Callable[[Column, Any], str],
) -> tuple[Total, ...]:
    """Return the foot, one entry per column."""
    made = []
    for position, column in enumerate(columns):
        css = "num" if " num" in column.css else ""
        value = sums.get(f"sum_{position}")
        made.append(Total(css, "" if value is None else text(column, value)))
    return tuple(made)


def split_messages(
    error: XrmError | None,
    faults: Mapping[str, str],
    known: frozenset[str] | None = None,
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the messages beside cells by field, and those that belong to none.

    `known` are the fields that have a cell.
    """
    found: dict[str, list[str]] = {name: [text] for name, text in faults.items()}
    others: list[str] = []
    if error is not None:
        pairs = [(d.field, d.message) for d in error.details]
        for name, text in pairs or [(error.target, error.message)]:
            if name and (known is None or name in known):
                found.setdefault(name, []).append(text)
            elif text not in others:
                others.append(text)
    return {name: tuple(texts) for name, texts in found.items()}, tuple(others)
