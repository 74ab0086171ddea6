"""Searching several entities by words: what is found, in which order, by whom."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.query_world import NOON, World, make_world
from xrm.platform.database import search_store
from xrm.platform.security import access
from xrm.platform.services import search
from xrm.platform.services.search import best, find, marked, words_of


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = make_world(database_url)
    made.add_user("anna", made.ids["root"], "mine")
    anna = {"ownerid": made.ids["anna"], "ownerid_type": "systemuser"}
    rows = [
        {"name": "Nordwind Logistik", "city": "Köln", "modifiedon": NOON},
        {"name": "Pharma Nord A/S", "city": "Århus", **anna},
        {"name": "Snorde", "city": "Nordhausen", "modifiedon": NOON},
        {"name": "Nordlicht", "city": "Kiel", "modifiedon": NOON + timedelta(1)},
        {"name": "Čapek & Söhne", "city": "Brno", **anna},
        {"name": "東京海上", "city": "東京"},
    ]
    made.put_many("firm", rows)
    made.put_many("human", [{"fullname": "Nora Nordmann", **anna}])
    yield made
    made.database.dispose()


def titles(
    world: World, text: str, user: str | None = None, *, mine: bool = False
) -> list[str]:
    with world.work(user) as work:
        entities = [work.catalog.entity(name) for name in ("firm", "human", "deal")]
        return [hit.title for _, hit in best(find(work, text, entities, mine=mine), 20)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nord", ["Nordlicht", "Nordwind Logistik", "Nora Nordmann", "Pharma Nord A/S",
                  "Snorde"]),
        ("no", ["Nordlicht", "Nordwind Logistik", "Nora Nordmann", "Pharma Nord A/S",
                "Snorde"]),
        ("logis nordw", ["Nordwind Logistik"]),
        ("koln", ["Nordwind Logistik"]),
        ("KÖLN nord", ["Nordwind Logistik"]),
        ("capek sohne", ["Čapek & Söhne"]),
        ("rd", []),
        ("ordw", ["Nordwind Logistik"]),
        ("東京", ["東京海上"]),
        ("n", []),
        ("  ", []),
        ("\x00", []),
        ("nord OR pharma", []),
        ('"nord*" AND (', []),
    ],
)  # fmt: skip
def test_what_words_find(world: World, text: str, expected: list[str]) -> None:
    assert titles(world, text) == expected


def test_rights_decide_what_is_found(world: World) -> None:
    assert titles(world, "nord", "anna") == ["Nora Nordmann", "Pharma Nord A/S"]
    assert titles(world, "brno", "anna") == ["Čapek & Söhne"]
    assert titles(world, "koln", "anna") == []


def test_mine_are_those_i_own(world: World) -> None:
    world.add_user("carla", world.ids["root"], "boss")
    assert titles(world, "nord", "carla", mine=True) == []
    assert len(titles(world, "nord", "carla")) == 5


def test_a_hidden_field_finds_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in a column that may not be read must not be told by a hit."""
    seen = frozenset({"firmid", "name", "modifiedon"})
    monkeypatch.setattr(access, "readable_fields", lambda *_: seen)
    assert titles(world, "koln") == []
    assert titles(world, "nordw") == ["Nordwind Logistik"]
    assert titles(world, "nord koln") == []
    monkeypatch.setattr(access, "readable_fields", lambda *_: frozenset({"firmid"}))
    assert titles(world, "nordw") == []


def test_what_stands_beside_a_title_may_be_read(world: World) -> None:
    with world.work() as work:
        found = find(work, "koln", [work.catalog.entity("firm")])
    assert found[0].hits[0].beside == ("Köln",)
    assert found[0].hits[0].score == 3
    assert not found[0].has_more


def test_without_an_index_titles_are_found_by_their_beginning(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_store.Places, "of", lambda *_: None)
    assert titles(world, "nord") == ["Nordlicht", "Nordwind Logistik"]


def test_one_statement_for_each_entity(world: World) -> None:
    with world.work() as work:
        entities = [work.catalog.entity(name) for name in ("firm", "human", "deal")]
        find(work, "nord", entities)
        asked: list[object] = []
        run = search.run
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(search, "run", lambda *a: asked.append(a) or run(*a))
            find(work, "logistik", entities)
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("Nordwind", "nord", [("Nord", True), ("wind", False)]),
        ("Straße 7", "strass", [("Straß", True), ("e 7", False)]),
        ("Čapek", "cap", [("Čap", True), ("ek", False)]),
        ("in Köln, koln", "KOLN", [("in ", False), ("Köln", True), (", ", False),
                                   ("koln", True)]),
        ("東京都", "京", [("東", False), ("京", True), ("都", False)]),
        ("abc", "", [("abc", False)]),
        ("", "x", []),
    ],
)  # fmt: skip
def test_found_letters_are_marked(
    text: str, words: str, expected: list[tuple[str, bool]]
) -> None:
    assert marked(text, [w.strip() for w in (words_of(words) or (words,))]) == expected
