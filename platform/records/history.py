"""Know the history of records: one row per change, chained by hashes.

The chain is per record: a row's hash covers its own content and the hash of the row
before it of the same record. The record's own row is locked while it is changed, so the
chain needs no lock of its own and writers of different records never wait for each
other (one chain for the whole database would make them). The version a change produced
is part of its content: a record whose version is not that of its last row was changed
behind the platform's back, or its last rows were taken away. `seal` gives one hash over
everything; kept elsewhere, it also shows when all rows of a deleted record are gone or
a whole chain was written anew.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Integer, Text, bindparam, func, insert, select

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.ready import Ready
from xrm.platform.database.system_tables import AUDIT
from xrm.platform.database.work import Work
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.layout import Layout, chunks

VERSION = "versionnumber"
LAST_PLACE = 2**62
FIRST = "0" * 64
"""What the first row of a record is chained to."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of a record: who did what when, and why."""

    when: datetime
    who: UUID | None
    verb: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    cause: str
    work: UUID | None = None
    """The work it was part of; changes of one work share it."""
    hidden: frozenset[str] = field(default_factory=frozenset)
    """Fields that changed and that the reader may not see."""
    seq: int = 0
    """Its place among all history rows."""


def write(batch: Batch) -> None:
    """Add a history row for each change that changed something."""
    if not batch.layout.entity.audited:
        return
    rows = []
    chained: set[UUID] = set()
    audited = audited_fields(batch.layout)
    for change in batch.changes:
        before, after = difference(batch, change, audited)
        if after is None and before is None:
            continue
        rows.append((change.id, before, after))
        if change.before is not None or change.raw.get(batch.layout.key) is not None:
            chained.add(change.id)
    add(batch.work, batch.entity, batch.verb, rows, chained, batch.cause)


def audited_fields(layout: Layout) -> frozenset[str]:
    """Return the fields whose values history keeps."""
    return layout.kept(
        "audited",
        lambda: (
            frozenset(
                name
                for name in layout.fields
                if layout.entity.fields[name].audited
                and not layout.entity.fields[name].rollup
            )
            | {VERSION}
        ),
    )


def difference(
    batch: Batch, change: Change, audited: frozenset[str]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the kept values before and after; `None` and `None` for no change."""
    before = change.before
    if batch.verb == "delete":
        return {
            name: value
            for name, value in (before or {}).items()
            if value is not None and name in audited
        }, None
    after = change.after
    if before is None:
        return None, {
            name: value
            for name, value in after.items()
            if value is not None and name in audited
        }
    names = [n for n in after if n in audited and before.get(n) != after[n]]
    if not names:
        return None, None
    return {n: before.get(n) for n in names}, {n: after[n] for n in names}


def add(
    work: Work,
    entity: str,
    verb: str,
    rows: Sequence[tuple[UUID, Mapping[str, Any] | None, Mapping[str, Any] | None]],
    chained: Iterable[UUID],
    cause: str = "",
) -> None:
    """Write history rows; `chained` are the records that may have rows already."""
    if not rows:
        return
    said = cause or work.cause
    actor = None if work.actor.is_system else work.actor.user_id
    made: list[dict[str, Any]] = [
        {
            "at": work.now,
            "work": work.request_id,
            "actor": actor,
            "entity": entity,
            "record": record,
            "verb": verb,
            "before": _text(before),
            "after": _text(after),
            "cause": said,
        }
        for record, before, after in rows
    ]
    old = set(chained)
    if old and len(made) == 1 and work.dialect == "postgresql":
        made[0]["xrm_content"] = content_of(made[0])
        _INSERT_CHAINED.change(work.connection, made[0])
        return
    last = last_hashes(work, entity, old) if old else {}
    for row in made:
        record = row["record"]
        row["hash"] = last[record] = hash_of(last.get(record, FIRST), row)
    _INSERT.change_many(work.connection, made)


def last_hashes(work: Work, entity: str, records: Iterable[UUID]) -> dict[UUID, str]:
    """Return the hash of the last row of each record that has one."""
    found: dict[UUID, str] = {}
    for part in chunks(records):
        if len(part) == 1:
            values = {"xrm_entity": entity, "xrm_record": part[0]}
            last = _LAST_ONE.scalar(work.connection, values)
            if last is not None:
                found[part[0]] = last
            continue
        values = {"xrm_entity": entity, "xrm_records": part}
        found.update(work.connection.execute(_LAST, values).all())
    return found


def hash_of(previous: str, row: Mapping[str, Any]) -> str:
    """Return the hash of a history row that follows another one."""
    return hashlib.sha256((previous + content_of(row)).encode()).hexdigest()


def content_of(row: Mapping[str, Any]) -> str:
    """Return what the hash of a history row covers, besides the hash before it."""
    return orjson.dumps(
        [
            row["at"].astimezone(UTC).isoformat(),
            row["work"],
            row["actor"],
            row["entity"],
            row["record"],
            row["verb"],
            row["before"],
            row["after"],
            row["cause"],
        ]
    ).decode()


def _text(values: Mapping[str, Any] | None) -> str | None:
    if values is None:
        return None
    return orjson.dumps(values, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Ref):
        return {"entity": value.entity, "id": value.id}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (tuple, set, frozenset)):
        return list(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def entries(work: Work, layout: Layout, record: UUID) -> Iterator[HistoryEntry]:
    """Give the history of a record, oldest first, every value of it."""
    rows = work.connection.execute(
        _ALL, {"xrm_entity": layout.entity.name, "xrm_record": record}
    )
    for row in rows:
        yield _entry(layout, row)


def latest(
    work: Work,
    layout: Layout,
    record: UUID,
    *,
    limit: int,
    before: int | None = None,
    actor: UUID | None = None,
) -> list[HistoryEntry]:
    """Return the newest entries, newest first, before a place, of one actor only."""
    values: dict[str, Any] = {
        "xrm_entity": layout.entity.name,
        "xrm_record": record,
        "xrm_before": before if before is not None else LAST_PLACE,
        "xrm_limit": limit,
    }
    if actor is None:
        rows = work.connection.execute(_NEWEST, values)
    else:
        rows = work.connection.execute(_NEWEST_OF, {**values, "xrm_actor": actor})
    return [_entry(layout, row) for row in rows]


def _entry(layout: Layout, row: Any) -> HistoryEntry:
    return HistoryEntry(
        when=row.at,
        who=row.actor,
        verb=row.verb,
        before=stored(layout, row.before),
        after=stored(layout, row.after),
        cause=row.cause,
        work=row.work,
        seq=row.seq,
    )


def stored(layout: Layout, text: str | None) -> dict[str, Any]:
    """Return the stored values a history row keeps, as the field types read them.

    A value whose field is gone, or that the field no longer takes, stays as it is.
    """
    values: dict[str, Any] = orjson.loads(text) if text else {}
    for name, value in values.items():
        kind = layout.fields.get(name)
        if kind is None or value is None:
            continue
        try:
            values[name] = kind.parse(layout.entity.fields[name], value)
        except ValueError:
            continue
    return values


def without(
    entry: HistoryEntry, entity: Entity, readable: frozenset[str]
) -> HistoryEntry:
    """Return an entry without the values of fields the reader may not see."""
    touched = entry.before.keys() | entry.after.keys()
    hidden = {name for name in touched if name in entity.fields} - readable
    if not hidden:
        return entry
    return HistoryEntry(
        when=entry.when,
        who=entry.who,
        verb=entry.verb,
        before={k: v for k, v in entry.before.items() if k not in hidden},
        after={k: v for k, v in entry.after.items() if k not in hidden},
        cause=entry.cause,
        work=entry.work,
        hidden=frozenset(hidden),
        seq=entry.seq,
    )


_INSERT = Ready(
    insert(AUDIT)
    .values({c.name: bindparam(c.name) for c in AUDIT.c if c.name != "seq"})
    .inline(),
    copies=True,
)
_OF_RECORD = (
    AUDIT.c.entity == bindparam("xrm_entity"),
    AUDIT.c.record == bindparam("xrm_record"),
)
_LAST_ONE = Ready(
    select(AUDIT.c.hash).where(*_OF_RECORD).order_by(AUDIT.c.seq.desc()).limit(1)
)
_PREVIOUS = (
    select(AUDIT.c.hash)
    .where(AUDIT.c.entity == bindparam("entity"), AUDIT.c.record == bindparam("record"))
    .order_by(AUDIT.c.seq.desc())
    .limit(1)
    .scalar_subquery()
)
_INSERT_CHAINED = Ready(
    insert(AUDIT)
    .values(
        {
            column.name: bindparam(column.name)
            for column in AUDIT.c
            if column.name not in ("seq", "hash")
        }
        | {
            "hash": func.encode(
                func.sha256(
                    func.convert_to(
                        func.coalesce(_PREVIOUS, FIRST)
                        + bindparam("xrm_content", type_=Text()),
                        "UTF8",
                    )
                ),
                "hex",
            )
        }
    )
    .inline()
)
"""Adds a row and lets PostgreSQL find the one before it: a statement less."""
_LATEST = (
    select(func.max(AUDIT.c.seq))
    .where(
        AUDIT.c.entity == bindparam("xrm_entity"),
        AUDIT.c.record.in_(bindparam("xrm_records", expanding=True)),
    )
    .group_by(AUDIT.c.record)
)
_LAST = select(AUDIT.c.record, AUDIT.c.hash).where(AUDIT.c.seq.in_(_LATEST))
_ALL = select(AUDIT).where(*_OF_RECORD).order_by(AUDIT.c.seq)
_NEWEST = (
    select(AUDIT)
    .where(*_OF_RECORD, AUDIT.c.seq < bindparam("xrm_before"))
    .order_by(AUDIT.c.seq.desc())
    .limit(bindparam("xrm_limit", type_=Integer()))
)
_NEWEST_OF = _NEWEST.where(AUDIT.c.actor == bindparam("xrm_actor"))
