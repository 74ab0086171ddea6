"""What the checks say of several documents together."""

from tests.metadata.worlds import BASE, base_documents, document_of
from xrm.metadata.catalog import compose
from xrm.metadata.checks import check
from xrm.metadata.documents import Document
from xrm.metadata.loading import load_document


def test_problems_come_sorted_by_file_and_line() -> None:
    texts = {
        "b.yaml": "kind: view\nentity: x\nname: v\ncolumns: [a]\n",
        "a.yaml": "kind: view\nentity: account\nname: v\ncolumns: [b]\nsort: [c]\n",
    }
    documents = [document_of(text, file) for file, text in texts.items()]
    found = check(compose([*base_documents(), *documents]), documents)
    assert [str(problem.where) for problem in found] == [
        "a.yaml:4:11", "a.yaml:5:8", "b.yaml:2:9"
    ]  # fmt: skip


def test_two_documents_of_one_name_are_reported() -> None:
    again = document_of(BASE["industry.yaml"], "again.yaml")
    documents = [*base_documents(), again]
    assert [str(p) for p in check(compose(documents), documents)] == [
        'again.yaml:2:7 G001 The choice "industry" is defined in industry.yaml '
        "already. Remove one of the two."
    ]


def test_an_entity_of_too_many_fields_is_reported() -> None:
    fields = {f"f{index}": {"type": "integer"} for index in range(800)}
    document = Document("entity", "wide", {"kind": "entity", "name": "wide",
                                           "fields": fields}, "wide.yaml")  # fmt: skip
    documents = [*base_documents(), document]
    assert [str(p) for p in check(compose(documents), documents)] == [
        "wide.yaml:1:1 E011 wide has 816 fields with the platform's; at most 800 are "
        "allowed. Move some to an entity of their own."
    ]


def test_a_problem_of_a_merged_document_names_the_file_it_came_from() -> None:
    document = Document(
        "view", "v",
        {"kind": "view", "entity": "account", "name": "v", "columns": ["name", "x"],
         "filter": "nam = 1"},
        "core/v.yaml",
        positions={(): (1, 1), ("columns", 1): (3, 4), ("filter",): (7, 9)},
        files={("columns", 1): "crm/v.yaml", ("filter",): "local"},
    )  # fmt: skip
    documents = [*base_documents(), document]
    assert [str(problem.where) for problem in check(compose(documents), documents)] == [
        "crm/v.yaml:3:4", "local:7:9"
    ]  # fmt: skip


def test_a_document_of_the_database_is_called_by_its_kind_and_key() -> None:
    data = {"kind": "view", "entity": "account", "name": "v", "columns": ["x"]}
    document = Document("view", "v", data)
    documents = [*base_documents(), document]
    found = check(compose(documents), documents)
    assert [str(problem.where) for problem in found] == ["view:account/v:1:1"]


def test_solutions_that_require_each_other_are_reported() -> None:
    a = "kind: solution\nname: a\nversion: '1'\nrequires: {b: '*'}\n"
    b = "kind: solution\nname: b\nversion: '1'\nrequires: {a: '*'}\n"
    documents = [document_of(a, "a.yaml"), document_of(b, "b.yaml")]
    assert [str(problem) for problem in check(compose(documents), documents)] == [
        "a.yaml:4:15 M003 a and b require each other. Only one may require the other.",
        "b.yaml:4:15 M003 b and a require each other. Only one may require the other.",
    ]


def test_a_circle_over_two_entities_is_found_once() -> None:
    parent = """\
kind: entity
name: holder
fields:
  total: {type: integer, rollup: sum(children.share)}
"""
    child = """\
kind: entity
name: child
fields:
  holderid: {type: lookup, to: holder, collection: children}
  share: {type: integer, formula: holderid.total + 1}
"""
    documents = [document_of(parent, "p.yaml"), document_of(child, "c.yaml")]
    everything = [*base_documents(), *documents]
    assert [str(p) for p in check(compose(everything), documents)] == [
        "c.yaml:5:35 G006 A computed value depends on itself: child.share → "
        "holder.total → child.share. Take one of the fields out of its formula."
    ]


def test_every_problem_of_a_broken_file_is_listed_at_once() -> None:
    text = """\
kind: entity
name: thing
title: nme
hierarchy: parent
fields:
  name: {type: text}
  a: {type: integer, min: 5, max: 1, default: x}
  b: {type: lookup, to: [nobody, account]}
  c: {type: integer, formula: a + nme}
keys: {k: [zz]}
"""
    document, _ = load_document(text, "t.yaml")
    assert document is not None
    everything = [*base_documents(), document]
    found = check(compose(everything), [document])
    assert [(p.where.line, p.code) for p in found if p.where] == [
        (3, "E002"), (4, "E007"), (7, "F003"), (7, "F004"), (8, "F006"), (9, "N002"),
        (10, "E003"),
    ]  # fmt: skip


BASE_OF_ACTIVITIES = """\
kind: entity
name: deed
entity_kind: activity_base
title: subject
fields:
  subject: {type: text, label: Subject, max_length: 50}
  due: {type: datetime, label: Due}
"""


def test_an_activity_fits_the_list_of_all_activities() -> None:
    errand = """\
kind: entity
name: errand
entity_kind: activity
fields:
  due: {type: date, label: Due}
  subject: {type: text, formula: "\\"x\\""}
states:
  - {value: 0, name: Open, reasons: [{value: 1, label: Open}]}
  - {value: 7, name: Odd, reasons: [{value: 2, label: Odd}]}
"""
    second = BASE_OF_ACTIVITIES.replace("deed", "work")
    documents = [
        *base_documents(),
        document_of(BASE_OF_ACTIVITIES, "deed.yaml"),
        document_of(errand, "errand.yaml"),
        document_of(second, "work.yaml"),
    ]
    assert [str(p) for p in check(compose(documents), documents)] == [
        "errand.yaml:5:15 E014 due is of type date; in the list of all activities "
        "(deed) it is of type datetime. Give it this type, or another name.",
        "errand.yaml:6:12 E014 subject is computed, but stands in the list of all "
        "activities (deed). Give the computed field another name.",
        "errand.yaml:9:13 E014 The list of all activities (deed) has no state 7. Use "
        "one of 0, 1.",
        "work.yaml:3:14 E014 deed is the list of all activities already. There can be "
        "one.",
    ]
