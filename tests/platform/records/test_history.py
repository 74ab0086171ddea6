"""History: what is kept, what a reader sees, and that nobody changes it unseen."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from tests.support.records_world import NOON, changes_of
from xrm.platform.database.system_tables import AUDIT
from xrm.platform.records import service
from xrm.platform.records.chain import seal, verify


def _a_past(world):
    """Make a record with a history of three changes; return its id."""
    record = world.create("client", "carla", name="A", city="Graz")
    for hour, values in ((1, {"name": "B"}), (2, {"city": None})):
        with world.work("carla", now=NOON + timedelta(hours=hour)) as work:
            service.update(work, "client", record, values)
    return record


def test_history_says_who_what_when_and_why(world):
    record = _a_past(world)
    with world.work("carla", write=False) as work:
        made, named, moved = service.history(work, "client", record)
    assert (made.verb, made.who, made.cause) == ("create", world.users["carla"], "test")
    assert made.after["name"] == "A"
    assert (named.verb, named.when) == ("update", NOON + timedelta(hours=1))
    assert (named.before["name"], changes_of(named)) == ("A", {"name": "B"})
    assert (moved.before["city"], changes_of(moved)) == ("Graz", {"city": None})


def test_unaudited_fields_and_stamps_stay_out_of_history(world):
    record = world.create("deal", "carla", name="D", secret="s")
    world.update("deal", record, "carla", secret="t", name="E")
    with world.work(write=False) as work:
        made, changed = service.history(work, "deal", record)
    assert "secret" not in made.after
    assert "createdon" not in made.after
    assert changes_of(changed) == {"name": "E"}


def test_a_record_as_it_was(world):
    record = _a_past(world)
    with world.work(now=NOON + timedelta(hours=3)) as work:
        service.delete(work, "client", record)
    with world.work(write=False) as work:
        seen = [
            service.as_of(work, "client", record, NOON + timedelta(minutes=minutes))
            for minutes in (-1, 0, 61, 121)
        ]
        ended = service.history(work, "client", record)[-1]
    assert seen[0] is None
    assert (seen[1]["name"], seen[1]["city"]) == ("A", "Graz")
    assert (seen[2]["name"], seen[2]["city"]) == ("B", "Graz")
    assert (seen[3]["name"], seen[3]["city"]) == ("B", None)
    assert (ended.verb, ended.before["name"]) == ("delete", "B")


def _changed(connection, rows):
    connection.execute(
        update(AUDIT).where(AUDIT.c.seq == rows[1].seq).values(after='{"name":"X"}')
    )


def _removed(connection, rows):
    connection.execute(delete(AUDIT).where(AUDIT.c.seq == rows[1].seq))


def _removed_last(connection, rows):
    connection.execute(delete(AUDIT).where(AUDIT.c.seq == rows[2].seq))


def _removed_all(connection, rows):
    connection.execute(delete(AUDIT).where(AUDIT.c.record == rows[0].record))


def _added(connection, rows):
    row = {c.name: getattr(rows[1], c.name) for c in AUDIT.columns if c.name != "seq"}
    connection.execute(insert(AUDIT).values(row))


def _redated(connection, rows):
    connection.execute(
        update(AUDIT)
        .where(AUDIT.c.seq == rows[0].seq)
        .values(at=NOON - timedelta(days=1))
    )


@pytest.mark.parametrize(
    "tamper", [_changed, _removed, _removed_last, _removed_all, _added, _redated]
)
def test_tampering_is_found(world, tamper):
    record = _a_past(world)
    with world.work() as work:
        assert verify(work.connection, work.snapshot) == []
        before = seal(work.connection)
        rows = work.connection.execute(
            select(AUDIT).where(AUDIT.c.record == record).order_by(AUDIT.c.seq)
        ).all()
        tamper(work.connection, rows)
        found = verify(work.connection, work.snapshot)
        assert {broken.record for broken in found} == {record}
        assert seal(work.connection) != before


def test_a_change_past_the_platform_is_found(world):
    record = world.create("client", name="A")
    with world.work() as work:
        table = work.tables.table("client")
        work.connection.execute(update(table).values(versionnumber=1))
        found = verify(work.connection, work.snapshot)
    assert [broken.record for broken in found] == [record]
    assert "changed past the platform" in found[0].message


def test_a_whole_deleted_history_shows_in_the_seal(world):
    record = world.create("client", name="A")
    with world.work() as work:
        service.delete(work, "client", record)
        count, digest = seal(work.connection)
        work.connection.execute(delete(AUDIT).where(AUDIT.c.record == record))
        assert verify(work.connection, work.snapshot) == []
        assert seal(work.connection) != (count, digest)
