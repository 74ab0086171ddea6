"""Campaigns C6 and C7: workers are killed, clocks moved, the engine's database lost.

Real processes, `kill -9`. No job is lost, and no step has its effect in the database
twice; what was told to the world outside has one id for each step.
"""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.platform.automation.campaign_worker import STEPS, kinds
from tests.support.counts import count
from tests.support.environment import ROOT
from tests.support.records_world import World
from xrm.platform.automation.jobs import queue_job
from xrm.platform.automation.workers import CHECKS
from xrm.platform.database.doctor import Finding, invariants
from xrm.platform.database.system_tables import OUTBOX, RUN, WORKER
from xrm.platform.database.work import open_work
from xrm.platform.security.actors import SYSTEM

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1800), pytest.mark.one_database]

PATIENCE = 150.0
"""Seconds after which a job that does not move counts as lost."""
DAY = 86_400.0


@dataclass
class Field:
    """A world, its workers, and what they leave behind."""

    world: World
    folder: Path
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir()
        with self.world.database.engine.begin() as connection:
            for table in (OUTBOX, RUN, WORKER):
                connection.execute(sa.delete(table))
        self.move_clock(0)
        self.plant(0)

    @property
    def is_sqlite(self) -> bool:
        return self.world.database.dialect == "sqlite"

    @property
    def engine_url(self) -> str:
        if self.is_sqlite:
            return f"sqlite:///{self.folder / 'jobs.db'}"
        return self.world.database.url.render_as_string(hide_password=False)

    def move_clock(self, seconds: float) -> None:
        """Set all clocks, by a rename: nobody reads half a number."""
        self._write("offset", str(seconds))

    def plant(self, kills: int) -> None:
        self._write("kills", str(kills))

    def _write(self, name: str, text: str) -> None:
        part = self.folder / f"{name}.part"
        part.write_text(text, "utf-8")
        part.replace(self.folder / name)

    def now(self) -> datetime:
        text = (self.folder / "offset").read_text("utf-8")
        return datetime.now(UTC) + timedelta(seconds=float(text))

    def start(self, name: str, version: str = "new") -> None:
        url = self.world.database.url.render_as_string(hide_password=False)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.workers[name] = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.platform.automation.campaign_worker",
                    str(self.folder),
                    name,
                    url,
                    self.engine_url,
                    version,
                ],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        process = self.workers.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.kills += 1

    def revive(self, version: str = "new") -> None:
        """Start the workers again that killed themselves."""
        for name, process in list(self.workers.items()):
            code = process.poll()
            if code is not None:
                assert code == -signal.SIGKILL, self.logs()
                self.kills += 1
                self.start(name, version)

    def end(self) -> None:
        for process in self.workers.values():
            process.kill()
            process.wait()

    def logs(self) -> str:
        found = sorted(self.folder.glob("*.log"))
        return "\n".join(path.read_text("utf-8")[-3000:] for path in found)

    def queue(
        self, number: int, kind: str = "old", wait: float = 0.0, first: float = 0.0
    ) -> list[UUID]:
        """Queue jobs, each in a transaction of its own."""
        known, runs = kinds(self.folder, "new")[kind], []
        for _ in range(number):
            now = self.now()
            with open_work(
                self.world.database, self.world.snapshots, SYSTEM, now=now
            ) as work:
                payload = {"wait": wait}
                due = now + timedelta(seconds=first)
                runs.append(queue_job(work, known, payload, label=kind, due=due))
        return runs

    def states(self) -> Counter[str]:
        with self.world.database.reader.connect() as connection:
            return Counter(connection.execute(sa.select(RUN.c.state)).scalars())

    def steps_done(self) -> int:
        with self.world.database.reader.connect() as connection:
            return connection.scalar(sa.select(sa.func.sum(RUN.c.step))) or 0

    def wait_for(
        self, is_so: Callable[[], bool], meanwhile: Callable[[], None]
    ) -> None:
        """Wait until something is so; give up when no step is done for long."""
        moved, before = time.monotonic(), -1
        while not is_so():
            meanwhile()
            done = self.steps_done()
            if done != before:
                moved, before = time.monotonic(), done
            assert time.monotonic() - moved < PATIENCE, f"{self.states()} {self.logs()}"
            time.sleep(0.1)

    def all_done(self) -> bool:
        return set(self.states()) == {"done"}

    def effects(self) -> Counter[str]:
        with self.world.database.reader.connect() as connection:
            snapshot = self.world.snapshots.current(connection)
            clients = snapshot.tables.table("client")
            return Counter(connection.execute(sa.select(clients.c.name)).scalars())

    def moments(self, run: UUID) -> list[datetime]:
        """Return when the steps of a job were done, by the workers' clocks."""
        with self.world.database.reader.connect() as connection:
            snapshot = self.world.snapshots.current(connection)
            clients = snapshot.tables.table("client")
            found = connection.execute(
                sa.select(clients.c.city)
                .where(clients.c.name.startswith(run.hex[:12]))
                .order_by(clients.c.name)
            )
            return [datetime.fromisoformat(text) for text in found.scalars()]

    def check(self, runs: list[UUID]) -> None:
        """Assert that each step of each job was done exactly once."""
        wanted = Counter(f"{run.hex[:12]} {n}" for run in runs for n in range(STEPS))
        mine = {run.hex[:12] for run in runs}
        found = Counter(
            {
                name: number
                for name, number in self.effects().items()
                if name.partition(" ")[0] in mine
            }
        )
        assert found == wanted, (found - wanted, wanted - found)
        lines = (self.folder / "outside").read_text("utf-8").splitlines()
        ids: dict[str, set[str]] = {}
        for line in lines:
            step, _, id_ = line.rpartition(" ")
            ids.setdefault(step, set()).add(id_)
        assert set(ids) == set(wanted)
        assert {len(one) for one in ids.values()} == {1}
        with self.world.database.reader.connect() as connection:
            left = connection.execute(
                sa.select(OUTBOX.c.id).join(RUN, RUN.c.id == OUTBOX.c.run)
            ).all()
        assert left == []
        faults: list[Finding] = [
            one
            for one in invariants(self.world.database, CHECKS)
            if one.severity == "fault"
        ]
        assert faults == []


@contextmanager
def opened(world: World, folder: Path) -> Iterator[Field]:
    made = Field(world, folder)
    try:
        yield made
    finally:
        made.end()


def test_killed_workers_lose_no_job_and_double_no_step(
    world: World, tmp_path: Path
) -> None:
    """C6: jobs of three steps with timers; workers die anywhere, again and again."""
    jobs = count(ci=25, release=1_000, quick=6)
    planted = count(ci=10, release=2_500, quick=3)
    outside = count(ci=6, release=2_500, quick=2)
    dice = random.Random(6)
    with opened(world, tmp_path / "field") as at:
        names = ["one"] if at.is_sqlite else ["one", "two"]
        for name in names:
            at.start(name)
        at.plant(planted)
        runs = at.queue(jobs // 2, wait=0.3) + at.queue(jobs - jobs // 2)
        next_kill = time.monotonic() + 2.5
        killed = 0

        def meanwhile() -> None:
            nonlocal next_kill, killed
            if killed < outside and time.monotonic() > next_kill:
                name = dice.choice(names)
                at.kill(name)
                at.start(name)
                killed += 1
                next_kill = time.monotonic() + dice.uniform(1.5, 4.0)
            at.revive()

        at.wait_for(at.all_done, meanwhile)
        assert at.kills >= 1
        at.check(runs)


def dead_for_good(at: Field) -> list[UUID]:
    """A worker dies with a step in its hands and never comes back."""
    at.start("first")
    at.plant(1)
    runs = at.queue(4, wait=0.2)

    def is_dead() -> bool:
        return at.workers["first"].poll() is not None

    at.wait_for(lambda: is_dead() or at.all_done(), lambda: None)
    at.workers.pop("first").wait()
    at.plant(0)
    at.start("second")
    at.move_clock(61.0)  # the dead one's lease is over
    at.wait_for(at.all_done, lambda: None)
    return runs


def two_versions(at: Field) -> list[UUID]:
    """Workers of an older program leave alone what they do not know."""
    at.start("older", "old")
    runs = at.queue(3, "old", wait=0.2) + at.queue(3, "new", wait=0.2)
    if at.is_sqlite:  # one worker at a time: the newer one takes its place
        at.wait_for(lambda: at.states()["done"] == 3, lambda: None)
        assert at.states()["queued"] == 3
        at.kill("older")
    at.start("newer", "new")
    at.wait_for(at.all_done, lambda: None)
    return runs


def engine_lost(at: Field) -> list[UUID]:
    """The engine's database is deleted under a worker that runs."""
    at.start("one")
    runs = at.queue(4, wait=0.5)
    at.wait_for(lambda: at.steps_done() >= 2, lambda: None)
    if at.is_sqlite:
        at.kill("one")
        for file in at.folder.glob("jobs.db*"):
            file.unlink()
        at.start("one")
    else:
        with at.world.database.engine.begin() as connection:
            connection.execute(sa.schema.DropSchema("xrm_jobs", cascade=True))
    runs += at.queue(4, wait=0.5)
    at.wait_for(at.all_done, lambda: None)
    return runs


def clock_moved(at: Field) -> list[UUID]:
    """Clocks go a day back and two days on while jobs wait for a moment."""
    at.start("one")
    runs = at.queue(3, wait=3_600.0)
    at.wait_for(lambda: at.steps_done() == 3, lambda: None)
    at.move_clock(-DAY)
    time.sleep(1.5)
    assert at.steps_done() == 3, "a timer fired before its moment"
    at.move_clock(+DAY)
    at.wait_for(lambda: at.steps_done() == 6, lambda: None)
    at.move_clock(+2 * DAY)
    at.wait_for(at.all_done, lambda: None)
    for run in runs:
        first, second, third = at.moments(run)
        assert second - first >= timedelta(hours=1)
        assert third - second >= timedelta(hours=1)
    return runs


MOMENTS = (
    datetime(2027, 3, 28, 1, 0, tzinfo=UTC),
    datetime(2027, 10, 31, 1, 0, tzinfo=UTC),
    datetime(2028, 2, 29, 0, 0, tzinfo=UTC),
    datetime(2028, 3, 1, 0, 0, tzinfo=UTC),
)
"""Clocks go forward, clocks go back, the leap day begins and ends."""


def odd_days(at: Field) -> list[UUID]:
    """Timers cross the changes of summer time and the leap day."""
    runs: list[UUID] = []
    at.start("one")
    for moment in MOMENTS:
        at.move_clock((moment - datetime.now(UTC)).total_seconds() - 1.5)
        runs += at.queue(2, wait=1.0, first=1.0)
        at.wait_for(at.all_done, lambda: None)
    for run in runs:
        first, second, third = at.moments(run)
        assert second - first >= timedelta(seconds=1)
        assert third - second >= timedelta(seconds=1)
    return runs


MISHAPS = (dead_for_good, two_versions, engine_lost, clock_moved, odd_days)


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.__name__)
def test_mishaps_lose_no_job_and_double_no_step(
    world: World, tmp_path: Path, mishap: Callable[[Field], list[UUID]]
) -> None:
    """C7: ten runs in CI, each mishap on each database."""
    for number in range(count(ci=1, release=30, quick=1)):
        with opened(world, tmp_path / f"field{number}") as at:
            at.check(mishap(at))
