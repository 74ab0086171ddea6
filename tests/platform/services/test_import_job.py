"""An import in the background: in parts, each row once, reasons for the refused."""

import random
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.platform.automation.bench_of_jobs import Bench
from tests.support.records_world import World
from xrm.platform.automation.jobs import State, cancel, faults_of
from xrm.platform.database.system_tables import IMPORT_ROW
from xrm.platform.services import import_job
from xrm.platform.services.import_job import IMPORT_ROWS, import_kind, keep_upload
from xrm.platform.services.import_run import undo_import

MAPPING: dict[str, Any] = {
    "entity": "client",
    "identity": ["No"],
    "fields": {
        "name": "Name",
        "number": "No",
        "employees": "Staff",
        "parentid": {"column": "Parent", "lookup": "client", "by": "name"},
    },
}


@pytest.fixture
def bench(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(import_job, "PART", 3)
    return Bench(world, tmp_path / "jobs")


def rows(number: int) -> list[str]:
    made = [f"Client {n},N{n},{n},{'' if n < 2 else 'Client 1'}" for n in range(number)]
    random.Random(1).shuffle(made)
    return made


def queue(
    bench: Bench, lines: list[str], user: str | None = "anna", **map: Any
) -> UUID:
    content = "\n".join(["Name,No,Staff,Parent", *lines]).encode()
    upload = keep_upload(bench.folder, "clients.CSV", content)
    return bench.queue(
        IMPORT_ROWS, user, upload=upload, name="clients.csv", mapping={**MAPPING, **map}
    )


def test_a_file_is_imported_in_parts_parents_first(bench: Bench) -> None:
    run = queue(bench, rows(10))
    assert bench.work_off() == 1 + 3  # two parents, eight children
    row = bench.row(run)
    assert (row.state, row.done, row.of) == (State.DONE, 10, 10)
    assert row.result["added"] == 10
    assert bench.clients() == sorted(f"Client {n}" for n in range(10))


def test_refused_rows_are_reported_and_the_others_taken(bench: Bench) -> None:
    lines = [*rows(4), ",N9,7,", "Client 1,N1,1,", "X,N8,many,", "Y,N7,1,Nobody"]
    run = queue(bench, lines)
    bench.work_off()
    result = bench.row(run).result
    assert (result["added"], result["skipped"], result["refused"]) == (4, 1, 3)
    with bench.world.work(write=False) as work:
        found = {fault.number: fault.message for fault in faults_of(work, run)}
    assert set(found) == {5, 7, 8}
    assert "Nobody" in found[8]


def test_it_goes_on_where_another_worker_ended(bench: Bench) -> None:
    """Each step is done by a worker that has not read the file before."""
    lines = [*rows(7), "Twice,N2,1,", *(f"More {n},M{n},1," for n in range(6))]
    run = queue(bench, lines)
    steps = 0
    while bench.row(run).is_open:
        worker = bench.worker(f"w{steps}", (import_kind(),))
        assert worker.one(run)
        bench.pass_time(minutes=2)
        steps += 1
    assert steps > 4
    result = bench.row(run).result
    assert (result["added"], result["skipped"]) == (13, 1)
    with bench.world.database.reader.connect() as connection:
        number = connection.scalar(
            select(func.count()).where(IMPORT_ROW.c["import"] == run)
        )
    assert number == 14


def test_a_cancelled_import_keeps_what_it_took_and_can_be_undone(bench: Bench) -> None:
    run = queue(bench, rows(10))
    assert bench.worker().one(run)
    with bench.world.work("anna") as work:
        cancel(work, run)
    taken = len(bench.clients())
    assert 0 < taken < 10
    with bench.world.work("anna") as work:
        assert undo_import(work, run) == {"deleted": taken}
    assert bench.clients() == []


def test_the_same_file_again_adds_nothing(bench: Bench) -> None:
    for added in (5, 0):
        run = queue(bench, rows(5))
        bench.work_off()
        assert bench.row(run).result["added"] == added
    assert bench.row(run).result["skipped"] == 5


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"fields": {"up": "Name"}}, 'client has no field "up"'),
        ({"imports": [MAPPING, MAPPING]}, "takes one file into one entity"),
    ],
)
def test_a_mapping_that_does_not_fit_ends_the_job(
    bench: Bench, mapping: dict[str, Any], message: str
) -> None:
    run = queue(bench, rows(2), **mapping)
    bench.work_off()
    assert bench.row(run).state == State.FAILED
    assert message in bench.row(run).problem


def test_a_file_that_is_gone_ends_the_job(bench: Bench) -> None:
    run = queue(bench, rows(2))
    for file in (bench.folder / "uploads").iterdir():
        file.unlink()
    bench.work_off()
    assert "no longer here" in bench.row(run).problem


def test_an_upload_keeps_its_ending_and_nothing_else_of_its_name(
    tmp_path: Path,
) -> None:
    for name, ending in (
        ("../../x.csv.gz", ".csv.gz"),
        ("a.b.XLSX", ".xlsx"),
        ("a.backup.csv", ".csv"),
        ("none", ""),
        ("x." + "y" * 90, ""),
        ("x.c/sv", ""),
    ):
        kept = keep_upload(tmp_path, name, b"x")
        assert kept[32:] == ending
        assert (tmp_path / "uploads" / kept).is_file()
