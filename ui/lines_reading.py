"""Read lines edited in place: the grid of a record, one line of it, its foot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.forms import Subgrid
from xrm.metadata.system_fields import OWNING
from xrm.metadata.views import View
from xrm.platform.errors import NotFound
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run
from xrm.platform.security import access, checks
from xrm.ui import drafts, form_plan, lines_page, list_page, records, shell
from xrm.ui.columns import CURRENCY_FIELD, Columns, Row
from xrm.ui.drafts import Draft
from xrm.ui.filters import Choice
from xrm.ui.form_plan import FormPlan
from xrm.ui.lines_page import NEW, Line, Lines, Total
from xrm.ui.list_reading import columns_for
from xrm.ui.list_state import ListState
from xrm.ui.reading import Reader, lower_first
from xrm.ui.visit import Visit

MOST_LINES = 100
"""Lines that a grid shows at once."""


@dataclass(frozen=True, slots=True)
class LineGrid:
    """A collection of a record that is edited in place."""

    entity: Entity
    record: UUID
    other: Entity
    link: Child
    view: View
    columns: Columns
    subgrid: Subgrid
    label: str
    address: str

    @property
    def id(self) -> str:
        """Return the id of the grid on the page."""
        return f"related-{self.subgrid.collection}"


def subgrid_of(plan: FormPlan, collection: str) -> Subgrid | None:
    """Return the subgrid of a form that shows a collection."""
    for tab in plan.form.tabs:
        for section in tab.sections:
            grid = section.subgrid
            if grid is not None and grid.collection == collection:
                return grid
    return None


def grid_of(seen: Visit, entity: str, record: str, collection: str) -> LineGrid:
    """Return a grid whose lines the person may see.

    Raises:
        NotFound: the record's form edits no such lines, or they are not to be seen.
    """
    definition = seen.entity(entity)
    id_ = records.id_of(definition, record)
    if seen.title_of(entity, id_) is None:
        raise records.not_found(definition)
    found = of_record(seen, definition, id_, collection)
    if found is None:
        raise NotFound(f"{definition.plural_label} have no such lines.")
    return found


def of_record(
    seen: Visit, entity: Entity, record: UUID, collection: str
) -> LineGrid | None:
    """Return the grid of a collection, `None` where it is not edited in place."""
    plan = records.plan_for(seen, entity)
    subgrid = subgrid_of(plan, collection)
    found = form_plan.collection_of(seen.work.catalog, entity, collection)
    if subgrid is None or not subgrid.editable or found is None:
        return None
    other, link = found
    if not isinstance(link, Child) or not shell.may_read(seen.actor, other.name):
        return None
    views = seen.work.catalog.views.get(other.name, {})
    view = views.get(subgrid.view or "") or next(
        (v for v in views.values() if v.type == "associated"),
        list_page.fallback_view(other),
    )
    base = f"{shell.list_address(seen.app, entity.name)}/{record}"
    return LineGrid(
        entity,
        record,
        other,
        link,
        view,
        columns_for(seen, other, view),
        subgrid,
        subgrid.label or plan.label_of(collection) or other.plural_label,
        f"{base}/lines/{collection}",
    )


def plan_of(seen: Visit, grid: LineGrid) -> FormPlan:
    """Return the cells of a grid as a form, kept with the snapshot."""
    parent = grid.link.field.name
    return records.plan_for(
        seen,
        grid.other,
        lambda catalog, entity: lines_page.form_of(entity, grid.view, parent),
        f"lines {grid.view.name} {parent}",
    )


def read(seen: Visit, grid: LineGrid, after: str = "") -> Lines:
    """Return the lines of a record, in the order of the view."""
    state = ListState(path=grid.address, view=grid.view.name, after=after)
    asked = Query(
        grid.other.name,
        _paths(seen, grid),
        Compare(grid.link.field.name, "eq", (grid.record,)),
        order=list_page.order_of(grid.view, grid.columns, state),
        limit=MOST_LINES,
        after=after or None,
    )
    page = run(seen.work, asked)
    seen.add_names(page.rows, (*grid.columns.late, *plan_of(seen, grid).late))
    columns = lines_page.shown_columns(grid.columns, grid.link.field.name)
    plain = _plain(seen, grid, page.rows)
    shown = replace(grid.columns, items=columns)
    lines = [
        _line(seen, grid, row, plain, number) for number, row in enumerate(page.rows, 1)
    ]
    new = None
    if shell.may_create(seen.actor, grid.other):
        new = new_line(seen, grid)
    return Lines(
        id=grid.id,
        label=grid.label,
        singular=lower_first(grid.other.label),
        address=grid.address,
        headers=list_page.headers(grid.view, shown, state, page.rows, seen.reader),
        lines=tuple(lines),
        new=new,
        totals=totals(seen, grid),
        next=page.next or "",
    )


def one(
    seen: Visit,
    grid: LineGrid,
    line: UUID,
    *,
    typed: Mapping[str, Sequence[str]] | None = None,
    messages: Mapping[str, Sequence[str]] | None = None,
    choices: Mapping[str, tuple[Choice, ...]] | None = None,
    faults: tuple[str, ...] = (),
) -> Line | None:
    """Return one line as it is now, or with what was refused."""
    asked = Query(
        grid.other.name,
        _paths(seen, grid),
        Compare(grid.other.key, "eq", (line,)),
        limit=1,
    )
    rows = run(seen.work, asked).rows
    if not rows:
        return None
    seen.add_names(rows, (*grid.columns.late, *plan_of(seen, grid).late))
    plain = _plain(seen, grid, rows)
    return _line(
        seen, grid, rows[0], plain, 0, typed=typed, messages=messages,
        choices=choices, faults=faults,
    )  # fmt: skip


def new_line(seen: Visit, grid: LineGrid, refused: Draft | None = None) -> Line:
    """Return the line at the bottom that makes a new one, or what was refused of it."""
    draft = draft_of(seen, grid, refused.posted if refused is not None else None)
    row = drafts.row_of(seen, draft)
    for path in _paths(seen, grid):
        row.setdefault(path, None)
        row.setdefault(f"{path}@name", None)
    messages: dict[str, tuple[str, ...]] = {}
    faults: tuple[str, ...] = ()
    known = frozenset(made.field.name for made in draft.plan.specs)
    if refused is not None:
        error = None if refused.typed.faults else refused.error
        messages, faults = lines_page.split_messages(error, refused.typed.faults, known)
    columns = lines_page.shown_columns(grid.columns, grid.link.field.name)
    return lines_page.line(
        columns,
        draft.plan,
        row,
        seen.reader,
        seen.reader,
        id_=NEW,
        number=f"new {lower_first(grid.other.label)}",
        action=f"{grid.address}/{NEW}",
        base=shell.list_address(seen.app, grid.other.name),
        typed=draft.posted if refused is not None else None,
        messages=messages,
        choices=refused.choices if refused is not None else None,
        faults=faults,
    )


def _line(
    seen: Visit, grid: LineGrid, row: Row, plain: Reader, number: int, **more: Any
) -> Line:
    name = grid.other.name
    base = shell.list_address(seen.app, name)
    key = row[grid.other.key]
    title = str(row.get(grid.columns.title) or "")
    return lines_page.line(
        lines_page.shown_columns(grid.columns, grid.link.field.name),
        plan_of(seen, grid),
        row,
        seen.reader,
        plain,
        id_=str(key),
        number=title or (f"line {number}" if number else "this line"),
        action=f"{grid.address}/{key}",
        base=base,
        href=f"{base}/{key}",
        may_write=_may(seen, grid, "write", row),
        may_delete=_may(seen, grid, "delete", row),
        may_copy=bool(access.may(seen.actor, name, "create")),
        version=str(row.get("versionnumber") or ""),
        **more,
    )


def _plain(seen: Visit, grid: LineGrid, rows: list[dict[str, Any]]) -> Reader:
    """Return who reads amounts whose currency stands in the head, cents and all."""
    made = list_page.with_bare_money(grid.columns, rows, seen.reader)
    return made if made.bare_money is None else replace(made, bare_money=2)


def _may(seen: Visit, grid: LineGrid, verb: str, row: Row) -> bool:
    """Say whether the person may do something with a line.

    All lines of one parent share its rights, so they are asked for once.
    """
    if grid.other.kind != "child" or grid.other.parent != grid.link.field.name:
        return checks.check_record(seen.work, grid.other.name, verb, row)
    kept = seen.work.memo.setdefault("ui_lines", {})
    key = (grid.other.name, grid.record, verb)
    if key not in kept:
        kept[key] = checks.check_record(seen.work, grid.other.name, verb, row)
    return bool(kept[key])


def totals(seen: Visit, grid: LineGrid) -> tuple[Total, ...]:
    """Return the foot of the grid: sums over all its lines."""
    columns = lines_page.shown_columns(grid.columns, grid.link.field.name)
    sums = lines_page.sums_of(columns)
    if not sums:
        return ()
    asked = Query(
        grid.other.name,
        where=Compare(grid.link.field.name, "eq", (grid.record,)),
        aggregates=sums,
    )
    rows = run(seen.work, asked).rows
    found = rows[0] if rows else {}

    def text(column: Any, value: Any) -> str:
        row = {column.path: value, CURRENCY_FIELD: None}
        return str(column.make(row, replace(seen.reader, bare_money=2))[2])

    return lines_page.totals(columns, found, text)


def _paths(seen: Visit, grid: LineGrid) -> tuple[str, ...]:
    own = [name for name in OWNING if name in grid.other.fields]
    wanted = [
        *grid.columns.paths,
        *plan_of(seen, grid).paths,
        grid.link.field.name,
        "versionnumber",
        *own,
    ]
    return tuple(dict.fromkeys(wanted))


def draft_of(
    seen: Visit, grid: LineGrid, posted: Mapping[str, Sequence[str]] | None = None
) -> Draft:
    """Return a new line in the making."""
    parent = Ref(grid.entity.name, grid.record)
    link = grid.link.field.name
    return Draft(grid.other, plan_of(seen, grid), link, parent, posted=posted)
