"""Know the shape of every kind: JSON Schemas, and their faults in plain words.

One schema per kind lies in `schemas/`; the extra keys of a field are its type's own
(`FieldType.options`). Validators are built once. What the names in a document refer to
is the business of `checks`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry, Resource

from xrm.metadata import schema_words
from xrm.metadata.document_tree import printable
from xrm.metadata.documents import KINDS, Document, Path
from xrm.metadata.fields import FIELD_TYPES
from xrm.metadata.fields.field_type import FieldType
from xrm.rule_engine.problems import Problem, did_you_mean


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    """Check a pattern as ECMAScript means it: `$` is the end, not before a newline."""
    if isinstance(value, str) and not _ecma(pattern).search(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


@cache
def _ecma(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("$", r"\Z"), re.ASCII)


Validator: Final = validators.extend(  # type: ignore[no-untyped-call]  # untyped there
    Draft202012Validator, {"pattern": _pattern}
)
SHARED: Final = ("common", "field")
CHOICES_KEY: Final = "choices"


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the schema file of a kind, of `common` or of `field`."""
    text = files("xrm.metadata").joinpath(f"schemas/{name}.json").read_text("utf-8")
    made: dict[str, Any] = json.loads(text)
    return made


@cache
def _registry() -> Registry[Any]:
    made: Registry[Any] = Registry()
    return made.with_resources(
        (f"urn:xrm:{name}", Resource.from_contents(schema(name)))
        for name in (*SHARED, *KINDS)
    )


@cache
def _validator(kind: str) -> Any:
    whole = schema(kind)
    if kind == "entity":
        open_fields = {**whole["properties"]["fields"], "additionalProperties": True}
        properties = {**whole["properties"], "fields": open_fields}
        whole = {**whole, "properties": properties}
    return Validator(whole, registry=_registry())


def _needs_target(own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a schema that asks for `to` where there is no `to_all`."""
    then = {"required": ["to"], "properties": {"to": own["to"]}}
    return {"if": {"not": {"required": ["to_all"]}}, "then": then}


def field_schema(kind: FieldType) -> dict[str, Any]:
    """Return the schema of a field of one type: the common keys and its own."""
    common = schema("field")
    own: dict[str, Any] = {key: dict(value) for key, value in kind.options.items()}
    if kind.takes_choices:
        own[CHOICES_KEY] = common["$defs"]["choices"]
    if kind.takes_targets:
        own.update(common["$defs"]["targets"]["properties"])
    type_ = {"description": kind.summary, "const": kind.name}
    return {
        "description": kind.summary,
        "type": "object",
        "properties": {**common["properties"], "type": type_, **own},
        "required": ["type"],
        "additionalProperties": False,
        **(_needs_target(own) if kind.takes_targets else {}),
    }


@cache
def _field_validator(type_: str) -> Any:
    return Validator(field_schema(FIELD_TYPES[type_]), registry=_registry())


def editor_schema(kind: str) -> dict[str, Any]:
    """Return the schema of a kind in one piece, as an editor completes with it."""
    parts = {f"urn:xrm:{name}": schema(name) for name in SHARED}
    declarable = [t for t in FIELD_TYPES.values() if t.declarable]
    field = {
        "description": schema("field")["description"],
        "type": "object",
        "properties": {"type": {"enum": [t.name for t in declarable]}},
        "required": ["type"],
        "allOf": [
            {
                "if": {"properties": {"type": {"const": t.name}}},
                "then": field_schema(t),
            }
            for t in declarable
        ],
    }
    parts["urn:xrm:field"] = {"$id": "urn:xrm:field", **field}
    return {**schema(kind), "$defs": parts}


@cache
def _partial_field_validator() -> Any:
    """Return the validator of a field without its type: any type's keys will do."""
    common = schema("field")
    own: dict[str, Any] = {CHOICES_KEY: common["$defs"]["choices"]}
    for kind in FIELD_TYPES.values():
        own.update({key: {} for key in kind.options})
    properties = {**common["properties"], **common["$defs"]["targets"]["properties"]}
    return Validator(
        {
            "type": "object",
            "properties": {**own, **properties},
            "additionalProperties": False,
        },
        registry=_registry(),
    )


def schema_problems(document: Document, *, partial: bool = False) -> list[Problem]:
    """Return every fault in the shape of a document, in the order of the file.

    `partial` is for a document that only adds to one of another layer: what is missing
    in it may stand there.
    """
    found = [
        *_reported(document, (), _validator(document.kind).iter_errors(document.data))
    ]
    if document.kind == "entity":
        fields = document.data.get("fields")
        if isinstance(fields, Mapping):
            for name, field in fields.items():
                found += _field_problems(document, ("fields", name), field, partial)
    if partial:
        found = [problem for problem in found if problem.code != "K002"]
    return sorted(found, key=_place)


def _place(problem: Problem) -> tuple[int, int]:
    return (problem.where.line, problem.where.column) if problem.where else (0, 0)


def _field_problems(
    document: Document, path: Path, field: Any, partial: bool
) -> list[Problem]:
    if not isinstance(field, Mapping):
        message = f"A field must be a mapping, not {schema_words.named(field)}."
        hint = f"Write {printable(str(path[-1]))}: {{type: text}}."
        return [Problem("K003", message, document.where(path), hint)]
    if "type" not in field and partial:
        errors = _partial_field_validator().iter_errors(field)
        return list(_reported(document, path, errors))
    if "type" not in field:
        message = f'The key "type" is missing in field {printable(str(path[-1]))}.'
        hint = f"Types: {', '.join(_declarable())}."
        return [Problem("K002", message, document.where(path), hint)]
    type_ = field["type"]
    kind = FIELD_TYPES.get(type_) if isinstance(type_, str) else None
    if kind is None or not kind.declarable:
        where = document.where((*path, "type"))
        message = f"There is no field type {schema_words.quoted(type_)}."
        if kind is not None:
            message = f'The field type "{kind.name}" belongs to the platform.'
        near = did_you_mean(type_, _declarable()) if isinstance(type_, str) else None
        return [
            Problem(
                "K010", message, where, near or f"Types: {', '.join(_declarable())}."
            )
        ]
    errors = _field_validator(kind.name).iter_errors(field)
    return list(_reported(document, path, errors))


@cache
def _declarable() -> tuple[str, ...]:
    return tuple(t.name for t in FIELD_TYPES.values() if t.declarable)


def _reported(
    document: Document, base: Path, errors: Iterable[ValidationError]
) -> Iterator[Problem]:
    for error in errors:
        for fault in schema_words.faults(error):
            path = (*base, *fault.path)
            where = document.where(path, key=fault.at_key)
            hint = printable(fault.hint) if fault.hint else None
            yield Problem(fault.code, printable(fault.message), where, hint)
