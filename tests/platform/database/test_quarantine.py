"""What is kept, for how long, and what became of it."""

from datetime import UTC, datetime, timedelta

from tests.platform.database.worlds import World, entity, text
from xrm.platform.database.publish import undo_last
from xrm.platform.database.publish_history import history
from xrm.platform.database.quarantine import entries, purge

BOTH = entity("thing", {"name": text(), "fax": text()})
LESS = entity("thing", {"name": text(2)})


def kept(world: World) -> list[tuple[str, str | None, int]]:
    with world.database.reader.connect() as connection:
        return [(e.reason, e.field, e.rows) for e in entries(connection)]


def test_only_what_is_lost_is_kept_and_it_leaves_when_it_comes_back(
    world: World,
) -> None:
    world.publish(BOTH)
    world.insert("thing", [{"name": "long", "fax": None}, {"name": "x", "fax": "1"}])
    world.publish(LESS)
    assert kept(world) == [("field", "fax", 1), ("value", "name", 1)]
    undo_last(world.database)
    assert kept(world) == []


def test_what_is_purged_is_gone_for_good(world: World) -> None:
    world.publish(BOTH)
    world.insert("thing", [{"name": "a", "fax": "1"}])
    world.publish(LESS)
    now = datetime.now(UTC)
    with world.database.engine.begin() as connection:
        assert purge(connection, now - timedelta(days=1)) == 0
        assert purge(connection, now + timedelta(days=1)) == 1
    assert kept(world) == []
    world.publish(BOTH)
    assert world.rows("thing", "fax") == [(None,)]


def test_the_history_of_publishes_says_who_and_what(world: World) -> None:
    world.publish(BOTH)
    world.insert("thing", [{"name": "long", "fax": "1"}])
    world.publish(LESS)
    undo_last(world.database)
    with world.database.reader.connect() as connection:
        undo, last, first = history(connection)
    assert (undo.undoes, last.undone_by, first.undone_by) == (2, 3, None)
    assert [" ".join(line.split()) for line in last.lines] == [
        "- field thing.fax 1 record has a value; kept in quarantine",
        "~ field thing.name text(100) → text(2); 1 value will be cut; the whole one is "
        "kept in quarantine",
    ]


def test_wide_tables_go_to_quarantine_and_back(world: World) -> None:
    """More columns than a function takes arguments."""
    names = [f"f{n}" for n in range(230)]
    wide = entity("thing", {name: {"type": "integer"} for name in names})
    world.publish(wide)
    row = {name: number for number, name in enumerate(names)}
    world.insert("thing", [row, {**row, "f0": None}])
    before = world.rows("thing", *names)
    world.publish()
    world.publish(wide)
    assert world.rows("thing", *names) == before
