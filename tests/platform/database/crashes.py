"""Kill publishes at any moment and look what is left: a harness of forks.

A `Seesaw` is a database that goes from definitions A to B and back, over and over. What
each state looks like (schema and rows) is written down once; after a kill the database
must look exactly like one of the two, at the version that belongs to it.
"""

import contextlib
import gc
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from tests.platform.database.worlds import World, entity, key, pairs, text
from xrm.platform.database.catalog_store import catalog_state
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.inspection import dump_of
from xrm.platform.database.publish import Prepared, apply, prepare
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.system_tables import DOCUMENT, PUBLISH

A = (
    entity(
        "thing",
        {
            "name": text(20),
            "fax": text(50),
            "amount": {"type": "integer"},
            "old_name": text(100),
        },
        keys={"by_old": ["old_name"]},
    ),
    entity("gone", {"name": text(), "of": {"type": "lookup", "to": "thing"}}),
    pairs("gone_thing", "gone", "thing"),
)
B = (
    entity(
        "thing",
        {
            "name": text(10),
            "amount": {"type": "decimal", "scale": 2},
            "new_name": text(100, renamed_from="old_name"),
            "added": {"type": "date"},
            "of": {"type": "lookup", "to": ["thing", "come"]},
        },
    ),
    entity("come", {"name": text()}),
)
BACK = (
    entity(
        "thing",
        {
            "name": text(20),
            "fax": text(50),
            "amount": {"type": "integer"},
            "old_name": text(100, renamed_from="new_name"),
        },
        keys={"by_old": ["old_name"]},
    ),
    *A[1:],
)
ROWS = 20


@dataclass(frozen=True)
class State:
    """What a database looks like: its schema and the rows of its tables."""

    schema: str
    rows: dict[str, list[tuple[Any, ...]]]


@dataclass
class Seesaw:
    """A database that goes from A to B and back."""

    url: str
    looks: dict[bool, State] = field(default_factory=dict)
    """Whether it is at B → what it looks like."""
    seconds: float = 0.0

    def set_up(self) -> None:
        """Make the database, fill it, go there and back, write down both states."""
        world = World(self.url)
        world.publish(*A)
        numbers = range(1, ROWS + 1)
        world.insert(
            "thing",
            [
                {"name": "x" * n, "fax": f"{n}", "amount": n, "old_name": f"n{n}"}
                for n in numbers
            ],
        )
        world.insert("gone", [{"name": f"g{n}", "of": key(n)} for n in numbers])
        world.publish(*B)
        world.publish(*BACK)
        started = time.perf_counter()
        world.publish(*B)
        self.seconds = time.perf_counter() - started
        self.looks[True] = self.look(world.database)[1]
        world.publish(*BACK)
        self.looks[False] = self.look(world.database)[1]
        world.database.dispose()

    def next(self, database: Database) -> Prepared:
        """Prepare the publish to the other side."""
        with database.reader.connect() as connection:
            at_b = catalog_state(connection).version % 2 == 0
        documents = BACK if at_b else B
        return prepare(database, documents, layers={"local": documents})

    def look(self, database: Database) -> tuple[int, State]:
        """Return the version and what the database looks like."""
        with database.reader.connect() as connection:
            snapshot = Snapshots(database).current(connection)
            last = connection.scalar(sa.select(sa.func.max(PUBLISH.c.version)))
            assert last == snapshot.version
            kept = connection.scalar(sa.select(sa.func.count()).select_from(DOCUMENT))
            catalog = snapshot.catalog
            assert kept == len(catalog.entities) + len(catalog.relationships)
            rows = {}
            for name in snapshot.catalog.entities:
                table = snapshot.tables.table(name)
                columns = sorted(table.columns, key=lambda c: str(c.name))
                (primary,) = table.primary_key
                found = connection.execute(sa.select(*columns).order_by(primary))
                rows[name] = [tuple(row) for row in found]
            return last, State(dump_of(connection, database.dialect), rows)

    def check(self, database: Database, before: int) -> bool:
        """Assert that the database is whole; return whether the publish is in force."""
        if database.dialect == "sqlite":
            with database.reader.connect() as connection:
                found = sa.func.pragma_integrity_check().table_valued("integrity_check")
                assert connection.scalars(sa.select(found)).all() == ["ok"]
        version, state = self.look(database)
        assert version in (before, before + 1)
        expected = self.looks[version % 2 == 0]
        assert state.schema == expected.schema
        assert state.rows == expected.rows
        return version == before + 1


def in_child(work: Callable[[], None]) -> int:
    """Run something in a fork of this process; return the child's id.

    What the parent has is no garbage of the child: were it looked through there, most
    of a large parent's memory would be copied.
    """
    gc.freeze()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        gc.unfreeze()
        return child
    code = 1
    try:
        signal.alarm(60)
        work()
        code = 0
    except BaseException as fault:
        os.write(2, f"child: {fault!r}\n".encode())
    finally:
        os._exit(code)


def kill(child: int) -> None:
    """Kill a child if it is still there; wait for its end."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def kill_a_publish(seesaw: Seesaw, part: float) -> bool:
    """Publish in a child and kill it; return whether it came to its end.

    `part` of 0 to 1 chooses the moment. How long a publish takes is learned as it goes
    (the machine has other work too), so that about a third come to their end.
    """
    database = open_database(seesaw.url, threads=1)
    prepared = seesaw.next(database)
    database.dispose()
    ready, go = os.pipe()

    def publish() -> None:
        own = open_database(seesaw.url, threads=1)
        with own.engine.connect():
            pass
        os.write(go, b"!")
        apply(own, prepared)

    child = in_child(publish)
    os.close(go)
    os.read(ready, 1)
    os.close(ready)
    time.sleep(part * seesaw.seconds)
    kill(child)
    database = open_database(seesaw.url, threads=1)
    try:
        finished = seesaw.check(database, prepared.base_version)
    finally:
        database.dispose()
    seesaw.seconds *= 0.95 if finished else 1.03
    return finished


class FailPoint(Exception):
    """Raised by a fail point."""


@dataclass
class Points:
    """Counts the moments before and after each statement; something happens at one."""

    act: Callable[[], None]
    at: int = 0
    passed: int = 0

    def step(self, *_: object) -> None:
        """Pass one point."""
        self.passed += 1
        if self.passed == self.at:
            self.act()

    @contextlib.contextmanager
    def on(self, database: Database) -> Iterator[None]:
        """Watch the statements of a database's writers."""
        names = ("before_cursor_execute", "after_cursor_execute", "commit")
        for name in names:
            event.listen(database.engine, name, self.step)
        try:
            yield
        finally:
            for name in names:
                event.remove(database.engine, name, self.step)


def raise_here() -> None:
    """Fail with an exception."""
    raise FailPoint


def die_here() -> None:
    """Fail as if the power went."""
    os.kill(os.getpid(), signal.SIGKILL)
