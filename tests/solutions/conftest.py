"""Fixtures of the solutions: an installer on an empty database, core, core and crm.

Installing takes seconds, so on SQLite the file of one install is copied.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.solutions.support import Installed
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import upgrade
from xrm.solutions.installer import Installer

Template = Callable[[tuple[str, ...]], Path]


def installer_of(database: Database) -> Installed:
    snapshots = Snapshots(database)
    return Installed(database, snapshots, Installer(database, snapshots))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Give a function that returns a SQLite file with these packages installed."""
    made: dict[tuple[str, ...], Path] = {}

    def file_of(packages: tuple[str, ...]) -> Path:
        if packages not in made:
            file = tmp_path_factory.mktemp("template") / "xrm.db"
            if packages[:-1]:
                shutil.copy(file_of(packages[:-1]), file)
            database = open_database(f"sqlite:///{file}")
            upgrade(database)
            installer_of(database).install(packages[-1])
            database.dispose()
            made[packages] = file
        return made[packages]

    return file_of


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


def _with(packages: tuple[str, ...], url: str, template: Template) -> Database:
    file = url.partition("sqlite:///")[2]
    if file:
        shutil.copy(template(packages), file)
        return open_database(url)
    database = open_database(url)
    upgrade(database)
    for name in packages:
        installer_of(database).install(name)
    return database


@pytest.fixture
def core(database_url: str, template: Template) -> Iterator[Installed]:
    database = _with(("core",), database_url, template)
    yield installer_of(database)
    database.dispose()


@pytest.fixture
def crm(database_url: str, template: Template) -> Iterator[Installed]:
    database = _with(("core", "crm"), database_url, template)
    yield installer_of(database)
    database.dispose()
