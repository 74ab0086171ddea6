"""Pages in a row are the whole list: any sort, nulls, ties, page size and person."""

import itertools
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.support.counts import count as campaign_count
from tests.support.query_world import NOON, World, make_world
from xrm.platform.errors import Refused
from xrm.platform.query import paging
from xrm.platform.query.query import Compare, Order, Query
from xrm.platform.query.run import count, rows, run
from xrm.rule_engine.fold import fold

ROWS = 120
TRIALS = campaign_count(ci=300, release=10_000, quick=60)
SORTS = (
    *("name", "city", "employees", "rating", "share", "credit", "active", "founded"),
    *("seen", "size", "double_credit", "shown", "parentid", "parentid.name", "firmid"),
    *("parentid@name", "ownerid"),
)
WORDS = (None, "a", "A", "ä", "Ä", "b", "ß", "SS", "İ", "i", "Σ", "ς", "z", "10", "9")


def random_firm(draw: random.Random, people: list[UUID], units: list[UUID]) -> Any:
    """Return the values of a firm with many ties and nulls."""

    def some(make: Any) -> Any:
        return None if draw.random() < 0.25 else make()

    owner = draw.choice(people)
    return {
        "name": draw.choice(WORDS),
        "city": draw.choice(WORDS),
        "employees": some(lambda: draw.randint(-2, 2)),
        "rating": some(lambda: draw.choice((-1.5, 0.1, 0.2, 1e300))),
        "share": some(lambda: Decimal(draw.randint(-3, 3)) / 1000),
        "credit": some(lambda: Decimal(draw.randint(-3, 3)) / 100),
        "active": some(lambda: draw.random() < 0.5),
        "founded": some(lambda: date(2026, 1, draw.randint(1, 4))),
        "seen": some(lambda: NOON + timedelta(microseconds=draw.randint(0, 2))),
        "size": some(lambda: draw.randint(1, 3)),
        "ownerid": owner,
        "ownerid_type": "systemuser",
        "owningbusinessunit": draw.choice(units),
    }


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    draw = random.Random(42)
    made = make_world(database_url)
    root = made.ids["root"]
    north = made.put("businessunit", "north", name="N", parentbusinessunitid=root)
    made.add_user("carla", root, "boss")
    made.add_user("anna", north, "mine")
    made.add_user("omar", root, "office")
    people = [made.ids[name] for name in ("carla", "anna", "omar")]
    firms = [random_firm(draw, people, [root, north]) for _ in range(ROWS)]
    ids = made.put_many("firm", firms[:40])
    for firm in firms[40:]:
        firm["parentid"] = draw.choice([None, *ids])
    made.put_many("firm", firms[40:])
    yield made
    made.database.dispose()


def sort_value(value: Any) -> tuple[bool, Any]:
    """Return what Python sorts by: nothing first, texts folded."""
    if value is None:
        return (False, 0)
    return (True, fold(value) if isinstance(value, str) else value)


def key_of(path: str) -> str:
    """Return the column that holds what a path is sorted by."""
    return f"{path}@name" if path in ("parentid", "ownerid") else path


def is_sorted(found: list[dict[str, Any]], order: tuple[Order, ...]) -> bool:
    """Say whether rows stand in an order."""
    for before, behind in itertools.pairwise(found):
        for key in order:
            first = sort_value(before[key_of(key.path)])
            second = sort_value(behind[key_of(key.path)])
            if first != second:
                if (first > second) != key.descending:
                    return False
                break
    return True


def test_pages_in_a_row_are_the_whole_list(world: World) -> None:
    draw = random.Random(7)
    columns = tuple(dict.fromkeys(key_of(path) for path in SORTS))
    for _ in range(TRIALS):
        picked = draw.sample(SORTS, draw.randint(1, 3))
        order = tuple(Order(path, draw.random() < 0.5) for path in picked)
        where = draw.choice((None, Compare("employees", "ge", (0,))))
        query = Query("firm", columns, where, order)
        with world.work(draw.choice((None, "carla", "anna", "omar"))) as work:
            whole = run(work, query)
            assert is_sorted(whole.rows, order), order
            pages = list(rows(work, query, page=draw.choice((1, 2, 7, 50))))
            assert pages == whole.rows, order
            assert len(pages) == count(work, query)


def test_pages_of_distinct_values(world: World) -> None:
    query = Query("firm", ("name", "size"), order=(Order("name", True),), distinct=True)
    with world.work("carla") as work:
        whole = run(work, query).rows
        seen = {(sort_value(row["name"]), row["size"]) for row in whole}
        assert len(whole) == len(seen)
        assert set(whole[0]) == {"name", "size"}
        assert list(rows(work, query, page=3)) == whole
        assert count(work, query) == len(whole)


def test_the_order_is_the_same_on_both_databases(world: World) -> None:
    query = Query("firm", ("name",), order=(Order("name"),), distinct=True)
    with world.work() as work:
        found = [row["name"] for row in run(work, query).rows]
    folded = [fold(name) for name in found if name is not None]
    assert found[0] is None
    assert folded == sorted(set(folded))


def test_limits_and_totals(world: World) -> None:
    with world.work() as work:
        page = run(work, Query("firm", ("name",), limit=10, count="exact"))
        assert (len(page.rows), page.total, page.capped) == (10, ROWS, False)
        assert page.next is not None
        last = run(work, Query("firm", ("name",), limit=ROWS, count="capped"))
        assert (last.total, last.next) == (ROWS, None)
        assert run(work, Query("firm", limit=0)).rows == []
        assert count(work, Query("firm"), cap=50) == 51
        with pytest.raises(Refused, match="0 or more"):
            run(work, Query("firm", limit=-1))


def test_a_cursor_that_is_none_is_refused(world: World) -> None:
    query = Query("firm", ("name",), order=(Order("seen"),), limit=1)
    other = Query("firm", ("name",), order=(Order("name"),), limit=1)
    with world.work("omar") as work:
        good, foreign = run(work, query).next, run(work, other).next
        assert good is not None
        for cursor in (foreign, "", "x", good[:-3], good * 2, "[]", "A" * 30_000, "ä"):
            with pytest.raises(Refused, match="page link"):
                run(work, Query("firm", ("name",), order=query.order, after=cursor))


def test_a_cursor_with_changed_values_shows_nothing_more(world: World) -> None:
    query = Query("firm", ("name",), order=(Order("founded"),), limit=1)
    with world.work("anna") as work:
        good = run(work, query).next
        assert good is not None
        mark = paging.json.loads(paging.base64.b64decode(good + "=" * (-len(good) % 4)))
        allowed = {row["firmid"] for row in run(work, Query("firm")).rows}
        for value in (None, date(1, 1, 1), date(9999, 1, 1)):
            forged = paging.write(mark[0], [value, UUID(int=0)])
            found = run(work, Query("firm", ("name",), order=query.order, after=forged))
            assert {row["firmid"] for row in found.rows} <= allowed
        for value in ("x", 5, True, datetime(2026, 1, 1), UUID(int=1)):  # noqa: DTZ001
            forged = paging.write(mark[0], [value, UUID(int=0)])
            with pytest.raises(Refused, match="page link"):
                run(work, Query("firm", ("name",), order=query.order, after=forged))
