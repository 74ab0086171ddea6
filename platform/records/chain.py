"""Know how the history is checked, sealed, and read back as records of a moment.

`verify` follows the chain of every record: a row that was changed, put in or taken out
of the middle breaks the hash of the next one; taken from the end, the record's own
version tells. `seal` is one hash over all rows: print it daily and keep it elsewhere,
and it shows also whole chains that were removed or written anew.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, bindparam, select, tuple_

from xrm.platform.database.snapshots import Snapshot
from xrm.platform.database.system_tables import AUDIT
from xrm.platform.database.work import Work
from xrm.platform.records.history import FIRST, VERSION, entries, hash_of
from xrm.platform.records.layout import layout_of

PART = 2_000
"""How many rows are read at once."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where history is not what the platform wrote."""

    entity: str
    record: UUID
    seq: int | None
    message: str


def verify(connection: Connection, snapshot: Snapshot | None = None) -> list[Broken]:
    """Return every break in the chains; with a snapshot, compare the records too."""
    found: list[Broken] = []
    versions: dict[tuple[str, UUID], int | None] = {}
    place: tuple[str, UUID] | None = None
    last = FIRST
    for row in _rows(connection):
        here = (row["entity"], row["record"])
        if here != place:
            place, last = here, FIRST
        if row["hash"] != hash_of(last, row):
            message = (
                f"The history row {row['seq']} does not follow from the row before: "
                "it was changed, or a row before it was changed, added or removed."
            )
            found.append(Broken(*here, row["seq"], message))
        last = row["hash"]
        versions[here] = _version(row, versions.get(here))
    if snapshot is not None:
        for entity, definition in snapshot.catalog.entities.items():
            if definition.audited:
                found += _records(connection, snapshot, entity, versions)
    return found


def _version(row: Any, known: int | None) -> int | None:
    """Return the version a record has after a history row; `None` when it is gone."""
    if row["verb"] == "delete":
        return None
    after = orjson.loads(row["after"]) if row["after"] else {}
    version: int | None = after.get(VERSION, known)
    return version


def _records(
    connection: Connection,
    snapshot: Snapshot,
    entity: str,
    versions: dict[tuple[str, UUID], int | None],
) -> Iterator[Broken]:
    layout = layout_of(snapshot, entity)
    table = layout.table
    statement = select(table.c[layout.key], table.c[VERSION])
    seen = set()
    for record, version in connection.execute(statement):
        seen.add(record)
        known = versions.get((entity, record))
        if known == version:
            continue
        message = (
            f"The record is of version {version}, its history ends with {known}: it "
            "was changed past the platform, or its last history was removed."
        )
        yield Broken(entity, record, None, message)
    for (name, record), version in versions.items():
        if name == entity and version is not None and record not in seen:
            message = "The record is gone, and its history does not say so."
            yield Broken(entity, record, None, message)


def seal(connection: Connection) -> tuple[int, str]:
    """Return the number of history rows and one hash over all of them."""
    digest = hashlib.sha256()
    count = 0
    for row in _rows(connection):
        digest.update(hash_of(row["hash"], row).encode())
        count += 1
    return count, digest.hexdigest()


def _rows(connection: Connection) -> Iterator[Any]:
    """Give all history rows, record by record, in parts: no cursor is held open."""
    order = (AUDIT.c.entity, AUDIT.c.record, AUDIT.c.seq)
    statement = select(AUDIT).order_by(*order).limit(PART)
    place = tuple_(*order) > tuple_(
        *(bindparam(f"xrm_{column.name}", type_=column.type) for column in order)
    )
    rows = connection.execute(statement).mappings().all()
    while rows:
        yield from rows
        last = {f"xrm_{column.name}": rows[-1][column.name] for column in order}
        rows = connection.execute(statement.where(place), last).mappings().all()


def as_of(
    work: Work, entity: str, record: UUID, moment: datetime
) -> dict[str, Any] | None:
    """Return the kept values of a record as they were; `None` when it did not exist.

    Values that history does not keep are not among them: unaudited fields, rollups.
    """
    layout = layout_of(work.snapshot, entity)
    values: dict[str, Any] | None = None
    for entry in entries(work, layout, record):
        if entry.when > moment:
            break
        if entry.verb == "delete":
            values = None
        elif entry.verb == "create":
            values = dict(entry.after)
        elif entry.verb not in ("associate", "disassociate"):
            values = {**(values or {}), **entry.after}
    return values
