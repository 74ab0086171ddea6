"""The invariants: nothing is found in a sound database, each fault is found."""

import sqlalchemy as sa

from tests.platform.database.worlds import World, entity, key, pairs, text
from xrm.platform.database.doctor import faults, invariants


def publish(world: World) -> None:
    world.publish(
        entity(
            "thing",
            {
                "name": text(),
                "number": {"type": "autonumber", "format": "T-{SEQNUM:4}"},
                "parent": {"type": "lookup", "to": "thing"},
                "about": {"type": "lookup", "to": ["thing", "other"]},
                "size": {"type": "float"},
                "price": {"type": "decimal", "scale": 2},
                "yes": {"type": "boolean"},
                "day": {"type": "date"},
                "big": {"type": "integer", "size": "big"},
                "place": {"type": "location"},
                "long": text(100_000),
                "words": {"type": "tags"},
                "some": {"type": "multichoice", "choices": ["a", "b"]},
            },
            keys={"by_name": ["name"]},
            ownership="none",
        ),
        entity("other", {"name": text()}, ownership="none"),
        pairs("thing_other", "thing", "other"),
    )


def messages(world: World) -> list[str]:
    return [finding.message for finding in faults(world.database)]


def test_nothing_is_wrong_with_a_sound_database(world: World) -> None:
    publish(world)
    assert messages(world) == []
    (note,) = invariants(world.database)
    assert note.severity == "note"
    assert note.message.startswith(("SQLite 3.", "PostgreSQL 1"))


def test_lookups_and_pairs_to_nothing_are_found(world: World) -> None:
    publish(world)
    world.insert("thing", [{"name": "a", "parent": key(9), "number": "1"}])
    world.update("thing", 1, about=key(1), about_type="other")
    with world.database.engine.begin() as connection:
        table = world.tables(connection).pairs("thing_other")
        values = {c.name: key(1) for c in table.columns}
        connection.execute(sa.insert(table).values(values))
    assert messages(world) == [
        "1 of thing.parent point to a thing that is not there.",
        "1 of thing.about point to a other that is not there.",
        "1 pairs of thing_other point to a other that is not there.",
    ]
    world.update("thing", 1, about_type=None)
    assert "1 of thing.about do not say which entity they point to." in messages(world)


def test_doubled_numbers_are_found(world: World) -> None:
    publish(world)
    world.insert("thing", [{"number": "1"}, {"number": "1"}, {"number": "2"}])
    assert messages(world) == ["1 numbers of thing.number stand twice."]


def test_a_schema_that_is_not_the_catalog_is_found(world: World) -> None:
    publish(world)
    with world.database.engine.begin() as connection:
        table = world.tables(connection).table("thing")
        sa.Index("uq_thing_by_name", table.c.name).drop(connection)
        world.tables(connection).table("other").drop(connection)
        sa.Table("stray", sa.MetaData(), sa.Column("x", sa.Integer)).create(connection)
    found = messages(world)[:3]
    assert found == [
        "The table stray belongs to nothing.",
        "The index uq_thing_by_name is missing.",
        "The table other is missing.",
    ]
