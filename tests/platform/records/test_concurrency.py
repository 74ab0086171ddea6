"""Many writers at once: nothing lost, nothing doubled, nothing stale (K1, K5)."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.support.counts import count
from tests.support.records_world import World
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import NotFound, Refused, StaleVersion, Unavailable, XrmError
from xrm.platform.records import service
from xrm.platform.records.chain import verify

THREADS = 16


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    return new_world(threads=THREADS)


def together(threads: int, call: Callable[[int], Any]) -> list[Any]:
    """Run a function in threads that start at the same moment."""
    gate = threading.Barrier(threads)

    def run(number: int) -> Any:
        gate.wait()
        return call(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def again(call: Callable[[], Any], tries: int = 20) -> Any:
    """Repeat what the database asks to repeat: busy, deadlock."""
    for _ in range(tries - 1):
        try:
            return call()
        except Unavailable:
            continue
    return call()


def test_each_accepted_write_saw_the_version_it_replaced(world):
    """K1: the history of every record is one serial line of versions."""
    shared = [world.create("client", name=f"C{n}") for n in range(8)]
    operations = count(ci=20_000, release=1_000_000, quick=640) // THREADS

    def client(number: int) -> list[tuple[UUID, int, int]]:
        chance = random.Random(number)
        accepted = []
        for step in range(operations):
            place = chance.randrange(len(shared))
            record = shared[place]
            try:
                with world.work(now=datetime.now(UTC)) as work:
                    dice = chance.random()
                    if dice < 0.03:
                        shared[place] = service.create(work, "client", {"name": "N"})
                        continue
                    row = service.retrieve(work, "client", record)
                    version = row["versionnumber"]
                    if chance.random() < 0.2:
                        version -= chance.randrange(3)
                    if dice < 0.06:
                        service.delete(work, "client", record, if_version=version)
                        continue
                    values = {"employees": number * 100_000 + step}
                    new = service.update(
                        work, "client", record, values, if_version=version
                    )
                    done = (record, version, new)
            except (StaleVersion, NotFound, Unavailable):
                continue
            accepted.append(done)
        return accepted

    accepted = [done for part in together(THREADS, client) for done in part]
    assert len(accepted) > operations
    replaced = [(record, old) for record, old, _ in accepted]
    assert len(set(replaced)) == len(replaced), "two writers replaced one version"
    with world.work(write=False) as work:
        lines: dict[UUID, list[int]] = {}
        for record in {record for record, _, _ in accepted}:
            entries = service.history(work, "client", record)
            versions = [e.after["versionnumber"] for e in entries if e.after]
            assert versions == sorted(set(versions))
            for entry, last in zip(entries[1:], versions, strict=False):
                assert entry.before["versionnumber"] == last
            lines[record] = versions
        for record, old, new in accepted:
            line = lines[record]
            assert line.index(new) == line.index(old) + 1
        assert verify(work.connection, work.snapshot) == []


def test_numbers_have_no_gaps_and_no_doubles(world):
    """Eight writers, some of whose records are rolled back or refused."""
    each = count(ci=100, release=2_000, quick=15)

    class Regret(Exception):
        pass

    def writer(number: int) -> None:
        for step in range(each):
            try:
                with world.work() as work:
                    service.create(work, "deal", {"name": f"{number}-{step}"})
                    if step % 5 == 0:
                        raise Regret
                    if step % 7 == 0:
                        service.create_many(
                            work, "deal", [{"name": "x"}, {"name": "y"}]
                        )
            except Regret:
                continue

    together(8, writer)
    with world.work(write=False) as work:
        table = work.tables.table("deal")
        numbers = sorted(
            work.connection.execute(table.select()).mappings(),
            key=lambda row: row["dealnumber"],
        )
    assert [row["dealnumber"] for row in numbers] == [
        f"D-{number:05}" for number in range(1, len(numbers) + 1)
    ]


def test_rollups_of_one_parent_hold_under_many_writers(world):
    """K5: children that come, change and go in parallel; no total is lost."""
    deal = world.create("deal", name="D")
    each = count(ci=60, release=1_000, quick=10)

    def writer(number: int) -> None:
        chance = random.Random(number)
        mine: list[UUID] = []
        for step in range(each):
            dice = chance.random()

            def call(dice: float = dice, step: int = step) -> None:
                with world.work() as work:
                    if not mine or dice < 0.6:
                        values = {"dealid": deal, "price": step + 1}
                        made = service.create(work, "line", values)
                        work.on_commit(lambda: mine.append(made))
                    elif dice < 0.8:
                        service.update(work, "line", mine[-1], {"price": step})
                    else:
                        service.delete(work, "line", mine[-1])
                        work.on_commit(mine.pop)

            again(call)

    together(8, writer)
    with world.work(write=False) as work:
        table = work.tables.table("line")
        rows = list(work.connection.execute(table.select()).mappings())
    row = world.read("deal", deal)
    assert row["lines_count"] == len(rows)
    assert row["total"] == sum(line["amount"] for line in rows)


INTERLEAVINGS = [(first, second) for first in range(4) for second in range(4)]


@pytest.mark.parametrize(("first", "second"), INTERLEAVINGS)
def test_two_writers_of_one_parent_in_every_order(world, first, second):
    """K5: the second writer starts while the first one is still open."""
    deal = world.create("deal", name="D", value=5)
    line = world.create("line", dealid=deal, price=10)
    anna = Ref("systemuser", world.users["anna"])
    moves: list[Callable[[Any], Any]] = [
        lambda work: service.create(work, "line", {"dealid": deal, "price": 1}),
        lambda work: service.update(work, "line", line, {"price": 2}),
        lambda work: service.assign(work, "deal", deal, anna),
        lambda work: service.delete(work, "deal", deal),
    ]
    started = threading.Event()
    faults: list[XrmError] = []

    def other() -> None:
        started.wait(10)
        try:
            with world.work() as work:
                moves[second](work)
        except XrmError as error:
            faults.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    with world.work() as work:
        moves[first](work)
        started.set()
        thread.join(0.15)
    thread.join(20)
    assert not thread.is_alive()
    for fault in faults:
        assert isinstance(fault, NotFound | Refused | StaleVersion | XrmError)
        assert first == 3, fault
    with world.work(write=False) as work:
        lines = list(
            work.connection.execute(work.tables.table("line").select()).mappings()
        )
        deals = list(
            work.connection.execute(work.tables.table("deal").select()).mappings()
        )
        assert verify(work.connection, work.snapshot) == []
    assert (len(deals) == 1) == (3 not in (first, second))
    if deals:
        assert deals[0]["lines_count"] == len(lines)
        assert deals[0]["total"] == sum(row["amount"] for row in lines)
    else:
        assert lines == [], "a line without its deal was left"


def test_a_link_is_never_made_to_a_record_that_goes(world):
    """A child is added while its parent is deleted: one of them is refused."""
    for _ in range(count(ci=30, release=500, quick=5)):
        client = world.create("client", name=f"A{random.random()}")

        def act(number: int, client: UUID = client) -> None:
            try:
                with world.work() as work:
                    if number % 2:
                        service.delete(work, "client", client)
                    else:
                        values = {"lastname": "P", "clientid": client}
                        service.create(work, "person", values)
            except XrmError:
                return

        together(4, act)
    with world.work(write=False) as work:
        people = work.tables.table("person")
        clients = work.tables.table("client")
        lost = people.outerjoin(clients, people.c.clientid == clients.c.clientid)
        rows = work.connection.execute(
            lost.select().where(
                clients.c.clientid.is_(None), people.c.clientid.is_not(None)
            )
        ).all()
    assert rows == []
