"""What entities take from each other: shared fields, and targets by a switch."""

from tests.metadata.worlds import document_of
from xrm.metadata.catalog import Catalog, compose
from xrm.metadata.documents import Document

BASE = """\
kind: entity
name: deed
entity_kind: activity_base
title: subject
fields:
  subject: {type: text, label: Subject, max_length: 50}
  about:
    type: lookup
    label: About
    to_all: activities
    relationship_names: "{target}_{set_name}"
    collection: matters
  sortdate: {type: datetime, label: Sort date, searchable: false}
"""
ERRAND = """\
kind: entity
name: errand
entity_kind: activity
object_type_code: 4242
fields:
  place: {type: text, label: Place}
  subject: {type: text, label: What, max_length: 80}
"""
VISIT = "kind: entity\nname: visit\nlabel: A visit\nentity_kind: activity\n"
CLIENT = "kind: entity\nname: client\nactivities: true\n"


def documents(*texts: str) -> list[Document]:
    return [document_of(text, f"{i}.yaml") for i, text in enumerate(texts)]


def world(*more: str, reuse: Catalog | None = None) -> Catalog:
    return compose(documents(BASE, ERRAND, VISIT, CLIENT, *more), reuse=reuse)


def own(catalog: Catalog, entity: str) -> list[str]:
    fields = catalog.entity(entity).fields.values()
    return [field.name for field in fields if not field.system]


def test_an_activity_has_the_fields_of_its_base_around_its_own() -> None:
    catalog = world()
    assert own(catalog, "errand") == ["subject", "about", "place", "sortdate"]
    errand = catalog.entity("errand")
    assert (errand.field("subject").label, errand.key) == ("What", "activityid")
    assert catalog.entity("visit").field("subject").options["max_length"] == 50
    assert catalog.activity_base is catalog.entity("deed")
    assert [entity.name for entity in catalog.activities] == ["errand", "visit"]


def test_names_of_inherited_relationships_belong_to_the_activity() -> None:
    (target,) = world().entity("errand").field("about").targets
    assert (target.entity, target.relationship) == ("client", "client_errands")
    assert target.collection == "errands_matters"
    (target,) = world().entity("deed").field("about").targets
    assert (target.relationship, target.collection) == ("client_deeds", "matters")


def test_the_base_says_which_activity_a_record_is() -> None:
    choices = world().entity("deed").field("activitytypecode").choices
    assert choices is not None
    options = {o.external_value: (o.value, o.label) for o in choices.options}
    assert options["errand"] == (4242, "Errand")
    assert options["visit"][1] == "A visit"
    assert 10_000 <= options["visit"][0] < 90_000


def test_a_new_bearer_of_a_switch_is_a_target_at_once() -> None:
    before = world()
    house = "kind: entity\nname: house\nactivities: true\n"
    after = world(house, reuse=before)
    targets = after.entity("visit").field("about").targets
    assert [target.entity for target in targets] == ["client", "house"]
    assert after.entity("client") is before.entity("client"), "taken over"
    again = world(house, reuse=after)
    assert again.entity("visit") is after.entity("visit")
