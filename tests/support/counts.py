"""How many cases a campaign runs: few while working, more in CI, all before release."""

import os
from collections import defaultdict
from collections.abc import Sequence
from zlib import crc32

import pytest

from tests.support.environment import is_ci

DATABASES = ("sqlite", "postgresql")


def campaign() -> str:
    """Return the kind of this run: `quick`, `ci` or `release`.

    `XRM_CAMPAIGN` says it; without it, CI runs `ci` and everything else `quick`.

    Raises:
        ValueError: `XRM_CAMPAIGN` holds another word.
    """
    named = os.environ.get("XRM_CAMPAIGN", "")
    if not named:
        return "ci" if is_ci() else "quick"
    if named not in ("quick", "ci", "release"):
        raise ValueError(f'XRM_CAMPAIGN is "{named}"; it must be quick, ci or release.')
    return named


def count(ci: int, release: int, quick: int | None = None) -> int:
    """Return the number of cases for this run.

    Without `quick`, a quick run takes a tenth of the CI count, at least one.
    """
    kind = campaign()
    if kind == "release":
        return release
    if kind == "ci":
        return ci
    return max(1, ci // 10) if quick is None else quick


def on_one_database(
    items: Sequence[pytest.Item],
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests of a quick run and those that it leaves to CI.

    A file marked `one_database` runs on SQLite or on PostgreSQL; which of them changes
    from file to file. Tests that know one of them only stay.
    """
    known: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in items:
        known[_test(item)].add(_database(item))
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        wanted = DATABASES[crc32(item.path.name.encode()) % 2]
        is_other = _database(item) in DATABASES and _database(item) != wanted
        is_twin = (
            item.get_closest_marker("one_database")
            and set(DATABASES) <= known[_test(item)]
        )
        (left if is_other and is_twin else kept).append(item)
    return kept, left


def _test(item: pytest.Item) -> tuple[str, str]:
    return str(item.path), getattr(item, "originalname", item.name)


def _database(item: pytest.Item) -> str:
    call = getattr(item, "callspec", None)
    params = () if call is None else map(str, call.params.values())
    return next((one for one in params if one in DATABASES), "")
