"""C2: killed at any moment of an install, upgrade or uninstall, nothing is half done.

A process is forked, starts the work on its own copy of a database and is killed after a
random time. What is found then must be wholly the state before or wholly the one after.
"""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.solutions.conftest import Template, installer_of
from tests.solutions.support import Installed, schema_of
from tests.support.counts import count
from xrm.platform.database.catalog_store import catalog_state, effective_documents
from xrm.platform.database.engine import open_database
from xrm.solutions.archives import read_source
from xrm.solutions.exporter import export
from xrm.solutions.installer import packaged
from xrm.solutions.source import Source

TRIALS = count(ci=200, release=10_000, quick=9)
Deed = Callable[[Installed], object]


@dataclass(frozen=True)
class State:
    """All that must agree: schema, version, definitions, packages, records."""

    schema: list[str]
    version: int
    documents: int
    solutions: list[tuple[str, str]]
    records: Mapping[str, int]


def newer_crm() -> Source:
    """Return the CRM as version 1.1: a field more, a field less, a text shorter."""
    source = read_source(packaged("crm"))
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


def install(installed: Installed) -> None:
    installed.install("crm", samples=True)


def upgrade(source: Source, installed: Installed) -> None:
    installed.install(source)


def uninstall(installed: Installed) -> None:
    installed.installer.uninstall("crm")


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


def assert_whole(file: Path, before: State, after: State) -> bool:
    """Assert that a file is in one of two states; return whether in the second."""
    installed = opened(file)
    with installed.database.engine.connect() as connection:
        check = sa.func.pragma_integrity_check().table_valued("integrity_check")
        assert connection.execute(sa.select(check)).scalar() == "ok"
    found = state_of(installed)
    for solution in installed.installer.installed():
        assert export(installed.database, solution.name).files
    installed.database.dispose()
    assert found in (before, after)
    return found == after


def kill_after(seconds: float, deed: Deed, file: Path) -> None:
    """Let a child do the deed on the file, and kill it after some time."""
    child = os.fork()
    if child == 0:
        try:
            deed(opened(file))
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.fixture(scope="module")
def with_samples(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("samples") / "xrm.db"
    shutil.copy(template(("core",)), file)
    installed = opened(file)
    install(installed)
    installed.database.dispose()
    return file


@pytest.mark.campaign
@pytest.mark.timeout(0)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("deed_name", ["install", "upgrade", "uninstall"])
def test_a_killed_process_leaves_nothing_half_done(
    deed_name: str, template: Template, with_samples: Path, tmp_path: Path
) -> None:
    start = template(("core",)) if deed_name == "install" else with_samples
    deeds: dict[str, Deed] = {
        "install": install,
        "upgrade": partial(upgrade, newer_crm()),
        "uninstall": uninstall,
    }
    deed = deeds[deed_name]
    done = tmp_path / "done.db"
    shutil.copy(start, done)
    first = opened(start)
    before = state_of(first)
    first.database.dispose()
    working = opened(done)
    began = time.monotonic()
    deed(working)
    lasts = time.monotonic() - began
    after = state_of(working)
    working.database.dispose()
    assert before != after
    chance = random.Random(deed_name)
    finished = 0
    for trial in range(TRIALS // 3):
        file = tmp_path / "trial.db"
        for old in tmp_path.glob("trial.db*"):
            old.unlink()
        shutil.copy(start, file)
        share = chance.uniform(0, 1.15) if trial else 0.9
        kill_after(lasts * share, deed, file)
        finished += assert_whole(file, before, after)
    print(f"{deed_name}: {TRIALS // 3} kills, {finished} had finished")  # noqa: T201
