"""Campaign A4: from any catalog to any other, and back."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.platform.database.random_catalogs import Data, Maker, documents
from tests.platform.database.worlds import World, key
from tests.support.counts import count
from xrm.platform.database.doctor import (
    columns_are_the_catalog,
    faults,
    version_is_the_last_publish,
)
from xrm.platform.database.inspection import schema_dump
from xrm.platform.database.links import cut_lost_links
from xrm.platform.database.publish import Prepared, apply, prepare, undo_last
from xrm.platform.errors import Refused

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(0), pytest.mark.one_database]

SEED = int(os.environ.get("XRM_SEED", "20261124"))
STEPS = 10
"""Pairs of catalogs that are tried in one database."""
CHECKS = (columns_are_the_catalog, version_is_the_last_publish)
Rows = dict[str, list[tuple[Any, ...]]]


def fill(world: World, maker: Maker) -> None:
    """Fill each table with rows, in place of what is there."""
    with world.database.engine.begin() as connection:
        snapshot = world.snapshots.current(connection)
        for name, entity in snapshot.catalog.entities.items():
            table = snapshot.tables.table(name)
            fields = [f for f in entity.fields.values() if not f.system]
            connection.execute(sa.delete(table))
            for number in range(1, 6):
                row = {entity.key: key(number), **maker.row(fields)}
                try:
                    with connection.begin_nested():
                        connection.execute(sa.insert(table).values(row))
                except sa.exc.IntegrityError:
                    continue  # a key of the entity; there are rows enough
        cut_lost_links(connection, snapshot.tables, tuple(snapshot.catalog.entities))


def rows(world: World) -> Rows:
    """Return all rows of all tables, their columns in the order of names."""
    found: Rows = {}
    with world.database.reader.connect() as connection:
        snapshot = world.snapshots.current(connection)
        for name in snapshot.catalog.entities:
            table = snapshot.tables.table(name)
            (primary,) = table.primary_key
            columns = sorted(table.columns, key=lambda c: str(c.name))
            result = connection.execute(sa.select(*columns).order_by(primary))
            found[name] = [tuple(row) for row in result]
    return found


def losses_are_declared(before: Rows, after: Rows, prepared: Prepared) -> None:
    """Assert that only what the plan says is lost: rows by their number."""
    renamed = prepared.renames.entities
    for name, old in before.items():
        now = renamed.get(name, name)
        lost = any(
            i.entity in (name, now) and i.field is None for i in prepared.impacts
        )
        if not lost:
            assert len(after[now]) == len(old)


def try_pair(world: World, maker: Maker, before: Data) -> Data:
    """Go from one catalog to another; return where the database is then."""
    fill(world, maker)
    after = maker.change(before)
    dump, content = schema_dump(world.database), rows(world)
    prepared = prepare(world.database, documents(after), layers={})
    refused = ""
    try:
        apply(world.database, prepared, snapshots=world.snapshots)
    except Refused as fault:
        refused = fault.code
    if refused:
        assert refused == "breaks_key"
        assert schema_dump(world.database) == dump
        assert rows(world) == content
        return before
    assert faults(world.database, CHECKS) == []
    losses_are_declared(content, rows(world), prepared)
    again = prepare(world.database, documents(after), layers={})
    assert [o.describe() for o in again.plan.operations] == []
    assert again.changes == ()
    if maker.chance.random() < 0.7:
        undo_last(world.database, snapshots=world.snapshots)
        assert faults(world.database, CHECKS) == []
        assert schema_dump(world.database) == dump
        assert rows(world) == content
        return before
    return after


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a4_plan_apply_inspect_plan_again_undo(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pairs = count(ci=1_000, release=50_000, quick=40)
    for number in range(0, pairs, STEPS):
        if kind == "sqlite":
            url = f"sqlite:///{tmp_path / f'{number}.db'}"
        else:
            make: Callable[[], str] = request.getfixturevalue("new_postgres")
            url = make()
        world = World(url)
        maker = Maker(SEED + number)
        now = maker.catalog()
        prepared = prepare(world.database, documents(now), layers={})
        apply(world.database, prepared, snapshots=world.snapshots)
        try:
            for _ in range(STEPS):
                now = try_pair(world, maker, now)
        except BaseException:
            sys.stdout.write(f"A4: seed {SEED} + {number} on {kind}\n")
            raise
        finally:
            world.database.dispose()
