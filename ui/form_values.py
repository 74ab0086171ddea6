"""Know how typed texts become values: numbers as the reader writes them, local times.

Pure. A text that is what the form showed is no change, so nothing that only looked
different (a rounded time, a grouped number) is written back.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import NumberFormatError, parse_decimal

from xrm.metadata.entities import Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.display import zone
from xrm.metadata.fields.field_type import Formats, ValueProblem
from xrm.ui import parties
from xrm.ui.columns import Row
from xrm.ui.form_fields import edit_text, stored

NUMBERS = frozenset({"integer", "decimal", "float", "currency"})
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*(d|h|m|min)\b", re.IGNORECASE)
_MINUTES: Mapping[str, int] = {"d": 1_440, "h": 60, "m": 1, "min": 1}
_SPACES = re.compile(r"[\s\u00a0\u202f'’]+")

Posted = Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Typed:
    """What a person typed: values that differ, faults, names still to be looked up."""

    values: dict[str, Any] = dataclass_field(default_factory=dict)
    faults: dict[str, str] = dataclass_field(default_factory=dict)
    names: dict[str, str] = dataclass_field(default_factory=dict)
    """Lookups of which only the name was typed."""
    parties: dict[str, list[str]] = dataclass_field(default_factory=dict)
    """Fields of parties, with names that are still to be looked up."""


def read(
    fields: Iterable[Field], posted: Posted, base: Row | None, formats: Formats
) -> Typed:
    """Return what was typed that differs from `base`, what the form showed."""
    made = Typed()
    for field in fields:
        if field.name not in posted:
            continue
        if field.type == "party":
            _read_parties(made, field, posted, base)
            continue
        text = posted_text(field, posted)
        value = stored(base, field) if base is not None else None
        if field.is_lookup and not text:
            name = (posted.get(f"{field.name}.text") or [""])[-1].strip()
            if name:
                made.names[field.name] = name
                continue
        if same_text(text, edit_text(field, value, formats)):
            continue
        try:
            found = field_type(field.type).parse(field, to_value(field, text, formats))
        except ValueProblem as problem:
            made.faults[field.name] = problem.message
            continue
        if found != value:
            made.values[field.name] = found
    return made


def _read_parties(made: Typed, field: Field, posted: Posted, base: Row | None) -> None:
    tokens, names = parties.typed(posted, field.name)
    value = stored(base, field) if base is not None else None
    try:
        found = field_type(field.type).parse(field, tokens)
    except ValueProblem as problem:
        made.faults[field.name] = problem.message
        return
    known = {parties.token_of(party): party for party in value or ()}
    kept = tuple(known.get(parties.token_of(one), one) for one in found or ())
    if names:
        made.parties[field.name] = names
    if names or set(kept) != set(value or ()):
        made.values[field.name] = kept


def posted_text(field: Field, posted: Posted) -> str:
    """Return what was posted for a field as one text."""
    given = posted.get(field.name) or [""]
    if field.type == "multichoice":
        return ",".join(item for item in given if item)
    return given[-1].replace("\r\n", "\n")


def same_text(one: str, other: str) -> bool:
    """Say whether two texts are the same but for how browsers end lines."""
    return one == other.replace("\r\n", "\n")


def to_value(field: Field, text: str, formats: Formats) -> Any:
    """Return a typed text as the field type takes it; what it cannot be stays text."""
    if not text.strip():
        return None
    if field.options.get("format") == "duration":
        return minutes(text)
    if field.type in NUMBERS:
        return number(text, formats)
    if field.type == "datetime" and field.options.get("behavior") != "date_only":
        return moment(field, text, formats)
    if field.type == "text":
        return text
    return text.strip()


def number(text: str, formats: Formats) -> Decimal | str:
    """Return a number as the reader writes it.

    Units do not matter, nor what groups digits in some places: spaces, apostrophes.
    """
    bare = _SPACES.sub("", text).strip("%€$£¥")
    try:
        return parse_decimal(bare, formats.locale.replace("-", "_"), strict=True)
    except NumberFormatError:
        return text


def minutes(text: str) -> int | str:
    """Return a duration: minutes, or `1 d 2 h 30 min`."""
    bare = text.strip()
    if bare.isdigit():
        return int(bare)
    parts = _PART.findall(bare)
    if not parts or _PART.sub("", bare).strip(" ,"):
        return text
    total = sum(
        Decimal(amount.replace(",", ".")) * _MINUTES[unit.lower()]
        for amount, unit in parts
    )
    return int(total)


def moment(field: Field, text: str, formats: Formats) -> datetime | str:
    """Return a local date and time in UTC."""
    try:
        made = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    if made.tzinfo is not None:
        return made
    if field.options.get("behavior") == "zone_independent":
        return made.replace(tzinfo=UTC)
    return made.replace(tzinfo=zone(formats.time_zone)).astimezone(UTC)
