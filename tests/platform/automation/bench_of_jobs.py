"""A worker in the test's own process: it does what is due, when it is told to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from tests.support.records_world import World
from xrm.platform.automation.job_kinds import by_name
from xrm.platform.automation.jobs import Job, JobKind, JobRow, Next, job_of, queue_job
from xrm.platform.automation.steps import Steps
from xrm.platform.database.system_tables import OUTBOX
from xrm.platform.database.work import Work
from xrm.platform.records import service

ANYTHING = {"type": "object"}


@dataclass
class Bench:
    """Workers of a world, whose clock the test moves."""

    world: World
    folder: Path
    kinds: Sequence[JobKind] = ()
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.world.now

    def worker(
        self, name: str = "one", kinds: Sequence[JobKind] | None = None
    ) -> Steps:
        known = by_name(self.kinds) if kinds is None else {k.name: k for k in kinds}
        return Steps(
            self.world.database,
            self.world.snapshots,
            known,
            self.folder,
            worker=name,
            clock=self.clock,
        )

    def clock(self, connection: Connection) -> datetime:
        return self.now

    def pass_time(self, **time: float) -> None:
        self.now += timedelta(**time)

    def queue(
        self,
        kind: JobKind,
        user: str | None = None,
        *,
        due: datetime | None = None,
        **payload: Any,
    ) -> UUID:
        with self.world.work(user, now=self.now) as work:
            return queue_job(work, kind, payload, label=kind.label, due=due)

    def row(self, run: UUID) -> JobRow:
        with self.world.work(write=False) as work:
            return job_of(work, run)

    def work_off(self, worker: Steps | None = None) -> int:
        """Do everything that is offered until nothing is; return how many steps."""
        steps, done = worker or self.worker(), 0
        while offers := steps.offers():
            done += sum(steps.run(offer.run) for offer in offers)
        return done

    def waiting(self) -> list[Any]:
        """Return the rows of the outbox."""
        with self.world.database.reader.connect() as connection:
            return list(connection.execute(select(OUTBOX).order_by(OUTBOX.c.due)))

    def clients(self) -> list[str]:
        table = self.world.snapshots
        with self.world.database.reader.connect() as connection:
            clients = table.current(connection).tables.table("client")
            names = select(clients.c.name).order_by(clients.c.name)
            return list(connection.execute(names).scalars())


def chain(
    name: str = "chain",
    *,
    steps: int = 3,
    wait: timedelta | None = None,
    before: Callable[[Work, Job], None] = lambda work, job: None,
    after: Callable[[Work, Job], None] = lambda work, job: None,
) -> JobKind:
    """Return a kind whose every step adds one client, named after run and step."""

    def step(work: Work, job: Job) -> Next:
        before(work, job)
        service.create(work, "client", {"name": f"{job.id} {job.step}"})
        after(work, job)
        is_last = job.step + 1 == steps
        return Next(
            None if is_last else {"left": steps - job.step - 1},
            done=job.step + 1,
            of=steps,
            result={"added": job.step + 1},
            due=work.now + wait if wait and not is_last else None,
        )

    return JobKind(name, "Add clients", ANYTHING, step)
