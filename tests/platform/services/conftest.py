"""The world of records, as the tests of the record verbs have it."""

from tests.platform.records.conftest import (  # noqa: F401 - fixtures
    NewWorld,
    _templates,
    new_world,
    world,
)
