"""The unit of work, and the snapshots it is given."""

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from tests.platform.database.worlds import World, entity, key, text
from xrm.metadata.catalog import Catalog
from xrm.platform.database.snapshots import KEPT, Cache, Snapshot
from xrm.platform.database.work import open_work
from xrm.platform.errors import CatalogMoved, Unavailable

ACTOR: Any = None


def insert(world: World, number: int) -> None:
    with open_work(world.database, world.snapshots, ACTOR) as work:
        table = work.tables.table("thing")
        work.connection.execute(sa.insert(table).values(thingid=key(number)))


def test_a_work_commits_at_its_end_and_then_calls(world: World) -> None:
    world.publish(entity("thing", {"name": text()}))
    called: list[int] = []
    with open_work(world.database, world.snapshots, ACTOR, cause="a test") as work:
        table = work.tables.table("thing")
        work.connection.execute(sa.insert(table).values(thingid=key(1)))
        work.on_commit(lambda: called.append(len(world.rows("thing", "thingid"))))
        assert called == []
        assert (work.cause, work.catalog.version, work.writes) == ("a test", 1, True)
        assert work.now.tzinfo is not None
    assert called == [1]


def test_a_work_is_rolled_back_by_an_exception(world: World) -> None:
    world.publish(entity("thing", {"name": text()}))
    called: list[int] = []

    def fail() -> None:
        with open_work(world.database, world.snapshots, ACTOR) as work:
            table = work.tables.table("thing")
            work.connection.execute(sa.insert(table).values(thingid=key(1)))
            work.on_commit(lambda: called.append(1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (called, world.rows("thing", "thingid")) == ([], [])


def test_the_actor_may_be_loaded_in_the_work(world: World) -> None:
    def load(connection: sa.Connection, snapshot: Snapshot) -> Any:
        return (connection.closed, snapshot.version)

    with open_work(world.database, world.snapshots, load, write=False) as work:
        assert work.actor == (False, 0)


def test_a_reader_that_a_publish_overtakes_is_told_to_repeat(world: World) -> None:
    world.publish(entity("thing", {"name": text(), "more": text()}))
    with open_work(world.database, world.snapshots, ACTOR, write=False) as work:
        old = work.tables.table("thing")
    world.publish(entity("thing", {"name": text()}))
    if world.database.dialect == "postgresql":
        _overtake(world, old)
    else:  # a reader of SQLite sees one state from its first read on
        with open_work(world.database, world.snapshots, ACTOR, write=False) as work:
            world.publish(entity("thing", {"name": text(), "even": text()}))
            table = work.tables.table("thing")
            assert work.connection.execute(sa.select(table)).all() == []


def _overtake(world: World, old: sa.Table) -> None:
    def read() -> None:
        with open_work(world.database, world.snapshots, ACTOR, write=False) as work:
            world.publish(entity("thing", {"name": text(), "even": text()}))
            work.connection.execute(sa.select(old)).all()

    with pytest.raises(CatalogMoved, match="published anew during this request"):
        read()


def test_a_publish_waits_for_writers_and_they_for_it(world: World) -> None:
    world.publish(entity("thing", {"name": text()}))
    order: list[str] = []
    started = threading.Event()

    def publish() -> None:
        started.set()
        world.publish(entity("thing", {"name": text(), "more": text()}))
        order.append("published")

    with open_work(world.database, world.snapshots, ACTOR) as work:
        thread = threading.Thread(target=publish)
        thread.start()
        started.wait()
        table = work.tables.table("thing")
        work.connection.execute(sa.insert(table).values(thingid=key(1)))
        order.append("written")
    thread.join()
    assert order == ["written", "published"]
    insert(world, 2)
    assert world.rows("thing", "thingid", "more") == [(key(1), None), (key(2), None)]


def test_no_free_connection_is_told_as_unavailable(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.database.reader.pool, "_timeout", 0.01)
    held = [world.database.reader.connect() for _ in range(4)]
    with (
        pytest.raises(Unavailable, match="All database connections are in use"),
        open_work(world.database, world.snapshots, ACTOR, write=False),
    ):
        pass
    for connection in held:
        connection.close()


def test_a_cache_is_bounded_and_makes_each_thing_once() -> None:
    cache = Cache(size=2)
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        return number

    for number in (1, 2, 1, 3, 1, 2):
        assert cache.get(number, lambda number=number: make(number)) == number
    assert made == [1, 2, 3, 2]
    assert len(cache) == 2


def test_few_snapshots_are_kept(world: World) -> None:
    for number in range(KEPT + 2):
        world.publish(entity("thing", {f"f{number}": text()}))
    with world.database.reader.connect() as connection:
        current = world.snapshots.current(connection)
        assert current.version == KEPT + 2
        assert world.snapshots.current(connection) is current
    assert len(world.snapshots._kept) == KEPT
    snapshot = Snapshot(Catalog(version=1), "sqlite")
    assert snapshot.cache("a") is snapshot.cache("a")
