"""The schemas describe every key, complete in an editor, and are sound themselves."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.metadata.worlds import BASE
from xrm.metadata import entity_documents
from xrm.metadata.documents import KINDS, Document
from xrm.metadata.fields import FIELD_TYPES
from xrm.metadata.schemas import (
    SHARED,
    editor_schema,
    field_schema,
    schema,
    schema_problems,
)
from xrm.metadata.yaml_documents import load_yaml

DECLARABLE = [kind for kind in FIELD_TYPES.values() if kind.declarable]


def undescribed(node: Any, path: str) -> Iterator[str]:
    """Give every key without a description."""
    if isinstance(node, dict):
        for key, value in (node.get("properties") or {}).items():
            if "description" not in value and "$ref" not in value:
                yield f"{path}.{key}"
        for key, value in node.items():
            yield from undescribed(value, f"{path}.{key}")
    elif isinstance(node, list):
        for item in node:
            yield from undescribed(item, path)


@pytest.mark.parametrize("name", [*KINDS, *SHARED])
def test_every_key_has_a_description(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$id"] == f"urn:xrm:{name}"
    assert list(undescribed(schema(name), name)) == []


def test_every_shared_part_has_a_description() -> None:
    parts = schema("common")["$defs"]
    assert [name for name, part in parts.items() if "description" not in part] == []


@pytest.mark.parametrize("kind", DECLARABLE, ids=lambda kind: kind.name)
def test_a_field_schema_takes_the_example_and_knows_every_option(kind: Any) -> None:
    made = field_schema(kind)
    Draft202012Validator.check_schema(made)
    assert list(undescribed(made, kind.name)) == []
    assert kind.options.keys() <= made["properties"].keys()
    data = {"kind": "entity", "name": "thing", "fields": {"f": dict(kind.example)}}
    assert schema_problems(Document("entity", "thing", data)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_editor_gets_a_schema_in_one_piece(kind: str) -> None:
    made = editor_schema(kind)
    Draft202012Validator.check_schema(made)
    registry: Registry[Any] = Registry()
    validator = Draft202012Validator(made, registry=registry)
    for text in BASE.values():
        data = load_yaml(text).data
        if data["kind"] == kind:
            assert list(validator.iter_errors(data)) == []
    with_resource = registry.with_resource("x", Resource.from_contents(made))
    assert with_resource


def test_an_editor_sees_the_options_of_the_type_that_is_written() -> None:
    validator = Draft202012Validator(editor_schema("entity"))
    wrong = {
        "kind": "entity",
        "name": "a",
        "fields": {"b": {"type": "date", "scale": 2}},
    }
    assert any("scale" in error.message for error in validator.iter_errors(wrong))


def test_the_keys_of_the_schema_are_those_that_are_read() -> None:
    common = schema("field")
    known = (
        common["properties"].keys() | common["$defs"]["targets"]["properties"].keys()
    )
    assert known | {"choices"} == entity_documents.FIELD_KEYS


def test_a_partial_document_may_lack_what_another_layer_has() -> None:
    data = {
        "kind": "entity",
        "name": "task",
        "fields": {"regardingobjectid": {"to": ["account"]}, "x": {"max_length": 5}},
    }
    document = Document("entity", "task", data)
    assert [p.code for p in schema_problems(document)] == ["K002", "K002"]
    assert schema_problems(document, partial=True) == []
    wrong = {**data, "fields": {"a": {"tow": "account"}}, "zebra": 1}
    problems = schema_problems(Document("entity", "task", wrong), partial=True)
    assert [p.code for p in problems] == ["K001", "K001"]
