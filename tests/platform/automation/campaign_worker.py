"""A worker process of a campaign: it knows a few kinds, may die, has its own clock.

    python -m tests.platform.automation.campaign_worker FOLDER NAME URL ENGINE VERSION

`FOLDER/offset` holds the seconds by which the worker's clock differs from others;
it is read at each look, so the clock is moved while the worker runs. `FOLDER/kills`
holds how many more times workers shall kill themselves at a planted point.
"""

import os
import random
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from xrm.platform.automation.engine import Engine, Keeper
from xrm.platform.automation.jobs import Job, JobKind, Next
from xrm.platform.automation.steps import Steps
from xrm.platform.database.engine import open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.work import Work
from xrm.platform.records import service

STEPS = 3
PLANTED = 0.12
"""How often one of the three points of a step is the end of its worker."""
ANYTHING = {"type": "object"}


def offset(folder: Path) -> timedelta:
    """Return by how much the clock differs; nothing while it is being written."""
    text = (folder / "offset").read_text("utf-8")
    return timedelta(seconds=float(text or 0))


def maybe_die(folder: Path) -> None:
    """Kill this process, if it is its turn."""
    left = folder / "kills"
    number = int(left.read_text("utf-8") or 0)
    if number > 0 and random.random() < PLANTED:
        left.write_text(str(number - 1), "utf-8")
        os.kill(os.getpid(), signal.SIGKILL)


def kinds(folder: Path, version: str) -> dict[str, JobKind]:
    """Return the kinds that a version of the program knows."""

    def step(work: Work, job: Job) -> Next:
        """Add a client named after job and step; say so to the world outside."""
        maybe_die(folder)
        number = f"{job.id.hex[:12]} {job.step}"
        values = {"name": number, "city": work.now.isoformat()}
        service.create(work, "client", values)
        with (folder / "outside").open("a", encoding="utf-8") as outside:
            outside.write(f"{job.id.hex[:12]} {job.step} {job.id}-{job.step}\n")
        maybe_die(folder)
        work.on_commit(lambda: maybe_die(folder))
        is_last = job.step + 1 == STEPS
        wait = timedelta(seconds=float(job.payload.get("wait", 0)))
        return Next(
            None if is_last else {"step": job.step + 1},
            done=job.step + 1,
            of=STEPS,
            due=work.now + wait if wait and not is_last else None,
        )

    names = {"old": ["old"], "new": ["old", "new"]}[version]
    return {name: JobKind(name, name, ANYTHING, step) for name in names}


def main() -> None:
    """Work until the process is ended."""
    place, name, url, engine_url, version = sys.argv[1:]
    folder = Path(place)
    database = open_database(url)

    def clock(connection: Connection) -> datetime:
        return datetime.now(UTC) + offset(folder)

    steps = Steps(
        database,
        Snapshots(database),
        kinds(folder, version),
        folder / "files",
        worker=name,
        clock=clock,
    )
    signal.signal(signal.SIGTERM, lambda *_: steps.stop.set())
    Keeper(Engine(steps, engine_url, threads=2), days=7, version=version).keep()


if __name__ == "__main__":
    main()
