"""Parties of activities: rows of their own, written with the activity."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from tests.solutions.support import Installed
from tests.solutions.test_activities import assert_true, person
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.fields.party import Party
from xrm.platform.api.doors import read_values, translate
from xrm.platform.database.work import Work, open_work
from xrm.platform.errors import Invalid, Refused
from xrm.platform.records import parties, service
from xrm.platform.security.actors import load_actor

PARTY = "activityparty"


def rows_of(work: Work, entity: str, record: UUID) -> list[tuple[int, Party]]:
    found = parties.stored(work, entity, [record]).get(record, [])
    return [(mask, party) for _, mask, party in found]


def ids_of(work: Work, record: UUID) -> set[UUID]:
    return {row[0] for row in parties.stored(work, "email", [record])[record]}


def test_parties_are_rows_of_the_activity(core: Installed) -> None:
    with core.work() as work:
        user = person(work, "anna")
        mail = service.create(
            work,
            "email",
            {
                "subject": "Offer",
                "from": Ref("systemuser", user),
                "to": f"systemuser:{user}; bob@example.org",
                "cc": [{"address": "eve@example.org"}],
            },
        )
        assert set(rows_of(work, "email", mail)) == {
            (1, Party(Ref("systemuser", user))),
            (2, Party(Ref("systemuser", user))),
            (2, Party(None, "bob@example.org")),
            (3, Party(None, "eve@example.org")),
        }
        before = ids_of(work, mail)
        old = service.retrieve(work, "email", mail)["versionnumber"]
    with core.work() as work:
        service.update(work, "email", mail, {"to": ["bob@example.org", "x@y.z"]})
        found = dict.fromkeys(rows_of(work, "email", mail))
        assert (2, Party(Ref("systemuser", user))) not in found
        assert (2, Party(None, "x@y.z")) in found
        assert len(ids_of(work, mail) & before) == 3, "what stays is left alone"
        assert service.retrieve(work, "email", mail)["versionnumber"] > old
        changed = service.retrieve(work, "email", mail)["versionnumber"]
        service.update(work, "email", mail, {"to": ["x@y.z", "bob@example.org"]})
        assert service.retrieve(work, "email", mail)["versionnumber"] == changed
        service.update(work, "email", mail, {"to": None})
        assert {mask for mask, _ in rows_of(work, "email", mail)} == {1, 3}
    assert_true(core)
    with core.work() as work:
        service.delete(work, "email", mail)
    assert core.count(PARTY) == 0


def test_what_cannot_be_a_party_is_refused(core: Installed) -> None:
    for value, said in (
        (f"task:{uuid4()}", "To cannot be a task; it takes"),
        (f"team:{uuid4()}", "there is no team"),
        ([{"id": "x"}], "To must list records"),
        ("a" * 201, "at most 200"),
    ):
        with pytest.raises(Invalid, match=said), core.work() as work:
            service.create(work, "email", {"subject": "A", "to": value})
    assert core.count("email") == core.count(PARTY) == 0
    with pytest.raises(Invalid, match='has no field "to"'), core.work() as work:
        service.create(work, "task", {"subject": "A", "to": "a@b.org"})
    with core.work() as work:
        mail = service.create(work, "email", {"subject": "A", "to": "a@b.org"})
        service.set_state(work, "email", mail, "Completed")
    with pytest.raises(Invalid, match="Reopen it to change to"), core.work() as work:
        service.update(work, "email", mail, {"to": None})
    assert core.count(PARTY) == 1


def test_rights_on_parties_are_those_on_the_activity(core: Installed) -> None:
    with core.work() as work:
        one, two = person(work, "one", "basic_user"), person(work, "two")
        queue = service.create(work, "queue", {"name": "Desk"})
    with core.database.reader.connect() as connection:
        actor = load_actor(connection, core.snapshots.current(connection), one)
    with open_work(core.database, core.snapshots, actor) as work:
        mail = service.create(
            work, "email", {"subject": "A", "to": [Ref("queue", queue), "a@b.org"]}
        )
        service.update(work, "email", mail, {"to": Ref("systemuser", two)})
        service.delete(work, "email", mail)
        service.create_many(
            work, "email", [{"subject": str(i), "to": "a@b.org"} for i in range(3)]
        )
    assert core.count(PARTY) == 3


def test_the_api_takes_them_in_the_body(core: Installed) -> None:
    with core.work() as work:
        user = person(work, "anna")
        entity = work.catalog.entity("email")
        body: dict[str, Any] = {
            "subject": "Offer",
            "email_activity_parties": [
                {
                    "partyid_systemuser@odata.bind": f"/systemusers({user})",
                    "participationtypemask": 2,
                    "@odata.type": "#Microsoft.Dynamics.CRM.activityparty",
                },
                {"addressused": "bob@example.org", "participationtypemask": 2},
                {"participationtypemask": 9},
            ],
        }

        def resolve(segment: Any) -> Ref:
            return Ref("systemuser", user)

        wanted = (Party(Ref("systemuser", user)), Party(None, "bob@example.org"))
        for read in (read_values, translate):
            values = read(work.snapshot, entity, body, resolve, "http://localhost/")
            assert values == {"subject": "Offer", "to": wanted}
        for row, said in (
            ({"participationtypemask": 5, "addressused": "a"}, r"5 is nothing in a"),
            ({"participationtypemask": 2}, 'needs "partyid_'),
            ("x", "must list objects"),
        ):
            with pytest.raises(Refused, match=said):
                read_values(
                    work.snapshot,
                    entity,
                    {"email_activity_parties": [row]},
                    resolve,
                    "http://localhost/",
                )


def test_history_tells_of_parties(core: Installed) -> None:
    with core.work() as work:
        mail = service.create(work, "email", {"subject": "A", "to": "a@b.org"})
        (row,) = parties.stored(work, "email", [mail])[mail]
    with core.work() as work:
        service.update(work, "email", mail, {"to": "c@d.org"})
        entries = service.history(work, PARTY, row[0])
        assert [entry.verb for entry in entries] == ["create", "delete"]
        table = work.tables.table(PARTY)
        count = sa.select(sa.func.count()).select_from(table)
        assert work.connection.scalar(count) == 1
