"""Each step of a job is done exactly once in the database, whatever dies meanwhile."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.platform.automation.bench_of_jobs import ANYTHING, Bench, chain
from tests.support.records_world import World
from xrm.platform.automation import steps as steps_module
from xrm.platform.automation import workers
from xrm.platform.automation.jobs import Fault, Job, JobKind, Next, State, faults_of
from xrm.platform.automation.steps import MOST_TRIES, Steps
from xrm.platform.database.system_tables import OUTBOX, RUN
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused, Unavailable
from xrm.platform.records import service


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Bench:
    return Bench(world, tmp_path / "jobs", (chain(),))


class Died(BaseException):
    """The process is gone; nothing more is caught or written."""


def test_a_job_goes_step_by_step_to_its_end(bench: Bench) -> None:
    run = bench.queue(chain(), "anna")
    assert bench.work_off() == 3
    row = bench.row(run)
    assert (row.state, row.done, row.of, row.share) == (State.DONE, 3, 3, 100)
    assert row.result == {"added": 3}
    assert row.started_on == row.finished_on == bench.now
    assert bench.clients() == [f"{run} {step}" for step in range(3)]
    assert bench.waiting() == []


def test_what_a_step_writes_is_history_of_its_owner(bench: Bench) -> None:
    bench.queue(chain(), "anna")
    bench.work_off()
    with bench.world.work("anna", write=False) as work:
        table = work.tables.table("client")
        ids = list(work.connection.execute(sa.select(table.c.clientid)).scalars())
        for record in ids:
            entry = service.history(work, "client", record)[0]
            assert entry.cause == "job Add clients"
            assert entry.who == bench.world.users["anna"]


def test_two_workers_that_are_told_of_one_step_do_it_once(bench: Bench) -> None:
    """The second one is in the middle of it when the first one is done."""
    second = bench.worker("two")
    inner: list[int] = []

    def meanwhile(work: Work, job: Job) -> None:
        if not inner and bench.world.database.dialect == "postgresql":
            inner.append(0)
            bench.pass_time(minutes=5)  # the first one's lease is over
            inner.append(second.run(job.id))

    kind = chain(before=meanwhile)
    bench.kinds = (kind,)
    second.kinds = {kind.name: kind}
    run = bench.queue(kind)
    bench.work_off()
    assert bench.clients() == [f"{run} {step}" for step in range(3)]
    assert bench.row(run).state == State.DONE


class Forgetful(Steps):
    """A worker without the compare-and-set: what it prevents must happen."""

    def _still(self, run: UUID, step: int) -> sa.ColumnElement[bool]:
        return RUN.c.id == run


@pytest.mark.parametrize(("kind_of_worker", "doubles"), [(Steps, 0), (Forgetful, 1)])
def test_the_compare_and_set_is_what_prevents_doubles(
    bench: Bench, kind_of_worker: type[Steps], doubles: int
) -> None:
    """A worker hangs in a step until another one has done it, then goes on."""
    done: list[int] = []

    def read_only_step(work: Work, job: Job) -> Next:
        done.append(job.step)
        if len(done) == 1:
            bench.pass_time(minutes=5)
            other.run(job.id)
        return Next(None if job.step else {}, done=job.done + 1)

    kind = JobKind("files", "Files", ANYTHING, read_only_step, reads_only=True)
    made = [
        kind_of_worker(
            bench.world.database,
            bench.world.snapshots,
            {kind.name: kind},
            bench.folder,
            worker=name,
            clock=bench.clock,
        )
        for name in ("one", "two")
    ]
    other = made[1]
    run = bench.queue(kind)
    bench.work_off(made[0])
    assert bench.row(run).state == State.DONE
    assert done.count(1) == 1 + doubles


def test_a_worker_that_dies_in_a_step_leaves_it_to_the_next(bench: Bench) -> None:
    deaths: list[int] = []

    def die(work: Work, job: Job) -> None:
        if len(deaths) < 3:
            deaths.append(job.step)
            raise Died

    kind = chain(after=die)
    bench.kinds = (kind,)
    run = bench.queue(kind)
    for _ in range(3):
        with pytest.raises(Died):
            bench.work_off(bench.worker("mortal"))
        assert bench.clients() == []
        assert bench.work_off(bench.worker("other")) == 0  # the lease still holds
        bench.pass_time(seconds=61)
    assert bench.work_off(bench.worker("other")) == 3
    assert bench.clients() == [f"{run} {step}" for step in range(3)]


def test_a_restarted_worker_goes_on_at_once(bench: Bench) -> None:
    def die(work: Work, job: Job) -> None:
        raise Died

    kind = chain(after=die)
    bench.queue(kind)
    with pytest.raises(Died):
        bench.worker("mine", (kind,)).run(bench.waiting()[0].run)
    again = bench.worker("mine")
    again.release("mine")
    assert bench.work_off(again) == 3


def test_a_step_that_kills_its_workers_fails_in_the_end(bench: Bench) -> None:
    def die(work: Work, job: Job) -> None:
        raise Died

    kind = chain(before=die)
    run = bench.queue(kind)
    for _ in range(MOST_TRIES):
        with pytest.raises(Died):
            bench.worker("mortal", (kind,)).run(run)
        bench.pass_time(seconds=61)
    bench.work_off(bench.worker("mortal", (kind,)))
    row = bench.row(run)
    assert row.state == State.FAILED
    assert row.problem == "The worker ended 10 times in the middle of this step."


FAULTS = {
    "refused": (Refused("No."), 1, "No."),
    "busy": (Unavailable("Busy."), 10, "Busy. It was tried 10 times."),
    "bug": (
        ZeroDivisionError(),
        3,
        "A fault of the program (ZeroDivisionError); its log says more. It was tried "
        "3 times.",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_may_pass_is_tried_again_for_a_while(
    bench: Bench, name: str
) -> None:
    fault, most, told = FAULTS[name]
    tried: list[datetime] = []

    def fail(work: Work, job: Job) -> None:
        tried.append(bench.now)
        raise fault

    kind = chain(before=fail)
    bench.kinds = (kind,)
    run = bench.queue(kind)
    while bench.waiting():
        bench.work_off()
        if bench.waiting():
            assert bench.row(run).state == State.WAITING
        bench.pass_time(seconds=1)
    assert len(tried) == most
    pauses = [b - a for a, b in pairwise(tried)]
    assert pauses == sorted(pauses)
    assert bench.row(run).state == State.FAILED
    assert bench.row(run).problem == told
    assert bench.clients() == []


MOMENTS = {
    "a usual day": datetime(2026, 11, 24, 12, tzinfo=UTC),
    "clocks go forward in Europe": datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC),
    "clocks go back in Europe": datetime(2026, 10, 25, 0, 59, 30, tzinfo=UTC),
    "the day before a leap day": datetime(2028, 2, 28, 23, 59, 30, tzinfo=UTC),
    "the leap day": datetime(2028, 2, 29, 23, 59, 30, tzinfo=UTC),
    "the end of a year": datetime(2026, 12, 31, 23, 59, 30, tzinfo=UTC),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_timer_never_fires_early_and_fires_once(bench: Bench, moment: str) -> None:
    bench.now = MOMENTS[moment]
    kind = chain(wait=timedelta(days=1))
    bench.kinds = (kind,)
    due = bench.now + timedelta(minutes=1)
    bench.queue(kind, due=due)
    for done in range(3):
        bench.now = due - timedelta(microseconds=1)
        assert bench.work_off() == 0
        bench.now = due
        assert bench.work_off() == 1
        assert bench.work_off() == 0
        assert len(bench.clients()) == done + 1
        due += timedelta(days=1)


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_is_set_anew_loses_and_doubles_nothing(
    bench: Bench, days: int
) -> None:
    kind = chain(wait=timedelta(hours=1))
    bench.kinds = (kind,)
    run = bench.queue(kind)
    began = bench.now
    assert bench.work_off() == 1
    bench.pass_time(days=days)
    if days < 0:
        assert bench.work_off() == 0  # never before it is due
        bench.now = began
    bench.pass_time(hours=1)
    assert bench.work_off() == 1
    bench.pass_time(hours=1)
    assert bench.work_off() == 1
    assert bench.clients() == [f"{run} {step}" for step in range(3)]


def test_a_job_of_a_newer_program_waits_for_a_newer_worker(bench: Bench) -> None:
    new = chain("new")
    run = bench.queue(new)
    old = bench.worker("old", (chain("known"),))
    for _ in range(5):
        assert bench.work_off(old) == 0
        bench.pass_time(seconds=30)
    assert bench.row(run).state == State.QUEUED
    assert bench.work_off(bench.worker("new", (new,))) == 3
    lost = bench.queue(new)
    bench.pass_time(hours=2)
    bench.work_off(old)
    assert bench.row(lost).state == State.FAILED
    assert 'No worker knows jobs of kind "new".' in bench.row(lost).problem


def test_an_offer_is_repeated_until_somebody_takes_it(bench: Bench) -> None:
    bench.queue(chain())
    worker, marks = bench.worker(), []
    for _ in range(4):
        offers = worker.offers()
        marks += [offer.mark for offer in offers]
        assert worker.offers() == []
        bench.pass_time(minutes=6)
    assert len(set(marks)) == 4


def test_faults_are_kept_for_the_report(bench: Bench) -> None:
    def step(work: Work, job: Job) -> Next:
        return Next(None, done=2, faults=(Fault(2, "Too long."), Fault(1, "Empty.")))

    kind = JobKind("faulty", "Faulty", ANYTHING, step)
    bench.kinds = (kind,)
    run = bench.queue(kind)
    bench.work_off()
    with bench.world.work(write=False) as work:
        found = faults_of(work, run)
    assert [(f.number, f.message) for f in found] == [(1, "Empty."), (2, "Too long.")]


def test_a_job_shares_its_worker_with_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long job gives its step back when its time is over."""
    run = bench.queue(chain())
    worker = bench.worker()
    ticks = iter(range(100))
    monkeypatch.setattr(steps_module, "monotonic", lambda: next(ticks))
    assert worker.run(run, seconds=3) == 1
    (left,) = bench.waiting()
    assert (left.step, left.worker, left.offer_on) == (1, None, bench.now)


def names(found: Sequence[workers.WorkerRow]) -> list[tuple[str, bool]]:
    return [(one.id, one.lives) for one in found]


def test_silent_workers_are_found_and_their_steps_offered(bench: Bench) -> None:
    database = bench.world.database
    for name in ("dead", "ended", "me"):
        workers.begin(database, name, "1", bench.clock)
    workers.end(database, "ended", bench.clock)
    assert workers.silent(database, "me", bench.clock) == []
    bench.pass_time(seconds=61)
    workers.beat(database, "me", "1", bench.clock)
    assert workers.silent(database, "me", bench.clock) == ["dead"]
    with database.reader.connect() as connection:
        assert names(workers.workers(connection, bench.clock)) == [
            ("me", True),
            ("dead", False),
            ("ended", False),
        ]
    bench.pass_time(days=2)
    workers.silent(database, "me", bench.clock)
    with database.reader.connect() as connection:
        assert names(workers.workers(connection, bench.clock)) == [("me", False)]


def test_the_backlog_says_what_waits_and_since_when(bench: Bench) -> None:
    bench.queue(chain())
    bench.queue(chain(), due=bench.now + timedelta(days=1))
    bench.pass_time(seconds=90)
    with bench.world.database.reader.connect() as connection:
        found = workers.backlog(connection, bench.clock)
    assert (found.outbox, found.oldest_seconds, found.jobs["queued"]) == (2, 90, 2)


def test_old_jobs_go_with_their_files(bench: Bench) -> None:
    old = bench.queue(chain())
    bench.work_off()
    (bench.folder / str(old)).mkdir(parents=True)
    (bench.folder / "notes").mkdir()
    bench.pass_time(days=8)
    new = bench.queue(chain())
    assert workers.forget_old(bench.world.database, bench.folder, 7, bench.clock) == 1
    assert [path.name for path in bench.folder.iterdir()] == ["notes"]
    with bench.world.database.reader.connect() as connection:
        assert list(connection.execute(sa.select(RUN.c.id)).scalars()) == [new]
        assert connection.scalar(sa.select(sa.func.count()).select_from(OUTBOX)) == 1
