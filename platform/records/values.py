"""Know what a caller may send: parse it, refuse what cannot be, fill in defaults.

Every fault of a record is reported at once, each with its field, code and message. The
loader of an entity is made once per snapshot of the same functions the API's door uses.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from xrm.metadata.entities import Entity, Field
from xrm.platform.errors import Detail, Invalid
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.layout import Layout
from xrm.rule_engine.problems import did_you_mean

ALWAYS_IGNORED = frozenset({"versionnumber"})
"""What clients send back with a record they read; `if_version` is the way to use it."""
ONLY_ON_CREATE = frozenset({"overriddencreatedon", "importsequencenumber"})


def invalid(entity: Entity, details: Iterable[Detail]) -> Invalid:
    """Return one error for all the faults of a record."""
    faults = tuple(details)
    message = faults[0].message
    if len(faults) > 1:
        message = (
            f"{len(faults)} values of this {entity.label.lower()} do not fit: "
            + (" ".join(fault.message for fault in faults))
        )
    return Invalid(message, code=faults[0].code, target=faults[0].field, details=faults)


def parse_given(batch: Batch, change: Change) -> list[Detail]:
    """Parse what the caller sent into `change.given`; return the faults.

    Values of read-only fields stay in `change.given` when they may be what the record
    has already; `refuse_read_only` looks at them once it is known.
    """
    layout = batch.layout
    change.given, found = layout.load(change.raw)
    for name in ALWAYS_IGNORED:
        change.given.pop(name, None)
    faults = []
    for fault in found:
        if fault.code == "unknown_field":
            faults.append(_strange(layout.entity, fault.field))
        else:
            faults.append(Detail(fault.field, fault.code, fault.message))
    return faults


def _strange(entity: Entity, name: str) -> Detail:
    field = entity.fields.get(name)
    if field is not None:
        return Detail(name, "read_only", _why_read_only(field, late=False))
    hint = did_you_mean(name, entity.fields) or "Leave it out or correct the name."
    return Detail(
        name, "unknown_field", f'{entity.label} has no field "{name}". {hint}'
    )


def is_locked(field: Field) -> bool:
    """Say whether only the platform writes the field."""
    return bool(field.read_only or field.rollup or field.formula)


def refuse_read_only(batch: Batch, change: Change) -> list[Detail]:
    """Drop read-only values that change nothing; return faults for those that would."""
    if batch.trusted:
        return []
    faults = []
    own_key = batch.layout.key
    by_platform = batch.work.actor.is_system
    for name in list(change.given):
        field = batch.layout.entity.fields[name]
        late = change.before is not None and name in ONLY_ON_CREATE
        if not late and not is_locked(field):
            continue
        if name == own_key and change.before is None:
            continue
        if by_platform and not field.system and not field.rollup and not field.formula:
            continue
        if change.given[name] == change.was(name) or (
            change.before is None and change.given[name] is None
        ):
            del change.given[name]
            continue
        faults.append(Detail(name, "read_only", _why_read_only(field, late=late)))
    return faults


def _why_read_only(field: Field, *, late: bool) -> str:
    if late:
        return f"{field.label} can only be given when the record is created."
    if field.rollup:
        return f"{field.label} is a rollup and cannot be set. Leave it out."
    if field.formula:
        return (
            f"{field.label} is computed by a formula and cannot be set. Leave it out."
        )
    if field.system:
        return f"{field.label} is kept by the platform and cannot be set. Leave it out."
    return f"{field.label} is read-only. Leave it out."


def take_key(layout: Layout, change: Change) -> None:
    """Give a new record the id the caller chose, or a fresh one."""
    chosen = change.given.get(layout.key)
    if isinstance(chosen, UUID):
        change.id = chosen
    change.given[layout.key] = change.id


def new_id() -> UUID:
    """Return an id for a new record."""
    return uuid4()


def missing_required(layout: Layout, change: Change) -> list[Detail]:
    """Return a fault for each required field without a value.

    An update answers only for what it changes: a record that lacks a value since the
    field became required can still be changed elsewhere.
    """
    after, before = change.after, change.before
    faults = []
    for field in required_fields(layout):
        if after.get(field.name) is None and (
            before is None or before.get(field.name) is not None
        ):
            faults.append(
                Detail(
                    field.name, "required", f"{field.label} is required. Fill it in."
                )
            )
    return faults


def required_fields(layout: Layout) -> tuple[Field, ...]:
    """Return the fields a record must have a value for.

    Every user's record has its owner from the start; what the platform itself makes
    may be nobody's.
    """
    return layout.kept(
        "required",
        lambda: tuple(
            field
            for name in layout.fields
            if (field := layout.entity.fields[name]).is_required
            and not field.rollup
            and not field.formula
            and field.type != "owner"
        ),
    )


def constant_defaults(layout: Layout) -> Mapping[str, Any]:
    """Return the defaults that are values, parsed."""

    def make() -> dict[str, Any]:
        made = {}
        for name, kind in layout.fields.items():
            field = layout.entity.fields[name]
            if field.default is not None and not is_expression(field.default):
                made[name] = kind.parse(field, field.default)
        return made

    return layout.kept("defaults", make)


def is_expression(default: Any) -> bool:
    """Say whether a declared default is written in the rule language."""
    return isinstance(default, Mapping) and "formula" in default
