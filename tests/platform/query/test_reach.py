"""A reader of much and a reader of little see what they may, each the quicker way."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.query_world import World, make_world
from xrm.platform.query import reach
from xrm.platform.query.query import Aggregate, Compare, Group, Order, Query
from xrm.platform.query.run import branches_of, count, question_of, run
from xrm.platform.security import access

ROWS = reach.LEAST + 200
FEW = 30


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(f"sqlite:///{tmp_path_factory.mktemp('reach') / 'xrm.db'}")
    root = made.ids["root"]
    made.add_user("anna", root, "mine")
    made.add_user("ben", root, "mine")
    owner = {"ownerid_type": "systemuser", "owningbusinessunit": root}
    anna, ben = ({**owner, "ownerid": made.ids[name]} for name in ("anna", "ben"))
    rows: list[dict[str, Any]] = [
        {"name": f"n{number:05}", "size": number % 3, **(ben if number < FEW else anna)}
        for number in range(ROWS)
    ]
    made.put_many("firm", rows)
    yield made
    made.database.dispose()


@pytest.mark.parametrize(("name", "is_large"), [("anna", True), ("ben", False)])
def test_how_far_a_reader_reaches_is_known(
    world: World, name: str, is_large: bool
) -> None:
    with world.work(name) as work:
        question = question_of(work, Query("firm", ("name",), order=(Order("name"),)))
        assert question.walks is is_large
        assert (branches_of(question)[0] is None) is is_large


@pytest.mark.parametrize(("name", "many"), [("anna", ROWS - FEW), ("ben", FEW)])
def test_every_reader_sees_the_own_records_alone(
    world: World, name: str, many: int
) -> None:
    with world.work(name) as work:
        by_size = Query(
            "firm",
            aggregates=(Aggregate("count", alias="n"),),
            group=(Group("size"),),
        )
        assert sum(row["n"] for row in run(work, by_size).rows) == many
        mine = replace(by_size, where=Compare("ownerid", "eq-userid"))
        assert sum(row["n"] for row in run(work, mine).rows) == many
        others = replace(by_size, where=Compare("ownerid", "ne-userid"))
        assert run(work, others).rows == []
        assert count(work, Query("firm", ("name",))) == many
        listed = Query("firm", ("name", "ownerid@name"), order=(Order("name"),))
        page = run(work, listed)
        first = 0 if name == "ben" else FEW
        assert page.rows[0]["name"] == f"n{first:05}"
        assert {row["ownerid@name"] for row in page.rows} == {name.title()}
        found = Query("firm", ("name",), Compare("name", "begins-with", ("n0000",)))
        assert len(run(work, found).rows) == (10 if name == "ben" else 0)


@pytest.mark.parametrize("name", ["anna", "ben"])
def test_pages_of_a_sort_without_an_index_follow_each_other(
    world: World, name: str
) -> None:
    with world.work(name) as work:
        asked = Query("firm", ("name", "city", "ownerid@name"), limit=11)
        seen: list[str] = []
        after = None
        for _ in range(3):
            order = (Order("city"), Order("name", descending=True))
            query = Query(
                asked.entity, asked.columns, order=order, limit=11, after=after
            )
            page = run(work, query)
            seen += [row["name"] for row in page.rows]
            after = page.next
            if after is None:
                break
    last = FEW - 1 if name == "ben" else ROWS - 1
    most = min(33, FEW) if name == "ben" else 33
    assert seen == [f"n{last - number:05}" for number in range(most)]


def test_of_an_empty_table_nobody_reaches_much(world: World) -> None:
    with world.work("anna") as work:
        form = access.shape(work.snapshot, work.actor, "human")
        assert form.kind == "rows"
        assert not reach.is_large(work, form, "human")
