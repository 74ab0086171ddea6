"""The access predicate against a second implementation, over generated worlds."""

import itertools
import random
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests.platform.security.oracle import OracleWorld, Record
from tests.platform.security.worlds import (
    DEPTHS,
    KINDS,
    VERBS,
    Ground,
    Numbered,
    generate,
    make_ground,
    put_worlds,
)
from tests.support.counts import count as campaign_count
from tests.support.query_world import put_pairs
from xrm.platform.database.work import Work
from xrm.platform.query.query import Aggregate, Compare, Order, Query
from xrm.platform.query.run import count, run
from xrm.platform.security import access, checks
from xrm.platform.security.actors import Actor, load_actor, touch

pytestmark = pytest.mark.one_database

WORLDS = campaign_count(ci=5_000, release=200_000, quick=200)
BATCH = 100


@pytest.fixture
def ground(database_url: str) -> Iterator[Ground]:
    made = make_ground(database_url)
    yield made
    made.world.database.dispose()


@pytest.mark.campaign
def test_predicate_check_list_count_and_sum_agree_with_the_oracle(
    ground: Ground,
) -> None:
    draw = random.Random(20261124)
    for start in range(0, WORLDS, BATCH):
        batch = [
            generate(draw, number, ground)
            for number in range(start, min(start + BATCH, WORLDS))
        ]
        with ground.world.work(write=True) as work:
            put_worlds(work, ground, batch)
        with ground.world.work() as work:
            for numbered in batch:
                user = draw.choice(numbered.users)
                work.actor = load_actor(work.connection, work.snapshot, user)
                compare(work, numbered, draw)


def compare(work: Work, numbered: Numbered, draw: random.Random) -> None:
    """Compare the answers for one person: a few entities and verbs, one in full."""
    for entity in draw.sample(list(KINDS), 3):
        verb = draw.choice(VERBS)
        expected = numbered.oracle.allowed(work.actor.user_id, verb, entity)
        assert selected(work, numbered, entity, verb) == expected, (entity, verb)
        assert checked(work, numbered, entity, verb) == expected, (entity, verb)
    entity = draw.choice(list(KINDS))
    expected = numbered.oracle.allowed(work.actor.user_id, "read", entity)
    key = work.catalog.entity(entity).key
    mine = Compare("world", "eq", (numbered.number,))
    listed = run(work, Query(entity, ("size",), mine, (Order("size", True),)))
    assert {row[key] for row in listed.rows} == expected
    sizes = [row["size"] for row in listed.rows]
    assert sizes == sorted(sizes, reverse=True)
    assert count(work, Query(entity, where=mine)) == len(expected)
    figures = (Aggregate("count", alias="n"), Aggregate("sum", "size", "total"))
    (total,) = run(work, Query(entity, where=mine, aggregates=figures)).rows
    assert (total["n"], total["total"] or 0) == (len(expected), sum(sizes))


def selected(work: Work, numbered: Numbered, entity: str, verb: str) -> set[uuid.UUID]:
    """Return what the predicate selects."""
    table = work.tables.table(entity)
    key = table.c[work.catalog.entity(entity).key]
    allowed = access.row_filter(work.snapshot, work.actor, entity, verb)
    statement = select(key).where(allowed, table.c.world == numbered.number)
    return set(work.connection.execute(statement).scalars())


def checked(work: Work, numbered: Numbered, entity: str, verb: str) -> set[object]:
    """Return the records that pass the check of one record."""
    definition = work.catalog.entity(entity)
    found: set[object] = set()
    for id_, record in numbered.oracle.records.items():
        if record.entity != entity:
            continue
        row = {
            definition.key: id_,
            "ownerid": record.owner,
            "owningbusinessunit": record.unit,
        }
        if definition.parent:
            row[definition.parent] = record.parent
        if checks.check_record(work, entity, verb, row):
            found.add(id_)
    return found


def test_every_small_world(ground: Ground) -> None:
    """Two people, two units, two rows: each depth, verb, owner and unit."""
    draw = random.Random(1)
    worlds: list[Numbered] = []
    for shape in itertools.product(
        DEPTHS, ("same", "below", "above"), (0, 1), (0, 1), (False, True)
    ):
        worlds.append(small_world(draw, len(worlds), ground, shape))
    with ground.world.work(write=True) as work:
        put_worlds(work, ground, worlds)
    with ground.world.work() as work:
        for numbered in worlds:
            work.actor = load_actor(work.connection, work.snapshot, numbered.users[0])
            for entity, verb in itertools.product(KINDS, VERBS):
                expected = numbered.oracle.allowed(numbered.users[0], verb, entity)
                assert selected(work, numbered, entity, verb) == expected
                assert checked(work, numbered, entity, verb) == expected
    assert len(worlds) == 5 * 3 * 2 * 2 * 2


def small_world(
    draw: random.Random,
    number: int,
    ground: Ground,
    shape: tuple[str, str, int, int, bool],
) -> Numbered:
    """Return a world: the first person has one role, perhaps through a team."""
    depth, place, owner, unit, by_team = shape

    def new() -> uuid.UUID:
        return uuid.UUID(int=draw.getrandbits(128), version=4)

    oracle = OracleWorld(KINDS, ground.pool)
    units, users, team = [new(), new()], [new(), new()], new()
    oracle.parents = {units[0]: None, units[1]: units[0]}
    if place == "above":
        oracle.parents = {units[1]: None, units[0]: units[1]}
    first = units[0]
    oracle.user_units = {users[0]: first, users[1]: units[1]}
    oracle.team_units = {team: first if place == "same" else units[1]}
    if by_team:
        oracle.members.add((team, users[0]))
    oracle.held.add((team if by_team else users[0], f"all_{depth}"))
    for entity, kind in KINDS.items():
        for which in (0, 1):
            record = Record(entity)
            if kind.parent is not None:
                above = [
                    i for i, r in oracle.records.items() if r.entity == kind.parent
                ]
                record.parent = above[which]
            elif kind.owned:
                record.owner = users[owner] if which else team
                record.unit = units[unit if which else 1 - unit]
            oracle.records[new()] = record
    return Numbered(number, oracle, users)


def test_a_right_that_was_taken_is_gone_at_the_next_request(ground: Ground) -> None:
    world = ground.world
    unit = world.ids["root"]
    user = world.put("systemuser", "eve", fullname="Eve", businessunitid=unit)
    world.put("board", world=1, size=1)
    link = "systemuserroles_association"
    role = ground.role_ids["all_organization"]

    def seen() -> int:
        with world.work(user) as work:
            return count(work, Query("board"))

    assert seen() == 0
    world.pair(link, user, role)
    assert seen() == 1
    with world.work(write=True) as work:
        pairs = work.tables.pairs(link)
        work.connection.execute(pairs.delete())
        touch(work)
    assert seen() == 0


def test_an_actor_read_in_a_work_that_was_rolled_back_is_forgotten(
    ground: Ground,
) -> None:
    world = ground.world
    user = world.put("systemuser", fullname="Eve", businessunitid=world.ids["root"])
    role = ground.role_ids["all_organization"]

    def inside(work: Work) -> Actor:
        put_pairs(work, "systemuserroles_association", [(user, role)])
        touch(work)
        return load_actor(work.connection, work.snapshot, user)

    def fail() -> None:
        with world.work(write=True) as work:
            assert access.may(inside(work), "board", "read")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    world.put("team", name="any")  # another change of rights, committed
    with world.work(user) as work:
        assert not access.may(work.actor, "board", "read")
