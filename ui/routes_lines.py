"""Know the routes of lines edited in place: save one, add one, copy one, delete one.

Each answers with the line as it is now, the foot of the grid, and what the change did
to the record itself: rules and roll-ups have worked by then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from xrm.metadata.entities import Entity
from xrm.platform.errors import Invalid, StaleVersion, XrmError
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run
from xrm.platform.records import service
from xrm.platform.web import Right, right
from xrm.ui import (
    drafts,
    form_page,
    form_values,
    lines_page,
    lines_reading,
    records,
    shell,
)
from xrm.ui.drafts import Draft
from xrm.ui.form_fields import lock_of
from xrm.ui.form_values import Typed
from xrm.ui.lines_page import Line
from xrm.ui.lines_reading import LineGrid
from xrm.ui.responses import fragment
from xrm.ui.visit import Visit, visit

line_pages = Blueprint("lines", __name__)
BASE = "/app/<app>/<entity>/<record>/lines/<collection>"


@dataclass(slots=True)
class Refusal:
    """Why a line was not saved, and what was typed into it."""

    error: XrmError | None = None
    typed: Typed | None = None
    choices: Any = None


@line_pages.post(BASE + "/new")
@right(Right.RECORDS)
def add(app: str, entity: str, record: str, collection: str) -> Response:
    """Add a line."""
    posted = lines_page.typed_in(dict(request.form.lists()))
    before: dict[str, Any] = {}

    def begin(seen: Visit) -> Draft:
        grid = lines_reading.grid_of(seen, entity, record, collection)
        before.update(_parent(seen, grid))
        drafts.creatable(seen, grid.other.name)
        return lines_reading.draft_of(seen, grid, posted)

    draft = drafts.save(app, begin)
    with visit(app) as seen:
        grid = lines_reading.grid_of(seen, entity, record, collection)
        if draft.record is None:
            line = lines_reading.new_line(seen, grid, draft)
            return _answer(seen, grid, [line], before, HTTPStatus.BAD_REQUEST)
        made = lines_reading.one(seen, grid, draft.record)
        lines = [made] if made is not None else []
        lines.append(lines_reading.new_line(seen, grid))
        return _answer(seen, grid, lines, before, warnings=draft.warnings)


@line_pages.post(BASE + "/<line>")
@right(Right.RECORDS)
def save(app: str, entity: str, record: str, collection: str, line: str) -> Response:
    """Save what was typed into a line."""
    posted = lines_page.typed_in(dict(request.form.lists()))
    refusal = Refusal()
    before: dict[str, Any] = {}
    warnings: tuple[str, ...] = ()
    try:
        with visit(app, write=True) as seen:
            grid = lines_reading.grid_of(seen, entity, record, collection)
            before = _parent(seen, grid)
            id_, row = _row(seen, grid, line)
            plan = lines_reading.plan_of(seen, grid)
            typed = refusal.typed = form_values.read(
                records.typed_fields(plan), posted, row, seen.reader.formats
            )
            refusal.choices = records.resolve_names(seen, grid.other, typed, plan)
            if typed.faults:
                raise Invalid("Some values do not fit.")
            version = (posted.get("version") or [""])[-1]
            if typed.values:
                service.update(
                    seen.work,
                    grid.other.name,
                    id_,
                    typed.values,
                    if_version=int(version) if version.isdigit() else None,
                )
            warnings = tuple(seen.work.warnings)
    except StaleVersion:
        refusal.error = Invalid(
            "Somebody else changed this line. What you typed is kept; "
            "save again to put it in place of theirs."
        )
    except drafts.SAYABLE as fault:
        refusal.error = fault
    with visit(app) as seen:
        grid = lines_reading.grid_of(seen, entity, record, collection)
        id_, _ = _row(seen, grid, line)
        if refusal.error is None:
            made = lines_reading.one(seen, grid, id_)
            found = [made] if made is not None else []
            return _answer(seen, grid, found, before, warnings=warnings)
        messages, others = _messages(refusal)
        made = lines_reading.one(
            seen,
            grid,
            id_,
            typed=posted,
            messages=messages,
            choices=refusal.choices,
            faults=others,
        )
        found = [made] if made is not None else []
        return _answer(seen, grid, found, before, HTTPStatus.BAD_REQUEST)


@line_pages.post(BASE + "/<line>/copy")
@right(Right.RECORDS)
def copy(app: str, entity: str, record: str, collection: str, line: str) -> Response:
    """Add a line like another one."""
    with visit(app, write=True) as seen:
        grid = lines_reading.grid_of(seen, entity, record, collection)
        drafts.creatable(seen, grid.other.name)
        before = _parent(seen, grid)
        id_, _ = _row(seen, grid, line)
        values = service.retrieve(seen.work, grid.other.name, id_)
        given = {
            name: value
            for name, value in values.items()
            if value is not None and _is_copied(grid.other, name)
        }
        made = service.create(seen.work, grid.other.name, given)
        warnings = tuple(seen.work.warnings)
    with visit(app) as seen:
        grid = lines_reading.grid_of(seen, entity, record, collection)
        found = lines_reading.one(seen, grid, made)
        return _answer(seen, grid, [found] if found else [], before, warnings=warnings)


@line_pages.post(BASE + "/<line>/delete")
@right(Right.RECORDS)
def delete(app: str, entity: str, record: str, collection: str, line: str) -> Response:
    """Delete a line."""
    with visit(app, write=True) as seen:
        grid = lines_reading.grid_of(seen, entity, record, collection)
        before = _parent(seen, grid)
        id_, _ = _row(seen, grid, line)
        service.delete(seen.work, grid.other.name, id_)
    with visit(app) as seen:
        grid = lines_reading.grid_of(seen, entity, record, collection)
        return _answer(seen, grid, [], before)


def _is_copied(entity: Entity, name: str) -> bool:
    field = entity.fields[name]
    keys = {key for names in entity.keys.values() for key in names}
    if name in keys or field.type in ("uniqueid", "file", "image"):
        return False
    return not lock_of(field, read_only=False)[0] and name != "statuscode"


def _row(seen: Visit, grid: LineGrid, line: str) -> tuple[UUID, dict[str, Any]]:
    """Return a line of the record as its form would show it."""
    id_ = records.id_of(grid.other, line)
    plan = lines_reading.plan_of(seen, grid)
    paths = dict.fromkeys((*plan.paths, grid.link.field.name))
    asked = Query(
        grid.other.name, tuple(paths), Compare(grid.other.key, "eq", (id_,)), limit=1
    )
    rows = run(seen.work, asked).rows
    if not rows or rows[0][grid.link.field.name] != grid.record:
        raise records.not_found(grid.other)
    seen.add_names(rows, plan.late)
    return id_, rows[0]


def _messages(
    refusal: Refusal,
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the messages beside cells, and those that belong to none."""
    faults = refusal.typed.faults if refusal.typed is not None else {}
    error = None if faults else refusal.error
    return lines_page.split_messages(error, faults)


def _parent(seen: Visit, grid: LineGrid) -> dict[str, Any]:
    plan = records.plan_for(seen, grid.entity)
    return records.row_of(seen, grid.entity, plan, grid.record)


def _answer(
    seen: Visit,
    grid: LineGrid,
    lines: list[Line],
    before: Mapping[str, Any],
    status: int = HTTPStatus.OK,
    warnings: tuple[str, ...] = (),
) -> Response:
    """Show lines again, and what else of the page they changed."""
    after = _parent(seen, grid)
    changed = {name for name in after if after[name] != before.get(name)}
    shown = frozenset(request.form.getlist("shown"))
    rights = records.rights_on(seen, grid.entity, after)
    made = form_page.build(
        seen.work.catalog,
        grid.entity,
        records.plan_for(seen, grid.entity),
        after,
        seen.reader,
        rights,
        seen.app,
        may_read=lambda name: shell.may_read(seen.actor, name),
        current=after,
        every_tab=True,
    )
    fields = [
        field
        for tab in made.tabs
        for section in tab.sections
        for field in section.fields
        if f"{field.id}-field" in shown
        and (field.name in changed or (field.kind == "locked" and changed))
    ]
    return fragment(
        "form/line_answer.html",
        status=status,
        lines=lines,
        grid=grid,
        totals=lines_reading.totals(seen, grid),
        fields=fields,
        form=made,
        version=made.version if changed else "",
        said=[*_refused(lines), *(("yellow", line) for line in warnings)],
    )


def _refused(lines: list[Line]) -> list[tuple[str, str]]:
    """Say aloud which line was not saved: the person may be further down by now."""
    return [
        ("red", f"Not saved, {line.number}: {' '.join(line.said)}")
        for line in lines
        if line.said
    ]
