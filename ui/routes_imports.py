"""Know the routes of imports: choose a file, match its columns, import it as a job."""

from collections.abc import Mapping
from http import HTTPStatus
from itertools import islice

from flask import Blueprint, Response, request

from xrm.metadata.entities import Entity
from xrm.platform.errors import XrmError
from xrm.platform.services.import_files import Source, read_file
from xrm.platform.services.import_job import (
    IMPORT_ROWS,
    keep_upload,
    upload_of,
)
from xrm.platform.services.import_mapping import read_mapping
from xrm.platform.web import Right, get_server, right
from xrm.ui import background, drafts, import_page, shell
from xrm.ui.responses import page, redirect
from xrm.ui.visit import Visit, visit

import_pages = Blueprint("imports", __name__)

SHOWN_ROWS = 20
LONGEST_NAME = 200


@import_pages.get("/app/<app>/<entity>/import")
@right(Right.RECORDS)
def choose(app: str, entity: str) -> Response:
    """Ask for a file."""
    with visit(app) as seen:
        return _ask(seen, drafts.creatable(seen, entity))


def _ask(seen: Visit, entity: Entity, fault: str = "") -> Response:
    return page(
        "imports/choose.html",
        status=HTTPStatus.BAD_REQUEST if fault else HTTPStatus.OK,
        shell=seen.shell(entity.name, f"Import {entity.plural_label.lower()}"),
        plural=entity.plural_label,
        address=shell.list_address(seen.app, entity.name),
        fault=fault,
    )


@import_pages.post("/app/<app>/<entity>/import")
@right(Right.RECORDS)
def match(app: str, entity: str) -> Response:
    """Keep the file and show its columns beside the fields."""
    sent = request.files.get("file")
    content = sent.read() if sent is not None else b""
    name = ((sent.filename if sent else "") or "file.csv")[-LONGEST_NAME:]
    with visit(app) as seen:
        definition = drafts.creatable(seen, entity)
        if not content:
            return _ask(seen, definition, "Choose a file with rows first.")
        folder = get_server().settings.job_folder
        upload = keep_upload(folder, name, content)
        try:
            source = read_file(upload_of(folder, upload))
            return _show(seen, definition, source, upload, name)
        except XrmError as fault:
            upload_of(folder, upload).unlink()
            return _ask(seen, definition, fault.message)


def _show(
    seen: Visit,
    entity: Entity,
    source: Source,
    upload: str,
    name: str,
    chosen: Mapping[str, str] | None = None,
    fault: str = "",
) -> Response:
    columns = source.detected.columns
    made = import_page.build(
        entity,
        shell.list_address(seen.app, entity.name),
        upload=upload,
        name=name,
        detected=source.detected.describe(),
        columns=columns,
        rows=[row for _, row in islice(source.rows(), SHOWN_ROWS)],
        readable=seen.readable(entity.name),
        chosen=import_page.first_choice(entity, columns) if chosen is None else chosen,
        identity=request.form.get("identity", ""),
        update=request.form.get("existing") == "update",
        fault=fault,
    )
    return page(
        "imports/match.html",
        status=HTTPStatus.BAD_REQUEST if fault else HTTPStatus.OK,
        shell=seen.shell(entity.name, made.title),
        wanted=made,
    )


@import_pages.post("/app/<app>/<entity>/import/run")
@right(Right.RECORDS)
def run(app: str, entity: str) -> Response:
    """Queue the import as it was matched; show the page again where it cannot be."""
    sent = request.form
    upload = sent.get("upload", "")
    name = sent.get("name", "file")[:LONGEST_NAME]
    with visit(app) as seen:
        definition = drafts.creatable(seen, entity)
        file = upload_of(get_server().settings.job_folder, upload)
        source = read_file(file)
        columns = source.detected.columns
        fields = import_page.fields_of(definition, seen.readable(entity))
        known = {field.name for field in fields}
        chosen = {
            column: field
            for number, column in enumerate(columns)
            if (field := sent.get(f"field.{number}", "")) in known
        }
        identity = sent.get("identity", "")
        wanted = import_page.mapping(
            seen.work.catalog,
            definition,
            chosen,
            identity=identity if identity in columns else "",
            update=sent.get("existing") == "update",
        )
        fault = _fault(chosen)
        if not fault:
            try:
                read_mapping(wanted, seen.work.catalog)
            except XrmError as refused:
                fault = refused.message
        if fault:
            return _show(seen, definition, source, upload, name, chosen, fault)
    with visit(app, write=True) as seen:
        label = f"Import of {definition.plural_label.lower()} from {name}"
        payload = {"upload": upload, "name": name, "mapping": wanted}
        background.queue(seen, IMPORT_ROWS, payload, label)
    return redirect("/jobs")


def _fault(chosen: Mapping[str, str]) -> str:
    if not chosen:
        return "Match at least one column to a field."
    fields = list(chosen.values())
    twice = sorted({name for name in fields if fields.count(name) > 1})
    if twice:
        return "Two columns go to the same field; leave one of them out."
    return ""
