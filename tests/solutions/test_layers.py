"""Layers merge key by key; every value knows the layer that set it."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm.metadata.documents import Document
from xrm.metadata.loading import load_document
from xrm.solutions.layers import Layer, MergedDocument, conflicts, merge

HEAD = ("kind", "name", "entity")


def document(kind: str, data: Mapping[str, Any]) -> Document:
    head = {"kind": kind, "name": "x", **({"entity": "e"} if kind == "form" else {})}
    return Document(kind, "x", {**head, **data})


def merged(kind: str, *layers: Mapping[str, Any]) -> MergedDocument:
    made = [
        Layer(f"l{number}", (document(kind, data),))
        for number, data in enumerate(layers)
    ]
    (found,) = merge(made)
    return found


def without_head(found: MergedDocument) -> dict[str, Any]:
    return {k: v for k, v in found.document.data.items() if k not in HEAD}


TABLE: list[tuple[str, str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        "a value above replaces one below",
        "entity",
        {"label": "A", "icon": "box"},
        {"label": "B"},
        {"label": "B", "icon": "box"},
    ),
    (
        "fields are merged by name and keep their order",
        "entity",
        {"fields": {"a": {"type": "text", "label": "A"}, "b": {"type": "date"}}},
        {"fields": {"a": {"label": "Z"}, "c": {"type": "text"}}},
        {
            "fields": {
                "a": {"type": "text", "label": "Z"},
                "b": {"type": "date"},
                "c": {"type": "text"},
            }
        },
    ),
    (
        "null takes a key away",
        "entity",
        {"fields": {"a": {"type": "text", "required": True}, "b": {"type": "date"}}},
        {"fields": {"a": {"required": None}, "b": None}},
        {"fields": {"a": {"type": "text"}}},
    ),
    (
        "targets of a lookup are a set",
        "entity",
        {"fields": {"r": {"to": ["a", "b"]}}},
        {"fields": {"r": {"to": ["b", "c"]}}},
        {"fields": {"r": {"to": ["a", "b", "c"]}}},
    ),
    (
        "one target is a set of one",
        "entity",
        {"fields": {"r": {"to": "a"}}},
        {"fields": {"r": {"to": "b"}}},
        {"fields": {"r": {"to": ["a", "b"]}}},
    ),
    (
        "states and reasons are merged by value",
        "entity",
        {"states": [{"value": 0, "name": "Open", "reasons": [{"value": 1}]}]},
        {"states": [{"value": 0, "color": "blue", "reasons": [{"value": 9}]}]},
        {
            "states": [
                {
                    "value": 0,
                    "name": "Open",
                    "reasons": [{"value": 1}, {"value": 9}],
                    "color": "blue",
                }
            ]
        },
    ),
    (
        "options are merged by value, one removed",
        "choice",
        {"options": [{"value": 1, "label": "A"}, {"value": 2, "label": "B"}]},
        {"options": [{"value": 1, "remove": True}, {"value": 3, "label": "C"}]},
        {"options": [{"value": 2, "label": "B"}, {"value": 3, "label": "C"}]},
    ),
    (
        "a list without names is replaced",
        "entity",
        {"quick_find": ["a", "b"]},
        {"quick_find": ["c"]},
        {"quick_find": ["c"]},
    ),
    (
        "cells of a form are merged by field, written short or long",
        "form",
        {"tabs": [{"name": "t", "sections": [{"name": "s", "fields": ["a", "b"]}]}]},
        {
            "tabs": [
                {
                    "name": "t",
                    "sections": [
                        {"name": "s", "fields": [{"field": "b", "span": 2}, "c"]}
                    ],
                }
            ]
        },
        {
            "tabs": [
                {
                    "name": "t",
                    "sections": [
                        {
                            "name": "s",
                            "fields": ["a", {"field": "b", "span": 2}, "c"],
                        }
                    ],
                }
            ]
        },
    ),
    (
        "navigation is merged by group and entity",
        "app",
        {"groups": [{"label": "G", "items": ["account"]}]},
        {
            "groups": [
                {"label": "G", "items": ["x"]},
                {"label": "H", "items": ["y"]},
            ]
        },
        {
            "groups": [
                {"label": "G", "items": ["account", "x"]},
                {"label": "H", "items": ["y"]},
            ]
        },
    ),
]


@pytest.mark.parametrize(
    ("kind", "below", "above", "result"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_two_layers(
    kind: str, below: dict[str, Any], above: dict[str, Any], result: dict[str, Any]
) -> None:
    assert without_head(merged(kind, below, above)) == result


def test_every_value_knows_its_layer() -> None:
    found = merged(
        "entity",
        {"label": "A", "fields": {"a": {"type": "text", "label": "A"}}},
        {"fields": {"a": {"label": "B"}, "b": {"type": "date"}}},
        {"label": "C"},
    )
    assert found.layers == ("l0", "l1", "l2")
    assert found.layer_of(("label",)) == "l2"
    assert found.layer_of(("fields", "a", "type")) == "l0"
    assert found.layer_of(("fields", "a", "label")) == "l1"
    assert found.layer_of(("fields", "b", "type")) == "l1"


def test_origins_follow_items_when_others_are_removed() -> None:
    found = merged(
        "choice",
        {"options": [{"value": 1, "label": "A"}, {"value": 2, "label": "B"}]},
        {"options": [{"value": 3, "label": "C"}]},
        {"options": [{"value": 1, "remove": True}]},
    )
    assert found.document.data["options"][1] == {"value": 3, "label": "C"}
    assert found.layer_of(("options", 0, "label")) == "l0"
    assert found.layer_of(("options", 1, "label")) == "l1"


def test_places_are_those_of_the_uppermost_file() -> None:
    base = Layer("core", (Document("entity", "task", {"kind": "entity", "name": "task",
        "fields": {"a": {"type": "text"}}}),))  # fmt: skip
    text = "kind: entity\nname: task\nfields:\n  b:\n    type: date\n  a: {label: Z}\n"
    loaded, _ = load_document(text, "entities/task/entity.yaml")
    assert loaded is not None
    (found,) = merge([base, Layer("crm", (loaded,))])
    where = found.document.where(("fields", "b", "type"))
    assert str(where) == "entities/task/entity.yaml:5:11"
    assert found.document.where(("fields", "a", "label")).line == 6


def test_a_conflict_is_a_value_that_both_sides_change() -> None:
    was = [document("entity", {"label": "A", "icon": "box", "color": "red"})]
    comes = [document("entity", {"label": "B", "icon": "tag", "color": "red"})]
    local = [document("entity", {"label": "C", "color": "blue"})]
    (found,) = conflicts(was, comes, local)
    assert (found.path, found.was, found.comes, found.local) == (
        ("label",), "A", "B", "C",
    )  # fmt: skip
    assert str(found) == (
        "entity x: label was 'A', the package says 'B', here it is 'C' and stays so."
    )


values = st.one_of(st.integers(0, 3), st.text("ab", max_size=2), st.booleans())
names = st.sampled_from(["label", "icon", "color", "title", "description"])
fields = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.dictionaries(st.sampled_from(["type", "label", "to", "min"]), values),
)
bodies = st.builds(
    lambda plain, made: {**plain, "fields": made},
    st.dictionaries(names, values),
    fields,
)


@given(bodies)
def test_one_layer_is_what_it_says(body: dict[str, Any]) -> None:
    assert without_head(merged("entity", body)) == body


@given(bodies)
def test_the_same_layer_twice_changes_nothing(body: dict[str, Any]) -> None:
    twice = without_head(merged("entity", body, body))
    for field in twice["fields"].values():
        if isinstance(field.get("to"), list) and len(field["to"]) == 1:
            field["to"] = field["to"][0]
    assert twice == body


@given(bodies, bodies)
def test_what_the_upper_layer_says_is_in_force(
    below: dict[str, Any], above: dict[str, Any]
) -> None:
    found = merged("entity", below, above)
    data = without_head(found)
    for name, value in above.items():
        if name != "fields":
            assert data[name] == value
            assert found.layer_of((name,)) == "l1"
    for name, field in above["fields"].items():
        for key, value in field.items():
            if key != "to":
                assert data["fields"][name][key] == value
                assert found.layer_of(("fields", name, key)) == "l1"
    for name in set(below) - set(above):
        assert data[name] == below[name]


@given(bodies, bodies, bodies)
def test_layers_may_be_merged_in_steps(
    one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]
) -> None:
    at_once = without_head(merged("entity", one, two, three))
    first = without_head(merged("entity", one, two))
    assert without_head(merged("entity", first, three)) == at_once
