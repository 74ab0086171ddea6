"""The list of all activities: complete, never stale, with the rights of each kind."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from tests.solutions.support import Installed, package, properties
from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.work import Work, open_work
from xrm.platform.errors import Conflict, Refused
from xrm.platform.query.query import Expr, Order, Query
from xrm.platform.query.run import rows, run
from xrm.platform.records import service
from xrm.platform.records.layout import layout_of
from xrm.platform.records.mirror import copying, list_of
from xrm.platform.security.actors import load_actor
from xrm.platform.security.checks import check_record, reasons

LIST = "activitypointer"
CALL = """\
kind: entity
name: prop_call
label: Site call
entity_kind: activity
title: subject
ownership: user
fields:
  floor: {type: integer, label: Floor}
states:
  - {value: 0, name: Open, reasons: [{value: 11, label: Planned}]}
  - {value: 1, name: Completed, reasons: [{value: 12, label: Made}]}
"""


def listed(made: Installed) -> list[tuple[Any, ...]]:
    """Return the rows of the list as they are."""
    with made.work() as work:
        table = work.tables.table(LIST)
        found = work.connection.execute(sa.select(table).order_by(table.c.activityid))
        return [tuple(row) for row in found]


def anew(made: Installed) -> list[tuple[Any, ...]]:
    """Return the rows the list would have if it were made of the activities now."""
    with made.work() as work:
        found: list[tuple[Any, ...]] = []
        base = layout_of(work.snapshot, LIST)
        columns = [column.name for column in base.table.c]
        for entity in work.catalog.activities:
            source = layout_of(work.snapshot, entity.name)
            assert list_of(source) is base
            select = copying(base, source).select
            assert select is not None
            for row in work.connection.execute(select).mappings():
                found.append(tuple(row[name] for name in columns))
        return sorted(found, key=lambda row: str(row[0]))


def assert_true(made: Installed) -> None:
    assert sorted(listed(made), key=lambda row: str(row[0])) == anew(made)


def test_every_verb_keeps_the_list_true(core: Installed) -> None:
    with core.work() as work:
        user = person(work, "a")
        task = service.create(work, "task", {"subject": "Call back"})
        mail = service.create(
            work,
            "email",
            {"subject": "Offer", "statuscode": 8, "description": "x" * 3_000},
        )
        service.create_many(
            work, "phonecall", [{"subject": f"Call {i}"} for i in range(30)]
        )
    assert len(listed(core)) == 32
    assert_true(core)
    with core.work() as work:
        service.update(work, "task", task, {"subject": "Called", "percentcomplete": 5})
        service.set_state(work, "email", mail, "Completed")
        service.assign(work, "task", task, Ref("systemuser", user))
        row = run(work, Query(LIST, columns=("activitytypecode", "statuscode"),
                              where=Expr('subject = "Offer"'))).rows[0]  # fmt: skip
        assert (row["activitytypecode"], row["statuscode"]) == (4202, 2)
        about = {"regardingobjectid": Ref("systemuser", user)}
        service.update(work, "task", task, about)
    assert_true(core)
    with core.work() as work:
        service.delete(work, "email", mail)
        calls = [r["activityid"] for r in rows(work, Query("phonecall"))]
        service.delete_many(work, "phonecall", calls[:29])
    assert len(listed(core)) == 2
    assert_true(core)


def person(work: Work, name: str, *roles: str, unit: UUID | None = None) -> UUID:
    """Make a user with roles, in the unit at the top or in one below it."""
    (top,) = rows(work, Query("businessunit", where=Expr('name != "Below"')))
    user = service.create(
        work,
        "systemuser",
        {
            "lastname": name,
            "domainname": name,
            "businessunitid": unit or top["businessunitid"],
        },
    )
    for role in rows(work, Query("role", columns=("name",))):
        if role["name"] in roles:
            service.associate(work, "systemuserroles_association", user, role["roleid"])
    return user


def test_nobody_writes_the_list(core: Installed) -> None:
    with core.work() as work:
        task = service.create(work, "task", {"subject": "A"})
    for deed in (
        lambda work: service.create(work, LIST, {"subject": "B"}),
        lambda work: service.update(work, LIST, task, {"subject": "B"}),
        lambda work: service.delete(work, LIST, task),
    ):
        with pytest.raises(Refused, match="as what they are"), core.work() as work:
            deed(work)
    assert_true(core)


def test_two_activities_have_two_ids(core: Installed) -> None:
    one = uuid4()
    with core.work() as work:
        service.create(work, "task", {"subject": "A"}, key=one)
    with pytest.raises(Conflict, match="another activity"), core.work() as work:
        service.create(work, "email", {"subject": "B"}, key=one)
    assert_true(core)


def test_a_publish_brings_and_takes_rows(core: Installed) -> None:
    core.install(
        package("calls", {"entities/prop_call/entity.yaml": CALL}),
    )
    with core.work() as work:
        service.create(work, "task", {"subject": "A"})
        one = service.create(work, "prop_call", {"subject": "B", "floor": 3})
        service.set_state(work, "prop_call", one, "Completed")
    assert len(listed(core)) == 2
    assert_true(core)
    core.installer.uninstall("calls")
    assert len(listed(core)) == 1
    assert_true(core)
    core.installer.undo()
    assert len(listed(core)) == 2
    assert_true(core)


GRANTS = """\
kind: role
name: mixed
label: Mixed
privileges:
  task: {read: organization}
  phonecall: own
  email: {read: unit}
  businessunit: {read: organization}
"""


@pytest.mark.parametrize("role", ["basic_user", "mixed", "system_administrator"])
def test_rights_are_those_of_each_activity(core: Installed, role: str) -> None:
    core.install(package("grants", {"roles/mixed.yaml": GRANTS}))
    with core.work() as work:
        below = service.create(work, "businessunit", {"name": "Below"})
        one = person(work, "one", role)
        others = [person(work, "two"), person(work, "three", unit=below)]
        for owner in (one, *others):
            for entity in ("task", "phonecall", "email", "letter"):
                service.create(
                    work,
                    entity,
                    {"subject": entity, "ownerid": Ref("systemuser", owner)},
                )
    with core.database.reader.connect() as connection:
        actor = load_actor(connection, core.snapshots.current(connection), one)
    with open_work(core.database, core.snapshots, actor, write=False) as work:
        seen = {row["activityid"] for row in rows(work, Query(LIST))}
        expected = {
            row["activityid"]
            for entity in ("task", "phonecall", "email", "letter")
            if actor.privileges[entity]["read"].depth
            for row in rows(work, Query(entity))
        }
        assert seen == expected
        wanted = {"basic_user": 4, "mixed": 3 + 1 + 2, "system_administrator": 12}
        assert len(seen) == wanted[role]
        table = work.tables.table(LIST)
        for id_ in work.connection.execute(sa.select(table.c.activityid)).scalars():
            may = check_record(work, LIST, "read", {"activityid": id_})
            assert may == (id_ in seen)
            assert any(r.granted for r in reasons(work, LIST, id_)) == may
            assert not check_record(work, LIST, "write", {"activityid": id_})
        pages = []
        after = None
        while True:
            page = run(
                work, Query(LIST, order=(Order("subject"),), limit=2, after=after)
            )
            pages += page.rows
            after = page.next
            if after is None:
                break
        assert [row["activityid"] for row in pages] == [
            row["activityid"]
            for row in rows(work, Query(LIST, order=(Order("subject"),)))
        ]


def test_what_counts_all_activities_follows(core: Installed) -> None:
    client = properties(
        **{
            "entities/prop_property/entity.yaml": """\
kind: entity
name: prop_property
set_name: prop_properties
label: Property
title: name
activities: true
fields:
  name: {type: text, label: Name, required: true}
  rooms: {type: integer, label: Rooms}
  open_activities:
    type: integer
    label: Open activities
    rollup: count(activitypointers where statecode = "Open")
"""
        }
    )
    core.install(client)
    core.install(package("calls", {"entities/prop_call/entity.yaml": CALL}))

    def count() -> Any:
        with core.work() as work:
            (row,) = rows(work, Query("prop_property", columns=("open_activities",)))
            return row["open_activities"]

    with core.work() as work:
        house = service.create(work, "prop_property", {"name": "House"})
        about = {"regardingobjectid": Ref("prop_property", house)}
        task = service.create(work, "task", {"subject": "A", **about})
        service.create(work, "prop_call", {"subject": "B", **about})
    assert count() == 2
    with core.work() as work:
        service.set_state(work, "task", task, "Completed")
    assert count() == 1
    core.installer.uninstall("calls")
    assert count() == 0
    with core.work() as work:
        service.delete(work, "prop_property", house)
    assert listed(core) == []
