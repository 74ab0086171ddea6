"""Know files that come with a form, and how stored ones go out.

Contents are put in their place before the transaction; within it they become files that
a field names. Every file goes out as something to save, never to show, and under rights
of its own field.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import Response, request, send_file

from xrm.metadata.entities import Field
from xrm.platform.errors import NotFound
from xrm.platform.records.attached import FILE_TYPES
from xrm.platform.services import stored_files
from xrm.platform.services.stored_files import IMAGES, Content, StoredFile
from xrm.platform.web import get_server
from xrm.ui.form_values import Posted, Typed
from xrm.ui.visit import Visit

MOST_FILES = 10
"""Files that one form may bring."""
KILOBYTE = 1024
REMOVE = ".remove"
POLICY = "sandbox; default-src 'none'"


def kept() -> dict[str, Content]:
    """Put the contents of the files of this request in their place, by field.

    Raises:
        Refused: a file is empty.
        TooLarge: a file is too large.
    """
    settings = get_server().settings
    found: dict[str, Content] = {}
    for name, file in list(request.files.items())[:MOST_FILES]:
        if file.filename:
            found[name] = stored_files.keep(
                settings.data_dir,
                file.stream,
                file.filename,
                most=settings.upload_bytes,
            )
    return found


def apply(
    seen: Visit,
    fields: Iterable[Field],
    posted: Posted,
    contents: Mapping[str, Content],
    typed: Typed,
) -> None:
    """Put the files that came into what was typed; what does not fit is a fault."""
    for field in fields:
        if field.type not in FILE_TYPES:
            continue
        content = contents.get(field.name)
        if content is None:
            if posted.get(f"{field.name}{REMOVE}"):
                typed.values[field.name] = None
            continue
        fault = refusal(field, content)
        if fault:
            typed.faults[field.name] = fault
        else:
            typed.values[field.name] = stored_files.add(seen.work, content)


def refusal(field: Field, content: Content) -> str:
    """Return why a field does not take a content, empty when it does."""
    most = field.options.get("max_size")
    if most and content.size > int(most) * KILOBYTE:
        return f"{content.name} is too large: {field.label} takes {most:,} kB."
    if field.type == "image" and content.mimetype not in IMAGES:
        return f"{content.name} is no picture. Choose a PNG, JPEG, GIF or WebP file."
    return ""


def add_names(seen: Visit, rows: list[dict[str, Any]], fields: Iterable[str]) -> None:
    """Put the names of files into rows, with one statement for all of them."""
    names = list(fields)
    ids = {row[name] for row in rows for name in names if row.get(name) is not None}
    found = stored_files.find(seen.work.connection, ids) if ids else {}
    for row in rows:
        for name in names:
            id_ = row.get(name)
            file = None if id_ is None else found.get(id_)
            row[f"{name}@name"] = None if file is None else file.name


def sent(seen: Visit, id_: UUID | None) -> Response:
    """Send a stored file, to be saved.

    Raises:
        NotFound: there is none, or its content is missing.
    """
    file: StoredFile | None = None
    if id_ is not None:
        file = stored_files.find(seen.work.connection, [id_]).get(id_)
    if file is None:
        raise NotFound("There is no file here. It may have been taken away.")
    place = stored_files.path_of(get_server().settings.data_dir, file.sha256)
    if not place.is_file():
        raise NotFound(
            f'The content of "{file.name}" is missing on the server. '
            "Tell an administrator: `xrm doctor` says more.",
            code="content_missing",
        )
    response = send_file(
        place,
        mimetype=file.mimetype,
        as_attachment=True,
        download_name=file.name,
        etag=file.sha256,
        conditional=True,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, no-cache"
    return response
