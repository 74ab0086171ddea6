"""Sample records come and go in the background, a few at a step."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from xrm.metadata.fields.field_type import Ref
from xrm.platform.automation.jobs import JobRow, State, job_of, queue_job
from xrm.platform.automation.steps import Steps
from xrm.platform.database.engine import open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import upgrade
from xrm.platform.database.work import open_work
from xrm.platform.errors import NotFound
from xrm.platform.records import service
from xrm.platform.security.actors import SYSTEM, Actor
from xrm.solutions import sample_job
from xrm.solutions.installer import CORE, Installer, packaged
from xrm.solutions.records_files import record_key
from xrm.solutions.sample_job import has_samples, sample_kind

MANIFEST = """
kind: solution
name: farm
label: Farm
version: 1.0.0
publisher: farmers
prefix: farm
requires: {core: ">=1.0"}
"""
ENTITY = """
kind: entity
name: farm_field
label: Field
plural_label: Fields
title: name
ownership: organization
fields:
  name: {type: text, required: true, max_length: 50}
  nextid: {type: lookup, to: farm_field, on_delete: restrict}
"""
NUMBER = 7


class Farm:
    """A database with a solution that brings seven fields in a chain."""

    def __init__(self, url: str, folder: Path) -> None:
        self.database = open_database(url)
        upgrade(self.database)
        self.snapshots = Snapshots(self.database)
        self.folder = folder
        package = folder / "farm"
        for path, text in {
            "solution.yaml": MANIFEST,
            "entities/farm_field/entity.yaml": ENTITY,
            "samples/10_farm_field.csv": "id,name,nextid\n"
            + "".join(f"f{n},Field {n},f{n + 1}\n" for n in range(NUMBER - 1))
            + f"f{NUMBER - 1},Field {NUMBER - 1},\n",
        }.items():
            (package / path).parent.mkdir(parents=True, exist_ok=True)
            (package / path).write_text(text, "utf-8")
        installer = Installer(self.database, self.snapshots)
        installer.install(packaged(CORE))
        installer.install(package)

    def do(self, deed: str, solution: str = "farm", actor: Actor = SYSTEM) -> JobRow:
        kind = sample_kind(self.database)
        with open_work(self.database, self.snapshots, actor) as work:
            payload = {"solution": solution, "deed": deed}
            run = queue_job(work, kind, payload, label=deed)
        steps = Steps(
            self.database, self.snapshots, {kind.name: kind}, self.folder / "jobs"
        )
        while steps.one(run):
            pass
        with open_work(self.database, self.snapshots, SYSTEM, write=False) as work:
            return job_of(work, run)

    def chain(self) -> dict[str, Ref | None]:
        with open_work(self.database, self.snapshots, SYSTEM, write=False) as work:
            table = work.tables.table("farm_field")
            found = work.connection.execute(select(table.c.name, table.c.nextid))
            return {
                name: None if key is None else Ref("farm_field", key)
                for name, key in found
            }


@pytest.fixture
def farm(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Farm]:
    monkeypatch.setattr(sample_job, "CHUNK", 3)
    made = Farm(database_url, tmp_path)
    yield made
    made.database.dispose()


def key(number: int) -> Ref:
    return Ref("farm_field", record_key("farm_field", f"f{number}"))


def test_samples_come_complete_and_only_once(farm: Farm) -> None:
    assert has_samples(farm.database, "farm")
    row = farm.do("add")
    assert (row.state, row.result["added"], row.problem) == (State.DONE, NUMBER, "")
    assert farm.chain() == {
        f"Field {n}": key(n + 1) if n + 1 < NUMBER else None for n in range(NUMBER)
    }
    assert farm.do("add").result["added"] == 0


def test_what_a_person_changed_stays_as_it_is(farm: Farm) -> None:
    farm.do("add")
    with open_work(farm.database, farm.snapshots, SYSTEM) as work:
        service.update(work, "farm_field", key(0).id, {"nextid": None})
        service.delete(work, "farm_field", key(0).id)
        service.update(work, "farm_field", key(2).id, {"nextid": None})
    assert farm.do("add").result["added"] == 1
    assert farm.chain()["Field 2"] is None
    assert farm.chain()["Field 0"] == key(1)


def test_samples_go_but_not_those_that_others_need(farm: Farm) -> None:
    farm.do("add")
    with open_work(farm.database, farm.snapshots, SYSTEM) as work:
        values = {"name": "Ours", "nextid": key(4)}
        service.create(work, "farm_field", values)
    row = farm.do("remove")
    assert row.state == State.DONE
    assert row.result["removed"] + row.result["refused"] == NUMBER
    assert "Field 4" in farm.chain()
    assert "Ours" in farm.chain()


def test_a_solution_without_samples_ends_the_job(farm: Farm) -> None:
    assert not has_samples(farm.database, "core")
    assert "brings no sample records" in farm.do("add", "core").problem
    with pytest.raises(NotFound):
        has_samples(farm.database, "nothing")
