"""Know whether fields are sound: their options, defaults, targets and formulas."""

from collections.abc import Mapping
from typing import Any

from xrm.metadata.checks.choice_checks import check_options
from xrm.metadata.checks.context import Context
from xrm.metadata.checks.names import FIELDS
from xrm.metadata.documents import Path
from xrm.metadata.entities import Entity, Field
from xrm.metadata.family import ACTIVITY
from xrm.metadata.fields import FIELD_TYPES, ValueProblem
from xrm.metadata.fields.field_type import FieldType
from xrm.metadata.fields.party import PARTICIPATIONS, mask_of
from xrm.metadata.system_fields import system_fields


def check_fields(context: Context, entity: Entity) -> None:
    """Check every declared field of an entity."""
    declared = context.document.data.get("fields") or {}
    system = system_fields(
        entity.name,
        entity.key,
        entity.ownership,
        entity.states,
        has_currency=any(f.type == "currency" for f in entity.fields.values()),
    )
    taken: dict[str, str] = {}
    for field in entity.fields.values():
        kind = FIELD_TYPES.get(field.type)
        if kind is not None and field.is_stored:
            for column in kind.columns(field)[1:]:
                taken[column.name] = field.name
    for name, body in declared.items():
        path: Path = ("fields", name)
        _check_name(context, entity, name, path, system, taken)
        field = entity.declared(name)
        kind = FIELD_TYPES.get(field.type)
        if kind is None:
            continue
        _check_options(context, field, kind, path, body)
        if name in entity.parties:
            _check_party(context, entity, field, path)
            continue
        _check_choices(context, field, kind, path, body)
        _check_targets(context, field, kind, path, body)
        _check_behaviour(context, field, path)
        _check_default(context, entity, field, kind, path)
        _check_computed(context, entity, field, kind, path)


def _check_party(context: Context, entity: Entity, field: Field, path: Path) -> None:
    if entity.kind != ACTIVITY:
        context.report(
            "F003",
            f"{field.name} lists who takes part, but {entity.name} is no activity.",
            (*path, "type"),
            "Use a lookup, or set entity_kind: activity.",
        )
    number = mask_of(field)
    same = [f.name for f in entity.parties.values() if mask_of(f) == number]
    if not number:
        context.report(
            "F003",
            f"{field.name} does not say as what they take part.",
            path,
            f"Add participation: one of {', '.join(PARTICIPATIONS)}.",
        )
    elif same[0] != field.name:
        context.report(
            "F003",
            f"{same[0]} lists the same parties.",
            (*path, "participation"),
            "Give it another participation, or remove it.",
        )


def _check_name(
    context: Context,
    entity: Entity,
    name: str,
    path: Path,
    system: Mapping[str, Field],
    taken: Mapping[str, str],
) -> None:
    if name in system:
        context.report(
            "F001",
            f'The platform adds the field "{name}" to every entity of this kind.',
            path,
            "Remove it here, or choose another name.",
            key=True,
        )
    elif name in taken:
        context.report(
            "F002",
            f'The field "{taken[name]}" has a column "{name}" of its own.',
            path,
            "Choose another name.",
            key=True,
        )
    elif name in FIELDS:
        hint = "Choose another name."
        message = f'"{name}" is a reserved word.'
        context.report("E001", message, path, hint, key=True)
    base = name.removesuffix("_base")
    if (
        base != name
        and base in entity.fields
        and entity.fields[base].type == "currency"
    ):
        context.report(
            "F001",
            f'The platform adds the field "{name}" to the amount {base}.',
            path,
            "Remove it here, or choose another name.",
            key=True,
        )


def _check_options(
    context: Context, field: Field, kind: FieldType, path: Path, body: Mapping[str, Any]
) -> None:
    for fault in kind.check_options(field):
        where = (*path, fault.key) if fault.key in body else path
        context.report("F003", fault.message, where, fault.hint)


def _check_choices(
    context: Context, field: Field, kind: FieldType, path: Path, body: Mapping[str, Any]
) -> None:
    if not kind.takes_choices:
        return
    listed = body.get("choices")
    if listed is None:
        context.report(
            "F005",
            f"The field {field.name} has no choices.",
            path,
            "Add choices: the name of a list, or the options themselves.",
        )
    elif isinstance(listed, str):
        if listed not in context.catalog.choices:
            known = context.catalog.choices
            context.unknown("F005", "choice list", listed, (*path, "choices"), known)
    elif field.choices is not None:
        check_options(context, field.choices.options, (*path, "choices"))


def _check_targets(
    context: Context, field: Field, kind: FieldType, path: Path, body: Mapping[str, Any]
) -> None:
    if not kind.takes_targets:
        return
    given = body.get("to")
    for index, target in enumerate(field.targets):
        where = (*path, "to") if isinstance(given, str) else (*path, "to", index)
        context.entity(target.entity, where, "F006")
    if not field.targets:
        context.report(
            "F006",
            f"{field.name} points nowhere: no entity has this switch on.",
            (*path, "to_all"),
            "Name an entity under to.",
        )
    names = [target.entity for target in field.targets]
    for name in body.get("relationships") or ():
        if name not in names:
            context.report(
                "F007",
                f'{field.name} does not point to "{name}".',
                (*path, "relationships", name),
                f"It points to {', '.join(names)}.",
                key=True,
            )
    if "relationship" in body and len(names) > 1:
        context.report(
            "F011",
            f"{field.name} points to several entities; each has its own relationship.",
            (*path, "relationship"),
            "Name them under relationships: {target: {name: …}}.",
            key=True,
        )
    cuts = [t for t in field.targets if t.on_delete == "remove_link"]
    if field.is_required and cuts and "on_delete" in body:
        context.report(
            "F011",
            f"{field.name} is required; deleting its target would empty it.",
            (*path, "on_delete"),
            "Write cascade or restrict.",
        )


def _check_behaviour(context: Context, field: Field, path: Path) -> None:
    if field.formula is not None and field.rollup is not None:
        context.report(
            "F008",
            f"{field.name} has a formula and a rollup.",
            (*path, "rollup"),
            "Keep one of them.",
            key=True,
        )
    if field.stored and field.formula is None:
        context.report(
            "F011",
            f"{field.name} is stored, but has no formula.",
            (*path, "stored"),
            "Leave stored out.",
            key=True,
        )
    is_computed = field.formula is not None or field.rollup is not None
    if is_computed and field.default is not None:
        context.report(
            "F011",
            f"{field.name} is computed; it has no default.",
            (*path, "default"),
            "Leave the default out.",
            key=True,
        )
    if is_computed and field.is_required:
        context.report(
            "F011",
            f"{field.name} is computed; nobody can be required to fill it in.",
            (*path, "required"),
            "Leave required out.",
            key=True,
        )


def _check_default(
    context: Context, entity: Entity, field: Field, kind: FieldType, path: Path
) -> None:
    default = field.default
    where = (*path, "default")
    if default is None or field.system:
        return
    if isinstance(default, Mapping):
        expected = kind.rule_type(field)
        text = str(default["formula"])
        context.expression(text, entity.name, (*where, "formula"), expected)
        return
    if not kind.can_default:
        context.report(
            "F004",
            f"A field of type {kind.name} takes no default that is a value.",
            where,
            "Leave it out, or write an expression: default: {formula: …}.",
        )
        return
    if kind.takes_choices and field.choices is None:
        return
    try:
        kind.parse(field, default)
    except ValueProblem as fault:
        context.report(
            "F004",
            f"The default does not fit: {fault.message}",
            where,
            "Change it, or write an expression: default: {formula: …}.",
        )


def _check_computed(
    context: Context, entity: Entity, field: Field, kind: FieldType, path: Path
) -> None:
    for key, text in (("formula", field.formula), ("rollup", field.rollup)):
        if text is None:
            continue
        where = (*path, key)
        if kind.name in ("autonumber", "file", "image", "location", "tags"):
            context.report(
                "F008",
                f"A field of type {kind.name} cannot be computed.",
                where,
                "Choose another type.",
            )
            continue
        found = context.expression(text, entity.name, where, kind.rule_type(field))
        if found is None:
            continue
        reads = found.references
        if reads.uses_old or reads.changed:
            context.report(
                "F008",
                f"A {key} cannot ask for the value before a write.",
                where,
                "Leave out old and changed().",
            )
        if key == "rollup" and not reads.aggregates:
            context.report(
                "F010",
                f"The rollup of {field.name} reads no child records.",
                where,
                "Write an aggregate such as sum(lines.amount), or make it a formula.",
            )
        if key == "formula" and reads.aggregates:
            context.report(
                "F008",
                f"The formula of {field.name} adds up child records.",
                where,
                "Make it a rollup.",
            )
        context.computed[(entity.name, field.name)] = found
        context.places[(entity.name, field.name)] = (context.document, where)
