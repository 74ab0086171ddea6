"""The two databases, filled once with the rows of `world.py`."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.rule_engine.world import open_postgresql, open_sqlite


@pytest.fixture(scope="session")
def sqlite_engine() -> Iterator[sa.Engine]:
    engine = open_sqlite()
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_engine(postgres_url: str) -> Iterator[sa.Engine]:
    engine = open_postgresql(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def engine(request: pytest.FixtureRequest) -> sa.Engine:
    found: sa.Engine = request.getfixturevalue(f"{request.param}_engine")
    return found
