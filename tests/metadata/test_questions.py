"""Small questions: versions, scope, order of formulas, the catalog's own answers."""

import pytest

from tests.metadata.worlds import base_catalog, base_documents, document_of
from xrm.metadata.catalog import compose
from xrm.metadata.definitions import UnknownEntity, UnknownField, UnknownName
from xrm.metadata.dependencies import circles, evaluation_order, places_read
from xrm.metadata.fields import field_type
from xrm.metadata.scope import CatalogScope
from xrm.metadata.versions import satisfies, version_key
from xrm.rule_engine import check_expression
from xrm.rule_engine.types import INTEGER, Choice, Record


@pytest.mark.parametrize(
    ("version", "condition", "met"),
    [
        ("1.0", ">=1.0", True), ("1.0.0", ">=1", True), ("0.9", ">=1.0", False),
        ("1.10", ">1.9", True), ("2", ">=1.0, <2", False), ("1.9.9", ">=1.0, <2", True),
        ("1", "=1.0", True), ("1", "!=1.0", False), ("3", "*", True),
        ("1", "<=0.9", False), ("1.2", "==1.2.0", True),
    ],
)  # fmt: skip
def test_a_version_meets_a_condition(version: str, condition: str, met: bool) -> None:
    assert satisfies(version, condition) is met


def test_zeros_at_the_end_do_not_count() -> None:
    assert version_key("1.0.0") == version_key("1") == (1,)


def test_rules_see_the_catalog() -> None:
    scope = CatalogScope(base_catalog())
    assert scope.has_entity("account")
    assert not scope.has_entity("acount")
    industry = scope.field("account", "industrycode")
    assert industry is not None
    assert industry.type == Choice("industry", {"Accounting": 1, "Brokers": 2})
    customer = scope.field("contact", "parentcustomerid")
    assert customer is not None
    assert customer.type == Record(("account", "contact"))
    assert scope.field("account", "nothing") is None
    assert scope.field("nothing", "name") is None
    assert "name" in scope.field_names("account")
    assert scope.field_names("nothing") == ()
    assert scope.field("account", "name") is scope.field("account", "name")
    assert "ticket" in scope.entity_names()


@pytest.mark.parametrize(
    ("entity", "name", "other"),
    [
        ("account", "tickets", "ticket"), ("account", "subsidiaries", "account"),
        ("account", "fans", "contact"), ("contact", "favourites", "account"),
        ("account", "ticket_customerid", "ticket"), ("account", "contacts", "contact"),
    ],
)  # fmt: skip
def test_rules_see_collections(entity: str, name: str, other: str) -> None:
    found = CatalogScope(base_catalog()).collection(entity, name)
    assert found is not None
    assert found.entity == other
    assert CatalogScope(base_catalog()).collection(entity, "zebras") is None
    assert name in CatalogScope(base_catalog()).collection_names(entity)


@pytest.mark.parametrize(
    ("entity", "name", "can"),
    [
        ("account", "name", True), ("account", "opencases", False),
        ("contact", "fullname", False), ("account", "accountid", False),
        ("account", "createdon", False), ("account", "statuscode", True),
        ("account", "ownerid", True), ("ticket", "cost", False),
    ],
)  # fmt: skip
def test_rules_may_set_what_nothing_computes(entity: str, name: str, can: bool) -> None:
    facts = CatalogScope(base_catalog()).field(entity, name)
    assert facts is not None
    assert facts.can_set is can


def test_an_expression_reads_fields_over_lookups_and_children() -> None:
    catalog = base_catalog()
    text = (
        "count(tickets where cost > parent.revenue) + length(primarycontactid.fullname)"
    )
    typed = check_expression(text, CatalogScope(catalog), "account", expected=INTEGER)
    assert places_read(typed, catalog) == {
        ("ticket", "cost"), ("account", "revenue"), ("account", "primarycontactid"),
        ("contact", "fullname"),
    }  # fmt: skip


def test_formulas_come_after_those_they_read() -> None:
    reads = {
        "total": frozenset({("a", "net"), ("a", "tax"), ("b", "net")}),
        "tax": frozenset({("a", "net"), ("a", "price")}),
        "net": frozenset({("a", "price")}),
    }
    assert evaluation_order("a", reads) == ("net", "tax", "total")
    circular = {"x": frozenset({("a", "y")}), "y": frozenset({("a", "x")})}
    assert set(evaluation_order("a", circular)) == {"x", "y"}


def test_each_circle_is_found_once() -> None:
    a, b, c, d = (("e", name) for name in "abcd")
    graph = {
        a: frozenset({b}), b: frozenset({c, a}), c: frozenset({a}), d: frozenset({d, a})
    }  # fmt: skip
    assert circles(graph) == [(a, b, a), (d, d)]
    chain = {
        ("e", f"f{i:04}"): frozenset({("e", f"f{i + 1:04}")}) for i in range(5_000)
    }
    assert circles(chain) == []


def test_what_is_not_there_is_said() -> None:
    catalog = base_catalog()
    with pytest.raises(UnknownEntity, match='There is no entity "acount"'):
        catalog.entity("acount")
    with pytest.raises(UnknownField, match=r'There is no field "account\.nme"'):
        catalog.entity("account").field("nme")
    with pytest.raises(UnknownName, match=r'There is no definition "ticket\.all"'):
        catalog.view("ticket", "all")
    with pytest.raises(UnknownName, match='There is no field type "txt"'):
        field_type("txt")


def test_the_catalog_answers() -> None:
    catalog = base_catalog()
    account = catalog.entity_of_set("accounts")
    assert account is catalog.entity("account")
    assert catalog.entity_of_set("zebras") is None
    view = catalog.default_view("ticket")
    assert view is not None
    assert view.name == "open"
    assert catalog.default_view("account") is None
    assert catalog.form("account") is None
    children = {(c.entity, c.field.name) for c in catalog.children("account")}
    assert {("ticket", "customerid"), ("contact", "parentcustomerid")} <= children


def test_a_duplicate_rule_is_read_from_a_list_and_a_mapping() -> None:
    text = """\
kind: entity
name: thing
fields: {a: {type: text}, b: {type: text}}
duplicates:
  one: {match: [a: same, b: same_first_letters 3]}
  two: {match: {a: same, b: same_first_letters 3}, action: block}
"""
    first, second = compose([document_of(text, "t.yaml")]).entity("thing").duplicates
    assert dict(first.match) == dict(second.match) == {
        "a": "same", "b": "same_first_letters 3"
    }  # fmt: skip


def test_composing_again_takes_over_what_did_not_change() -> None:
    before = base_catalog()
    changed = document_of(
        "kind: role\nname: agent\nprivileges: {ticket: unit}\n", "agent.yaml"
    )
    documents = [d for d in base_documents() if d.kind != "role"]
    after = compose([*documents, changed], 2, reuse=before)
    assert after.entities["account"] is before.entities["account"]
    assert after.views["ticket"]["open"] is before.views["ticket"]["open"]
    assert after.roles["agent"] != before.roles["agent"]
    assert after == compose([*documents, changed], 2)


def test_a_changed_choice_list_reaches_the_fields_that_use_it() -> None:
    before = base_catalog()
    text = "kind: choice\nname: industry\noptions: [Farming]\n"
    documents = [d for d in base_documents() if d.kind != "choice"]
    after = compose([*documents, document_of(text, "i.yaml")], reuse=before)
    choices = after.entities["account"].fields["industrycode"].choices
    assert choices is not None
    assert [option.label for option in choices.options] == ["Farming"]
