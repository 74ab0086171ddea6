"""Hostile texts in every place of a question: refused, or a value like any other."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from tests.platform.query.hostile_texts import HOSTILE
from tests.support.query_world import World, make_world
from xrm.platform.errors import Refused
from xrm.platform.query.odata import parse_filter, parse_orderby
from xrm.platform.query.query import (
    Aggregate,
    Compare,
    Exists,
    Expr,
    Group,
    Order,
    Other,
    Query,
)
from xrm.platform.query.run import run

FIELDS = {
    *("name", "city", "parentid", "parentid.name", "parentid@name", "parentid:firm"),
}


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = make_world(database_url)
    root = made.ids["root"]
    made.add_user("carla", root, "boss")
    for position, text in enumerate(HOSTILE):
        if "\x00" not in text and "\ud800" not in text:
            made_text = text[:100]
            made.put("firm", f"f{position}", name=made_text, city="x")
    yield made
    made.database.dispose()


def watched(world: World) -> list[str]:
    """Return the list to which every statement of the reader is added."""
    seen: list[str] = []

    @event.listens_for(world.database.reader, "before_cursor_execute")
    def note(
        connection: Any, cursor: Any, statement: str, values: Any, *rest: Any
    ) -> None:
        seen.append(statement)

    return seen


def answered(ask: Callable[[], Any]) -> Any:
    """Return the answer, `None` when it was refused with a message."""
    try:
        return ask()
    except Refused as fault:
        return None if 0 < len(str(fault)) < 6_000 else fault


def test_hostile_values_are_values(world: World) -> None:
    assert len(HOSTILE) == 400
    seen = watched(world)
    with world.work("carla") as work:
        for text in HOSTILE:
            cut = text[:100]
            same = Query("firm", ("name",), Compare("name", "eq", (cut,)))
            found = answered(lambda asked=same: run(work, asked))
            if found is not None and cut:
                assert cut in [row["name"] for row in found.rows], repr(cut)
            for op in ("contains", "begins-with"):
                part = Query("firm", ("name",), Compare("name", op, (cut,)))
                found = answered(lambda asked=part: run(work, asked))
                if found is not None and cut:
                    assert cut in [row["name"] for row in found.rows], (op, repr(cut))
            for path in ("employees", "founded", "seen", "firmid", "size", "active"):
                wrong = Query("firm", ("name",), Compare(path, "eq", (text,)))
                found = answered(lambda asked=wrong: run(work, asked))
                assert found is None or found.rows == []
            quoted = text.replace("'", "''")
            filter_ = f"name eq '{quoted}' or contains(city,'{quoted}')"
            answered(
                lambda asked=filter_: run(
                    work,
                    Query("firm", where=parse_filter(work.snapshot, "firm", asked)),
                )
            )
    assert len(set(seen)) < 40, "a value became part of a statement"


def test_hostile_names_are_no_names(world: World) -> None:
    seen = watched(world)
    with world.work("carla") as work:
        for text in HOSTILE:
            questions = [
                Query("firm", (text,)),
                Query("firm", where=Compare(text, "eq", ("x",))),
                Query("firm", where=Compare("name", "eq", (Other(text),))),
                Query("firm", order=(Order(text),)),
                Query("firm", group=(Group(text),)),
                Query("firm", aggregates=(Aggregate("max", text),)),
                Query("firm", (text,), distinct=True),
                Query("firm", where=Exists(text)),
                Query(text),
                Query("firm", where=Compare("name", text, ("x",))),
                Query("firm", after=text),
            ]
            for question in questions:
                found = answered(lambda asked=question: run(work, asked))
                if found is not None:
                    assert text in FIELDS or text in work.catalog.entity("firm").fields
            answered(lambda asked=text: parse_filter(work.snapshot, "firm", asked))
            answered(lambda asked=text: parse_orderby(work.snapshot, "firm", asked))
            answered(lambda asked=text: run(work, Query("firm", where=Expr(asked))))
    usual = {"firm_1.name", "xrm_limit", ".parentid"}  # our own statements have them
    for text in set(HOSTILE) - FIELDS - usual:
        if len(text) > 8:
            assert not any(text in statement for statement in seen), text


def test_an_alias_is_only_a_key_of_the_answer(world: World) -> None:
    with world.work("carla") as work:
        for text in filter(None, HOSTILE):
            figures = (Aggregate("count", alias=text),)
            found = answered(
                lambda asked=figures: run(work, Query("firm", aggregates=asked))
            )
            assert list(found.rows[0]) == [text]
