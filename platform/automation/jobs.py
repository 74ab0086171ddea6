"""Know what a job is, and write jobs down: queue, look, cancel, repeat.

A job is a chain of short steps. It is written in the transaction of whoever asks for it
(`queue_job`), so it is there exactly when that commits; workers (`steps.py`) do the
rest. Nothing here runs a step, and nothing here knows of the engine behind workers.

    EXPORT = JobKind("export", "Export", SCHEMA, take_export)
    queue_job(work, EXPORT, {"entity": …}, label="Export of people")
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from jsonschema import Draft202012Validator
from sqlalchemy import Connection, delete, func, insert, select, update

from xrm.platform.database.system_tables import OUTBOX, RUN, RUN_FAULT
from xrm.platform.database.work import Work
from xrm.platform.errors import Forbidden, Invalid, NotFound, Refused
from xrm.platform.security.actors import Actor
from xrm.rule_engine import core_names

MOST_OPEN: Final = 50
"""How many jobs of one person may be on their way at once."""
LONGEST_LABEL: Final = 300
MOST_LISTED: Final = 200


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    """For a moment that is to come, or for a repetition after a fault."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN: Final = (State.QUEUED, State.RUNNING, State.WAITING)
ENDED: Final = (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Job:
    """What a step is told of its job."""

    id: UUID
    payload: Mapping[str, Any]
    position: Mapping[str, Any]
    """What the step before left as `Next.position`; empty at the first step."""
    step: int
    done: int
    result: Mapping[str, Any]
    folder: Path
    """Where files of the job are kept; the step makes it when it needs it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something a job could not do: the place in its list or file, and why."""

    number: int
    message: str
    record: UUID | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """What a step leaves: where to go on (`None`: it was the last), and how far it is.

    `due` is the moment before which the next step must not begin.
    """

    position: Mapping[str, Any] | None
    done: int = 0
    of: int | None = None
    words: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    due: datetime | None = None
    faults: Sequence[Fault] = ()


StepFunction = Callable[[Work, Job], Next]


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: its name, its payload's JSON Schema, and the function of a step.

    A step runs as the person who queued the job, and what it writes to the database is
    committed together with its result. Where it `reads_only`, its work is a reader and
    only the result is written: for steps that take long, or that only make files. Such
    a step may run more than once, so each run of it makes files of new names.

    Example:
        JobKind("count", "Count records", {"type": "object"}, count_step)
    """

    name: str
    label: str
    payload: Mapping[str, Any]
    step: StepFunction
    reads_only: bool = False


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as a list shows it."""

    id: UUID
    kind: str
    label: str
    actor: UUID | None
    actor_name: str
    state: State
    step: int
    done: int
    of: int | None
    words: str
    result: Mapping[str, Any]
    problem: str
    created_on: datetime
    started_on: datetime | None
    finished_on: datetime | None

    @property
    def is_open(self) -> bool:
        """Say whether it is still on its way."""
        return self.state in OPEN

    @property
    def share(self) -> int | None:
        """Return how much is done in percent, `None` where nobody knows."""
        if self.state == State.DONE:
            return 100
        if not self.of:
            return None
        return max(0, min(100, self.done * 100 // self.of))


def queue_job(
    work: Work,
    kind: JobKind,
    payload: Mapping[str, Any],
    *,
    label: str,
    due: datetime | None = None,
) -> UUID:
    """Write a job down in this work's transaction; return its id.

    It begins when the transaction is committed, not before `due`, and acts as the
    work's actor: what that person may do is decided at each step.

    Raises:
        Invalid: the payload does not fit the kind.
        Refused: the person has too many jobs on their way.
    """
    plain = orjson.loads(orjson.dumps(dict(payload), default=str))
    faults = sorted(
        f"{'.'.join(map(str, error.path)) or 'payload'}: {error.message[:300]}"
        for error in Draft202012Validator(kind.payload).iter_errors(plain)
    )
    if faults:
        raise Invalid(
            f"This job of kind {kind.name} cannot be queued: {faults[0]}",
            code="bad_job",
            details=[(None, "bad_job", fault) for fault in faults],
        )
    actor = None if work.actor.is_system else work.actor.user_id
    if actor is not None:
        _refuse_too_many(work.connection, actor)
    run = uuid4()
    work.connection.execute(
        insert(RUN).values(
            id=run,
            kind=kind.name,
            label=" ".join(label.split())[:LONGEST_LABEL],
            actor=actor,
            actor_name=work.actor.name[:200],
            state=State.QUEUED,
            payload=orjson.dumps(plain).decode(),
            step=0,
            position="{}",
            result="{}",
            created_on=work.now,
        )
    )
    write_outbox(work.connection, run, 0, due or work.now)
    return run


def _refuse_too_many(connection: Connection, actor: UUID) -> None:
    number = connection.scalar(
        select(func.count()).where(RUN.c.actor == actor, RUN.c.state.in_(OPEN))
    )
    if (number or 0) >= MOST_OPEN:
        raise Refused(
            f"You have {MOST_OPEN} jobs on their way. Wait until some are done, or "
            "cancel some.",
            code="too_many_jobs",
        )


def write_outbox(
    connection: Connection,
    run: UUID,
    step: int,
    due: datetime,
    *,
    offer_on: datetime | None = None,
    worker: str | None = None,
) -> UUID:
    """Write that a step is to be done; workers are told at `offer_on`."""
    id_ = uuid4()
    connection.execute(
        insert(OUTBOX).values(
            id=id_,
            run=run,
            step=step,
            due=due,
            offer_on=offer_on or due,
            worker=worker,
        )
    )
    return id_


def sees_all(actor: Actor) -> bool:
    """Say whether somebody sees and steers the jobs of everyone."""
    return actor.is_system or core_names.ADMINISTRATOR in actor.roles


_COLUMNS: Final = (
    RUN.c.id,
    RUN.c.kind,
    RUN.c.label,
    RUN.c.actor,
    RUN.c.actor_name,
    RUN.c.state,
    RUN.c.step,
    RUN.c.done,
    RUN.c.of,
    RUN.c.words,
    RUN.c.result,
    RUN.c.problem,
    RUN.c.created_on,
    RUN.c.started_on,
    RUN.c.finished_on,
)


def _row(found: Any) -> JobRow:
    values = dict(found._mapping)
    values["state"] = State(values["state"])
    values["result"] = orjson.loads(values["result"])
    return JobRow(**values)


def jobs_of(
    work: Work,
    *,
    everyone: bool = False,
    states: Sequence[State] = (),
    limit: int = MOST_LISTED,
) -> list[JobRow]:
    """Return jobs, the newest first: the actor's own, for administrators everyone's.

    Raises:
        Forbidden: somebody who is no administrator asks for everyone's.
    """
    statement = select(*_COLUMNS).order_by(RUN.c.created_on.desc(), RUN.c.id)
    if not (everyone or work.actor.is_system):
        statement = statement.where(RUN.c.actor == work.actor.user_id)
    elif not sees_all(work.actor):
        raise Forbidden("Only an administrator sees the jobs of everyone.")
    if states:
        statement = statement.where(RUN.c.state.in_(states))
    found = work.connection.execute(statement.limit(min(limit, MOST_LISTED)))
    return [_row(row) for row in found]


def job_of(work: Work, run: UUID) -> JobRow:
    """Return one job.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = work.connection.execute(select(*_COLUMNS).where(RUN.c.id == run)).first()
    if found is not None:
        row = _row(found)
        if sees_all(work.actor) or row.actor == work.actor.user_id:
            return row
    raise NotFound(
        "There is no such job, or it is somebody else's. Finished jobs are deleted "
        "after some days.",
        code="unknown_job",
    )


def faults_of(work: Work, run: UUID, limit: int | None = None) -> list[Fault]:
    """Return what a job could not do, in the order of its list or file.

    Raises:
        NotFound: there is no such job, or it is somebody else's.
    """
    job_of(work, run)
    statement = (
        select(RUN_FAULT.c.number, RUN_FAULT.c.message, RUN_FAULT.c.record)
        .where(RUN_FAULT.c.run == run)
        .order_by(RUN_FAULT.c.number)
        .limit(limit)
    )
    return [Fault(*row) for row in work.connection.execute(statement)]


def cancel(work: Work, run: UUID) -> None:
    """End a job that is on its way; what its steps did until now stays done.

    The step that is running at this moment is taken back.

    Raises:
        NotFound: there is no such job, or it is somebody else's.
        Refused: it has ended already.
    """
    row = job_of(work, run)
    ended = work.connection.execute(
        update(RUN)
        .where(RUN.c.id == run, RUN.c.state.in_(OPEN))
        .values(state=State.CANCELLED, finished_on=work.now)
    )
    if ended.rowcount == 0:
        raise Refused(
            f"“{row.label}” has ended already: it is {row.state}.", code="job_ended"
        )
    # a worker that holds its step must not be waited for: it waits for this row
    free = select(OUTBOX.c.id).where(OUTBOX.c.run == run)
    free = free.with_for_update(skip_locked=True)
    work.connection.execute(delete(OUTBOX).where(OUTBOX.c.id.in_(free)))


def retry(work: Work, run: UUID) -> None:
    """Let a failed or cancelled job go on with the step where it ended.

    Raises:
        NotFound: there is no such job, or it is somebody else's.
        Refused: it is on its way, or done.
    """
    row = job_of(work, run)
    changed = work.connection.execute(
        update(RUN)
        .where(RUN.c.id == run, RUN.c.state.in_((State.FAILED, State.CANCELLED)))
        .values(state=State.QUEUED, problem="", finished_on=None)
    )
    if changed.rowcount == 0:
        raise Refused(
            f"“{row.label}” is {row.state}; only failed or cancelled jobs go on again.",
            code="job_not_ended",
        )
    write_outbox(work.connection, run, row.step, work.now)
