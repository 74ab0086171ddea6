"""N records together are the same as each of them alone, on both databases."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from hypothesis import given, settings

from tests.support.counts import count
from tests.support.records_world import World, some_id
from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.work import Work
from xrm.platform.errors import XrmError
from xrm.platform.records import service
from xrm.platform.records.chain import verify

RULES = """
- kind: rule
  entity: deal
  name: no_thirteen
  rule: |
    before create or change of value
    when value = 13
    then reject "Not thirteen." on value
- kind: rule
  entity: deal
  name: name_of_large
  rule: |
    before change of value
    when value > 100
    then set description = "large: " + sponsorid.name
- kind: rule
  entity: deal
  name: after_seventeen
  rule: |
    after change of value
    when value = 17
    then reject "Not seventeen either." on value
"""
LEFT_OUT = {"createdon", "modifiedon", "versionnumber"}

VALUES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["a", "b", "", None, "x" * 200]),
        "value": st.sampled_from([None, 0, 12, 13, 17, 101, 5000, "12.5", "bad", -1]),
        "probability": st.integers(-5, 105),
        "statecode": st.sampled_from(["Open", "Won", "Lost", 7]),
        "statuscode": st.sampled_from([1, 2, 3, 4]),
        "customer": st.integers(0, 3),
        "sponsor": st.integers(0, 3),
        "dealnumber": st.sampled_from(["D-X", "d-x", None]),
        "transactioncurrencyid": st.sampled_from(["EUR", "USD"]),
        "unknown": st.just(1),
        "total": st.just(5),
    },
)


class Twins:
    """Two equal parts of one world; one takes records together, one one by one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients = [[self._client(n) for n in range(3)] for _ in range(2)]

    def _client(self, number: int) -> UUID:
        return self.world.create("client", "carla", name=f"C{number}")

    def values(self, side: int, given: dict[str, Any]) -> dict[str, Any]:
        """Return the values as this side's records."""
        made = dict(given)
        clients = self.clients[side]
        for name, field in (("customer", "customerid"), ("sponsor", "sponsorid")):
            if name in made:
                place = made.pop(name)
                at = clients[place] if place < len(clients) else NOWHERE
                made[field] = Ref("client", at)
        if "transactioncurrencyid" in made:
            made["transactioncurrencyid"] = self.world.currencies[
                made["transactioncurrencyid"]
            ]
        if made.get("dealnumber"):
            made["dealnumber"] += str(side)
        return made

    def seen(self, side: int, outcomes: list[Any]) -> list[Any]:
        """Return what the outcomes and records of a side say, without ids."""
        names = {id_: n for n, id_ in enumerate(self.clients[side])}
        made: list[Any] = []
        with self.world.work(write=False) as work:
            for outcome in outcomes:
                if outcome.error is not None:
                    details = [(d.field, d.code) for d in outcome.error.details]
                    made.append((type(outcome.error).__name__, details))
                    continue
                row = service.retrieve(work, "deal", outcome.id)
                entries = service.history(work, "deal", outcome.id)
                made.append(
                    (
                        _plain(row, names, side),
                        [
                            (
                                e.verb,
                                _plain(e.before, names, side),
                                _plain(e.after, names, side),
                            )
                            for e in entries
                        ],
                    )
                )
            for client in self.clients[side]:
                row = service.retrieve(work, "client", client)
                made.append([row[n] for n in ("open_deals", "open_value", "has_big")])
        return made


def _plain(row: Any, names: dict[UUID, int], side: int) -> dict[str, Any]:
    made = {}
    for name, value in row.items():
        if name in LEFT_OUT or name == "dealid":
            continue
        if isinstance(value, Ref):
            value = names.get(value.id, value)
        if name == "dealnumber" and isinstance(value, str):
            value = value[:3] if value.startswith("D-0") else value[:-1]
        made[name] = value
    return made


NOWHERE = some_id()


def alone(work: Work, call: Callable[..., Any], *values: Any) -> service.Outcome:
    """Do one record in a savepoint; return its outcome."""
    try:
        with work.connection.begin_nested():
            done = call(work, "deal", *values)
    except XrmError as error:
        return service.Outcome(None, error=error)
    return service.Outcome(done if isinstance(done, UUID) else values[0])


def test_together_is_as_alone(new_world):
    twins = Twins(new_world(RULES))

    @settings(max_examples=count(ci=60, release=2000, quick=6), deadline=None)
    @given(
        st.lists(VALUES, min_size=1, max_size=7),
        st.lists(st.tuples(st.integers(0, 6), VALUES), max_size=7),
        st.sampled_from(["anna", "carla"]),
    )
    def check(rows, changes, user):
        world = twins.world
        valid = [{"name": "n", **row} for row in rows]
        with world.work(user) as work:
            together = service.create_many(
                work, "deal", [twins.values(0, r) for r in valid], on_error="report"
            )
        with world.work(user) as work:
            single = [alone(work, service.create, twins.values(1, r)) for r in valid]
        assert twins.seen(0, together) == twins.seen(1, single)
        made = [[o.id for o in side if o.error is None] for side in (together, single)]
        if not made[0]:
            return
        picked = [(place % len(made[0]), values) for place, values in changes]
        with world.work(user) as work:
            pairs = [(made[0][p], twins.values(0, v)) for p, v in picked]
            together = service.update_many(work, "deal", pairs, on_error="report")
        with world.work(user) as work:
            single = [
                alone(work, service.update, made[1][p], twins.values(1, v))
                for p, v in picked
            ]
        assert twins.seen(0, together) == twins.seen(1, single)
        with world.work() as work:
            service.delete_many(work, "deal", made[0])
        with world.work() as work:
            for record in made[1]:
                service.delete(work, "deal", record)

    check()
    with twins.world.work() as work:
        assert verify(work.connection, work.snapshot) == []


def test_stop_undoes_nothing_by_itself_and_names_the_fault(new_world):
    world = new_world(RULES)
    with world.work() as work, pytest.raises(XrmError) as fault:
        service.create_many(work, "deal", [{"name": "A"}, {"name": "B", "value": 13}])
    assert fault.value.message == "Not thirteen."


def test_bulk_asks_a_fixed_number_of_statements(new_world):
    """No query per record: ten records take as many statements as a hundred."""
    world = new_world(RULES)
    client = world.create("client", "carla", name="C")
    seen = []

    def count_statements(rows: int) -> int:
        seen.clear()
        values = [
            {"name": f"D{n}", "value": n + 200, "customerid": Ref("client", client)}
            for n in range(rows)
        ]
        with world.work("carla") as work:
            start = len(seen)
            made = service.create_many(work, "deal", values)
            ids = [outcome.id for outcome in made]
            service.update_many(work, "deal", [(i, {"probability": 5}) for i in ids])
            service.assign_many(
                work, "deal", ids, Ref("systemuser", world.users["anna"])
            )
            service.delete_many(work, "deal", ids)
            return len(seen) - start

    @sa.event.listens_for(world.database.engine, "before_cursor_execute")
    def note(*_: Any) -> None:
        seen.append(1)

    count_statements(10)
    assert count_statements(100) == count_statements(10)
