"""`xrm jobs` and `xrm worker`: looked at from outside, as processes and commands."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner

from xrm.platform.automation.jobs import queue_job
from xrm.platform.database.engine import open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import upgrade
from xrm.platform.database.work import open_work
from xrm.platform.main import cli
from xrm.platform.security.actors import SYSTEM
from xrm.platform.services.bulk_jobs import BULK_DELETE

Told = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    upgrade(open_database(f"sqlite:///{tmp_path / 'xrm.db'}"))
    return tmp_path


@pytest.fixture
def told(folder: Path) -> Told:
    def call(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(cli, ["--data", str(folder), *arguments])
        assert result.exit_code == code, result.output
        return result.output

    return call


def queue(folder: Path) -> UUID:
    database = open_database(f"sqlite:///{folder / 'xrm.db'}")
    with open_work(database, Snapshots(database), SYSTEM) as work:
        payload = {"entity": "nothing", "ids": [str(uuid4())]}
        return queue_job(work, BULK_DELETE, payload, label="Delete it")


def test_jobs_are_listed_cancelled_and_repeated(folder: Path, told: Told) -> None:
    assert told("jobs") == "There are no jobs.\n"
    run = queue(folder)
    assert f"{run}  queued" in told("jobs")
    assert told("jobs", "cancel", str(run)) == "“Delete it” is cancelled.\n"
    assert "has ended already" in told("jobs", "cancel", str(run), code=1)
    assert json.loads(told("jobs", "list", "--state", "queued", "--json")) == []
    assert json.loads(told("jobs", "--json"))[0]["state"] == "cancelled"
    assert told("jobs", "retry", str(run)) == "“Delete it” is queued again.\n"
    assert "no such job" in told("jobs", "retry", str(uuid4()), code=1)
    assert "1 steps of jobs wait" in told("doctor")


def test_no_command_but_the_worker_loads_the_engine() -> None:
    code = (
        "import sys, xrm.platform.main\n"
        "sys.exit(any(name.partition('.')[0] == 'dbos' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-P", "-c", code]).returncode == 0


def command_of(folder: Path) -> tuple[str, ...]:
    return sys.executable, "-P", "-m", "xrm.platform.main", "--data", str(folder)


@contextmanager
def at_work(folder: Path, told: Told) -> Iterator[subprocess.Popen[bytes]]:
    """Give a worker that has done the job that waited; it must end well."""
    with subprocess.Popen(
        [*command_of(folder), "worker", "--with-parent"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        while json.loads(told("jobs", "--json"))[0]["state"] in ("queued", "running"):
            assert process.poll() is None
        yield process
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert b"Fatal" not in process.stderr.read()


def test_a_worker_does_the_jobs_alone_and_ends_with_its_parent(
    folder: Path, told: Told
) -> None:
    run = queue(folder)
    with at_work(folder, told) as process:
        second = subprocess.run(
            [*command_of(folder), "worker"], capture_output=True, text=True
        )
        assert second.returncode == 1
        assert "Another worker already uses" in second.stderr
        assert process.stdin is not None
        process.stdin.close()
    (row,) = json.loads(told("jobs", "--json"))
    assert (row["id"], row["state"]) == (str(run), "failed")
    assert "nothing" in row["problem"]
    assert "no worker lives" in told("doctor")


def test_a_worker_that_is_told_ends_while_its_parent_lives(
    folder: Path, told: Told
) -> None:
    queue(folder)
    with at_work(folder, told) as process:
        process.terminate()
