"""Built filters: their text, what of them fits a catalog, and the records they keep."""

import json
from collections.abc import Iterator

import pytest

from tests.support.records_world import World, make_world
from xrm.platform.errors import Refused
from xrm.platform.query import filter_tree
from xrm.platform.query.filter_tree import FilterMaker, Group, Related, Rule
from xrm.platform.query.query import Order, Query
from xrm.platform.query.run import rows

TREE = Group(
    "&",
    (
        Rule("name", "contains", ("o",)),
        Group("|", (Rule("employees", "ge", ("10",)), Rule("city", "eq", ("Kiel",)))),
        Related("people", False, Group("&", (Rule("lastname", "eq", ("Eva",)),))),
    ),
)


def test_a_tree_comes_back_from_its_text() -> None:
    text = filter_tree.write(TREE)
    assert text.startswith('["&",["name","contains","o"],["|",')
    assert filter_tree.read(text) == TREE
    assert filter_tree.read("") == filter_tree.EMPTY
    assert filter_tree.write(filter_tree.EMPTY) == ""
    assert filter_tree.read('["name","null"]') == Group("&", (Rule("name", "null"),))


@pytest.mark.parametrize(
    "text",
    ["{}", "[", "[1]", "[]", '["&",1]', '["name"]', '["name","eq",1]', '["+"]',
     '["+",1]', '["-","a",["&"],["&"]]', "null", '"x"', '["&",["&",[]]]'],
)  # fmt: skip
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        filter_tree.read(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 3_000,
        json.dumps(["&", *[["name", "null"]] * 100]),
        '["&",' * 8 + '["name","null"]' + "]" * 8,
        json.dumps(["name", "eq", "x" * 7_000]),
    ],
)
def test_large_filters_are_refused_in_words(text: str) -> None:
    with pytest.raises(Refused, match=r"too large|cannot be read"):
        filter_tree.read(text)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = make_world(database_url)
    yield made
    made.database.dispose()


def names(world: World, tree: Group, user: str | None = None) -> tuple[str, list[str]]:
    """Return the names of the clients a tree keeps, after what it complains about."""
    with world.work(user) as work:
        catalog = work.catalog
        maker = FilterMaker(catalog, lambda n: frozenset(catalog.entity(n).fields))
        where = maker.condition(catalog.entity("client"), tree)
        query = Query("client", ("name",), where, (Order("name"),))
        found = [row["name"] for row in rows(work, query)]
        return " ".join(maker.faults), found


def test_trees_keep_the_records_they_say(world: World) -> None:
    north = world.create("client", name="North", city="Kiel", employees=5)
    world.create("client", name="Soho", city="Rom", employees=20, parentid=north)
    world.create("client", name="Oslo", city="Rom", employees=2)
    world.create("person", lastname="Eva", clientid=north)
    assert names(world, TREE) == ("", ["Soho"])
    cases: list[tuple[filter_tree.Node, list[str]]] = [
        (Rule("parentid.city", "eq", ("Kiel",)), ["Soho"]),
        (Rule("parentid", "eq", (str(north),)), ["Soho"]),
        (Rule("parentid", "eq", (f"client:{north}",)), ["Soho"]),
        (Rule("parentid", "eq", ("nort",)), ["Soho"]),
        (Rule("employees", "between", ("3", "20")), ["North", "Soho"]),
        (Related("people", True), ["North"]),
        (Related("people", False), ["Oslo", "Soho"]),
        (Rule("createdon", "last-x-days", ("1",)), ["North", "Oslo", "Soho"]),
    ]
    for node, expected in cases:
        assert names(world, Group("&", (node,))) == ("", expected), node


def test_what_does_not_fit_is_left_out_and_told(world: World) -> None:
    world.create("client", name="North", employees=5)
    cases: list[tuple[filter_tree.Node, str]] = [
        (Rule("gone", "null"), "“gone” is no field of"),
        (Rule("parentid.gone", "null"), "“parentid.gone” is no field of"),
        (Rule("name.x", "null"), "is no field of"),
        (Rule("employees", "contains", ("1",)), "cannot be compared like that"),
        (Rule("employees", "eq"), "needs a value"),
        (Rule("employees", "eq", ("many",)), "many"),
        (Rule("createdon", "next-x-days", ("x",)), "whole number"),
        (Rule("createdon", "on", ("x",)), "x"),
        (Related("gone"), "no related “gone”"),
    ]
    for node, said in cases:
        faults, found = names(world, Group("&", (node,)))
        assert said in faults, node
        assert "left out" in faults
        assert found == ["North"]


def test_hidden_fields_and_entities_are_not_asked_for(world: World) -> None:
    with world.work() as work:
        catalog = work.catalog
        maker = FilterMaker(
            catalog, lambda n: frozenset({"name"}) if n == "client" else frozenset()
        )
        entity = catalog.entity("client")
        assert maker.condition(entity, Rule("employees", "null")) is None
        assert maker.condition(entity, Related("people")) is None
        assert maker.condition(entity, Rule("name", "null")) is not None
        assert len(maker.faults) == 2
