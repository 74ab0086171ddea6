"""Know which records a person has opened lately.

A page notes what it shows after its work, without waiting for a writer or the disk: a
busy database may forget it. What is given back is only what may still be read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.engine import at_once
from xrm.platform.database.ready import Ready
from xrm.platform.database.system_tables import RECENT
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run
from xrm.platform.security import access

if TYPE_CHECKING:
    from xrm.platform.database.work import Work

MOST_KEPT: Final = 50
"""How many records are remembered of one person."""
STEP: Final = timedelta(minutes=1)
"""How exactly the time of the last look is kept."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A record somebody has opened: its title now, and when."""

    ref: Ref
    title: str
    seen_at: datetime


def note_seen(work: "Work", ref: Ref) -> None:
    """Remember that the actor opens a record, at most once a minute for each.

    It is written after the work; call it only for a record the actor may read.
    """
    if work.actor.is_system or not _is_due(work, ref):
        return
    user, now, database = work.actor.user_id, work.now, work.database

    def note() -> None:
        row = {
            "user_id": user,
            "entity": ref.entity,
            "record": ref.id,
            "seen_at": now,
        }
        try:
            with at_once(database, lasting=False) as connection:
                _SEE[database.dialect].change(connection, row)
                _TRIM.change(connection, {"xrm_user": user})
        except DBAPIError:
            return

    work.on_commit(note)


def _is_due(work: "Work", ref: Ref) -> bool:
    """Say whether this process has not noted the record within the last minute."""
    key = (work.actor.user_id, ref)
    kept: list[datetime] = work.snapshot.cache("seen").get(key, list)
    if kept and timedelta() <= work.now - kept[0] < STEP:
        return False
    kept[:] = [work.now]
    return True


def recent(
    work: "Work", entities: Collection[str] | None = None, limit: int = 10
) -> list[Seen]:
    """Return the records the actor opened last and may still read, the newest first.

    `entities` keeps those of some entities only. One statement for the list, one for
    the titles of each entity in it.
    """
    rows = [
        row
        for row in _MINE.rows(work.connection, {"xrm_user": work.actor.user_id})
        if entities is None or row[0] in entities
    ]
    found: list[Seen] = []
    names: dict[Ref, str] = {}
    for start in range(0, len(rows), limit):
        part = rows[start : start + limit]
        refs = [Ref(entity, record) for entity, record, _ in part]
        names |= titles(work, refs)
        found += [
            Seen(ref, names[ref], row[2])
            for ref, row in zip(refs, part, strict=True)
            if ref in names
        ]
        if len(found) >= limit:
            break
    return found[:limit]


def titles(work: "Work", refs: Collection[Ref]) -> dict[Ref, str]:
    """Return the titles of those records that are there and may be read."""
    wanted: dict[str, list[UUID]] = {}
    for ref in refs:
        wanted.setdefault(ref.entity, []).append(ref.id)
    found: dict[Ref, str] = {}
    for name, ids in wanted.items():
        entity = work.catalog.entities.get(name)
        if entity is None or not access.may(work.actor, name, "read"):
            continue
        readable = access.readable_fields(work.snapshot, work.actor, name)
        title = entity.title if entity.title in readable else None
        query = Query(
            name, (title or entity.key,), Compare(entity.key, "in", tuple(ids))
        )
        for row in run(work, query).rows:
            said = row[title] if title else None
            found[Ref(name, row[entity.key])] = str(said or "No name")
    return found


def _see(insert: Any) -> Ready:
    statement = insert(RECENT)
    names = ("user_id", "entity", "record", "seen_at")
    return Ready(
        statement.on_conflict_do_update(
            index_elements=["user_id", "entity", "record"],
            set_={"seen_at": statement.excluded.seen_at},
            where=RECENT.c.seen_at < statement.excluded.seen_at,
        ),
        names,
    )


_SEE: Final = {
    "sqlite": _see(sqlite.insert),
    "postgresql": _see(postgresql.insert),
}
_MINE: Final = Ready(
    select(RECENT.c.entity, RECENT.c.record, RECENT.c.seen_at)
    .where(RECENT.c.user_id == bindparam("xrm_user"))
    .order_by(RECENT.c.seen_at.desc(), RECENT.c.entity, RECENT.c.record)
)
_USER: Final[Any] = bindparam("xrm_user")
_OTHER: Final = RECENT.alias()
_TRIM: Final = Ready(
    delete(RECENT).where(
        RECENT.c.user_id == _USER,
        RECENT.c.seen_at
        < select(_OTHER.c.seen_at)
        .where(_OTHER.c.user_id == _USER)
        .order_by(_OTHER.c.seen_at.desc())
        .offset(MOST_KEPT - 1)
        .limit(1)
        .scalar_subquery(),
    )
)
