from collections.abc import Iterator

import pytest

from tests.platform.database.worlds import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url)
    yield made
    made.database.dispose()
