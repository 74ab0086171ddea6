"""The scenario of a changed entity, on both databases: planned, applied, undone."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.platform.database.worlds import World, entity, key, text
from xrm.platform.database import ddl
from xrm.platform.database.inspection import schema_dump
from xrm.platform.database.publish import apply, prepare, undo_last
from xrm.platform.errors import Conflict, NotFound, Refused

BEFORE = entity(
    "thing",
    {
        "name": text(300),
        "code": text(50),
        "fax": text(50),
        "amount": {"type": "integer"},
        "old_name": text(100),
    },
)
AFTER = entity(
    "thing",
    {
        "name": text(10),
        "code": text(50),
        "amount": {"type": "decimal", "scale": 2},
        "new_name": text(100, renamed_from="old_name"),
        "added": {"type": "date"},
    },
)


def rows() -> list[dict[str, object]]:
    return [
        {
            "name": "x" * (20 if i < 12 else 5),
            "fax": "1" if i < 7 else None,
            "amount": i,
            "old_name": f"n{i}",
        }
        for i in range(30)
    ]


def test_a_changed_entity_is_planned_applied_and_undone(world: World) -> None:
    world.publish(BEFORE)
    world.insert("thing", rows())
    dump = schema_dump(world.database)
    values = world.rows("thing", "thingid", "name", "fax", "amount", "old_name")

    prepared = prepare(world.database, [AFTER], layers={"local": [AFTER]})
    assert [(i.field, i.sentence) for i in prepared.impacts] == [
        ("fax", "7 records have a value; kept in quarantine"),
        ("name", "12 values will be cut; the whole ones are kept in quarantine"),
    ]
    apply(world.database, prepared, snapshots=world.snapshots)
    assert world.rows("thing", "name", "amount", "new_name", "added")[:1] == [
        ("x" * 10, Decimal("0.00"), "n0", None)
    ]
    assert world.rows("thing", "amount")[29] == (Decimal("29.00"),)
    assert schema_dump(world.database) != dump

    undo_last(world.database, snapshots=world.snapshots)
    assert schema_dump(world.database) == dump
    assert world.rows("thing", "thingid", "name", "fax", "amount", "old_name") == values


def test_an_undo_keeps_what_was_changed_since(world: World) -> None:
    world.publish(entity("thing", {"name": text(300)}))
    world.insert("thing", [{"name": "a long name"}, {"name": "another long name"}])
    world.publish(entity("thing", {"name": text(5)}))
    world.update("thing", 2, name="mine")

    undo_last(world.database, snapshots=world.snapshots)

    assert world.rows("thing", "name") == [("a long name",), ("mine",)]


def test_publishes_are_undone_from_the_newest_on(world: World) -> None:
    empty = schema_dump(world.database)
    world.publish(entity("thing", {"name": text()}))
    one = schema_dump(world.database)
    world.publish(entity("thing", {"name": text(), "more": text()}))

    undo_last(world.database)
    assert schema_dump(world.database) == one
    undo_last(world.database)
    assert schema_dump(world.database) == empty
    with pytest.raises(NotFound, match="There is no publish to undo"):
        undo_last(world.database)


def test_a_removed_entity_comes_back_with_its_rows(world: World) -> None:
    thing = entity("thing", {"name": text(), "size": {"type": "float"}})
    world.publish(thing)
    world.insert(
        "thing", [{"name": "a", "size": 0.1 + 0.2}, {"name": None, "size": None}]
    )
    before = schema_dump(world.database)
    world.publish()
    world.publish(thing)
    assert schema_dump(world.database) == before
    assert world.rows("thing", "thingid", "name", "size") == [
        (key(1), "a", 0.1 + 0.2),
        (key(2), None, None),
    ]


def test_values_come_back_only_into_a_field_that_means_the_same(world: World) -> None:
    """On SQLite both decimals are BIGINT: 1.25 would become 0.0125."""
    price = {"type": "decimal", "scale": 2}
    world.publish(entity("thing", {"name": text(), "f": price}))
    world.insert("thing", [{"f": Decimal("1.25")}])
    world.publish(entity("thing", {"name": text()}))
    world.publish(entity("thing", {"name": text(), "f": {**price, "scale": 4}}))
    assert world.rows("thing", "f") == [(None,)]


def test_what_comes_back_points_to_nothing_that_is_gone(world: World) -> None:
    other = entity("other", {"name": text()})
    link = {"type": "lookup", "to": "other"}
    both = [entity("thing", {"name": text(), "f": link}), other]
    world.publish(*both)
    world.insert("other", [{"name": "a"}, {"name": "b"}])
    world.insert("thing", [{"f": key(1)}, {"f": key(2)}])
    world.publish(entity("thing", {"name": text()}), other)
    with world.database.engine.begin() as connection:
        table = world.tables(connection).table("other")
        connection.execute(sa.delete(table).where(table.c.otherid == key(1)))
    undo_last(world.database, snapshots=world.snapshots)
    assert world.rows("thing", "f") == [(None,), (key(2),)]


def test_a_removal_is_undone_after_the_thing_came_and_went_again(
    world: World,
) -> None:
    thing = entity("thing", {"name": text()})
    world.publish(thing)
    world.insert("thing", [{"name": "a"}])
    world.publish()
    world.publish(thing)
    undo_last(world.database, snapshots=world.snapshots)
    undo_last(world.database, snapshots=world.snapshots)
    assert world.rows("thing", "name") == [("a",)]


def test_a_field_installed_again_gets_its_values_back(world: World) -> None:
    both = entity("thing", {"name": text(), "price": {"type": "currency"}})
    world.publish(both)
    world.insert("thing", [{"name": "a", "price": Decimal("1.25")}])
    world.publish(entity("thing", {"name": text()}))
    world.publish(both)
    assert world.rows("thing", "name", "price") == [("a", Decimal("1.25"))]


def test_a_renamed_entity_keeps_rows_and_what_points_to_it(world: World) -> None:
    owner = {"type": "lookup", "to": ["thing", "other"]}
    before = [
        entity("thing", {"name": text(), "parent": {"type": "lookup", "to": "thing"}}),
        entity("other", {"of": owner}),
    ]
    world.publish(*before)
    dump = schema_dump(world.database)
    world.insert("thing", [{"name": "a", "parent": key(1)}])
    world.insert("other", [{"of": key(1), "of_type": "thing"}])

    world.publish(
        entity(
            "item",
            {"name": text(), "parent": {"type": "lookup", "to": "item"}},
            renamed_from="thing",
        ),
        entity("other", {"of": {"type": "lookup", "to": ["item", "other"]}}),
    )
    assert world.rows("item", "itemid", "name", "parent") == [(key(1), "a", key(1))]
    assert world.rows("other", "of", "of_type") == [(key(1), "item")]

    undo_last(world.database, snapshots=world.snapshots)
    assert schema_dump(world.database) == dump
    assert world.rows("thing", "thingid", "name", "parent") == [(key(1), "a", key(1))]
    assert world.rows("other", "of", "of_type") == [(key(1), "thing")]


def test_texts_become_numbers_where_they_can_and_come_back(world: World) -> None:
    before = entity("thing", {"code": text()})
    world.publish(before)
    world.insert("thing", [{"code": "12"}, {"code": "twelve"}, {"code": None}])
    dump = schema_dump(world.database)
    after = entity("thing", {"code": {"type": "integer"}})

    prepared = prepare(world.database, [after])
    assert [i.sentence for i in prepared.impacts] == [
        "1 value cannot be converted and becomes empty; kept in quarantine"
    ]
    apply(world.database, prepared, snapshots=world.snapshots)
    assert world.rows("thing", "code") == [(12,), (None,), (None,)]

    undo_last(world.database, snapshots=world.snapshots)
    assert schema_dump(world.database) == dump
    assert world.rows("thing", "code") == [("12",), ("twelve",), (None,)]


def test_a_key_that_records_break_is_refused_with_its_count(world: World) -> None:
    world.publish(entity("thing", {"name": text()}))
    world.insert("thing", [{"name": "Ann"}, {"name": "ANN"}, {"name": "Bob"}])
    keyed = entity("thing", {"name": text()}, keys={"by_name": ["name"]})

    prepared = prepare(world.database, [keyed])
    assert [i.sentence for i in prepared.impacts] == [
        "2 records break the key by_name; make their values unique first"
    ]
    with pytest.raises(Refused, match="2 records break the key by_name"):
        apply(world.database, prepared)


def test_a_plan_is_refused_when_somebody_published_since(world: World) -> None:
    one = entity("thing", {"name": text()})
    prepared = prepare(world.database, [one], layers={"local": [one]})
    world.publish(entity("other", {"name": text()}))
    with pytest.raises(Conflict) as refused:
        apply(world.database, prepared)
    assert "The definitions are at version 1 now; this plan was made for version 0" in (
        refused.value.message
    )
    assert refused.value.code == "catalog_moved"


def test_a_table_without_room_for_more_columns_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ddl, "MOST_COLUMNS", {"sqlite": 16, "postgresql": 16})
    world.publish(entity("thing", {"name": text()}))
    many = entity("thing", {f"f{n}": {"type": "boolean"} for n in range(9)})
    prepared = prepare(world.database, [many])
    with pytest.raises(Refused, match="Rebuild the table first"):
        apply(world.database, prepared)
    assert world.rows("thing", "name") == []


def test_what_the_installer_does_is_part_of_the_publish(world: World) -> None:
    one = entity("thing", {"name": text()})
    prepared = prepare(world.database, [one], layers={"local": [one]})
    before = schema_dump(world.database)

    def fail(connection: object, snapshot: object) -> None:
        raise RuntimeError("no seed")

    with pytest.raises(RuntimeError, match="no seed"):
        apply(world.database, prepared, then=fail)
    assert schema_dump(world.database) == before
