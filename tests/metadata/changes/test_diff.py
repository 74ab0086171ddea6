"""The difference of two catalogs makes the one of the other, and back."""

from typing import Any

import pytest
from hypothesis import given

from tests.metadata.changes.catalogs import catalogs
from xrm.metadata.catalog import Catalog, compose
from xrm.metadata.changes import (
    RenameEntity,
    RenameField,
    RenameRelationship,
    apply_all,
    diff,
    reverse_all,
)
from xrm.metadata.documents import Document


@given(catalogs(), catalogs())
def test_the_difference_applied_to_the_old_gives_the_new(
    a: Catalog, b: Catalog
) -> None:
    operations = diff(a, b)
    assert apply_all(a, operations) == b
    assert apply_all(b, reverse_all(operations)) == a


@given(catalogs())
def test_nothing_differs_from_itself(a: Catalog) -> None:
    assert diff(a, a) == ()
    assert diff(a, apply_all(a, ())) == ()


@given(catalogs(), catalogs())
def test_every_operation_can_be_taken_back_and_said(a: Catalog, b: Catalog) -> None:
    for operation in diff(a, b):
        assert operation.reverse().reverse() == operation
        assert operation.symbol in "+~-"
        assert operation.describe().startswith(f"{operation.symbol} {operation.kind} ")
        assert operation.describe().isprintable()
        opposite = {"+": "-", "-": "+", "~": "~"}[operation.symbol]
        assert operation.reverse().symbol == opposite
        for dialect in ("sqlite", "postgresql"):
            assert operation.needs_rewrite(dialect) in (True, False)  # type: ignore[arg-type]  # a literal


def catalog(*, name: str = "thing", view: bool = False, **data: Any) -> Catalog:
    """Return a catalog with one entity."""
    body = {"kind": "entity", "name": name, **data}
    documents = [
        Document("entity", name, body),
        Document("choice", "colors", {"name": "colors", "options": ["Red", "Blue"]}),
    ]
    if view:
        body = {"name": "v", "entity": name, "columns": ["a"], "sort": ["a"]}
        documents.append(Document("view", "v", body))
    return compose(documents)


def shown(old: Catalog, new: Catalog) -> list[str]:
    return [o.describe() for o in diff(old, new) if not o.is_consequence]


def one_field(data: dict[str, Any]) -> Catalog:
    return catalog(fields={"a": data})


CHANGES: list[tuple[dict[str, Any], dict[str, Any], str, bool, tuple[bool, bool]]] = [
    # old, new, in words, loses data, rewrites on (SQLite, PostgreSQL)
    ({"type": "text"}, {"type": "text", "max_length": 300},
     "text(100) → text(300)", False, (False, False)),
    ({"type": "text", "max_length": 300}, {"type": "text"},
     "text(300) → text(100)", True, (False, True)),
    ({"type": "text"}, {"type": "text", "format": "text_area", "max_length": 9000},
     "text(100) → text(9000)", False, (False, False)),
    ({"type": "text", "format": "text_area", "max_length": 9000}, {"type": "text"},
     "text(9000) → text(100)", True, (False, True)),
    ({"type": "integer"}, {"type": "decimal", "scale": 2},
     "integer → decimal(2)", False, (True, True)),
    ({"type": "integer", "size": "big"}, {"type": "decimal"},
     "integer(big) → decimal(2)", True, (True, True)),
    ({"type": "decimal", "scale": 5}, {"type": "decimal", "scale": 2},
     "decimal(5) → decimal(2)", True, (True, True)),
    ({"type": "decimal", "scale": 2}, {"type": "decimal", "scale": 5},
     "decimal(2) → decimal(5)", False, (True, True)),
    ({"type": "integer"}, {"type": "integer", "size": "big"},
     "integer → integer(big)", False, (False, True)),
    ({"type": "integer"}, {"type": "text"}, "integer → text(100)", False, (True, True)),
    ({"type": "text"}, {"type": "integer"}, "text(100) → integer", True, (True, True)),
    ({"type": "date"}, {"type": "datetime"}, "date → datetime", False, (True, True)),
    ({"type": "datetime"}, {"type": "date"}, "datetime → date", True, (True, True)),
    ({"type": "lookup", "to": "x"}, {"type": "lookup", "to": ["x", "y"]},
     "lookup(x) → lookup(x, y)", False, (True, True)),
    ({"type": "lookup", "to": ["x", "y"]}, {"type": "lookup", "to": "x"},
     "lookup(x, y) → lookup(x)", True, (True, True)),
    ({"type": "lookup", "to": ["x", "y", "z"]}, {"type": "lookup", "to": ["x", "y"]},
     "targets: - z", True, (False, False)),
    ({"type": "integer"}, {"type": "integer", "formula": "1"},
     "integer → integer, formula", True, (True, False)),
    ({"type": "integer", "formula": "1"}, {"type": "integer", "formula": "1",
                                           "stored": True},
     "integer, formula → integer, formula (stored)", False, (True, True)),
    ({"type": "integer"}, {"type": "choice", "choices": "colors"},
     "type: integer → choice, choices", False, (False, False)),
    ({"type": "currency", "scale": 4}, {"type": "currency", "scale": 2},
     "options", True, (False, False)),
    ({"type": "text", "label": "A"}, {"type": "text", "label": "B"},
     "label: A → B", False, (False, False)),
    ({"type": "text"}, {"type": "text", "required": True, "searchable": False},
     "required: none → required, searchable: yes → no", False, (False, False)),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words", "loses", "rewrites"), CHANGES)
def test_a_changed_field_is_said_and_weighed(
    old: dict[str, Any],
    new: dict[str, Any],
    words: str,
    loses: bool,
    rewrites: tuple[bool, bool],
) -> None:
    (operation,) = [
        o for o in diff(one_field(old), one_field(new)) if not o.is_consequence
    ]
    assert operation.describe() == f"~ field thing.a {words}"
    assert operation.loses_data is loses
    assert operation.needs_rewrite("sqlite") is rewrites[0]
    assert operation.needs_rewrite("postgresql") is rewrites[1]


def test_an_added_field_and_a_removed_one() -> None:
    none, one = catalog(), one_field({"type": "text"})
    (added,) = diff(none, one)
    (removed,) = diff(one, none)
    assert (added.describe(), added.loses_data) == ("+ field thing.a text(100)", False)
    assert (removed.describe(), removed.loses_data) == (
        "- field thing.a text(100)",
        True,
    )
    assert not added.needs_rewrite("sqlite")
    assert removed.needs_rewrite("sqlite")
    assert not removed.needs_rewrite("postgresql")
    assert removed.reverse() == added


def test_money_brings_its_companions_without_a_word() -> None:
    operations = diff(catalog(), one_field({"type": "currency"}))
    assert {o.subject for o in operations if o.is_consequence} == {
        "thing.a_base", "thing.exchangerate", "thing.transactioncurrencyid"
    }  # fmt: skip
    assert [o.describe() for o in operations if not o.is_consequence] == [
        "+ field thing.a currency(2)"
    ]


def test_a_declared_rename_of_a_field_keeps_it() -> None:
    old = catalog(fields={"a": {"type": "currency", "label": "L"}}, keys={"k": "a"})
    new = catalog(
        fields={"b": {"type": "currency", "label": "L", "renamed_from": "a"}},
        keys={"k": "b"},
    )
    operations = diff(old, new)
    assert operations[0] == RenameField("thing", "a", "b")
    assert not any(operation.loses_data for operation in operations)
    assert [o.describe() for o in operations if not o.is_consequence] == [
        "~ field thing.a renamed to b",
        "- key thing.k a",
        "+ key thing.k b",
    ]
    assert apply_all(old, operations) == new
    assert apply_all(new, reverse_all(operations)) == old


def test_a_rename_that_has_happened_is_not_repeated() -> None:
    new = catalog(fields={"b": {"type": "text", "renamed_from": "a"}})
    assert diff(new, new) == ()


def test_without_renamed_from_nothing_is_guessed() -> None:
    old, new = one_field({"type": "text"}), catalog(fields={"b": {"type": "text"}})
    assert shown(old, new) == ["- field thing.a text(100)", "+ field thing.b text(100)"]


def test_a_declared_rename_of_an_entity_keeps_everything_below_it() -> None:
    child = Document(
        "entity", "child",
        {"name": "child", "fields": {"p": {"type": "lookup", "to": "thing"}}},
    )  # fmt: skip
    renamed = Document(
        "entity", "child",
        {"name": "child", "fields": {"p": {"type": "lookup", "to": "object"}}},
    )  # fmt: skip
    view = {"name": "v", "columns": ["a"], "sort": ["a"]}
    fields = {"a": {"type": "text"}}
    old = compose([
        Document("entity", "thing", {"name": "thing", "fields": fields}), child,
        Document("view", "v", {**view, "entity": "thing"}),
    ])  # fmt: skip
    new = compose([
        Document("entity", "object",
                 {"name": "object", "fields": fields, "renamed_from": "thing"}),
        renamed, Document("view", "v", {**view, "entity": "object"}),
    ])  # fmt: skip
    operations = diff(old, new)
    assert operations[0] == RenameEntity("thing", "object")
    assert not any(operation.loses_data for operation in operations)
    kinds = {type(operation).__name__ for operation in operations}
    assert kinds == {"RenameEntity", "ChangeField", "ChangeDefinition"}
    assert apply_all(old, operations) == new
    assert apply_all(new, reverse_all(operations)) == old


def test_a_declared_rename_of_a_relationship_keeps_its_pairs() -> None:
    entities = [Document("entity", n, {"name": n}) for n in ("a", "b")]

    def link(name: str, **more: Any) -> Document:
        return Document(
            "relationship", name, {"name": name, "entities": ["a", "b"], **more}
        )

    old = compose([*entities, link("r")])
    new = compose([*entities, link("s", renamed_from="r")])
    (operation,) = diff(old, new)
    assert isinstance(operation, RenameRelationship)
    assert operation.describe() == "~ relationship r renamed to s"
    assert apply_all(old, [operation]) == new
    moved = compose([*entities, link("r", table="pairs")])
    assert shown(old, moved) == ["- relationship r", "+ relationship r a ↔ b"]


def test_a_changed_choice_list_is_said_once() -> None:
    data = {"name": "thing", "fields": {n: {"type": "choice", "choices": "colors"}
                                        for n in ("a", "b", "c")}}  # fmt: skip

    def with_options(options: list[str]) -> Catalog:
        return compose([
            Document("choice", "colors", {"name": "colors", "options": options}),
            Document("entity", "thing", data),
        ])  # fmt: skip

    old, new = with_options(["Red"]), with_options(["Red", "Blue"])
    assert shown(old, new) == ["~ choice colors options"]
    assert apply_all(old, diff(old, new)) == new


def test_definitions_without_tables_are_said_by_their_label() -> None:
    def world(label: str | None, version: str) -> Catalog:
        documents = [
            Document("solution", "s", {"name": "s", "label": "S", "version": version}),
            Document("entity", "thing", {"name": "thing"}),
        ]
        if label is not None:
            body = {
                "name": "v",
                "entity": "thing",
                "label": label,
                "columns": ["createdon"],
            }
            documents.append(Document("view", "v", body))
        return compose(documents)

    assert shown(world(None, "1.0"), world("All", "1.1")) == [
        "~ solution s 1.0 → 1.1", "+ view thing.v All"
    ]  # fmt: skip
    assert shown(world("All", "1"), world("Every one", "1")) == [
        "~ view thing.v label: All → Every one"
    ]
    assert shown(world("All", "1"), world(None, "1")) == ["- view thing.v All"]


def test_what_goes_comes_before_what_needs_its_place() -> None:
    old = catalog(fields={"a": {"type": "text"}}, keys={"k": "a"}, view=True)
    new = catalog(fields={"a": {"type": "integer"}}, keys={"k": "a"}, view=True)
    said = shown(old, new)
    assert [line.split("(")[0] for line in said] == [
        *["- index thing"] * 3, "~ field thing.a text", *["+ index thing"] * 3
    ]  # fmt: skip
    assert "- index thing(a, thingid)" in said
    assert "+ index thing(a, thingid) for view v" in said
