"""Fixtures of the solutions: an installer on an empty database, schemas as text."""

from collections.abc import Iterator

import pytest
from sqlalchemy import inspect

from tests.solutions.support import Installed
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import upgrade
from xrm.solutions.installer import Installer


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def installed(database: Database) -> Installed:
    snapshots = Snapshots(database)
    return Installed(database, snapshots, Installer(database, snapshots))


@pytest.fixture
def core(installed: Installed) -> Installed:
    installed.install("core")
    return installed


@pytest.fixture
def crm(core: Installed) -> Installed:
    core.install("crm")
    assert inspect(core.database.engine).has_table("opportunity")
    return core
