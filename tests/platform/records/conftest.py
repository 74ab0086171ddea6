"""The world of `tests.support.records_world`, fresh for each test, on both databases.

A world is made once for each database and set of further documents; a test gets a copy
of the file, or of the PostgreSQL database, which takes a twentieth of the time.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from sqlalchemy import make_url

from tests.support import postgres
from tests.support.records_world import World, make_world
from xrm.platform.database.engine import open_database
from xrm.platform.database.snapshots import Snapshots

NewWorld = Callable[..., World]


@pytest.fixture(scope="session")
def _templates() -> dict[tuple[str, str], tuple[World, str]]:
    """Keep the worlds that were made: (database, documents) → world and its URL."""
    return {}


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def new_world(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    _templates: dict[tuple[str, str], tuple[World, str]],
) -> Iterator[NewWorld]:
    """Give a function that makes a world; `more` are further documents."""
    kind: str = request.param
    admin: Any = None
    server: Any = None
    if kind == "postgresql":
        admin = request.getfixturevalue("_postgres_admin")
        server = request.getfixturevalue("_postgres_server")
    made: list[World] = []
    names: list[str] = []

    def template(more: str) -> tuple[World, str]:
        found = _templates.get((kind, more))
        if found is None:
            if admin is None:
                url = f"sqlite:///{tmp_path_factory.mktemp('world') / 'xrm.db'}"
            else:
                name = postgres.new_name()
                postgres.create_database(admin, name)
                url = postgres.url_text(server, name)
            world = make_world(url, more)
            world.database.dispose()
            found = _templates[kind, more] = (world, url)
        return found

    def make(more: str = "", *, threads: int = 4) -> World:
        world, url = template(more)
        if admin is None:
            copy = f"sqlite:///{tmp_path / f'{len(made)}.db'}"
            shutil.copy(str(make_url(url).database), str(make_url(copy).database))
        else:
            names.append(postgres.new_name())
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(names[-1]), sql.Identifier(make_url(url).database)
                )
            )
            copy = postgres.url_text(server, names[-1])
        database = open_database(copy, threads=threads)
        made.append(replace(world, database=database, snapshots=Snapshots(database)))
        return made[-1]

    yield make
    for world in made:
        world.database.dispose()
    for name in names:
        postgres.drop_database(admin, name)


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """Give a world without further documents."""
    return new_world()
