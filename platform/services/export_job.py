"""Know the job that writes what a question finds to a file, for its owner to fetch.

The question is asked page by page, in a stable order, under the rights that the owner
has at each page. Each page is a file of its own; the last step makes one file of them:
a workbook, CSV or JSON lines, with the labels that people know. Every run of a step
makes files of new names, so a step that runs twice harms nothing.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID, uuid4

import orjson

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Formats, Ref
from xrm.metadata.paths import places
from xrm.platform.automation.jobs import Job, JobKind, Next
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused
from xrm.platform.query.query import Order, Query
from xrm.platform.query.query_json import QUERY_SCHEMA, from_json
from xrm.platform.query.run import count, run
from xrm.platform.services.export_files import WRITERS

PAGE: Final = 2_000
"""Rows of one step."""
EXACT_DIGITS: Final = 15
"""Digits that a workbook's number keeps."""
WORDED: Final = frozenset({"choice", "multichoice", "state", "status", "boolean"})
"""Field types that are written as people read them."""

PAYLOAD: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "What is written, and as what.",
    "required": ["query", "format"],
    "additionalProperties": False,
    "properties": {
        "query": QUERY_SCHEMA,
        "format": {"enum": sorted(WRITERS), "description": "The kind of file."},
        "name": {
            "type": "string",
            "maxLength": 200,
            "description": "What the file is called, without its ending.",
        },
        "heads": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Path → head of its column; else the field's label.",
        },
    },
}

Cell = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: its head, what its values are, how one is made."""

    head: str
    kind: str
    cell: Cell


def columns_of(
    catalog: Catalog, query: Query, heads: Mapping[str, str]
) -> tuple[Column, ...]:
    """Return the columns of the file; a lookup and its title are one of them."""
    entity = catalog.entity(query.entity)
    asked = set(query.columns)
    made: list[Column] = []
    taken: set[str] = set()
    for path in query.columns:
        bare, _, title = path.partition("@")
        if title and bare in asked:
            continue
        found = places(catalog, entity, bare)
        if found is None:
            continue
        labels = " › ".join(field.label for _, field in found)
        head = heads.get(path) or heads.get(bare) or labels
        number = 1
        while head in taken:
            number += 1
            head = f"{head.removesuffix(f' {number - 1}')} {number}"
        taken.add(head)
        shown = f"{bare}@name" if f"{bare}@name" in asked else path
        made.append(_column(head, shown, found[-1][1]))
    return tuple(made)


def _column(head: str, path: str, field: Field) -> Column:
    kind = field_type(field.type)
    if path.endswith("@name"):
        return Column(head, "text", lambda row: row[path])
    if field.type in WORDED:
        formats = Formats()
        return Column(
            head, "text", lambda row: kind.display(field, row[path], formats) or None
        )
    if field.type in ("date", "datetime"):
        return Column(head, "time", lambda row: row[path])
    if field.type in ("integer", "decimal", "float", "currency"):
        return Column(head, "number", lambda row: row[path])
    return Column(head, "text", lambda row: _plain(row[path]))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Ref):
        return str(value.id)
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return str(value)


def take(work: Work, job: Job) -> Next:
    """Write one page of the rows, or make the file of all pages."""
    asked = from_json(job.payload["query"])
    columns = columns_of(work.catalog, asked, job.payload.get("heads", {}))
    if not columns:
        raise Refused("There is no column to export.", code="no_columns")
    position = dict(job.position) or {"parts": [], "after": None, "of": None}
    if position["after"] is None and position["parts"]:
        return _finish(job, columns, position["parts"])
    if not all((job.folder / part).is_file() for part in position["parts"]):
        # another machine made them, and the folder is not shared: begin anew
        position = {"parts": [], "after": None, "of": None}
    key = work.catalog.entity(asked.entity).key
    order = asked.order
    if all(one.path != key for one in order):
        order = (*order, Order(key))
    query = replace(asked, order=order, limit=PAGE, after=position["after"])
    if position["of"] is None:
        position["of"] = count(work, query)
    try:
        page = run(work, query)
    except Refused as fault:
        if fault.code != "bad_cursor":
            raise
        return Next({}, words="The definitions were changed: it begins anew.")
    done = (job.done if position["parts"] else 0) + len(page.rows)
    part = _write_part(job.folder, columns, page.rows)
    return Next(
        {**position, "parts": [*position["parts"], part], "after": page.next},
        done=done,
        of=max(done, position["of"]),
        words="Reading" if page.next else "Writing the file",
    )


def _write_part(
    folder: Path, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]
) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"part-{uuid4().hex}"
    with (folder / name).open("wb") as out:
        for row in rows:
            cells = [column.cell(row) for column in columns]
            out.write(orjson.dumps(cells, default=_text, option=_LINE))
    return name


_LINE: Final = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z


def _text(value: Any) -> str:
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    raise TypeError


def _finish(job: Job, columns: Sequence[Column], parts: Sequence[str]) -> Next:
    kind = job.payload["format"]
    file = f"{file_name(job.payload.get('name', ''))}-{uuid4().hex[:6]}.{kind}"
    heads = [column.head for column in columns]
    read = {"xlsx": _workbook_value, "json": _json_value}.get(kind, _same)
    kinds = [column.kind for column in columns]

    def rows() -> Iterator[dict[str, Any]]:
        for part in parts:
            with (job.folder / part).open("rb") as lines:
                for line in lines:
                    cells = map(read, kinds, orjson.loads(line))
                    yield dict(zip(heads, cells, strict=True))

    with (job.folder / file).open("wb") as out:
        number = WRITERS[kind](out, heads, rows())
    for part in parts:
        (job.folder / part).unlink(missing_ok=True)
    size = (job.folder / file).stat().st_size
    return Next(
        None,
        done=number,
        of=number,
        result={"file": file, "rows": number, "bytes": size},
    )


def write_now(
    out: IO[bytes],
    kind: str,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
) -> int:
    """Write rows to a file at once, as the job does; return how many there are."""
    heads = [column.head for column in columns]
    kinds = [column.kind for column in columns]
    read = {"xlsx": _workbook_value, "json": _json_value}.get(kind, _same)

    def made() -> Iterator[dict[str, Any]]:
        for row in rows:
            cells = [column.cell(row) for column in columns]
            plain = orjson.loads(orjson.dumps(cells, default=_text, option=_LINE))
            yield dict(zip(heads, map(read, kinds, plain), strict=True))

    return WRITERS[kind](out, heads, made())


def _same(kind: str, value: Any) -> Any:
    return value


def _json_value(kind: str, value: Any) -> Any:
    return _number(value) if kind == "number" else value


def _workbook_value(kind: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if kind == "number":
        return _number(value)
    if kind == "time":
        if len(value) == len("2026-11-29"):
            return date.fromisoformat(value)
        return datetime.fromisoformat(value)
    return value


def _number(value: Any) -> Any:
    """Return a number as such where it keeps all its digits, else its text."""
    if not isinstance(value, str):
        return value
    exact = Decimal(value)
    if len(exact.normalize().as_tuple().digits) > EXACT_DIGITS:
        return value
    return float(exact)


def file_name(label: str) -> str:
    """Return a name of a file that every system takes."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:80] or "export"


EXPORT: Final = JobKind("export", "Export", PAYLOAD, take, reads_only=True)
