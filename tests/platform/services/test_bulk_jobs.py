"""Jobs that change many records: all that may be changed, and a reason for the rest."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.platform.automation.bench_of_jobs import Bench
from tests.support.records_world import World
from xrm.platform.automation.jobs import Fault, State, faults_of
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.query_json import to_json
from xrm.platform.records import service
from xrm.platform.services import bulk_jobs
from xrm.platform.services.bulk_jobs import BULK_ASSIGN, BULK_DELETE, BULK_EDIT


@pytest.fixture
def bench(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(bulk_jobs, "BATCH", 3)
    return Bench(world, tmp_path / "jobs")


def some(bench: Bench, user: str, number: int, **values: Any) -> list[UUID]:
    with bench.world.work(user) as work:
        rows = [{"name": f"{user} {place}", **values} for place in range(number)]
        return [o.id for o in service.create_many(work, "client", rows) if o.id]


def cities(bench: Bench, ids: list[UUID]) -> list[str | None]:
    return [bench.world.read("client", record)["city"] for record in ids]


def faults(bench: Bench, run: UUID) -> list[Fault]:
    with bench.world.work(write=False) as work:
        return faults_of(work, run)


def test_records_are_edited_by_their_ids_a_few_at_a_time(bench: Bench) -> None:
    ids = some(bench, "anna", 7)
    run = bench.queue(
        BULK_EDIT, "anna", entity="client", ids=ids, values={"city": "Bern"}
    )
    assert bench.work_off() == 3
    row = bench.row(run)
    assert (row.state, row.done, row.of) == (State.DONE, 7, 7)
    assert row.result == {"changed": 7, "refused": 0}
    assert cities(bench, ids) == ["Bern"] * 7


def test_what_the_person_may_not_change_is_reported(bench: Bench) -> None:
    mine, hers = some(bench, "anna", 2), some(bench, "ben", 2)
    ids = [mine[0], hers[0], mine[1], hers[1]]
    run = bench.queue(
        BULK_EDIT, "anna", entity="client", ids=ids, values={"city": "Bern"}
    )
    bench.work_off()
    assert bench.row(run).state == State.DONE
    assert bench.row(run).result == {"changed": 2, "refused": 2}
    assert [(f.number, f.record) for f in faults(bench, run)] == [
        (2, hers[0]),
        (4, hers[1]),
    ]
    assert cities(bench, ids) == ["Bern", None, "Bern", None]


def test_a_question_finds_each_record_once_though_the_edit_changes_it(
    bench: Bench,
) -> None:
    ids, others = some(bench, "anna", 8, city="Ulm"), some(bench, "ben", 4, city="Ulm")
    query = to_json(Query("client", where=Compare("city", "eq", ("Ulm",))))
    run = bench.queue(
        BULK_EDIT, "anna", entity="client", query=query, values={"city": "Bern"}
    )
    bench.work_off()
    assert bench.row(run).result == {"changed": 8, "refused": 0}
    assert cities(bench, [*ids, *others]) == ["Bern"] * 8 + ["Ulm"] * 4


def test_records_are_assigned_and_deleted(bench: Bench) -> None:
    ids = some(bench, "carla", 5)
    owner = {"entity": "systemuser", "id": str(bench.world.users["anna"])}
    bench.queue(BULK_ASSIGN, "carla", entity="client", ids=ids, owner=owner)
    bench.work_off()
    owners = {bench.world.read("client", record)["ownerid"].id for record in ids}
    assert owners == {bench.world.users["anna"]}
    run = bench.queue(BULK_DELETE, "anna", entity="client", ids=[*ids, ids[0]])
    bench.work_off()
    assert bench.row(run).result == {"changed": 5, "refused": 1}
    assert "There is no" in faults(bench, run)[0].message
    assert bench.clients() == []


def test_a_field_that_is_not_there_refuses_each_record(bench: Bench) -> None:
    ids = some(bench, "anna", 2)
    run = bench.queue(BULK_EDIT, "anna", entity="client", ids=ids, values={"up": 1})
    bench.work_off()
    assert bench.row(run).result == {"changed": 0, "refused": 2}


def test_a_question_about_another_entity_ends_the_job(bench: Bench) -> None:
    query = to_json(Query("person"))
    run = bench.queue(BULK_DELETE, "anna", entity="client", query=query)
    bench.work_off()
    assert bench.row(run).state == State.FAILED
    assert bench.row(run).problem == "The question is about another entity."
