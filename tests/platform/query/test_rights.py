"""Nothing of a record shows to who may not read it: titles, filters, sorts, figures."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.query_world import World, make_world
from xrm.metadata.fields import Ref
from xrm.platform.errors import Forbidden, NotFound
from xrm.platform.query.query import (
    Aggregate,
    And,
    Compare,
    Condition,
    Exists,
    Expr,
    Group,
    Order,
    Query,
)
from xrm.platform.query.run import count, run
from xrm.platform.security import checks
from xrm.platform.security.checks import reachable, reasons, require, require_id


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = make_world(database_url)
    root = made.ids["root"]
    made.add_user("anna", root, "mine")
    made.add_user("ben", root, "mine")
    team = made.put("team", "sellers", name="Sellers", businessunitid=root)
    made.add_user("tina", root, "mine", teams=(team,))
    made.add_user("nora", root)
    for name, owner, kind in (
        ("hers", "anna", "systemuser"),
        ("his", "ben", "systemuser"),
        ("ours", "sellers", "team"),
    ):
        owned: dict[str, Any] = {"ownerid": made.ids[owner], "ownerid_type": kind}
        firm = made.put(
            "firm",
            name,
            name=f"Secret {name}",
            city="S",
            owningbusinessunit=root,
            **owned,
        )
        made.put(
            "human", f"{name}'s", fullname=f"H {name}", age=5, firmid=firm, **owned
        )
    owned = {"ownerid": made.ids["anna"], "ownerid_type": "systemuser"}
    deal = made.put(
        "deal", "deal", name="Deal", customerid=made.ids["his"], customerid_type="firm",
        amount=Decimal(5), **owned,
    )  # fmt: skip
    made.put("line", "line", dealid=deal, price=1, name="Line")
    made.put("human", "anna human", fullname="A", firmid=made.ids["his"], **owned)
    yield made
    made.database.dispose()


def test_a_title_shows_only_to_who_may_read_the_record(world: World) -> None:
    columns = (
        "name",
        "customerid",
        "customerid@name",
        "customerid.name",
        "ownerid@name",
    )
    with world.work("anna") as work:
        (row,) = run(work, Query("deal", columns)).rows
    assert row["customerid"] == world.ids["his"]
    assert (row["customerid@name"], row["customerid.name"]) == (None, None)
    assert row["ownerid@name"] == "Anna"
    with world.work() as work:
        (row,) = run(work, Query("deal", columns)).rows
    assert row["customerid@name"] == row["customerid.name"] == "Secret his"


def test_filters_over_lookups_do_not_reveal_anything(world: World) -> None:
    conditions: list[Condition] = [
        Compare("customerid.name", "begins-with", ("Secret",)),
        Compare("customerid@name", "contains", ("his",)),
        Compare("customerid.name", "not-null"),
    ]
    for condition in conditions:
        with world.work("anna") as work:
            assert count(work, Query("deal", where=condition)) == 0, condition
        with world.work() as work:
            assert count(work, Query("deal", where=condition)) == 1, condition
    humans = [
        Expr('firmid.name = "Secret his"'),
        Expr("firmid.city is not empty"),
        Expr('exists(firmid.humans where firmid.name contains "his")'),
        Expr("count(firmid.humans) > 1"),
    ]
    for condition in humans:
        with world.work("ben") as work:
            found = count(work, Query("human", where=condition))
        with world.work("anna") as work:
            query = Query(
                "human", where=And((condition, Compare("fullname", "eq", ("A",))))
            )
            assert (found, count(work, query)) in ((1, 0), (0, 0)), condition


def test_an_answer_does_not_depend_on_what_is_hidden(world: World) -> None:
    columns = ("fullname", "firmid@name", "firmid.city", "ownerid@name")
    questions = [
        Query("human", columns, order=(Order("firmid"),), count="exact"),
        Query("human", columns, order=(Order("firmid.city", True), Order("fullname"))),
        Query("human", group=(Group("firmid.city"),), aggregates=(Aggregate("count"),)),
        Query("human", group=(Group("firmid"),), aggregates=(Aggregate("max", "age"),)),
        Query("firm", ("name", "city"), distinct=True),
        Query("firm", where=Exists("humans", Compare("age", "gt", (1,)), "all")),
        Query("firm", where=Expr("count(humans) > 0")),
        Query("firm", aggregates=(Aggregate("min", "name"),)),
    ]

    def answers() -> list[object]:
        with world.work("anna") as work:
            return [run(work, question) for question in questions]

    before = answers()
    with world.work(write=True) as work:
        firm, human = work.tables.table("firm"), work.tables.table("human")
        hidden = firm.update().where(firm.c.firmid == world.ids["his"])
        work.connection.execute(hidden.values(name="Other", city="Z"))
        his = human.update().where(human.c.humanid == world.ids["his's"])
        work.connection.execute(his.values(age=0, firmid=world.ids["hers"]))
    assert answers() == before


def test_collections_hold_only_what_may_be_read(world: World) -> None:
    with world.work("anna") as work:
        assert count(work, Query("firm", where=Exists("humans"))) == 1
        assert count(work, Query("deal", where=Exists("lines"))) == 1
    with world.work("ben") as work:
        assert count(work, Query("firm", where=Exists("firm_deals"))) == 0
        assert count(work, Query("line")) == 0


def test_records_of_a_team_are_its_members(world: World) -> None:
    with world.work("tina") as work:
        assert [r["name"] for r in run(work, Query("firm", ("name",))).rows] == [
            "Secret ours"
        ]


def test_who_has_no_privilege_sees_nothing(world: World) -> None:
    with world.work("nora") as work:
        for entity in ("firm", "human", "deal", "line", "label"):
            assert run(work, Query(entity, count="exact")).total == 0
        with pytest.raises(Forbidden, match="none of your roles gives this privilege"):
            require(work, "firm", "read")
        with pytest.raises(Forbidden, match="change Deals"):
            require(work, "line", "create")


def test_requiring_a_right_on_a_record(world: World) -> None:
    with world.work("anna") as work:
        require(work, "firm", "write")
        require_id(work, "firm", "delete", world.ids["hers"])
        require_id(work, "line", "delete", world.ids["line"])
        with pytest.raises(NotFound, match="or you may not see it"):
            require_id(work, "firm", "write", world.ids["his"])
        with pytest.raises(NotFound, match="or you may not see it"):
            require_id(work, "firm", "write", world.ids["deal"])
        with pytest.raises(Forbidden, match="none of your roles"):
            require_id(work, "label", "write", world.ids["deal"])
        ids = [world.ids[name] for name in ("hers", "his", "deal")]
        assert reachable(work, "firm", "read", ids) == {world.ids["hers"]}
        assert reachable(work, "firm", "read", []) == set()


def test_the_reasons_are_told(world: World) -> None:
    def told(user: str | None, entity: str, name: str) -> list[tuple[bool, str]]:
        with world.work(user) as work:
            found = reasons(work, entity, world.ids[name], "read")
        return [(reason.granted, reason.message) for reason in found]

    assert told("anna", "firm", "hers") == [
        (True, 'The role "Own records" gives it on own records; this one is.')
    ]
    ((granted, text),) = told("anna", "firm", "his")
    assert (granted, "own records only; another one owns this" in text) == (False, True)
    ((granted, text),) = told("tina", "firm", "ours")
    assert (granted, "records of own teams" in text) == (True, True)
    first, second = told("anna", "line", "line")
    assert (first[0], "no rights of its own" in first[1]) == (True, True)
    assert second[0]
    assert told(None, "firm", "his") == [
        (True, "The platform itself may do everything.")
    ]
    assert told("anna", "firm", "deal")[0][1].startswith("There is no Firm")
    assert told("nora", "firm", "his")[0][0] is False


def test_a_new_owner_must_be_able_to_read(world: World) -> None:
    access_team = world.put("team", name="Guests", teamtype=1)
    with world.work() as work:
        assert checks.may_own(work, "firm", Ref("systemuser", world.ids["ben"]))
        assert not checks.may_own(work, "firm", Ref("systemuser", world.ids["nora"]))
        assert not checks.may_own(work, "firm", Ref("systemuser", world.ids["deal"]))
        assert checks.may_own(work, "firm", Ref("team", world.ids["sellers"]))
        assert not checks.may_own(work, "firm", Ref("team", access_team))
        assert not checks.may_own(work, "firm", Ref("team", world.ids["deal"]))
        assert not checks.may_own(work, "firm", Ref("firm", world.ids["his"]))
