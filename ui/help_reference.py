"""Know the pages of the reference about what is declared: fields, rules, definitions.

Each page is made of a registry, so nothing can be missing: a new field type, function,
code or key is there by itself. Pure: registries in, Markdown out.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from xrm.metadata.checks import CODES as CHECK_CODES
from xrm.metadata.documents import KINDS
from xrm.metadata.entity_documents import states_from
from xrm.metadata.fields import FIELD_TYPES
from xrm.metadata.fields.field_type import FieldType
from xrm.metadata.schemas import field_schema, schema
from xrm.metadata.system_fields import system_fields
from xrm.rule_engine.codes import CODES as RULE_CODES
from xrm.rule_engine.functions import ALL as FUNCTIONS
from xrm.rule_engine.words import EXPRESSIONS, FORMS, STATEMENTS, TRIGGERS, Form
from xrm.ui.help_desk import HelpDesk
from xrm.ui.help_markdown import as_yaml, code, shape, table


def fields(_: HelpDesk) -> str:
    """Return the page of field types."""
    parts = [
        "A field is a line below `fields:` of an entity: its name, and its keys in "
        "braces. `type` says what it holds; the keys of the first table are for every "
        "type, the others stand with their type.",
        "## Keys of every field",
        table(("Key", "Value", "Meaning"), _keys(schema("field")["properties"])),
    ]
    for made in FIELD_TYPES.values():
        parts += _field_type(made)
    return "\n\n".join(filter(None, parts))


def _field_type(made: FieldType) -> list[str]:
    common = schema("field")["properties"]
    own = {
        key: part
        for key, part in field_schema(made)["properties"].items()
        if key not in common
    }
    parts = [f"## Type {made.name}", made.summary]
    if made.declarable:
        parts.append(f"```yaml\nfieldname: {as_yaml(dict(made.example))}\n```")
    else:
        parts.append("The platform gives this field to an entity; none is declared.")
    parts.append(table(("Key", "Value", "Meaning"), _keys(own)))
    filters = ", ".join(operator.label for operator in made.operators)
    if filters:
        parts.append(f"Filters: {filters}.")
    lacks = [
        words
        for is_able, words in (
            (made.can_default, "take a default"),
            (made.can_key, "be part of a key"),
            (made.can_sort, "be sorted by"),
        )
        if not is_able
    ]
    if lacks:
        parts.append(f"It cannot {' or '.join(lacks)}.")
    return parts


def _keys(properties: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for key, part in properties.items():
        yield code(key), shape(part), str(part.get("description", ""))


def rules(_: HelpDesk) -> str:
    """Return the page of the rule language's forms."""
    return "\n\n".join(
        [
            "One language says everything: rules, formulas, rollups, defaults, filters "
            "of views and of lookups. It is checked when it is published, against the "
            "fields there are, and means the same on a form and in a database.",
            "A rule has three parts: when it runs, on which condition, and what it "
            "does.",
            "```yaml file=entities/loan/rules/ends_after_start.yaml\n"
            "kind: rule\nentity: loan\nname: ends_after_start\nrule: |\n"
            "  before create, change of startson, endson\n"
            "  when endson < startson\n"
            '  then reject "A loan cannot end before it begins." on endson\n```',
            "What is empty is unknown, and an unknown condition does nothing: ask with "
            "`is empty`, or give a value with `coalesce()`. Names of options are "
            'checked: `statecode = "Open"`. A comment begins with `#`. A name that is '
            "also a word of the language stands in back quotes.",
            "## When a rule runs",
            _forms(TRIGGERS),
            "## What a rule does",
            _forms(STATEMENTS),
            "## Expressions",
            _forms(EXPRESSIONS),
            "The functions have [a page of their own](/help/reference/functions).",
        ]
    )


def _forms(forms: tuple[Form, ...]) -> str:
    rows = [
        (
            f"{{#{form.part}-{form.name}}}{code(form.written)}",
            form.sentence
            + ("" if form.is_available else " *Not available yet in this version.*"),
            code(form.example),
        )
        for form in forms
    ]
    return table(("Form", "Meaning", "Example"), rows)


def functions(_: HelpDesk) -> str:
    """Return the page of functions."""
    parts = [
        "A function is given values and gives one back. What it needs and is empty "
        "makes its result empty, unless its sentence says otherwise. A parameter with "
        "`= value` may be left out; `...` may be repeated.",
    ]
    for family, group in groupby(FUNCTIONS, key=lambda function: function.family):
        parts.append(f"## Functions of {family}")
        rows = []
        seen: set[str] = set()
        for function in group:
            anchor = "" if function.name in seen else f"{{#{function.name}}}"
            seen.add(function.name)
            rows.append(
                (
                    f"{anchor}{code(function.signature)}",
                    function.sentence,
                    code(function.example),
                )
            )
        parts.append(table(("Function", "Meaning", "Example"), rows))
    return "\n\n".join(parts)


def definitions(_: HelpDesk) -> str:
    """Return the page of the kinds of definitions and their keys."""
    parts = [
        "Every file of a package is one definition, in YAML or JSON. It says its kind "
        "and its name; both agree with where it lies. What is not required may be left "
        "out.",
    ]
    for kind in KINDS:
        whole = schema(kind)
        parts += [f"## Kind {kind}", str(whole["description"])]
        required = set(whole.get("required", ()))
        parts.append(_schema_table(whole, required))
        for name, part in _below(whole):
            parts += [f"### {kind}: {name}", _schema_table(part)]
        if kind == "entity":
            parts += ["### Fields that every entity has", _system_fields()]
    return "\n\n".join(parts)


def _schema_table(part: Mapping[str, Any], required: set[str] | None = None) -> str:
    needed = set(part.get("required", ())) if required is None else required
    rows = [
        (
            code(key) + (" *required*" if key in needed else ""),
            shape(value),
            str(value.get("description", "")),
        )
        for key, value in part["properties"].items()
    ]
    return table(("Key", "Value", "Meaning"), rows)


def _below(part: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Give the objects with keys of their own inside a schema, with their paths."""
    for key, value in (part.get("properties") or {}).items():
        for inner in _objects(value):
            name = f"{path}.{key}" if path else key
            yield name, inner
            yield from _below(inner, name)


def _objects(part: Any) -> Iterator[Mapping[str, Any]]:
    """Give the objects that a schema itself, its items or its values may be."""
    if not isinstance(part, Mapping):
        return
    if part.get("properties"):
        yield part
        return
    for key in ("items", "additionalProperties"):
        yield from _objects(part.get(key))
    for option in part.get("anyOf") or ():
        yield from _objects(option)


def _system_fields() -> str:
    made = system_fields(
        "thing", "thingid", "user", states_from(None), has_currency=True
    )
    rows = [
        (code(name), code(field.type), field.label or "")
        for name, field in made.items()
    ]
    return table(("Field", "Type", "Label"), rows) + (
        "\nThe owner's fields are those of entities that users own, the currency's of "
        "entities with amounts."
    )


def problems(desk: HelpDesk) -> str:
    """Return the page of problem codes."""
    parts = [
        "A problem is printed as `file:line:column code message`, followed by what to "
        "do. Nothing is changed while there is one.",
    ]
    for title, codes in _code_books(desk):
        rows = [(f"{{#{one}}}{code(one)}", codes[one]) for one in sorted(codes)]
        parts += [f"## {title}", table(("Code", "What is wrong"), rows)]
    return "\n\n".join(parts)


def _code_books(desk: HelpDesk) -> tuple[tuple[str, Mapping[str, str]], ...]:
    return (
        ("Problems of definitions", CHECK_CODES),
        ("Problems of rules and expressions", RULE_CODES),
        ("Problems of packages and their records", desk.package_codes),
    )


def words(desk: HelpDesk) -> Iterator[tuple[str, str]]:
    """Give every word with an entry on these pages, and its address."""
    base = "/help/reference"
    for name in FIELD_TYPES:
        yield f"type: {name}", f"{base}/fields#type-{name}"
    for function in FUNCTIONS:
        yield f"{function.name}()", f"{base}/functions#{function.name}"
    for form in FORMS:
        if form.part == "statement" and form.is_available:
            yield form.written.partition(" ")[0], f"{base}/rules#statement-{form.name}"
    for _, codes in _code_books(desk):
        for one in codes:
            yield one, f"{base}/problems#{one}"
    for kind in KINDS:
        yield f"kind: {kind}", f"{base}/definitions#kind-{kind}"
