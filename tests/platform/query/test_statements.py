"""Statements are made once for each form; only parameters vary."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from tests.support.query_world import World, make_world
from xrm.metadata.views import from_document
from xrm.platform.query import run as running
from xrm.platform.query.compile import Compiler
from xrm.platform.query.query import And, Compare, Order, Query
from xrm.platform.query.run import run
from xrm.platform.query.views import narrowed, query_of, quick_find


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = make_world(database_url)
    root = made.ids["root"]
    made.add_user("carla", root, "boss")
    made.add_user("anna", root, "mine")
    made.add_user("ben", root, "mine")
    for name in ("Acme", "Beta", "beta two"):
        owned = {"ownerid": made.ids["anna"], "ownerid_type": "systemuser"}
        made.put("firm", name, name=name, city="Oslo", **owned)
    yield made
    made.database.dispose()


def test_one_plan_serves_all_values_and_all_people_of_one_reach(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    compiled = Compiler.rows

    def counted(self: Compiler) -> Any:
        made.append(self.form.entity)
        return compiled(self)

    monkeypatch.setattr(Compiler, "rows", counted)
    for user in ("anna", "ben", "carla", "anna"):
        with world.work(user) as work:
            for text in ("a", "b", "c"):
                where = Compare("name", "contains", (text,))
                run(work, Query("firm", ("name",), where, (Order("name"),), limit=2))
    assert len(made) == 2  # owners only, and everything


def test_in_lists_of_any_length_are_one_form(world: World) -> None:
    with world.work("carla") as work:
        before = len(work.snapshot.cache("queries"))
        for count in (0, 1, 2, 50):
            names = tuple(f"n{i}" for i in range(count))
            assert (
                run(work, Query("firm", where=Compare("name", "in", names))).rows == []
            )
        assert len(work.snapshot.cache("queries")) <= before + 2


def test_a_page_with_titles_is_one_statement(world: World) -> None:
    seen: list[str] = []

    @event.listens_for(world.database.reader, "before_cursor_execute")
    def note(
        connection: Any, cursor: Any, statement: str, values: Any, *rest: Any
    ) -> None:
        seen.append(statement)

    with world.work("anna") as work:
        seen.clear()
        columns = (
            "name",
            "parentid",
            "parentid@name",
            "ownerid@name",
            "createdby@name",
        )
        found = run(work, Query("firm", columns, count="capped"))
    # SQLite is asked first how far the reader reaches
    asked = [statement for statement in seen if "max(rowid)" not in statement]
    assert (len(asked), found.total) == (1, 3)


def test_a_small_reach_is_a_union_and_a_large_one_is_not(world: World) -> None:
    with world.work("anna") as work:
        question = running.question_of(work, Query("firm", ("name",)))
        assert running.branches_of(question)[0] is not None
    with world.work("carla") as work:
        question = running.question_of(work, Query("firm", ("name",)))
        assert running.branches_of(question)[0] is None


def test_the_question_of_a_view(world: World) -> None:
    view = from_document(
        {
            "entity": "firm",
            "name": "all",
            "columns": ["name", "parentid", "parentid.ownerid", "gone"],
            "filter": 'city = "oslo"',
            "sort": ["-name"],
        }
    )
    with world.work("carla") as work:
        query = query_of(work.snapshot, view)
        assert query.columns == (
            *("name", "parentid", "parentid@name"),
            *("parentid.ownerid", "parentid.ownerid@name"),
        )
        names = [row["name"] for row in run(work, query).rows]
        assert names == ["beta two", "Beta", "Acme"]
        firm = work.catalog.entity("firm")
        found = run(work, narrowed(query, quick_find(firm, " BETA ")))
        assert [row["name"] for row in found.rows] == ["beta two", "Beta"]
        assert quick_find(firm, "  ") is None
        nothing = narrowed(query, And((Compare("name", "null"),)))
        assert run(work, nothing).rows == []
