"""Stored formulas and rollups are true after every write, whatever was written."""

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.support.counts import count
from tests.support.records_world import World
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Invalid
from xrm.platform.records import service


def _values(world: World, entity: str, record: UUID, *names: str) -> list[Any]:
    row = world.read(entity, record)
    return [row[name] for name in names]


def test_rollups_follow_children_that_come_change_move_and_go(world):
    one, two = (world.create("client", name=name) for name in "AB")
    names = ("open_deals", "open_value", "open_value_base", "has_big")
    assert _values(world, "client", one, *names) == [0, 0, 0, False]
    deal = world.create("deal", name="D", value=1500, customerid=Ref("client", one))
    assert _values(world, "client", one, *names) == [1, 1500, 1500, True]
    world.update("deal", deal, value=20)
    assert _values(world, "client", one, *names) == [1, 20, 20, False]
    world.update("deal", deal, customerid=Ref("client", two))
    assert _values(world, "client", one, *names) == [0, 0, 0, False]
    assert _values(world, "client", two, *names) == [1, 20, 20, False]
    with world.work() as work:
        service.set_state(work, "deal", deal, "Won")
    assert _values(world, "client", two, *names) == [0, 0, 0, False]
    with world.work() as work:
        service.set_state(work, "deal", deal, "Open")
        service.delete(work, "deal", deal)
    assert _values(world, "client", two, *names) == [0, 0, 0, False]


def test_rollups_chain_up_a_tree(world):
    top = world.create("client", name="A")
    low = world.create("client", name="B", parentid=top)
    deal = world.create("deal", name="D", value=7, customerid=Ref("client", low))
    assert _values(world, "client", top, "group_value") == [7]
    world.update("deal", deal, value=9)
    assert _values(world, "client", top, "group_value") == [9]
    world.update("client", low, parentid=None)
    assert _values(world, "client", top, "group_value") == [0]


def test_formulas_follow_the_records_they_point_to(world):
    one = world.create("client", name="A", city="Graz")
    two = world.create("client", name="B", city="Linz")
    person = world.create("person", lastname="L", clientid=one)
    assert _values(world, "person", person, "client_city") == ["Graz"]
    world.update("client", one, city="Wien")
    assert _values(world, "person", person, "client_city") == ["Wien"]
    world.update("person", person, clientid=two)
    assert _values(world, "person", person, "client_city") == ["Linz"]
    world.update("person", person, clientid=None)
    assert _values(world, "person", person, "client_city") == [None]


def test_formulas_feed_rollups(world):
    deal = world.create("deal", name="D")
    line = world.create("line", dealid=deal, price="2.50", quantity=3)
    world.create("line", dealid=deal, price=1)
    assert _values(world, "deal", deal, "total", "lines_count") == [Decimal("8.5"), 2]
    world.update("line", line, quantity="0.5")
    assert _values(world, "deal", deal, "total") == [Decimal("2.25")]


def test_derived_values_leave_version_and_history_of_the_parent_alone(world):
    client = world.create("client", name="A")
    before = world.read("client", client)
    world.create("deal", name="D", value=5, customerid=Ref("client", client))
    after = world.read("client", client)
    assert after["open_deals"] == 1
    assert after["versionnumber"] == before["versionnumber"]
    assert after["modifiedon"] == before["modifiedon"]
    with world.work(write=False) as work:
        assert len(service.history(work, "client", client)) == 1


def test_a_loop_of_formulas_in_data_ends(world):
    """A tree's rollup over itself stops at the top."""
    chain = [world.create("client", name="A0")]
    for number in range(1, 6):
        chain.append(world.create("client", name=f"A{number}", parentid=chain[-1]))
    world.create("deal", name="D", value=3, customerid=Ref("client", chain[-1]))
    assert [_values(world, "client", c, "group_value")[0] for c in chain] == [
        0, 0, 0, 0, 3, 0,
    ]  # fmt: skip


NUMBERS = itertools.count(1)
"""Names that come once, also over the examples that share a database."""


class Derived(RuleBasedStateMachine):
    """Random writes over clients, people, deals, lines and tags."""

    clients: Bundle[UUID] = Bundle("clients")
    deals: Bundle[UUID] = Bundle("deals")
    lines: Bundle[UUID] = Bundle("lines")
    tags: Bundle[UUID] = Bundle("tags")
    world: World

    def _there(self, entity: str, record: UUID) -> bool:
        with self.world.work(write=False) as work:
            table = work.tables.table(entity)
            key = table.c[work.catalog.entity(entity).key]
            return (
                work.connection.execute(table.select().where(key == record)).first()
                is not None
            )

    @rule(target=clients, parent=st.none() | clients, city=st.sampled_from("AB"))
    def add_client(self, parent: UUID | None, city: str) -> UUID:
        if parent is not None and not self._there("client", parent):
            parent = None
        name = f"c{next(NUMBERS)}"
        return self.world.create("client", name=name, city=city, parentid=parent)

    @rule(client=clients, parent=st.none() | clients)
    def move_client(self, client: UUID, parent: UUID | None) -> None:
        if self._there("client", client) and (
            parent is None or self._there("client", parent)
        ):
            with self.world.work() as work:
                try:
                    service.update(work, "client", client, {"parentid": parent})
                except Invalid:
                    return

    @rule(
        target=deals,
        client=st.none() | clients,
        value=st.none() | st.integers(0, 2000),
        state=st.sampled_from(["Open", "Lost"]),
    )
    def add_deal(self, client: UUID | None, value: int | None, state: str) -> UUID:
        if client is not None and not self._there("client", client):
            client = None
        customer = None if client is None else Ref("client", client)
        return self.world.create(
            "deal", name="d", value=value, statecode=state, customerid=customer
        )

    @rule(deal=deals, client=st.none() | clients, value=st.integers(0, 2000))
    def change_deal(self, deal: UUID, client: UUID | None, value: int) -> None:
        if not self._there("deal", deal):
            return
        if client is not None and not self._there("client", client):
            return
        customer = None if client is None else Ref("client", client)
        if self.world.read("deal", deal)["statecode"] == 0:
            self.world.update("deal", deal, value=value, customerid=customer)

    @rule(deal=deals, state=st.sampled_from(["Open", "Won", "Lost"]))
    def close_deal(self, deal: UUID, state: str) -> None:
        if not self._there("deal", deal):
            return
        with self.world.work() as work:
            now = service.retrieve(work, "deal", deal, ["statecode"])["statecode"]
            if now == 0 or state == "Open":
                service.set_state(work, "deal", deal, state)

    @rule(target=lines, deal=deals, prices=st.lists(st.integers(0, 99), max_size=4))
    def add_lines(self, deal: UUID, prices: list[int]) -> Any:
        if not self._there("deal", deal):
            return multiple()
        with self.world.work() as work:
            rows = [{"dealid": deal, "price": price} for price in prices]
            made = service.create_many(work, "line", rows)
        return multiple(*(outcome.id for outcome in made))

    @rule(line=lines, deal=deals)
    def move_line(self, line: UUID, deal: UUID) -> None:
        if self._there("line", line) and self._there("deal", deal):
            self.world.update("line", line, dealid=deal, quantity=2)

    @rule(line=consumes(lines))
    def drop_line(self, line: UUID) -> None:
        if self._there("line", line):
            with self.world.work() as work:
                service.delete(work, "line", line)

    @rule(client=consumes(clients))
    def drop_client(self, client: UUID) -> None:
        if self._there("client", client):
            with self.world.work() as work:
                service.delete(work, "client", client)

    @rule(target=tags)
    def add_tag(self) -> UUID:
        return self.world.create("tag", name=f"t{next(NUMBERS)}")

    @rule(deal=deals, tag=tags)
    def link(self, deal: UUID, tag: UUID) -> None:
        if self._there("deal", deal) and self._there("tag", tag):
            with self.world.work() as work:
                service.associate(work, "deal_tag", deal, tag)

    @rule(tag=consumes(tags))
    def drop_tag(self, tag: UUID) -> None:
        with self.world.work() as work:
            service.delete(work, "tag", tag)

    @invariant()
    def nothing_is_stale(self) -> None:
        for what, kept, right in stale_values(self.world):
            assert kept == right, what


def stale_values(world: World) -> Iterator[tuple[str, Any, Any]]:
    """Give each derived value with what an independent count says it must be."""
    with world.work(write=False) as work:

        def rows(name: str) -> list[Any]:
            table = work.tables.table(name)
            return list(work.connection.execute(table.select()).mappings())

        clients, deals, lines = rows("client"), rows("deal"), rows("line")
        pairs = list(
            work.connection.execute(work.tables.pairs("deal_tag").select()).mappings()
        )
    for client in clients:
        mine = [
            d
            for d in deals
            if d["customerid"] == client["clientid"] and d["statecode"] == 0
        ]
        value = sum((d["value"] or 0 for d in mine), Decimal(0))
        group = sum(
            (
                c["open_value"] or 0
                for c in clients
                if c["parentid"] == client["clientid"]
            ),
            Decimal(0),
        )
        yield "open_deals", client["open_deals"], len(mine)
        yield "open_value", client["open_value"], value
        yield "open_value_base", client["open_value_base"], value
        yield "group_value", client["group_value"], group
        yield "has_big", client["has_big"], value > 1000
    for deal in deals:
        own = [x for x in lines if x["dealid"] == deal["dealid"]]
        yield "lines_count", deal["lines_count"], len(own)
        total = sum((x["price"] * x["quantity"] for x in own), Decimal(0))
        yield "total", deal["total"], total
        linked = [p for p in pairs if p["dealid"] == deal["dealid"]]
        yield "tags_count", deal["tags_count"], len(linked)


@pytest.mark.parametrize("steps", [25])
def test_rollups_are_never_stale(world, steps):
    machine = type("Machine", (Derived,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=count(ci=20, release=1000, quick=3),
            stateful_step_count=steps,
            deadline=None,
        ),
    )
