"""Each verb by a table of cases: what is taken, what is refused and in which words."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.support.records_world import NOON, some_id
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    StaleVersion,
)
from xrm.platform.records import service

TAKEN = [
    ("client", {"name": "Acme", "employees": "12"}, {"name": "Acme", "employees": 12}),
    ("client", {"name": "A", "since": "2026-02-28"}, {"since": date(2026, 2, 28)}),
    ("client", {"name": "A", "size": "large"}, {"size": 3}),
    ("client", {"name": "A"}, {"size": 2, "statecode": 0, "statuscode": 1}),
    ("client", {"name": "A", "size": None}, {"size": None}),
    ("client", {"name": "A", "statecode": 1}, {"statecode": 1, "statuscode": 2}),
    ("client", {"name": "A", "statuscode": 2}, {"statecode": 1, "statuscode": 2}),
    ("deal", {"name": "D", "value": "12.5"}, {"value": Decimal("12.5")}),
    ("deal", {"name": "D", "statecode": "Lost"}, {"statecode": 2, "statuscode": 5}),
    ("deal", {"name": "D", "statuscode": 4}, {"statecode": 2, "statuscode": 4}),
    ("person", {"firstname": "Ada", "lastname": "L"}, {"fullname": "Ada L"}),
    (
        "deal",
        {"name": "D", "value": 200, "probability": 25},
        {"weighted": Decimal(50), "weighted_base": Decimal(50), "hot": False},
    ),
    (
        "deal",
        {"name": "D", "overriddencreatedon": "2020-01-02T03:04:05Z"},
        {"createdon": datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)},
    ),
]


@pytest.mark.parametrize(("entity", "sent", "kept"), TAKEN)
def test_created_records_hold_what_was_sent_and_what_follows(world, entity, sent, kept):
    record = world.create(entity, "anna", **sent)
    row = world.read(entity, record, "anna")
    assert {name: row[name] for name in kept} == kept
    assert row["createdby"] == Ref("systemuser", world.users["anna"])
    assert row["ownerid"] == Ref("systemuser", world.users["anna"])
    assert row["owningbusinessunit"] == Ref("businessunit", world.units["north"])
    assert row["modifiedon"] == NOON


REFUSED = [
    (
        "client",
        {"name": "A", "nmae": 1},
        "unknown_field",
        'Client has no field "nmae". Did you mean "name"?',
    ),
    ("client", {}, "required", "Name is required. Fill it in."),
    ("client", {"name": ""}, "required", "Name is required. Fill it in."),
    (
        "client",
        {"name": "A", "employees": "x"},
        "not_number",
        'Employees must be a whole number, not "x".',
    ),
    (
        "client",
        {"name": "A", "createdon": "2020-01-01"},
        "read_only",
        "Created on is kept by the platform and cannot be set. Leave it out.",
    ),
    (
        "client",
        {"name": "A", "open_deals": 3},
        "read_only",
        "Open deals is a rollup and cannot be set. Leave it out.",
    ),
    (
        "client",
        {"name": "A", "display": "x"},
        "read_only",
        "Display is computed by a formula and cannot be set. Leave it out.",
    ),
    (
        "person",
        {"lastname": "L", "fullname": "x"},
        "read_only",
        "Fullname is computed by a formula and cannot be set. Leave it out.",
    ),
    (
        "deal",
        {"name": "D", "locked": "x"},
        "read_only",
        "Locked is read-only. Leave it out.",
    ),
    (
        "deal",
        {"name": "D", "statecode": 1, "statuscode": 4},
        "state_mismatch",
        'Status reason "Canceled" does not belong to the state "Won". '
        'Choose one of "Won".',
    ),
]


@pytest.mark.parametrize(("entity", "sent", "code", "message"), REFUSED)
def test_refused_values_name_field_and_remedy(world, entity, sent, code, message):
    with pytest.raises(Invalid) as fault:
        world.create(entity, "anna", **sent)
    assert [detail.code for detail in fault.value.details] == [code]
    assert fault.value.details[0].message == message
    assert fault.value.message == message


def test_all_faults_of_a_record_are_told_at_once(world):
    with pytest.raises(Invalid) as fault:
        world.create("client", nmae=1, employees="x", createdon="2020-01-01")
    assert [d.field for d in fault.value.details] == ["employees", "nmae", "createdon"]
    assert fault.value.message.startswith("3 values of this client do not fit: ")


def test_read_only_values_that_change_nothing_are_ignored(world):
    record = world.create("deal", "anna", name="D", value=5)
    row = world.read("deal", record, "anna")
    row["name"] = "E"
    hot = row.pop("hot")
    version = world.update("deal", record, "anna", **row)
    assert hot is None
    assert version > row["versionnumber"]
    assert world.read("deal", record, "anna")["name"] == "E"


def test_an_update_that_changes_nothing_keeps_version_and_history(world):
    record = world.create("client", name="A")
    before = world.read("client", record)
    assert world.update("client", record, name="A") == before["versionnumber"]
    assert world.read("client", record) == before
    with world.work() as work:
        assert len(service.history(work, "client", record)) == 1


def test_a_stale_version_is_refused_with_the_current_values(world):
    record = world.create("client", name="A")
    old = world.read("client", record)["versionnumber"]
    new = world.update("client", record, name="B")
    with world.work() as work, pytest.raises(StaleVersion) as fault:
        service.update(work, "client", record, {"name": "C"}, if_version=old)
    assert fault.value.current_version == new
    assert fault.value.current["name"] == "B"
    assert fault.value.message == (
        "This client was changed by somebody else since you read it. "
        "Look at the current values and repeat your change."
    )
    with world.work() as work, pytest.raises(StaleVersion):
        service.delete(work, "client", record, if_version=old)
    with world.work() as work:
        service.update(work, "client", record, {"name": "C"}, if_version=new)


def test_a_version_never_comes_again_for_the_same_id(world):
    key = some_id()
    with world.work() as work:
        service.create(work, "client", {"name": "A"}, key=key)
    last = world.update("client", key, name="B")
    with world.work() as work:
        service.delete(work, "client", key)
    later = NOON + timedelta(seconds=1)
    with world.work(now=later) as work:
        service.create(work, "client", {"name": "A"}, key=key)
    assert world.read("client", key)["versionnumber"] > last


def test_lookups_must_lead_somewhere(world):
    nowhere = some_id()
    with pytest.raises(Invalid) as fault:
        world.create("person", "anna", lastname="L", clientid=str(nowhere))
    assert fault.value.message == (
        f"Clientid: there is no Client with the id {nowhere}, or you may not see it. "
        "Choose another one."
    )
    bens = world.create("client", "ben", name="Ben's")
    with pytest.raises(Invalid) as fault:
        world.create("person", "anna", lastname="L", clientid=bens)
    assert fault.value.details[0].code == "no_record"
    own = world.create("client", "anna", name="Own")
    person = world.create("person", "anna", lastname="L", clientid=own)
    assert world.read("person", person)["clientid"] == Ref("client", own)


def test_lookups_to_several_entities_keep_which_one(world):
    client = world.create("client", name="A")
    person = world.create("person", lastname="L")
    deal = world.create("deal", name="D", customerid=Ref("client", client))
    world.update("deal", deal, customerid={"entity": "person", "id": str(person)})
    assert world.read("deal", deal)["customerid"] == Ref("person", person)
    with pytest.raises(Invalid) as fault:
        world.update("deal", deal, customerid=Ref("person", client))
    assert fault.value.details[0].code == "no_record"


TRANSITIONS = [
    ("Open", "Won", None),
    ("Open", "Lost", None),
    ("Won", "Open", None),
    (
        "Won",
        "Lost",
        'A deal that is "Won" cannot become "Lost". It may become "Open".',
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), TRANSITIONS)
def test_states_follow_the_declared_transitions(world, old, new, message):
    record = world.create("deal", "anna", name="D", statecode=old)
    with world.work("anna") as work:
        if message is None:
            service.set_state(work, "deal", record, new)
            return
        with pytest.raises(Invalid) as fault:
            service.set_state(work, "deal", record, new)
    assert fault.value.message == message


def test_a_closed_record_changes_only_its_state_and_owner(world):
    record = world.create("deal", "carla", name="D", value=1)
    with world.work("carla") as work:
        service.set_state(work, "deal", record, "Won", 3)
    with pytest.raises(Invalid) as fault:
        world.update("deal", record, "carla", name="E")
    assert fault.value.message == (
        "This deal is won and cannot be changed. Reopen it to change name."
    )
    with world.work("carla") as work:
        service.assign(work, "deal", record, Ref("systemuser", world.users["anna"]))
        service.update(work, "deal", record, {"statecode": "Open", "name": "E"})
    row = world.read("deal", record)
    assert (row["name"], row["statuscode"]) == ("E", 1)


def test_assigning_moves_the_unit_and_needs_the_privilege(world):
    record = world.create("client", "carla", name="A")
    with world.work("carla") as work:
        service.assign(work, "client", record, Ref("systemuser", world.users["anna"]))
    row = world.read("client", record)
    assert row["ownerid"] == Ref("systemuser", world.users["anna"])
    assert row["owningbusinessunit"] == Ref("businessunit", world.units["north"])
    with world.work("ben") as work, pytest.raises(NotFound):
        service.assign(work, "client", record, Ref("systemuser", world.users["ben"]))
    with world.work() as work:
        entries = service.history(work, "client", record)
    assert [entry.verb for entry in entries] == ["create", "assign"]


def test_rights_hold_for_every_verb(world):
    record = world.create("client", "ben", name="Ben's")
    with world.work("anna") as work:
        for call in (
            lambda: service.retrieve(work, "client", record),
            lambda: service.update(work, "client", record, {"name": "X"}),
            lambda: service.delete(work, "client", record),
            lambda: service.history(work, "client", record),
            lambda: service.set_state(work, "client", record, 1),
        ):
            with pytest.raises(NotFound):
                call()
        with pytest.raises(Forbidden):
            service.create(work, "tag", {"name": "T"})
        with pytest.raises(NotFound):
            service.retrieve(work, "client", some_id())


def test_upsert_by_id_and_by_key(world):
    key = some_id()
    with world.work() as work:
        assert service.upsert(work, "client", key, {"name": "A"}) == (key, True)
        assert service.upsert(work, "client", key, {"name": "B"}) == (key, False)
        made, new = service.upsert(
            work, "client", {"number": "K-1"}, {"name": "C", "city": "Graz"}
        )
        assert new
        again = service.upsert(work, "client", {"number": "k-1"}, {"city": "Linz"})
        assert again == (made, False)
        both = {"name": "c", "city": "LINZ"}
        assert service.upsert(work, "client", both, {})[0] == made
        with pytest.raises(NotFound):
            service.upsert(work, "client", some_id(), {}, allow="update")
        with pytest.raises(Conflict):
            service.upsert(work, "client", key, {}, allow="create")
        with pytest.raises(Refused) as fault:
            service.upsert(work, "client", {"city": "X"}, {})
    assert fault.value.message == (
        "Client has no alternate key of city. Its keys are: number; name, city."
    )


def test_keys_stand_once_whatever_the_case(world):
    world.create("client", name="A", number="K-1")
    other = world.create("client", name="B")
    for call in (
        lambda: world.create("client", name="C", number="k-1"),
        lambda: world.update("client", other, number="k-1"),
    ):
        with pytest.raises(Conflict) as fault:
            call()
        assert fault.value.message == (
            'There is already a client with this number: "k-1". '
            "Change the value, or change the other record."
        )


def test_an_id_stands_once(world):
    key = world.create("client", name="A")
    with pytest.raises(Conflict) as fault:
        world.create("client", name="B", clientid=key)
    assert fault.value.code == "duplicate_id"


def test_pairs_are_added_once_and_parted(world):
    deal = world.create("deal", name="D")
    tag = world.create("tag", name="T")
    with world.work() as work:
        assert service.associate(work, "deal_tag", deal, tag)
        assert not service.associate(work, "deal_tag", deal, tag)
    assert world.read("deal", deal)["tags_count"] == 1
    with world.work() as work:
        assert service.disassociate(work, "deal_tag", deal, tag)
        assert not service.disassociate(work, "deal_tag", deal, tag)
        with pytest.raises(Refused) as fault:
            service.associate(work, "deal_tags", deal, tag)
    assert 'Did you mean "deal_tag"?' in fault.value.message
    assert world.read("deal", deal)["tags_count"] == 0
    with world.work() as work:
        entries = service.history(work, "deal", deal)
    assert [entry.verb for entry in entries] == ["create", "associate", "disassociate"]
    assert entries[1].after == {"tags": {"entity": "tag", "id": str(tag)}}


def test_money_follows_the_currency(world):
    usd = world.currencies["USD"]
    deal = world.create("deal", name="D", value=100, transactioncurrencyid=usd)
    row = world.read("deal", deal)
    assert (row["exchangerate"], row["value_base"]) == (Decimal("1.25"), Decimal(80))
    world.update("transactioncurrency", usd, exchangerate=2)
    assert world.read("deal", deal)["value_base"] == Decimal(80)
    world.update("deal", deal, name="E")
    assert world.read("deal", deal)["value_base"] == Decimal(80)
    world.update("deal", deal, value=50)
    assert world.read("deal", deal)["value_base"] == Decimal(25)
    plain = world.create("deal", name="P", value=3)
    row = world.read("deal", plain)
    assert row["transactioncurrencyid"].id == world.currencies["EUR"]
    assert row["value_base"] == Decimal(3)


def test_retrieve_gives_the_asked_fields_and_refuses_others(world):
    record = world.create("client", name="A", city="Graz")
    with world.work(write=False) as work:
        got = service.retrieve(work, "client", record, ["name", "display"])
        assert got == {"name": "A", "display": "A (Graz)"}
        with pytest.raises(Refused) as fault:
            service.retrieve(work, "client", record, ["citty"])
    assert fault.value.message == 'Client has no field "citty". Did you mean "city"?'
