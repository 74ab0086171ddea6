"""Do the steps of jobs: each exactly once in the database, whatever dies meanwhile.

The order of a step:

    take     mark that this worker has it; the job is running      a transaction
    do       the kind's function, as the person who queued the job
    keep     result, the next step, the job's step number + 1      the same transaction

`keep` changes the job only where its step number is still the one that was done (a
compare-and-set). Two workers that did the same step both try; the database lets one of
them, and takes back what the other wrote. So a worker may die, hang, come back or be
told of a step twice. A step that only reads keeps its result in a transaction of its
own.

Workers are told by the outbox (`offers`), which says when a step is offered again.
Nothing here knows the engine that carries the offers (`engine.py`).
"""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from sqlalchemy import (
    ColumnElement,
    Connection,
    delete,
    func,
    insert,
    update,
)

from xrm.metadata.definitions import UnknownName
from xrm.platform.automation.jobs import (
    OPEN,
    Fault,
    Job,
    JobKind,
    Next,
    State,
    write_outbox,
)
from xrm.platform.automation.outbox import DUE, LEASE, ONE, Outbox
from xrm.platform.database.snapshots import Snapshot, Snapshots
from xrm.platform.database.system_tables import OUTBOX, RUN, RUN_FAULT
from xrm.platform.database.work import Work, open_work
from xrm.platform.errors import CatalogMoved, Unavailable, XrmError
from xrm.platform.security.actors import SYSTEM, Actor, load_actor
from xrm.rule_engine.problems import RuleError

UNKNOWN_KIND: Final = timedelta(seconds=5)
"""After how long a job that this program does not know is offered to another one."""
MOST_UNKNOWN: Final = timedelta(hours=1)
MOST_TRIES, MOST_ERRORS = 10, 3
"""How often a step is tried in all, and when it fails by a fault of the program."""
PAUSES: Final = (1, 5, 15, 60, 300)
"""Seconds until a step is tried again after a fault that may pass."""
SLICE_SECONDS: Final = 5.0
"""How long a worker goes on with one job before others have their turn."""


class Superseded(Exception):  # no error: another worker was first
    """The step has been done, or the job was cancelled; what was written is void."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A step that this worker has for itself."""

    outbox: UUID
    run: UUID
    step: int
    tries: int
    kind: JobKind
    label: str
    actor: UUID | None
    job: Job
    now: datetime


@dataclass(slots=True)
class Steps(Outbox):
    """What one worker does with the jobs of a database."""

    snapshots: Snapshots
    kinds: Mapping[str, JobKind]
    folder: Path
    """Where jobs keep their files: a folder for each."""
    log: Any = field(
        kw_only=True, default_factory=lambda: structlog.get_logger("xrm.jobs")
    )

    def run(self, run: UUID, seconds: float = SLICE_SECONDS) -> int:
        """Go on with a job while its steps are due; return how many were done."""
        done, ends = 0, monotonic() + seconds
        while not self.stop.is_set() and monotonic() < ends:
            begun = monotonic()
            if not self.one(run):
                return done
            done += 1
            self._let_others_write(monotonic() - begun)
        self.give_back(run)
        return done

    def one(self, run: UUID) -> bool:
        """Do the step of a job that is due; return whether there was one to be done."""
        taken = self._take(run)
        if taken is None:
            return False
        try:
            self._do(taken)
        except Superseded:
            self.log.info("step_superseded", run=str(run), step=taken.step)
            return False
        except (Unavailable, CatalogMoved) as fault:
            self._again(taken, fault.message, MOST_TRIES)
        except (XrmError, UnknownName, RuleError) as fault:
            self._fail(taken, str(fault))
        except Exception as fault:
            self.log.error(
                "step_failed",
                run=str(run),
                step=taken.step,
                trace="".join(traceback.format_exception(fault)),
            )
            told = (
                f"A fault of the program ({type(fault).__name__}); its log says more."
            )
            self._again(taken, told, MOST_ERRORS)
        finally:
            self.in_hand.discard(taken.outbox)
        return True

    def _let_others_write(self, spent: float) -> None:
        """Leave a gap: a writer that waits for SQLite's file looks only at times."""
        if self.database.dialect == "sqlite":
            self.stop.wait(min(0.05, max(0.005, spent / 2)))

    def _take(self, run: UUID) -> _Taken | None:
        """Mark the step of a job as this worker's; `None` when there is none."""
        with self.database.engine.begin() as connection:
            now = self.clock(connection)
            row = self.free(connection, DUE, {"run": run, "now": now})
            if row is None or row.outbox in self.in_hand:
                return None
            if row.worker not in (None, self.worker) and row.offer_on > now:
                return None
            here = OUTBOX.c.id == row.outbox
            if row.state not in OPEN or row.step != row.run_step:
                connection.execute(delete(OUTBOX).where(here))
                return None
            kind = self.kinds.get(row.kind)
            if kind is None:
                self._leave_to_others(connection, row, now)
                return None
            if row.tries >= MOST_TRIES:
                told = f"The worker ended {row.tries} times in the middle of this step."
                self._write_failure(connection, row, told, now)
                return None
            connection.execute(
                update(OUTBOX)
                .where(here)
                .values(
                    tries=OUTBOX.c.tries + 1, worker=self.worker, offer_on=now + LEASE
                )
            )
            if row.state != State.RUNNING:
                connection.execute(
                    update(RUN)
                    .where(RUN.c.id == row.run, RUN.c.state.in_(OPEN))
                    .values(
                        state=State.RUNNING,
                        problem="",
                        started_on=func.coalesce(RUN.c.started_on, now),
                    )
                )
            self.in_hand.add(row.outbox)
        job = Job(
            id=row.run,
            payload=orjson.loads(row.payload),
            position=orjson.loads(row.position),
            step=row.step,
            done=row.done,
            result=orjson.loads(row.result),
            folder=self.folder / str(row.run),
        )
        return _Taken(
            row.outbox,
            row.run,
            row.step,
            row.tries + 1,
            kind,
            row.label,
            row.actor,
            job,
            now,
        )

    def _leave_to_others(self, connection: Connection, row: Any, now: datetime) -> None:
        """Leave a job of an unknown kind to a worker of a newer program."""
        if now - row.created_on > MOST_UNKNOWN:
            told = (
                f'No worker knows jobs of kind "{row.kind}". Start workers of the '
                "program that queued it, then repeat the job."
            )
            self._write_failure(connection, row, told, now)
            return
        connection.execute(
            update(OUTBOX)
            .where(OUTBOX.c.id == row.outbox)
            .values(offer_on=now + UNKNOWN_KIND, worker=None)
        )

    def _do(self, taken: _Taken) -> None:
        """Do a step and keep its result.

        Raises:
            Superseded: another worker was first, or the job was cancelled.
        """
        kind = taken.kind
        with self._work(taken, write=not kind.reads_only) as work:
            if not kind.reads_only:
                self._hold(work.connection, taken)
            left = kind.step(work, taken.job)
            if not kind.reads_only:
                self._keep(work.connection, taken, left, work.now)
        if kind.reads_only:
            with self.database.engine.begin() as connection:
                self._keep(connection, taken, left, self.clock(connection))

    @contextmanager
    def _work(self, taken: _Taken, *, write: bool) -> Iterator[Work]:
        def actor(connection: Connection, snapshot: Snapshot) -> Actor:
            if taken.actor is None:
                return SYSTEM
            return load_actor(connection, snapshot, taken.actor)

        with open_work(
            self.database,
            self.snapshots,
            actor,
            now=taken.now,
            write=write,
            cause=f"job {taken.label}",
            request_id=taken.run,
        ) as work:
            yield work

    def _hold(self, connection: Connection, taken: _Taken) -> None:
        """Hold the step for this transaction.

        Raises:
            Superseded: it has been done, or another worker holds it.
        """
        if self.free(connection, ONE, {"outbox": taken.outbox}) is None:
            raise Superseded

    def _still(self, run: UUID, step: int) -> ColumnElement[bool]:
        """Return the condition that a job still stands at a step."""
        return (RUN.c.id == run) & (RUN.c.step == step) & RUN.c.state.in_(OPEN)

    def _keep(
        self, connection: Connection, taken: _Taken, left: Next, now: datetime
    ) -> None:
        """Write what a step left, if nobody did it before.

        Raises:
            Superseded: another worker was first, or the job was cancelled.
        """
        waits = left.due is not None and left.due > now
        is_last = left.position is None
        state = State.DONE if is_last else State.WAITING if waits else State.RUNNING
        changed = connection.execute(
            update(RUN)
            .where(self._still(taken.run, taken.step))
            .values(
                step=taken.step + 1,
                state=state,
                position=orjson.dumps(left.position or {}).decode(),
                done=left.done,
                of=left.of,
                words=left.words,
                result=orjson.dumps(dict(left.result), default=str).decode(),
                problem="",
                finished_on=now if is_last else None,
            )
        )
        if changed.rowcount != 1:
            raise Superseded
        _write_faults(connection, taken.run, left.faults)
        connection.execute(delete(OUTBOX).where(OUTBOX.c.id == taken.outbox))
        if not is_last:
            due = left.due or now
            write_outbox(
                connection,
                taken.run,
                taken.step + 1,
                due,
                offer_on=due if waits else now + LEASE,
                worker=None if waits else self.worker,
            )

    def _again(self, taken: _Taken, told: str, most: int) -> None:
        """Try a step again after a while, or give up."""
        if taken.tries >= most:
            self._fail(taken, f"{told} It was tried {taken.tries} times.")
            return
        with self.database.engine.begin() as connection:
            now = self.clock(connection)
            due = now + timedelta(seconds=PAUSES[min(taken.tries, len(PAUSES)) - 1])
            connection.execute(
                update(OUTBOX)
                .where(OUTBOX.c.id == taken.outbox)
                .values(due=due, offer_on=due, worker=None)
            )
            connection.execute(
                update(RUN)
                .where(self._still(taken.run, taken.step))
                .values(state=State.WAITING, problem=f"{told} It is tried again.")
            )

    def _fail(self, taken: _Taken, told: str) -> None:
        with self.database.engine.begin() as connection:
            now = self.clock(connection)
            self._write_failure(connection, taken, told, now)

    def _write_failure(
        self, connection: Connection, at: Any, told: str, now: datetime
    ) -> None:
        """End a job at a step, if it still stands there; `at` names outbox and step."""
        connection.execute(delete(OUTBOX).where(OUTBOX.c.id == at.outbox))
        connection.execute(
            update(RUN)
            .where(self._still(at.run, at.step))
            .values(state=State.FAILED, problem=told, finished_on=now)
        )
        self.log.warning("job_failed", run=str(at.run), step=at.step, problem=told)


def _write_faults(connection: Connection, run: UUID, faults: Sequence[Fault]) -> None:
    if faults:
        connection.execute(
            insert(RUN_FAULT),
            [
                {
                    "run": run,
                    "number": one.number,
                    "record": one.record,
                    "message": one.message[:2000],
                }
                for one in faults
            ],
        )
