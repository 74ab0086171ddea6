"""An export writes what its owner may read, once, whole, with people's words."""

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import python_calamine

from tests.platform.automation.bench_of_jobs import Bench
from tests.support.records_world import World
from xrm.platform.automation.jobs import State
from xrm.platform.query.query import Compare, Expr, Order, Query
from xrm.platform.query.query_json import to_json
from xrm.platform.records import service
from xrm.platform.services import export_job
from xrm.platform.services.export_job import EXPORT, file_name

COLUMNS = ("name", "size", "since", "employees", "parentid", "parentid@name")


@pytest.fixture
def bench(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(export_job, "PAGE", 2)
    made = Bench(world, tmp_path / "jobs")
    root = world.create("client", "anna", name="Root", since="2026-11-01")
    with world.work("anna") as work:
        for place in range(4):
            values = {"name": f"=Client {place}", "employees": 7, "parentid": root}
            service.create(work, "client", values)
    world.create("client", "ben", name="Not hers")
    return made


def export(bench: Bench, user: str, **more: Any) -> UUID:
    query = Query("client", COLUMNS, order=(Order("name"),))
    given: dict[str, Any] = {"query": to_json(query), "format": "csv", **more}
    return bench.queue(EXPORT, user, **given)


def content(bench: Bench, run: UUID) -> bytes:
    row = bench.row(run)
    assert row.state == State.DONE, row.problem
    (file,) = (bench.folder / str(run)).iterdir()
    assert file.name == row.result["file"]
    assert file.stat().st_size == row.result["bytes"]
    return file.read_bytes()


def table(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8"))))


def test_csv_has_labels_and_only_what_the_owner_may_read(bench: Bench) -> None:
    run = export(bench, "anna", name="My clients")
    assert bench.work_off() == 4
    found = table(content(bench, run))
    assert found[0] == ["Name", "Size", "Since", "Employees", "Parentid"]
    assert found[1:] == [
        *(["'" + f"=Client {n}", "Medium", "", "7", "Root"] for n in range(4)),
        ["Root", "Medium", "2026-11-01", "", ""],
    ]
    assert bench.row(run).result["file"].startswith("my-clients-")
    assert (bench.row(run).done, bench.row(run).of) == (5, 5)


def test_a_workbook_holds_numbers_and_dates_as_such(bench: Bench) -> None:
    run = export(bench, "anna", format="xlsx", heads={"name": "Who"})
    bench.work_off()
    book = python_calamine.load_workbook(io.BytesIO(content(bench, run)))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0] == ["Who", "Size", "Since", "Employees", "Parentid"]
    assert rows[1] == ["=Client 0", "Medium", "", 7, "Root"]
    assert rows[5][2] == datetime(2026, 11, 1).date()  # noqa: DTZ001 - a day


def test_nothing_found_is_an_empty_file(bench: Bench) -> None:
    query = Query("client", ("name",), where=Expr('name = "nobody"'))
    run = export(bench, "carla", query=to_json(query), format="json")
    bench.work_off()
    assert content(bench, run) == b""


def test_a_step_that_runs_twice_harms_nothing(bench: Bench) -> None:
    """Both workers write; only the files of the one whose result was kept count."""
    run = export(bench, "anna")
    first, second = bench.worker("one"), bench.worker("two")
    original = first.kinds["export"].step
    raced: list[int] = []

    def raced_step(work: Any, job: Any) -> Any:
        left = original(work, job)
        if job.step not in raced:
            raced.append(job.step)
            bench.pass_time(minutes=5)
            second.one(job.id)
        return left

    kind = export_job.JobKind("export", "x", {}, raced_step, reads_only=True)
    first.kinds = {"export": kind}
    while bench.row(run).is_open:
        bench.work_off(first)
        bench.pass_time(minutes=5)
    row = bench.row(run)
    assert raced == [0, 1, 2, 3]
    found = table((bench.folder / str(run) / row.result["file"]).read_bytes())
    assert len(found) == 6
    assert row.result["rows"] == 5


def test_rights_are_those_of_each_page(bench: Bench) -> None:
    run = export(bench, "anna")
    assert bench.worker().one(run)
    bench.world.update("systemuser", bench.world.users["anna"], isdisabled=True)
    bench.pass_time(minutes=5)
    bench.work_off()
    assert bench.row(run).state == State.FAILED
    assert "file" not in bench.row(run).result


def test_lost_parts_are_read_again(bench: Bench) -> None:
    run = export(bench, "anna")
    assert bench.worker().one(run)
    for file in (bench.folder / str(run)).iterdir():
        file.unlink()
    bench.pass_time(minutes=5)
    bench.work_off()
    assert len(table(content(bench, run))) == 6


def test_an_unknown_field_in_the_condition_ends_the_job(bench: Bench) -> None:
    query = Query("client", ("name",), where=Compare("up", "eq", (1,)))
    run = export(bench, "anna", query=to_json(query))
    bench.work_off()
    assert bench.row(run).state == State.FAILED
    assert "up" in bench.row(run).problem


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Größe & co.", "groe-co"),
        ("../../etc", "etc"),
        ("", "export"),
        ("日本", "export"),
    ],
)
def test_a_file_has_a_name_that_every_system_takes(label: str, name: str) -> None:
    assert file_name(label) == name
