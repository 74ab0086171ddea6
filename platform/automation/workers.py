"""Know the workers of a database: who lives, who fell silent, what is long over.

A worker writes that it lives every few seconds, by the database's clock. What a silent
one had in hand is offered to the others, again and again until it is done
(`engine.py`). Nothing here runs a step.
"""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from xrm.platform.automation.jobs import ENDED, OPEN, State
from xrm.platform.automation.outbox import Clock, database_clock
from xrm.platform.database.doctor import Examination, Finding
from xrm.platform.database.engine import Database
from xrm.platform.database.system_tables import OUTBOX, RUN, RUN_FAULT, WORKER

SILENT: Final = timedelta(seconds=60)
"""After how long without a sign of life a worker counts as dead."""
FORGOTTEN: Final = timedelta(days=1)
"""After how long a worker that is gone is no longer named."""
LATE: Final = timedelta(minutes=5)
"""From when on a step that nobody did is worth a warning."""
DAY_SECONDS: Final = 86_400
RECOVERY_LOCK: Final = 0x78726D03
"""Key of PostgreSQL's advisory lock: one worker at a time looks for silent ones."""


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker as reports show it."""

    id: str
    version: str
    started_on: datetime
    seen_on: datetime
    ended_on: datetime | None
    lives: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: jobs by state, and the seconds the oldest due step is overdue."""

    jobs: dict[str, int]
    outbox: int
    oldest_seconds: float
    workers: int


def beat(database: Database, worker: str, version: str, clock: Clock) -> None:
    """Write that a worker lives."""
    with database.engine.begin() as connection:
        now = clock(connection)
        alive = {"seen_on": now, "ended_on": None, "version": version[:40]}
        changed = connection.execute(
            update(WORKER).where(WORKER.c.id == worker).values(alive)
        )
        if changed.rowcount == 0:
            connection.execute(
                insert(WORKER).values(id=worker, started_on=now, **alive)
            )


def begin(database: Database, worker: str, version: str, clock: Clock) -> None:
    """Write that a worker begins; one of the same name is no more."""
    beat(database, worker, version, clock)
    with database.engine.begin() as connection:
        now = clock(connection)
        connection.execute(
            update(WORKER).where(WORKER.c.id == worker).values(started_on=now)
        )


def end(database: Database, worker: str, clock: Clock) -> None:
    """Write that a worker ended by itself, with nothing left in its hands."""
    with database.engine.begin() as connection:
        now = clock(connection)
        connection.execute(
            update(WORKER).where(WORKER.c.id == worker).values(ended_on=now)
        )


def silent(database: Database, me: str, clock: Clock) -> list[str]:
    """Return the other workers that died; nothing while another one asks the same."""
    with database.engine.begin() as connection:
        if database.dialect == "postgresql":
            lock = select(func.pg_try_advisory_xact_lock(RECOVERY_LOCK))
            if not connection.scalar(lock):
                return []
        now = clock(connection)
        connection.execute(
            delete(WORKER).where(WORKER.c.seen_on < now - FORGOTTEN, WORKER.c.id != me)
        )
        found = connection.execute(
            select(WORKER.c.id)
            .where(
                WORKER.c.seen_on < now - SILENT,
                WORKER.c.ended_on.is_(None),
                WORKER.c.id != me,
            )
            .order_by(WORKER.c.id)
        )
        return list(found.scalars())


def workers(connection: Connection, clock: Clock = database_clock) -> list[WorkerRow]:
    """Return the workers that are known, those that live first."""
    now = clock(connection)
    rows = connection.execute(select(WORKER).order_by(WORKER.c.id)).all()
    found = [
        WorkerRow(
            row.id,
            row.version,
            row.started_on,
            row.seen_on,
            row.ended_on,
            row.ended_on is None and now - row.seen_on <= SILENT,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (not one.lives, one.id))


def backlog(connection: Connection, clock: Clock = database_clock) -> Backlog:
    """Return what waits, for those who watch the server."""
    now = clock(connection)
    by_state = connection.execute(
        select(RUN.c.state, func.count()).group_by(RUN.c.state)
    )
    jobs = {str(state): 0 for state in State}
    jobs.update((state, number) for state, number in by_state)
    number, oldest = connection.execute(
        select(func.count(), func.min(OUTBOX.c.due))
    ).one()
    late = (now - oldest).total_seconds() if oldest is not None else 0.0
    alive = sum(one.lives for one in workers(connection, clock))
    return Backlog(jobs, number, max(0.0, late), alive)


def forget_old(database: Database, folder: Path, days: int, clock: Clock) -> int:
    """Delete jobs that ended long ago, with their files; return their number."""
    with database.engine.begin() as connection:
        before = clock(connection) - timedelta(days=days)
        old = list(
            connection.execute(
                select(RUN.c.id)
                .where(RUN.c.state.in_(ENDED), RUN.c.finished_on < before)
                .order_by(RUN.c.finished_on)
                .limit(1_000)
            ).scalars()
        )
        for table in (RUN_FAULT, OUTBOX):
            connection.execute(delete(table).where(table.c.run.in_(old)))
        connection.execute(delete(RUN).where(RUN.c.id.in_(old)))
        known = set(connection.execute(select(RUN.c.id)).scalars())
    uploads = folder / "uploads"
    for file in uploads.iterdir() if uploads.is_dir() else ():
        if time.time() - file.stat().st_mtime > days * DAY_SECONDS:
            file.unlink(missing_ok=True)
    for place in folder.iterdir() if folder.is_dir() else ():
        run = _named(place)
        if run in old or (run is not None and run not in known and _is_old(place)):
            shutil.rmtree(place, ignore_errors=True)
    return len(old)


def _is_old(place: Path) -> bool:
    """Say whether a folder is older than any job that is being queued just now."""
    return time.time() - place.stat().st_mtime > FORGOTTEN.total_seconds()


def _named(place: Path) -> UUID | None:
    try:
        return UUID(place.name)
    except ValueError:
        return None


def jobs_move(at: Examination) -> Iterator[Finding]:
    """Yield what is wrong with background work: lost steps, steps nobody does."""
    connection = at.connection
    lost = connection.scalar(
        select(func.count())
        .select_from(RUN)
        .where(
            RUN.c.state.in_(OPEN),
            ~select(OUTBOX.c.id).where(OUTBOX.c.run == RUN.c.id).exists(),
        )
    )
    if lost:
        yield Finding(
            "jobs",
            "fault",
            f"{lost} jobs are on their way and have no step to be done. Cancel and "
            "repeat them: xrm jobs.",
            lost,
        )
    waits = backlog(connection)
    alive = f"{waits.workers} workers live" if waits.workers else "no worker lives"
    late = waits.oldest_seconds > LATE.total_seconds()
    yield Finding(
        "jobs",
        "warning" if late else "note",
        f"{waits.outbox} steps of jobs wait, the oldest since "
        f"{waits.oldest_seconds:.0f} seconds; {alive}."
        + (" Start one: xrm worker." if late and not waits.workers else ""),
        waits.outbox,
    )


CHECKS: Final = (jobs_move,)
