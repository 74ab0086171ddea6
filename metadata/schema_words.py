"""Know how a fault that jsonschema found is said to a person.

Codes: K001 unknown key, K002 missing key, K003 wrong type, K004 not one of the listed
values, K005 not of the form, K006 out of range, K007 too long, short, many or few, K008
an item stands twice, K009 none of several forms, K010 unknown field type.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import ValidationError

from xrm.metadata.documents import Path
from xrm.rule_engine.problems import did_you_mean

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """A fault in words; `at_key` when the key itself is at fault, not its value."""

    code: str
    message: str
    path: Path
    hint: str | None = None
    at_key: bool = False


def named(value: Any) -> str:
    """Return what a value is, in words, with the value where it is short."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a list" if isinstance(value, list) else "a mapping"


def quoted(value: Any) -> str:
    """Return a value in quotes, cut and printable."""
    text = value if isinstance(value, str) else str(value)
    cut = text if len(text) <= 60 else text[:57] + "…"
    return '"' + "".join(c if c.isprintable() else "�" for c in cut) + '"'


def faults(error: ValidationError) -> Iterator[SchemaFault]:
    """Give the faults of one error of jsonschema: several for unknown keys."""
    path: Path = tuple(error.absolute_path)
    match error.validator:
        case "additionalProperties":
            yield from _unknown_keys(error, path)
        case "required":
            yield from _missing_keys(error, path)
        case "anyOf":
            yield from _alternatives(error, path)
        case "propertyNames":
            yield from _key_names(error, path)
        case _:
            yield _simple(error, path)


def _schema(error: ValidationError) -> Mapping[str, Any]:
    return error.schema if isinstance(error.schema, Mapping) else {}


def _instance(error: ValidationError) -> Any:
    return error.instance


def _wanted(error: ValidationError) -> Any:
    return error.validator_value


def _subject(path: Path) -> str:
    """Return what a value is called: its key, or its place in a list."""
    for step in reversed(path):
        if isinstance(step, str):
            index = path[-1]
            return f"{step}[{index}]" if isinstance(index, int) else step
    return "The file"


def _unknown_keys(error: ValidationError, path: Path) -> Iterator[SchemaFault]:
    known = list(_schema(error).get("properties", ()))
    for key in _instance(error):
        if key in known:
            continue
        hint = did_you_mean(key, known)
        if hint is None:
            hint = f"Keys: {', '.join(known)}." if known else "Remove it."
        yield SchemaFault(
            "K001",
            f"The key {quoted(key)} is not known here.",
            (*path, key),
            hint,
            at_key=True,
        )


def _missing_keys(error: ValidationError, path: Path) -> Iterator[SchemaFault]:
    for key in _wanted(error):
        # jsonschema reports each missing key as an error of its own
        if key in _instance(error) or f"'{key}' is a required" not in error.message:
            continue
        about = _schema(error).get("properties", {}).get(key, {}).get("description")
        inside = f" in {_subject(path)}" if path else ""
        yield SchemaFault(
            "K002", f"The key {quoted(key)} is missing{inside}.", path, about
        )


def _key_names(error: ValidationError, path: Path) -> Iterator[SchemaFault]:
    first = error.context[0] if error.context else error
    yield SchemaFault(
        "K005",
        _own_message(first, _instance(error))
        or f"{quoted(_instance(error))} is no name.",
        (*path, _instance(error)),
        _schema(first).get("x-hint"),
        at_key=True,
    )


def _own_message(error: ValidationError, value: Any) -> str | None:
    message = _schema(error).get("x-message")
    return message.replace("{value}", quoted(value)) if message else None


def _alternatives(error: ValidationError, path: Path) -> Iterator[SchemaFault]:
    """Say what is wrong with the alternative that was meant, judged by its type."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    meant = [found for found in branches.values() if not any(map(_is_other, found))]
    if meant:
        for inner in min(meant, key=len):
            yield from faults(inner)
        return
    wanted = " or ".join(
        dict.fromkeys(
            _type_words(_wanted(inner))
            for found in branches.values()
            for inner in found
            if inner.validator == "type" and not inner.relative_path
        )
    )
    yield SchemaFault(
        "K009",
        f"{_subject(path)} must be {wanted}, not {named(_instance(error))}.",
        path,
        _schema(error).get("description"),
    )


def _is_other(error: ValidationError) -> bool:
    """Say whether an alternative is for values of another type."""
    if error.relative_path:
        return False
    is_listed = error.validator == "enum" and isinstance(error.instance, (dict, list))
    return error.validator == "type" or is_listed


def _type_words(value: Any) -> str:
    kinds = [value] if isinstance(value, str) else list(value)
    return " or ".join(_TYPES.get(kind, kind) for kind in kinds)


def _simple(error: ValidationError, path: Path) -> SchemaFault:
    subject, value, limit = _subject(path), _instance(error), _wanted(error)
    about = _schema(error).get("x-hint") or _schema(error).get("description")
    match error.validator:
        case "type":
            message = f"{subject} must be {_type_words(limit)}, not {named(value)}."
            if limit == "boolean" and isinstance(value, str):
                about = "Write true or false; yes, no, on and off are texts."
            if limit == "string" and not isinstance(value, (list, Mapping, type(None))):
                about = "Put it in quotes."
            return SchemaFault("K003", message, path, about)
        case "enum" | "const":
            options = limit if error.validator == "enum" else [limit]
            words = [_word(option) for option in options]
            hint = did_you_mean(value, words) if isinstance(value, str) else None
            return SchemaFault(
                "K004",
                f"{subject} must be {_listed(words)}, not {named(value)}.",
                path,
                hint or about,
            )
        case "pattern":
            message = f"{subject} has not the right form: {quoted(value)}."
            return SchemaFault(
                "K005", _own_message(error, value) or message, path, about
            )
        case "minimum" | "maximum":
            side = "at least" if error.validator == "minimum" else "at most"
            message = f"{subject} must be {side} {limit}, not {value}."
            return SchemaFault("K006", message, path, about)
        case "minItems" if value:
            message = f"{subject} must have {limit} entries, not {len(value)}."
            return SchemaFault("K007", message, path, about)
        case "minLength" | "minItems" | "minProperties":
            return SchemaFault("K007", f"{subject} must not be empty.", path, about)
        case "maxLength":
            message = (
                f"{subject} has {len(value)} characters; at most {limit} are allowed."
            )
            return SchemaFault("K007", message, path, "Make it shorter.")
        case "maxItems" | "maxProperties":
            message = (
                f"{subject} has {len(value)} entries; at most {limit} are allowed."
            )
            return SchemaFault("K007", message, path, about)
        case "uniqueItems":
            return SchemaFault(
                "K008", f"{subject} names something twice.", path, "Remove one."
            )
    return SchemaFault("K009", f"{subject}: {error.message}", path, about)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(words: list[str]) -> str:
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} or {words[-1]}"
