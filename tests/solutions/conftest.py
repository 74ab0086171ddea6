"""Fixtures of the solutions: an installer on an empty database, core, core and crm.

Installing takes seconds, so a database is a copy of one with the packages in it.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from tests.solutions.support import Installed
from tests.support import postgres
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import upgrade
from xrm.solutions.installer import Installer

Packages = tuple[str, ...]
Template = Callable[[Packages], Path]
Make = Callable[[Packages], str]


def installer_of(database: Database) -> Installed:
    snapshots = Snapshots(database)
    return Installed(database, snapshots, Installer(database, snapshots))


def install_into(url: str, name: str) -> None:
    database = open_database(url)
    upgrade(database)
    installer_of(database).install(name)
    database.dispose()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Give a function that returns a SQLite file with these packages installed."""
    made: dict[Packages, Path] = {}

    def file_of(packages: Packages) -> Path:
        if packages not in made:
            file = tmp_path_factory.mktemp("template") / "xrm.db"
            if packages[:-1]:
                shutil.copy(file_of(packages[:-1]), file)
            install_into(f"sqlite:///{file}", packages[-1])
            made[packages] = file
        return made[packages]

    return file_of


@pytest.fixture(scope="session")
def postgres_copy(
    _postgres_server: URL, _postgres_admin: psycopg.Connection
) -> Iterator[Make]:
    """Give a function that makes a PostgreSQL database with these packages in it."""
    templates: dict[Packages, str] = {}
    made: list[str] = []

    def create(template: str = "template0") -> str:
        made.append(postgres.new_name())
        postgres.create_database(_postgres_admin, made[-1], template)
        return made[-1]

    def template_of(packages: Packages) -> str:
        if packages not in templates:
            name = create(*([template_of(packages[:-1])] if packages[:-1] else []))
            install_into(postgres.url_text(_postgres_server, name), packages[-1])
            templates[packages] = name
        return templates[packages]

    yield lambda packages: postgres.url_text(
        _postgres_server, create(template_of(packages))
    )
    for name in reversed(made):
        postgres.drop_database(_postgres_admin, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def copy(
    request: pytest.FixtureRequest, template: Template, tmp_path: Path
) -> Iterator[Callable[[Packages], Installed]]:
    """Give a function that opens a database with these packages, of each kind."""
    opened: list[Database] = []

    def open_with(packages: Packages) -> Installed:
        if request.param == "sqlite":
            file = tmp_path / "xrm.db"
            shutil.copy(template(packages), file)
            url = f"sqlite:///{file}"
        else:
            make: Make = request.getfixturevalue("postgres_copy")
            url = make(packages)
        opened.append(open_database(url))
        return installer_of(opened[-1])

    yield open_with
    for database in opened:
        database.dispose()


@pytest.fixture
def core(copy: Callable[[Packages], Installed]) -> Installed:
    return copy(("core",))


@pytest.fixture
def crm(copy: Callable[[Packages], Installed]) -> Installed:
    return copy(("core", "crm"))


@pytest.fixture
def sqlite_core(template: Template, tmp_path: Path) -> Iterator[Installed]:
    """Give core on SQLite alone: for plans, which know nothing of the database."""
    file = tmp_path / "xrm.db"
    shutil.copy(template(("core",)), file)
    database = open_database(f"sqlite:///{file}")
    yield installer_of(database)
    database.dispose()
