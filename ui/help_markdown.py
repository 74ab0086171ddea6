"""Know how generated pages of the help are written: tables, code, schemas in words."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from xrm.metadata.schemas import schema


def cell(text: Any) -> str:
    """Return a text for a cell of a table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def code(text: Any) -> str:
    """Return a text as code."""
    return f"`{text}`" if str(text) else ""


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table; nothing when it has no rows."""
    lines = ["| " + " | ".join(cell(part) for part in row) + " |" for row in rows]
    if not lines:
        return ""
    head = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*head, *lines]) + "\n"


def as_yaml(data: Any, flow: bool = True) -> str:
    """Return data as YAML in one line, or in several."""
    text = yaml.safe_dump(
        data,
        allow_unicode=True,
        default_flow_style=flow or None,
        sort_keys=False,
        width=100_000 if flow else 88,
    )
    return text.strip().removesuffix("...").strip()


def shape(part: Mapping[str, Any]) -> str:
    """Return in words what a JSON Schema allows."""
    reference = part.get("$ref")
    if reference:
        return shape(_found(str(reference)))
    if "const" in part:
        return code(part["const"])
    if "enum" in part:
        return ", ".join(code(_said(value)) for value in part["enum"])
    options = part.get("anyOf") or part.get("oneOf")
    if options:
        return " or ".join(dict.fromkeys(shape(option) for option in options))
    kind = part.get("type", "")
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "yes or no",
        "object": "keys",
        "array": "list",
    }
    if isinstance(kind, list):
        return " or ".join(words.get(str(one), str(one)) for one in kind)
    return words.get(kind, "any value") + _range(part)


def _range(part: Mapping[str, Any]) -> str:
    low, high = part.get("minimum"), part.get("maximum")
    if low is not None and high is not None:
        return f" {low:,} to {high:,}"
    if low is not None:
        return f" from {low:,}"
    if high is not None:
        return f" up to {high:,}"
    longest = part.get("maxLength")
    return f" up to {longest:,} characters" if longest else ""


def _said(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) or value is None else str(value)


def _found(reference: str) -> Mapping[str, Any]:
    """Return what `urn:xrm:common#/$defs/name` stands for."""
    place, _, path = reference.partition("#/")
    here: Any = schema(place.removeprefix("urn:xrm:"))
    for step in filter(None, path.split("/")):
        here = here[step]
    found: Mapping[str, Any] = here
    return found
