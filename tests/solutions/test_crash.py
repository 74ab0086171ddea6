"""C2: killed at any moment of an install, upgrade or uninstall, nothing is half done.

The plan is made once, since nothing is written meanwhile. A process is forked, carries
it out on its own copy of the database and is killed after a random time. What is found
then must be wholly the state before or wholly the one after.
"""

import os
import random
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.platform.database.crashes import in_child, kill
from tests.solutions.conftest import Template, installer_of
from tests.solutions.support import Installed, schema_of
from tests.support.counts import count
from xrm.platform.database.catalog_store import catalog_state, effective_documents
from xrm.platform.database.engine import open_database
from xrm.solutions.archives import read_source
from xrm.solutions.exporter import export
from xrm.solutions.installer import packaged
from xrm.solutions.plans import SolutionPlan
from xrm.solutions.source import Source

TRIALS = -(-count(ci=200, release=10_000, quick=9) // 3)
"""Of each of the three deeds."""
LAST_SAMPLES = "samples/23"
Plan = Callable[[Installed], SolutionPlan]


@dataclass(frozen=True)
class State:
    """All that must agree: schema, version, definitions, packages, records."""

    schema: list[str]
    version: int
    documents: int
    solutions: list[tuple[str, str]]
    records: Mapping[str, int]


def crm() -> Source:
    """Return the CRM with its samples up to the people: the rest only takes longer."""
    source = read_source(packaged("crm"))
    files = {
        path: content
        for path, content in source.files.items()
        if not path.startswith("samples/") or path < LAST_SAMPLES
    }
    return replace(source, files=files)


def newer_crm() -> Source:
    """Return the CRM as version 1.1: a field more, a field less, a text shorter."""
    source = crm()
    files = dict(source.files)
    path = "entities/account/entity.yaml"
    text = files[path].decode()
    ftp = "  ftpsiteurl: {type: text, label: FTP site, max_length: 200, format: url}"
    loyalty = "  loyaltycode: {type: text, label: Loyalty}"
    for old, new in (
        (f"{ftp}\n", ""),
        ("  stockexchange:", f"{loyalty}\n  stockexchange:"),
    ):
        assert old in text
        text = text.replace(old, new)
    files[path] = text.encode()
    files["solution.yaml"] = files["solution.yaml"].replace(b"1.0.0", b"1.1.0")
    return replace(source, files=files)


def plan_install(installed: Installed) -> SolutionPlan:
    return installed.installer.plan_package(crm())


def plan_upgrade(installed: Installed) -> SolutionPlan:
    return installed.installer.plan_package(newer_crm())


def plan_uninstall(installed: Installed) -> SolutionPlan:
    return installed.installer.plan_uninstall("crm")


def opened(file: Path) -> Installed:
    return installer_of(open_database(f"sqlite:///{file}"))


def state_of(installed: Installed) -> State:
    """Return the state of a database; it must be sound."""
    catalog = installed.catalog
    with installed.database.reader.connect() as connection:
        version = catalog_state(connection).version
        documents = len(effective_documents(connection))
    return State(
        schema_of(installed.database),
        version,
        documents,
        [(s.name, s.version) for s in installed.installer.installed()],
        {name: installed.count(name) for name in catalog.entities},
    )


def content_of(file: Path) -> str:
    """Return a digest of every table and every row of a sound file."""
    digest = blake2b()
    database = open_database(f"sqlite:///{file}", threads=1)
    with database.reader.connect() as connection:
        check = sa.func.pragma_integrity_check().table_valued("integrity_check")
        assert connection.execute(sa.select(check)).scalar() == "ok"
        for line in schema_of(database):
            digest.update(line.encode())
        for name in sa.inspect(connection).get_table_names():
            rows = sa.select(sa.literal_column("*")).select_from(sa.table(name))
            for row in connection.execute(rows):
                digest.update(repr(row).encode())
    database.dispose()
    return digest.hexdigest()


def assert_whole(file: Path, before: str, after: State) -> bool:
    """Assert that a file is wholly as before or as after; return whether as after."""
    if content_of(file) == before:
        return False
    installed = opened(file)
    found = state_of(installed)
    for solution in installed.installer.installed():
        assert export(installed.database, solution.name).files
    installed.database.dispose()
    assert found == after
    return True


def begin(plan: SolutionPlan, file: Path) -> int:
    """Let a child carry out the plan on the file; return its process."""
    return in_child(lambda: _apply(plan, file))


def _apply(plan: SolutionPlan, file: Path) -> None:
    opened(file).installer.apply(plan, samples=True)


def kill_after(seconds: float, plan: SolutionPlan, file: Path) -> None:
    child = begin(plan, file)
    time.sleep(seconds)
    kill(child)


@pytest.fixture(scope="module")
def with_samples(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("samples") / "xrm.db"
    shutil.copy(template(("core",)), file)
    installed = opened(file)
    installed.installer.apply(plan_install(installed), samples=True)
    installed.database.dispose()
    return file


@pytest.mark.campaign
@pytest.mark.timeout(0)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    ("name", "plan_of"),
    [
        ("install", plan_install),
        ("upgrade", plan_upgrade),
        ("uninstall", plan_uninstall),
    ],
)
def test_a_killed_process_leaves_nothing_half_done(
    name: str,
    plan_of: Plan,
    template: Template,
    with_samples: Path,
    tmp_path: Path,
) -> None:
    start = template(("core",)) if name == "install" else with_samples
    before = content_of(start)
    done = tmp_path / "done.db"
    shutil.copy(start, done)
    planned = opened(done)
    plan = plan_of(planned)
    planned.database.dispose()
    began = time.monotonic()
    os.waitpid(begin(plan, done), 0)
    lasts = time.monotonic() - began
    finished_one = opened(done)
    after = state_of(finished_one)
    finished_one.database.dispose()
    assert content_of(done) != before
    chance = random.Random(name)
    finished = 0
    for trial in range(TRIALS):
        file = tmp_path / "trial.db"
        for old in tmp_path.glob("trial.db*"):
            old.unlink()
        shutil.copy(start, file)
        share = chance.uniform(0, 1.15) if trial else 0.9
        kill_after(lasts * share, plan, file)
        finished += assert_whole(file, before, after)
    print(f"{name}: {TRIALS} kills, {finished} had finished")  # noqa: T201
