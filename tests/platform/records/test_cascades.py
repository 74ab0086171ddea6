"""Cascades: what happens to children, for each declared behaviour."""

import pytest

from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Invalid, NotFound, Refused
from xrm.platform.records import service

ANNA, BEN = "anna", "ben"


def _user(world, name):
    return Ref("systemuser", world.users[name])


def _exists(world, entity, record):
    try:
        world.read(entity, record)
    except NotFound:
        return False
    return True


def test_delete_cascades_through_children_and_their_children(world):
    client = world.create("client", name="A")
    person = world.create("person", lastname="P", clientid=client)
    deal = world.create("deal", name="D", customerid=Ref("client", client))
    own = world.create("deal", name="P", customerid=Ref("person", person))
    line = world.create("line", name="L", dealid=deal)
    daughter = world.create("client", name="B", parentid=client)
    with world.work() as work:
        service.delete(work, "client", client)
    for entity, record in (("person", person), ("deal", deal), ("line", line)):
        assert not _exists(world, entity, record)
    assert world.read("client", daughter)["parentid"] is None
    assert world.read("deal", own)["customerid"] is None
    with world.work(write=False) as work:
        verbs = {
            entity: [e.verb for e in service.history(work, entity, record)]
            for entity, record in (
                ("person", person),
                ("deal", deal),
                ("line", line),
                ("client", daughter),
            )
        }
        cause = service.history(work, "line", line)[-1].cause
    assert verbs == {
        "person": ["create", "delete"],
        "deal": ["create", "delete"],
        "line": ["create", "delete"],
        "client": ["create", "update"],
    }
    assert cause == "Deletion of Deal"


def test_restrict_names_count_and_records(world):
    deal = world.create("deal", name="D")
    for number in range(5):
        world.create("invoice", name=f"I{number}", dealid=deal)
    with world.work() as work, pytest.raises(Refused) as fault:
        service.delete(work, "deal", deal)
    assert fault.value.code == "restricted"
    assert fault.value.message.startswith(
        "5 Invoices still point to this deal (Dealid): "
    )
    assert fault.value.message.endswith(", …. Delete or change them first.")
    assert _exists(world, "deal", deal)


def test_restrict_deep_in_a_cascade_refuses_the_whole(world):
    client = world.create("client", name="A")
    deal = world.create("deal", name="D", customerid=Ref("client", client))
    invoice = world.create("invoice", name="I", dealid=deal)
    with pytest.raises(Refused) as fault, world.work() as work:
        service.delete(work, "client", client)
    assert fault.value.message == (
        '1 Invoice still point to this deal (Dealid): "I". Delete or change them first.'
    )
    assert _exists(world, "client", client)
    assert _exists(world, "deal", deal)
    with world.work() as work:
        service.delete(work, "invoice", invoice)
        service.delete(work, "client", client)
    assert not _exists(world, "deal", deal)


def test_deleting_parts_the_pairs(world):
    deal = world.create("deal", name="D")
    tag = world.create("tag", name="T")
    with world.work() as work:
        service.associate(work, "deal_tag", deal, tag)
    with world.work() as work:
        service.delete(work, "tag", tag)
        pairs = work.tables.pairs("deal_tag")
        assert work.connection.execute(pairs.select()).all() == []
    assert world.read("deal", deal)["tags_count"] == 0


ASSIGN = [
    # child, its owner, whether it is open, whether it follows
    ("person", ANNA, True, True),
    ("person", BEN, True, True),
    ("person", ANNA, False, True),
    ("client_deal", ANNA, True, True),
    ("client_deal", BEN, True, True),
    ("client_deal", ANNA, False, False),
    ("daughter", ANNA, True, False),
]


@pytest.mark.parametrize(("kind", "owner", "is_open", "follows"), ASSIGN)
def test_assign_carries_the_children_declared(world, kind, owner, is_open, follows):
    client = world.create("client", name="A", ownerid=_user(world, ANNA))
    entity, values = {
        "person": ("person", {"lastname": "P", "clientid": client}),
        "client_deal": ("deal", {"name": "D", "customerid": Ref("client", client)}),
        "daughter": ("client", {"name": "B", "parentid": client}),
    }[kind]
    state = 0 if is_open else 1
    child = world.create(entity, ownerid=_user(world, owner), statecode=state, **values)
    with world.work() as work:
        service.assign(work, "client", client, _user(world, "carla"))
    row = world.read(entity, child)
    assert row["ownerid"] == _user(world, "carla" if follows else owner)
    unit = "root" if follows else "north"
    assert row["owningbusinessunit"].id == world.units[unit]


@pytest.mark.parametrize(("owner", "follows"), [(ANNA, True), (BEN, False)])
def test_user_owned_children_follow_only_their_old_owner(world, owner, follows):
    person = world.create("person", lastname="P", ownerid=_user(world, ANNA))
    deal = world.create(
        "deal",
        name="D",
        customerid=Ref("person", person),
        ownerid=_user(world, owner),
    )
    with world.work() as work:
        service.assign(work, "person", person, _user(world, "carla"))
    kept = world.read("deal", deal)["ownerid"]
    assert kept == _user(world, "carla" if follows else owner)


def test_reparenting_follows_to_the_new_parents_owner(world):
    annas = world.create("client", name="A", ownerid=_user(world, ANNA))
    carlas = world.create("client", name="C", ownerid=_user(world, "carla"))
    person = world.create(
        "person", lastname="P", clientid=annas, ownerid=_user(world, ANNA)
    )
    world.update("person", person, clientid=carlas)
    row = world.read("person", person)
    assert row["ownerid"] == _user(world, "carla")
    assert row["owningbusinessunit"].id == world.units["root"]


def test_a_tree_has_no_loops(world):
    top = world.create("client", name="A")
    middle = world.create("client", name="B", parentid=top)
    low = world.create("client", name="C", parentid=middle)
    for parent in (top, middle, low):
        with pytest.raises(Invalid) as fault:
            world.update("client", top, parentid=parent)
        assert fault.value.message == (
            "Parentid: a record cannot stand below itself. Choose another one."
        )


def test_users_that_are_named_cannot_be_deleted(world):
    world.create("client", ANNA, name="A")
    with world.work() as work, pytest.raises(Refused) as fault:
        service.delete(work, "systemuser", world.users[ANNA])
    assert fault.value.code == "restricted"
