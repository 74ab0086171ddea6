"""The world of `tests.support.records_world`, new for each test, on both databases."""

from collections.abc import Iterator

import pytest

from tests.support.records_world import World, make_world


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = make_world(database_url)
    yield made
    made.database.dispose()
