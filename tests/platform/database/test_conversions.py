"""What becomes of values when a field's type changes, on both databases alike."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.platform.database.worlds import World, entity, key, text
from xrm.platform.database.inspection import schema_dump
from xrm.platform.database.publish import apply, prepare, undo_last

LONG = 2**40
HUGE = 2**62
INTEGER = {"type": "integer"}
BIG = {"type": "integer", "size": "big"}


def decimal(scale: int) -> dict[str, Any]:
    return {"type": "decimal", "scale": scale}


CHOICE = {"type": "choice", "choices": ["One", "Two"]}

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[Any, Any], str]] = {
    "text is cut": (
        text(20),
        text(3),
        {"abcde": "abc", "ab": "ab", "žžžž": "žžž"},
        "2 values will be cut",
    ),
    "text grows": (text(3), text(9_000), {"abc": "abc"}, ""),
    "big integers that do not fit": (
        BIG,
        INTEGER,
        {5: 5, LONG: None, -LONG: None},
        "2 values cannot be converted",
    ),
    "integer to decimal": (
        INTEGER,
        decimal(2),
        {5: Decimal("5.00"), -5: Decimal("-5.00")},
        "",
    ),
    "decimals are rounded half away from zero": (
        decimal(3),
        decimal(2),
        {
            Decimal("1.005"): Decimal("1.01"),
            Decimal("-1.005"): Decimal("-1.01"),
            Decimal("1.010"): Decimal("1.01"),
        },
        "2 values will be rounded",
    ),
    "decimal to integer": (
        decimal(2),
        INTEGER,
        {Decimal("2.50"): 3, Decimal("-2.50"): -3, Decimal("7.00"): 7},
        "2 values will be rounded",
    ),
    "integer to float": (
        BIG,
        {"type": "float"},
        {5: 5.0, 2**53 + 1: float(2**53 + 1)},
        "1 value will be rounded",
    ),
    "text to integer": (
        text(),
        INTEGER,
        {"12": 12, "-3": -3, "one": None},
        "1 value cannot be converted",
    ),
    "text to date": (
        text(),
        {"type": "date"},
        {"2024-02-29": date(2024, 2, 29), "soon": None},
        "1 value cannot be converted",
    ),
    "choice to text": (CHOICE, text(), {1: "One", 2: "Two"}, ""),
    "text to choice": (
        text(),
        CHOICE,
        {"two": 2, "One": 1, "Three": None},
        "1 value cannot be converted",
    ),
    "boolean to text": ({"type": "boolean"}, text(), {True: "Yes", False: "No"}, ""),
    "decimal to text": (decimal(2), text(), {Decimal("1.50"): "1.50"}, ""),
    "lookup to another entity": (
        {"type": "lookup", "to": "thing"},
        {"type": "lookup", "to": "other"},
        {key(1): None},
        "1 link to thing will be removed",
    ),
    "lookup to one more entity": (
        {"type": "lookup", "to": "thing"},
        {"type": "lookup", "to": ["other", "thing"]},
        {key(1): key(1)},
        "",
    ),
}


@pytest.mark.parametrize(
    ("old", "new", "values", "sentence"), CASES.values(), ids=CASES.keys()
)
def test_values_are_carried_over_counted_and_brought_back(
    world: World,
    old: dict[str, Any],
    new: dict[str, Any],
    values: dict[Any, Any],
    sentence: str,
) -> None:
    other = entity("other", {"name": text()})
    world.publish(entity("thing", {"f": old}), other)
    world.insert("thing", [{"f": value} for value in [*values, None]])
    dump, before = schema_dump(world.database), world.rows("thing", "f")

    prepared = prepare(world.database, [entity("thing", {"f": new}), other])
    said = "; ".join(impact.sentence for impact in prepared.impacts)
    assert said.startswith(sentence)
    assert bool(said) is bool(sentence)
    apply(world.database, prepared, snapshots=world.snapshots)
    expected = [*values.values(), None]
    assert [value for (value,) in world.rows("thing", "f")] == expected
    if isinstance(new.get("to"), list):
        assert world.rows("thing", "f_type")[0] == ("thing",)

    undo_last(world.database, snapshots=world.snapshots)
    assert schema_dump(world.database) == dump
    assert world.rows("thing", "f") == before


def test_a_number_too_large_for_its_new_scale_is_kept(world: World) -> None:
    world.publish(entity("thing", {"f": BIG}))
    world.insert("thing", [{"f": HUGE}])
    prepared = prepare(world.database, [entity("thing", {"f": decimal(5)})])
    apply(world.database, prepared, snapshots=world.snapshots)
    (value,) = world.rows("thing", "f")[0]
    assert value == (None if world.database.dialect == "sqlite" else Decimal(HUGE))
    undo_last(world.database, snapshots=world.snapshots)
    assert world.rows("thing", "f") == [(HUGE,)]


def test_a_lookup_that_loses_an_entity_loses_those_links_only(world: World) -> None:
    other = entity("other", {"name": text()})
    both = {"type": "lookup", "to": ["thing", "other"]}
    one = {"type": "lookup", "to": "other"}
    world.publish(entity("thing", {"f": both}), other)
    links = [{"f": key(1), "f_type": "thing"}, {"f": key(2), "f_type": "other"}]
    world.insert("thing", links)
    world.insert("other", [{"name": "a"}, {"name": "b"}])
    prepared = prepare(world.database, [entity("thing", {"f": one}), other])
    assert [i.sentence for i in prepared.impacts] == [
        "1 link to thing will be removed; kept in quarantine"
    ]
    apply(world.database, prepared, snapshots=world.snapshots)
    assert world.rows("thing", "f") == [(None,), (UUID(int=2),)]
    undo_last(world.database, snapshots=world.snapshots)
    assert world.rows("thing", "f", "f_type") == [
        (key(1), "thing"),
        (key(2), "other"),
    ]
