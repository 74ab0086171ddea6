"""Grouped questions: counts, sums, averages, periods, titles; the same everywhere."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.query_world import World, make_world
from xrm.platform.errors import Refused
from xrm.platform.query.query import (
    Aggregate,
    Compare,
    Exists,
    Group,
    Order,
    Query,
)
from xrm.platform.query.run import count, run

FIGURES = (
    Aggregate("count", alias="n"),
    Aggregate("sum", "credit", "total"),
    Aggregate("avg", "credit", "mean"),
    Aggregate("min", "credit", "least"),
    Aggregate("max", "employees", "most"),
    Aggregate("count", "city", "cities"),
    Aggregate("count_distinct", "city", "different"),
    Aggregate("avg", "employees", "staff"),
    Aggregate("max", "founded", "newest"),
    Aggregate("sum", "double_credit", "twice"),
)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = make_world(database_url)
    root = made.ids["root"]
    made.add_user("carla", root, "boss")
    made.add_user("vera", root, "boss", time_zone="Europe/Vienna")
    made.add_user("anna", root, "mine")
    money = Decimal
    own = {"ownerid": made.ids["anna"], "ownerid_type": "systemuser"}
    rows: list[dict[str, Any]] = [
        {"name": "x", "city": "Rome", "size": 1, "credit": money("0.10"), **own},
        {"name": "X", "city": "ROME", "size": 1, "credit": money("0.20"), **own},
        {"name": "y", "city": "Oslo", "size": 2, "credit": money("9999999999.99")},
        {"name": "y", "size": 2, "credit": None, "employees": 7},
        {"name": None, "size": None, "credit": money("1"), "employees": 8},
    ]
    days = (
        date(2025, 12, 31),
        date(2026, 1, 1),
        date(2026, 1, 4),
        None,
        date(2026, 2, 1),
    )
    times = ("2025-12-31T22:59", "2025-12-31T23:00", "2026-03-29T01:30", None, None)
    for row, day, time in zip(rows, days, times, strict=True):
        row |= {"founded": day, "seen": moment(time) if time else None}
    made.put_many("firm", rows, ["first"])
    made.database.dispose()
    yield made
    made.database.dispose()


def ask(world: World, user: str | None = "carla", **parts: Any) -> list[dict[str, Any]]:
    with world.work(user) as work:
        return run(work, Query("firm", **parts)).rows


def test_figures_over_everything(world: World) -> None:
    (row,) = ask(world, aggregates=FIGURES)
    assert row == {
        "n": 5,
        "total": Decimal("10000001.29") + Decimal("9990000000.00"),
        "mean": (Decimal("10000000001.29")) / 4,
        "least": Decimal("0.1"),
        "most": 8,
        "cities": 3,
        "different": 2,
        "staff": Decimal("7.5"),
        "newest": date(2026, 2, 1),
        "twice": Decimal("20000000002.58"),
    }
    assert isinstance(row["total"], Decimal)


def test_figures_over_nothing(world: World) -> None:
    nobody = Compare("name", "eq", ("nobody",))
    (row,) = ask(world, aggregates=FIGURES, where=nobody)
    assert row["n"] == row["cities"] == row["different"] == 0
    assert {v for k, v in row.items() if k not in ("n", "cities", "different")} == {
        None
    }
    assert ask(world, group=(Group("name"),), where=nobody) == []


def test_texts_that_differ_in_case_are_one_group(world: World) -> None:
    rows = ask(world, group=(Group("name"),), aggregates=(Aggregate("count"),))
    assert rows == [
        {"name": None, "count": 1},
        {"name": "X", "count": 2},
        {"name": "y", "count": 2},
    ]


def test_groups_are_sorted_by_what_is_asked(world: World) -> None:
    rows = ask(
        world,
        group=(Group("size"),),
        aggregates=(Aggregate("sum", "credit", "total"),),
        order=(Order("total", True),),
    )
    assert [row["size"] for row in rows] == [2, None, 1]
    with pytest.raises(Refused, match='"credit" is no column of this grouped list'):
        ask(world, group=(Group("size"),), order=(Order("credit"),))
    assert len(ask(world, group=(Group("size"),), limit=2)) == 2


def test_groups_of_lookups_have_the_title_that_may_be_read(world: World) -> None:
    first = world.ids["first"]
    world.put("human", firmid=first, ownerid=world.ids["anna"])
    with world.work() as work:
        query = Query(
            "human", group=(Group("firmid"),), aggregates=(Aggregate("count"),)
        )
        assert run(work, query).rows == [
            {"firmid": first, "firmid@name": "x", "count": 1}
        ]


PERIODS = [
    ("founded", "carla", "year", "- 1, 2025-01-01 1, 2026-01-01 3"),
    ("founded", "carla", "month", "- 1, 2025-12-01 1, 2026-01-01 2, 2026-02-01 1"),
    ("founded", "vera", "week", "- 1, 2025-12-29 3, 2026-01-26 1"),
    ("founded", "carla", "quarter", "- 1, 2025-10-01 1, 2026-01-01 3"),
    ("seen", "carla", "day", "- 2, 2025-12-31 2, 2026-03-29 1"),
    ("seen", "vera", "day", "- 2, 2025-12-31 1, 2026-01-01 1, 2026-03-29 1"),
    ("seen", "vera", "year", "- 2, 2025-01-01 1, 2026-01-01 2"),
]


def test_dates_are_grouped_by_periods_of_the_askers_zone(world: World) -> None:
    for path, user, period, expected in PERIODS:
        rows = ask(
            world,
            user,
            group=(Group(path, period, "when"),),  # type: ignore[arg-type]
            aggregates=(Aggregate("count", alias="n"),),
        )
        found = ", ".join(f"{row['when'] or '-'} {row['n']}" for row in rows)
        assert found == expected, (path, period)


def test_figures_count_only_what_may_be_read(world: World) -> None:
    (row,) = ask(world, "anna", aggregates=FIGURES)
    assert (row["n"], row["total"]) == (2, Decimal("0.30"))
    with world.work("anna") as work:
        assert count(work, Query("firm", group=(Group("name"),))) == 1
        assert count(work, Query("firm", where=Exists("daughters"))) == 0


def test_what_has_no_figure_is_refused(world: World) -> None:
    cases = [
        ({"aggregates": (Aggregate("sum", "name"),)}, "it has no sum"),
        ({"aggregates": (Aggregate("max", "marks"),)}, "it has no max"),
        ({"aggregates": (Aggregate("sum"),)}, "sum needs a field"),
        ({"group": (Group("marks"),)}, "cannot be grouped"),
        ({"group": (Group("name", "month"),)}, "only dates are grouped"),
        ({"group": (Group("nme"),)}, 'Did you mean "name"?'),
    ]
    for parts, expected in cases:
        with pytest.raises(Refused) as caught:
            ask(world, **parts)
        assert expected in str(caught.value)
