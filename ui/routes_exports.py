"""Know the routes of exports: the list that is shown, as a workbook or as CSV.

Few rows come at once; of many, a job makes the file.
"""

import io
from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, Response, request

from xrm.metadata.entities import Entity
from xrm.platform.errors import NotFound
from xrm.platform.query.query import PAGE_LIMIT
from xrm.platform.query.query_json import to_json
from xrm.platform.query.run import count, run
from xrm.platform.services.export_job import EXPORT, columns_of, file_name, write_now
from xrm.platform.web import Right, right
from xrm.ui import background, decision_page, list_question, list_state, shell
from xrm.ui.list_question import Asked
from xrm.ui.reading import lower_first
from xrm.ui.responses import redirect
from xrm.ui.routes_actions import ask
from xrm.ui.visit import Visit, visit

exports = Blueprint("exports", __name__)
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@exports.get("/app/<app>/<entity>/export")
@right(Right.RECORDS)
def export(app: str, entity: str) -> Response:
    """Give the rows of a list; ask first when there are more than come at once."""
    kind = _kind(request.args.get("format", ""))
    with visit(app) as seen:
        definition = seen.entity(entity)
        state = list_state.read(shell.list_address(app, entity), request.args)
        asked = list_question.question_of(seen, definition, state)
        if request.args.get("first") == "1":
            return _file(seen, definition, asked, kind)
        total = count(seen.work, asked.query, PAGE_LIMIT)
        if total <= PAGE_LIMIT:
            return _file(seen, definition, asked, kind)
        exact = count(seen.work, asked.query)
        made = decision_page.exporting(
            lower_first(definition.plural_label),
            exact,
            PAGE_LIMIT,
            f"{state.path}/export",
            state.address(),
            (("state", state.query), ("format", kind)),
            f"{state.path}/export?{state.query}&format={kind}&first=1",
        )
        return ask(seen, definition, made)


@exports.post("/app/<app>/<entity>/export")
@right(Right.RECORDS)
def export_all(app: str, entity: str) -> Response:
    """Queue the job that writes all rows of a list."""
    kind = _kind(request.form.get("format", ""))
    path = shell.list_address(app, entity)
    state = list_state.read_text(path, request.form.get("state", ""))
    with visit(app, write=True) as seen:
        definition = seen.entity(entity)
        asked = list_question.question_of(seen, definition, state)
        label = f"Export of {lower_first(asked.chosen.view.label)}"
        payload = {
            "query": to_json(asked.query),
            "format": kind,
            "name": asked.chosen.view.label[:200],
            "heads": heads_of(asked),
        }
        background.queue(seen, EXPORT, payload, label)
    return redirect("/jobs")


def heads_of(asked: Asked) -> dict[str, str]:
    """Return the heads of the columns as the list shows them."""
    return {column.path: column.label for column in asked.columns.items}


def _file(seen: Visit, entity: Entity, asked: Asked, kind: str) -> Response:
    columns = columns_of(seen.work.catalog, asked.query, heads_of(asked))
    found = run(seen.work, replace(asked.query, limit=PAGE_LIMIT)).rows
    out = io.BytesIO()
    write_now(out, kind, columns, found)
    response = Response(out.getvalue(), HTTPStatus.OK, content_type=KINDS[kind])
    name = f"{file_name(asked.chosen.view.label)}.{kind}"
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _kind(text: str) -> str:
    if text not in KINDS:
        raise NotFound("A list is exported as xlsx or csv.")
    return text
