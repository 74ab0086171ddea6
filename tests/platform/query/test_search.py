"""The search index answers as reading every record does, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.query_world import THINGS, World, documents, make_world
from xrm.metadata.catalog import compose
from xrm.metadata.entities import Entity
from xrm.platform.database import search_store
from xrm.platform.query import run as running
from xrm.platform.query import search
from xrm.platform.query.query import And, Compare, Condition, Not, Or, Order, Query
from xrm.platform.query.run import count, run
from xrm.platform.query.views import quick_find

PIECES = (
    "Straße", "STRASSE", "ẞ", "İstanbul", "i̇stanbul", "istanbul", "ΟΔΥΣΣΕΥΣ",
    "Σίσυφος", "Ёлка", "елка", "Привет", "東京都", "株式会社", "한국어", "カナ",
    "Ångström", "é", "e\u0301", "a", "ab", "abc", "100%", "_x_", "\\", "'", '"', " ",
    "AND", "NEAR(", "*", "-", "\n", "O'Neil", "😀", "ﬁ", "ǅ", "Phạm",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join)


@pytest.fixture(scope="module")
def pieces() -> list[str]:
    return [a + b for a in PIECES for b in ("", " ", "Straße", "東京", "x")]


def fill(world: World, texts: list[str]) -> None:
    world.put_many(
        "firm", [{"name": t, "city": texts[-n]} for n, t in enumerate(texts)]
    )


@pytest.fixture
def world(database_url: str, pieces: list[str]) -> Iterator[World]:
    made = make_world(
        database_url,
        "- {kind: entity, name: visit, title: subject, quick_find: [subject, firmid],"
        " fields: {subject: {type: text}, firmid: {type: lookup, to: firm,"
        " collection: visits}}}",
    )
    fill(made, pieces)
    with made.work(write=True) as work:
        firms = run(work, Query("firm", ("name",), order=(Order("name"),))).rows
    made.put_many(
        "visit",
        [{"subject": f"Visit {n}", "firmid": f["firmid"]} for n, f in enumerate(firms)],
    )
    root = made.ids["root"]
    made.add_user("anna", root, "mine")
    mine = [{"name": f"Mine {p}", "ownerid": made.ids["anna"]} for p in PIECES[:9]]
    made.put_many("firm", [{**m, "ownerid_type": "systemuser"} for m in mine])
    yield made
    made.database.dispose()


def keys(world: World, query: Query, user: str | None = None) -> list[UUID]:
    with world.work(user) as work:
        page = run(work, replace(query, count="exact"))
        made = [row[work.catalog.entity(query.entity).key] for row in page.rows]
        assert page.total == len(made) == count(work, query)
        assert count(work, query, cap=5_000) == len(made)
    return made


def plainly(world: World, query: Query, user: str | None = None) -> list[UUID]:
    """Answer without the index."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "hint_of", lambda *_: None)
        return keys(world, query, user)


def questions(text: str) -> Iterator[Query]:
    """Yield questions for a text: quick find, one field, over a lookup."""
    order = (Order("name", descending=True),)
    own = Or(
        (Compare("name", "contains", (text,)), Compare("city", "contains", (text,)))
    )
    big = Compare("city", "not-null")
    yield Query("firm", ("name",), own, order)
    yield Query("firm", ("name",), And((big, Compare("city", "contains", (text,)))))
    yield Query("firm", ("name",), Not(own), order)
    by = Or(
        (
            Compare("subject", "contains", (text,)),
            Compare("firmid@name", "contains", (text,)),
        )
    )
    yield Query("visit", ("subject", "firmid@name"), by, (Order("subject"),))


@pytest.mark.parametrize("user", [None, "anna"])
def test_the_index_answers_as_reading_does(world: World, user: str | None) -> None:
    @settings(deadline=None, max_examples=40)
    @given(text=TEXTS | st.sampled_from(PIECES))
    def agree(text: str) -> None:
        for query in questions(text):
            assert keys(world, query, user) == plainly(world, query, user), query.where

    agree()


def test_the_index_is_asked(world: World) -> None:
    """Otherwise the test above says nothing."""
    with world.work() as work:
        expected = ((), (), None, ("firmid",))
        for query, lookups in zip(questions("straße"), expected, strict=True):
            hint = search.hint_of(work, query.entity, query.where)
            assert (hint.matches.lookups if hint else None) == lookups
        none = search.hint_of(work, "firm", Compare("name", "contains", ("st",)))
        assert none is None
        asian = search.hint_of(work, "firm", Compare("name", "contains", ("東京",)))
        assert asian is not None


def test_many_candidates_are_read_in_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MANY", 3)
    monkeypatch.setattr(search, "MANY_LINKED", 3)
    monkeypatch.setattr(search, "MOST_COUNTED", 20)
    for text in ("abc", "stras", "東京"):
        for query in questions(text):
            found = keys(world, query)
            assert found == plainly(world, query)
            with world.work() as work:
                capped = count(work, query, cap=4)
            assert capped == min(len(found), 5) or capped > 4


def test_pages_go_on_where_the_index_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cursor of one way is good for the other."""
    query = next(questions("strasse"))
    whole = keys(world, query)
    assert len(whole) > 6
    found: list[UUID] = []
    after: str | None = None
    for many in (10_000, 0, 10_000, 0, 10_000):
        monkeypatch.setattr(search, "MANY", many)
        with world.work() as work:
            page = run(work, replace(query, limit=2, after=after))
        found += [row["firmid"] for row in page.rows]
        after = page.next
    assert found == whole[:10]


def test_a_field_that_may_not_be_read_finds_nothing() -> None:
    """A match in a hidden column would tell what stands in it."""
    entity = _firm()
    full = quick_find(entity, "abc")
    assert isinstance(full, Or)
    assert [c.path for c in full.items if isinstance(c, Compare)] == ["name", "city"]
    some = quick_find(entity, "abc", frozenset({"name", "firmid"}))
    assert some == Or((Compare("name", "contains", ("abc",)),))
    assert quick_find(entity, "abc", frozenset({"firmid"})) is None


def test_a_hidden_field_is_not_found_through_the_index(world: World) -> None:
    """The index has all texts of a record; the comparison decides."""
    world.put("firm", "both", name="Seen Qwertz", city="Hidden Asdfgh")
    with world.work() as work:
        entity = work.catalog.entity("firm")

        def found(text: str, readable: frozenset[str] | None) -> list[Any]:
            where: Condition | None = quick_find(entity, text, readable)
            return run(work, Query("firm", ("name",), where)).rows

        assert len(found("hidden asd", None)) == 1
        assert found("hidden asd", frozenset({"name"})) == []
        assert len(found("seen qwe", frozenset({"name"}))) == 1


def test_letters_of_a_text() -> None:
    assert search_store.letters_of("abcde") == ["abc", "bcd", "cde"]
    assert search_store.match_of('a"bc') == '"a""b" AND """bc"'
    assert search_store.match_of("abcdefgh", most=2) == '"abc" AND "def"'
    values = {"a": "Straße", "b": None, "c": "x 東"}
    assert search_store.text_of(values, ("a", "b", "c")) == " strasse x 東"
    assert search_store.text_of(values, ("b",)) == ""


def _firm() -> Entity:
    return compose(documents(THINGS), 1).entity("firm")
