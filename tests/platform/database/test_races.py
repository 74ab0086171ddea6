"""Campaigns K2 and K3: publishers race, and a publish meets writers and readers."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.platform.database.crashes import in_child
from tests.platform.database.worlds import World, entity, text
from tests.support.counts import count
from xrm.metadata.documents import Document
from xrm.platform.database.doctor import faults
from xrm.platform.database.engine import open_database
from xrm.platform.database.inspection import schema_dump
from xrm.platform.database.publish import apply, prepare
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import upgrade
from xrm.platform.database.work import open_work
from xrm.platform.errors import Conflict, Unavailable

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(0)]

CLIENTS = 16
WON, LOST = 10, 11


def thing(*names: str) -> Document:
    return entity("thing", {name: text() for name in ("name", *names)})


def test_k3_of_two_publishers_one_wins(database_url: str) -> None:
    world = World(database_url)
    world.publish(thing())
    world.database.dispose()
    trials = count(ci=25, release=500, quick=5)
    for trial in range(trials):
        base = trial + 1
        prepared = [
            _prepared(database_url, thing(f"a{trial}")),
            _prepared(database_url, thing(f"b{trial}")),
        ]
        children = [in_child(_applier(database_url, p)) for p in prepared]
        codes = [os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) for c in children]
        assert sorted(codes) == [WON, LOST]
        database = open_database(database_url, threads=1)
        with database.reader.connect() as connection:
            snapshot = Snapshots(database).current(connection)
        assert snapshot.version == base + 1
        winner = "ab"[codes.index(WON)]
        assert f"{winner}{trial}" in snapshot.catalog.entity("thing").fields
        database.dispose()
    assert faults(database) == []
    database.dispose()


def _prepared(url: str, document: Document) -> Any:
    database = open_database(url, threads=1)
    made = prepare(database, [document], layers={"local": [document]})
    database.dispose()
    return made


def _applier(url: str, prepared: Any) -> Callable[[], None]:
    def work() -> None:
        try:
            apply(open_database(url, threads=1), prepared)
        except Conflict as refused:
            os._exit(LOST if "Make the plan again." in refused.message else 1)
        os._exit(WON)

    return work


def test_upgrades_race_and_the_tables_are_made_once(database_url: str) -> None:
    open_database(database_url).dispose()
    children = [
        in_child(lambda: upgrade(open_database(database_url, threads=1)) and None)
        for _ in range(4)
    ]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    database = open_database(database_url)
    assert faults(database) == []
    database.dispose()


def test_k2_publishes_under_load_are_seen_whole(database_url: str) -> None:
    world = World(database_url)
    world.publish(thing("one"))
    world.database.dispose()
    publishes = count(ci=20, release=500, quick=6)

    def publisher() -> None:
        database = open_database(database_url, threads=1)
        for number in range(publishes):
            time.sleep(0.1)
            document = thing("one") if number % 2 else thing("two")
            prepared = prepare(database, [document], layers={"local": [document]})
            apply(database, prepared)
        os._exit(0)

    child = in_child(publisher)
    clients = Clients(database_url)
    try:
        clients.run_until(lambda: os.waitpid(child, os.WNOHANG)[0] != 0)
    finally:
        clients.database.dispose()
    assert clients.faults == []
    assert clients.done["write"] > CLIENTS
    assert clients.done["read"] > CLIENTS
    database = open_database(database_url)
    assert faults(database) == []
    with database.reader.connect() as connection:
        assert Snapshots(database).current(connection).version == publishes + 1
    database.dispose()


class Clients:
    """Threads that write and read through one process, as requests do."""

    def __init__(self, url: str) -> None:
        self.database = open_database(url, threads=CLIENTS)
        self.snapshots = Snapshots(self.database)
        self.done: Counter[str] = Counter()
        self.faults: list[BaseException] = []
        self.slowest = 0.0
        self._stop = threading.Event()

    def run_until(self, is_over: Callable[[], bool]) -> None:
        threads = [
            threading.Thread(target=self._client, args=(n,)) for n in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        while not is_over():
            time.sleep(0.01)
        self._stop.set()
        for thread in threads:
            thread.join()

    def _client(self, number: int) -> None:
        chance = random.Random(number)
        while not self._stop.is_set():
            kind = "write" if chance.random() < 0.3 else "read"
            started = time.perf_counter()
            try:
                self._request(write=kind == "write")
                self.done[kind] += 1
            except Conflict:
                self.done["409"] += 1
            except Unavailable:
                self.done["503"] += 1
            except BaseException as fault:
                self.faults.append(fault)
                return
            self.slowest = max(self.slowest, time.perf_counter() - started)

    def _request(self, *, write: bool) -> None:
        """Write or read every column the catalog knows: half a catalog would fail."""
        actor: Any = None
        with open_work(self.database, self.snapshots, actor, write=write) as work:
            table = work.tables.table("thing")
            names = [n for n in ("name", "one", "two") if n in table.c]
            assert len(names) == 2
            if write:
                values = dict.fromkeys(names, "x")
                work.connection.execute(
                    sa.insert(table).values(thingid=uuid4(), **values)
                )
            else:
                statement = sa.select(*(table.c[n] for n in names)).limit(20)
                work.connection.execute(statement).all()


def test_a_publish_is_in_force_at_the_next_request_elsewhere(
    database_url: str,
) -> None:
    world = World(database_url)
    world.publish(thing("one"))
    here, elsewhere = world.snapshots, open_database(database_url)
    with world.database.reader.connect() as connection:
        assert here.current(connection).version == 1
    document = thing("two")
    prepared = prepare(elsewhere, [document], layers={"local": [document]})
    apply(elsewhere, prepared)
    with world.database.reader.connect() as connection:
        snapshot = here.current(connection)
        assert snapshot.version == 2
        assert "two" in snapshot.catalog.entity("thing").fields
        assert here.current(connection) is snapshot
    assert schema_dump(elsewhere) == schema_dump(world.database)
    elsewhere.dispose()
    world.database.dispose()


def test_a_connection_reads_a_column_that_changed_its_type(database_url: str) -> None:
    """PostgreSQL refuses a prepared statement whose result changed its type."""
    world = World(database_url)
    document = entity("thing", {"name": text()})
    world.publish(document)
    world.insert("thing", [{"name": "12"}])
    elsewhere = open_database(database_url, threads=1)
    for turn in range(4):
        for _ in range(8):
            expected = "12" if turn % 2 == 0 else 12
            assert world.rows("thing", "name") == [(expected,)]
        kind = {"type": "integer"} if turn % 2 == 0 else text()
        document = entity("thing", {"name": kind})
        apply(elsewhere, prepare(elsewhere, [document], layers={}))
    elsewhere.dispose()
    world.database.dispose()
