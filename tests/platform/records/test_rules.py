"""Rules in the verbs: what they see, set, refuse, and how they start each other."""

from datetime import date
from decimal import Decimal

import pytest

from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Invalid, Refused
from xrm.platform.records import service

RULES = """
- kind: rule
  entity: deal
  name: won_needs_value
  rule: |
    before change of statecode
    when statecode = "Won" and (value is empty or value <= 0)
    then reject "A won deal needs a value above zero." on value
- kind: rule
  entity: deal
  name: probability_of_won
  rule: |
    before change of statecode
    when statecode = "Won"
    then set probability = 100
- kind: rule
  entity: deal
  name: hot_is_noted
  order: 50
  rule: |
    before change of probability
    when probability >= 80
    then set description = "Hot: " + sponsorid.name
- kind: rule
  entity: deal
  name: warn_without_customer
  rule: |
    before create
    when customerid is empty
    then warn "This deal has no customer."
- kind: rule
  entity: deal
  name: keep_valuable
  rule: |
    before delete
    when value > 1000
    then reject "Deals above 1,000 are kept."
- kind: rule
  entity: deal
  name: few_open
  rule: |
    before create
    when sponsorid.open_deals >= 2
    then reject "This customer has two open deals already." on customerid
- kind: rule
  entity: deal
  name: never_down
  rule: |
    before change of value
    when value < old.value
    then reject "The value never goes down." on value
- kind: rule
  entity: line
  name: three_at_most
  rule: |
    after create
    when dealid.lines_count >= 3
    then reject "A deal has three lines at most." on dealid
- kind: rule
  entity: echo
  name: ping
  rule: |
    before change of name
    when name != "stop"
    then set other = name + "."
- kind: rule
  entity: echo
  name: pong
  rule: |
    before change of other
    then set name = other + "!"
"""
OTHER = """
- kind: entity
  name: echo
  title: name
  fields:
    name: {type: text, required: true, max_length: 4000}
    other: {type: text, max_length: 4000}
    due: {type: date, default: {formula: 'today() + 3 days'}}
    amount: {type: decimal, scale: 1, default: {formula: 'length(name) / 3'}}
"""


@pytest.fixture
def world(new_world):
    return new_world(RULES + OTHER)


def test_a_rule_refuses_with_its_words_at_its_field(world):
    deal = world.create("deal", "anna", name="D")
    with world.work("anna") as work, pytest.raises(Invalid) as fault:
        service.set_state(work, "deal", deal, "Won")
    assert fault.value.message == "A won deal needs a value above zero."
    assert [(d.field, d.code) for d in fault.value.details] == [("value", "rule")]
    with pytest.raises(Invalid):
        world.create("deal", "anna", name="D", statecode="Won")


def test_rules_set_fields_and_start_each_other(world):
    client = world.create("client", name="Acme")
    deal = world.create("deal", name="D", value=5, sponsorid=client)
    with world.work() as work:
        service.set_state(work, "deal", deal, "Won")
    row = world.read("deal", deal)
    assert (row["probability"], row["description"]) == (100, "Hot: Acme")
    assert row["weighted"] == Decimal(5)
    with world.work(write=False) as work:
        entry = service.history(work, "deal", deal)[-1]
    assert {"probability", "description", "weighted"} <= entry.after.keys()


def test_warnings_come_with_the_work(world):
    with world.work() as work:
        service.create(work, "deal", {"name": "D"})
        assert work.warnings == ["This deal has no customer."]


def test_rules_see_old_values_and_guard_deletion(world):
    deal = world.create("deal", name="D", value=1500)
    with pytest.raises(Invalid, match="never goes down"):
        world.update("deal", deal, value=10)
    with world.work() as work, pytest.raises(Invalid, match="are kept"):
        service.delete(work, "deal", deal)


def test_cascades_run_the_rules_of_children(world):
    client = world.create("client", name="A")
    world.create("deal", name="D", value=1500, customerid=Ref("client", client))
    with pytest.raises(Invalid, match="are kept"), world.work() as work:
        service.delete(work, "client", client)
    assert world.read("client", client)["open_deals"] == 1


@pytest.mark.parametrize("on_error", ["stop", "report"])
def test_rules_that_look_at_other_records_hold_in_bulk(world, on_error):
    client = world.create("client", name="A")
    links = {"customerid": Ref("client", client), "sponsorid": client}
    rows = [{"name": f"D{n}", **links} for n in range(4)]
    with world.work() as work:
        if on_error == "stop":
            with pytest.raises(Invalid, match="two open deals already"):
                service.create_many(work, "deal", rows)
            return
        made = service.create_many(work, "deal", rows, on_error="report")
    assert [outcome.error is None for outcome in made] == [True, True, False, False]
    assert world.read("client", client)["open_deals"] == 2


def test_rules_after_the_write_see_what_it_did(world):
    deal = world.create("deal", name="D")
    for number in range(3):
        world.create("line", name=f"L{number}", dealid=deal)
    with pytest.raises(Invalid, match="three lines at most"):
        world.create("line", name="L3", dealid=deal)
    assert world.read("deal", deal)["lines_count"] == 3


def test_rules_that_go_in_circles_are_named(world):
    with pytest.raises(Refused) as fault:
        world.create("echo", name="a")
    assert fault.value.code == "rule_depth"
    assert "ping → pong → ping" in fault.value.message
    assert world.create("echo", name="stop")


def test_defaults_may_be_expressions_and_a_sent_value_wins(world):
    row = world.read("echo", world.create("echo", name="stop"))
    assert (row["due"], row["amount"]) == (date(2026, 11, 27), Decimal("1.3"))
    row = world.read("echo", world.create("echo", name="stop", due=None, amount=2))
    assert (row["due"], row["amount"]) == (None, Decimal(2))
