"""Know one field on a form: its widget, the text in it, why it is locked.

`FieldSpec` is what the definitions say, made once per form and kept with the snapshot;
`field_model` joins it with a record and what was typed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.decimal import scale_of
from xrm.metadata.fields.display import digits_after_point, number_text, zone
from xrm.metadata.fields.field_type import Formats, Ref
from xrm.metadata.forms import Cell
from xrm.platform.records.attached import FILE_TYPES
from xrm.ui import parties
from xrm.ui.columns import CURRENCY_FIELD, USUAL_DIGITS, Row, text_maker
from xrm.ui.filters import Choice
from xrm.ui.hues import hue_of
from xrm.ui.reading import Reader, symbol_of

NEVER_TYPED = frozenset({"state", "autonumber", "uniqueid"})
"""Types whose values come from elsewhere than typing."""
SETTABLE = frozenset({"ownerid", "statuscode", CURRENCY_FIELD})
"""System fields that a person may set."""
_BETWEEN = {"multichoice": ",", "party": ";"}
"""What stands between the values of a field that has several, in one text."""
ATTRIBUTES = frozenset({"maxlength"})
"""Attributes of widgets that fit a text input of formatted values."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field as a form has it, without any record."""

    field: Field
    label: str
    kind: str
    attributes: tuple[tuple[str, str], ...]
    wide: bool
    options: tuple[Choice, ...]
    hues: Mapping[str, str]
    text: Callable[[Row, Reader], str]
    lock: str
    """Why nobody can type here; empty when it can be typed."""
    lock_icon: str = "lock"
    unit: str = ""
    filter: str = ""
    """For a lookup: what its records must fulfil on this form."""
    form: str = ""


@dataclass(slots=True)
class FieldModel:
    """What the template of a widget shows."""

    name: str
    id: str
    label: str
    kind: str
    value: str
    values: tuple[str, ...]
    shown: str
    attributes: tuple[tuple[str, str], ...]
    required: str
    lock: str
    lock_icon: str
    wide: bool
    faults: tuple[str, ...]
    options: tuple[Choice, ...]
    hue: str
    unit: str
    hint: str
    title: str = ""
    href: str = ""
    links: tuple[tuple[str, str], ...] = ()
    """Who takes part: names and addresses of their records, empty for none."""
    search: str = ""
    lines: bool = False
    can_find: bool = False
    """Whether a button shows the records to choose from, for want of scripts."""

    @property
    def is_bad(self) -> bool:
        """Say whether a message stands beside it."""
        return bool(self.faults)


def spec(entity: Entity, cell: Cell, form: str = "") -> FieldSpec | None:
    """Return the spec of a cell of a form, `None` for a field that does not exist."""
    field = entity.fields.get(cell.field) or entity.parties.get(cell.field)
    if field is None or cell.hidden:
        return None
    widget = field_type(field.type).widget(field)
    options: tuple[Choice, ...] = ()
    hues: dict[str, str] = {}
    if field.choices is not None:
        options = tuple(Choice(str(o.value), o.label) for o in field.choices.options)
        hues = {str(o.value): hue_of(o.color) for o in field.choices.options}
    lock, icon = lock_of(field, read_only=cell.read_only)
    is_area = widget.kind in ("textarea", "rich_text")
    return FieldSpec(
        field=field,
        label=cell.label or field.label,
        kind=widget.kind,
        attributes=tuple(
            (name, value)
            for name, value in widget.attributes.items()
            if name in ATTRIBUTES
        ),
        wide=cell.span > 1 or is_area,
        options=options,
        hues=hues,
        text=text_maker(field.name, field),
        lock=lock,
        lock_icon=icon,
        unit="%" if field.unit == "percent" else "",
        filter=cell.filter or "",
        form=form,
    )


def lock_of(field: Field, *, read_only: bool) -> tuple[str, str]:
    """Return why a field cannot be typed, in words, and the icon that says so."""
    if field.formula:
        return f"Computed: {field.formula}", "math-function"
    if field.rollup:
        return f"Added up: {field.rollup}", "sum"
    if field.type == "autonumber":
        return "Numbered when the record is saved", "number"
    if field.type == "state":
        return "Changed by the actions above", "lock"
    if field.type in NEVER_TYPED:
        return "Cannot be typed", "lock"
    if field.read_only or (field.system and field.name not in SETTABLE):
        return "Kept by the platform", "lock"
    return ("Read-only on this form", "lock") if read_only else ("", "")


def stored(row: Row, field: Field) -> Any:
    """Return the stored value of a field in a row of a query; lookups as `Ref`."""
    value = row.get(field.name)
    if value is None:
        return None
    if field.is_lookup:
        target = row.get(f"{field.name}_type") or field.targets[0].entity
        return Ref(target, value)
    if field.type == "location":
        return (value, row.get(f"{field.name}_longitude"))
    return value


def edit_text(field: Field, value: Any, formats: Formats) -> str:
    """Return a stored value as it stands in an input, to be typed over."""
    if value is None:
        return "false" if field.type == "boolean" else ""
    if isinstance(value, Ref):
        return f"{value.entity}:{value.id}"
    match field.type:
        case "boolean":
            return "true" if value else "false"
        case "multichoice":
            return ",".join(str(item) for item in value)
        case "party":
            return ";".join(parties.token_of(party) for party in value)
        case "tags":
            return ", ".join(str(value).strip(",").split(","))
        case "location":
            return f"{value[0]}, {value[1]}"
        case "datetime" if isinstance(value, datetime):
            return _moment_text(field, value, formats)
        case "decimal" if scale_of(field) > USUAL_DIGITS:
            return _number_text(value, None, formats)
        case "decimal" | "currency":
            return _number_text(value, scale_of(field), formats)
        case "float":
            return _number_text(Decimal(repr(value)), None, formats)
        case "integer" if field.options.get("format") is None:
            return number_text(value, 0, formats)
        case "date" | "datetime":
            return str(value.isoformat())
    return str(value)


def _number_text(value: Decimal, scale: int | None, formats: Formats) -> str:
    digits = digits_after_point(value) if scale is None else scale
    return number_text(value, digits, formats)


def _moment_text(field: Field, value: datetime, formats: Formats) -> str:
    if field.options.get("behavior") == "zone_independent":
        return value.strftime("%Y-%m-%dT%H:%M")
    return value.astimezone(zone(formats.time_zone)).strftime("%Y-%m-%dT%H:%M")


def field_model(
    made: FieldSpec,
    row: Row | None,
    reader: Reader,
    *,
    typed: Mapping[str, Sequence[str]] | None = None,
    faults: Sequence[str] = (),
    lock: str = "",
    address: str = "",
    options: tuple[Choice, ...] | None = None,
    href: Callable[[Ref], str] = lambda ref: "",
    prefix: str = "f",
) -> FieldModel:
    """Return what a widget shows: the record's value, or what was typed instead."""
    field = made.field
    value = stored(row, field) if row is not None else None
    locked = made.lock or lock
    several = field.type in _BETWEEN
    given = (typed or {}).get(field.name) if not locked else None
    text = edit_text(field, value, reader.formats)
    shown = made.text(row, reader) if row is not None and _has(row, field) else ""
    title = shown if field.is_lookup else ""
    if field.type in FILE_TYPES and value is not None and row is not None:
        shown = str(row.get(f"{field.name}@name") or shown)
    target = href(value) if isinstance(value, Ref) else ""
    links: tuple[tuple[str, str], ...] = ()
    if field.type == "party":
        shown = parties.shown(row, field) if row is not None else ""
        links = parties.links(row, field, href) if row is not None else ()
        found = None if given is None else parties.typed(typed or {}, field.name)
        tokens = text.split(";") if text else []
        title = ""
        if found is not None:
            tokens, title = found[0], "; ".join(found[1])
        text = ";".join(tokens)
        options = parties.boxes(row, field, tokens)
    elif given is not None:
        text = ",".join(given) if field.type == "multichoice" else given[-1]
        if field.is_lookup:
            title = ((typed or {}).get(f"{field.name}.text") or [title])[-1]
            target = target if value and text == f"{value.entity}:{value.id}" else ""
    kind = "locked" if locked else made.kind
    unit = made.unit
    if field.type == "currency" and row is not None:
        money = reader.in_currency(row.get(CURRENCY_FIELD))
        unit = symbol_of(money.currency, money.locale)
    elif field.type == "currency":
        unit = symbol_of(reader.formats.currency, reader.formats.locale)
    elif made.kind == "duration":
        unit = "min"
    return FieldModel(
        name=field.name,
        id=f"{prefix}-{field.name}",
        label=made.label,
        kind=kind,
        value=text,
        values=tuple(text.split(_BETWEEN[field.type])) if several and text else (),
        shown=shown,
        attributes=made.attributes,
        required=field.required if not locked else "none",
        lock=locked,
        lock_icon=made.lock_icon if made.lock else "",
        wide=made.wide,
        faults=tuple(faults),
        options=made.options if options is None else options,
        hue=made.hues.get(text, ""),
        unit=unit,
        hint=field.description,
        title=title,
        href=target,
        links=links,
        search=_search(made, address) if field.targets else "",
        lines=made.kind in ("textarea", "rich_text"),
        can_find=prefix == "f",
    )


def _search(made: FieldSpec, address: str) -> str:
    """Return the address that finds records for a lookup."""
    form = f"?form={made.form}" if made.filter and made.form else ""
    return f"{address}/lookup/{made.field.name}{form}"


def _has(row: Row, field: Field) -> bool:
    return field.name in row and (not field.is_lookup or f"{field.name}@name" in row)
