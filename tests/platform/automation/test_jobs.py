"""Jobs are written with the change that asks for them, and steered by their owners."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.platform.automation.bench_of_jobs import Bench, chain
from tests.support.records_world import World
from xrm.platform.automation import jobs
from xrm.platform.automation.jobs import JobKind, State
from xrm.platform.errors import Forbidden, Invalid, NotFound, Refused


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Bench:
    return Bench(world, tmp_path / "jobs", (chain(),))


def test_a_job_is_there_exactly_when_its_transaction_commits(bench: Bench) -> None:
    def queue_and_fail() -> None:
        with bench.world.work() as work:
            jobs.queue_job(work, chain(), {}, label="never")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        queue_and_fail()
    assert bench.waiting() == []
    with bench.world.work() as work:
        assert jobs.jobs_of(work) == []
    run = bench.queue(chain())
    assert bench.row(run).state == State.QUEUED
    assert [row.run for row in bench.waiting()] == [run]


def test_a_payload_that_does_not_fit_is_refused(bench: Bench) -> None:
    kind = JobKind(
        "strict",
        "Strict",
        {"type": "object", "properties": {"size": {"type": "integer"}}},
        chain().step,
    )
    with pytest.raises(Invalid, match="kind strict cannot be queued: size: 'x' is not"):
        bench.queue(kind, size="x")


def test_a_person_sees_and_steers_only_own_jobs(bench: Bench) -> None:
    run = bench.queue(chain(), "anna")
    with bench.world.work("anna", write=False) as work:
        assert [row.id for row in jobs.jobs_of(work)] == [run]
        assert jobs.job_of(work, run).actor_name == "Anna"
        with pytest.raises(Forbidden, match="Only an administrator"):
            jobs.jobs_of(work, everyone=True)
    with bench.world.work("ben") as work:
        assert jobs.jobs_of(work) == []
        for steer in (jobs.job_of, jobs.cancel, jobs.retry, jobs.faults_of):
            with pytest.raises(NotFound, match="no such job, or it is somebody else's"):
                steer(work, run)
    with bench.world.work(write=False) as work:
        assert [row.id for row in jobs.jobs_of(work, everyone=True)] == [run]


def test_nobody_queues_jobs_without_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_OPEN", 2)
    for _ in range(2):
        bench.queue(chain(), "anna")
    with pytest.raises(Refused, match="You have 2 jobs on their way"):
        bench.queue(chain(), "anna")
    bench.queue(chain(), "ben")


def test_a_cancelled_job_does_no_further_step_and_can_go_on(bench: Bench) -> None:
    kind = chain(wait=timedelta(hours=1))
    bench.kinds = (kind,)
    run = bench.queue(kind, "anna")
    assert bench.work_off() == 1
    with bench.world.work("anna") as work:
        jobs.cancel(work, run)
        with pytest.raises(Refused, match="has ended already: it is cancelled"):
            jobs.cancel(work, run)
    bench.pass_time(hours=2)
    assert bench.work_off() == 0
    assert len(bench.clients()) == 1
    with bench.world.work("anna", now=bench.now) as work:
        jobs.retry(work, run)
        with pytest.raises(Refused, match="only failed or cancelled"):
            jobs.retry(work, run)
    for _ in range(2):
        assert bench.work_off() == 1
        bench.pass_time(hours=2)
    assert bench.row(run).state == State.DONE
    assert len(bench.clients()) == 3


# on SQLite the one writer is the step, so nobody can cancel in its middle
@pytest.mark.parametrize(
    "new_world",
    [pytest.param("postgresql", marks=pytest.mark.postgresql)],
    indirect=True,
)
def test_a_step_that_runs_while_its_job_is_cancelled_is_taken_back(
    bench: Bench,
) -> None:
    def cancel(work: object, job: jobs.Job) -> None:
        with bench.world.work("anna") as other:
            jobs.cancel(other, job.id)

    kind = chain(after=cancel)
    bench.kinds = (kind,)
    run = bench.queue(kind, "anna")
    bench.work_off()
    assert bench.row(run).state == State.CANCELLED
    assert bench.clients() == []
    bench.pass_time(minutes=2)
    bench.work_off()
    assert bench.waiting() == []


def test_a_job_acts_with_the_rights_its_owner_has_at_that_time(bench: Bench) -> None:
    run = bench.queue(chain(), "anna")
    bench.world.update("systemuser", bench.world.users["anna"], isdisabled=True)
    bench.work_off()
    row = bench.row(run)
    assert (row.state, row.problem) == (
        State.FAILED,
        "This user does not exist or is disabled.",
    )
    assert bench.clients() == []
