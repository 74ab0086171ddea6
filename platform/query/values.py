"""Know how the values of a filter are read: leniently, as the field compares them.

A filter may name values that a field would refuse (too long, below its minimum): they
just match nothing. What cannot be compared at all is refused with the field's name.
Numbers with more digits than the column are moved to the next one it has, in the
direction that keeps the comparison true.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, Double, Text, Uuid
from sqlalchemy.types import TypeEngine

from xrm.metadata.entities import Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.choice import find_option, options_of
from xrm.metadata.fields.datetime import behavior
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.fields.storage import ScaledDecimal, UtcDateTime
from xrm.metadata.fields.texts import bad_character, shown
from xrm.platform.errors import Refused
from xrm.rule_engine import types as rule_types
from xrm.rule_engine.fold import fold

Kind = Literal[
    "text", "number", "boolean", "date", "moment", "id", "choice", "set", "none"
]
Direction = Literal["exact", "down", "up"]

LONGEST_TEXT: Final = 4_000
LEAST: Final = -(2**63)
MOST: Final = 2**63 - 1
_WIDE: Final = Context(prec=200)
_WORDS: Final = {"true": True, "false": False, "1": True, "0": False}


def kind_of(field: Field) -> Kind:
    """Return how values of a field are compared."""
    found = field_type(field.type).rule_type(field)
    if isinstance(found, rule_types.MultiChoice):
        return "set"
    if isinstance(found, rule_types.Choice):
        return "choice"
    if isinstance(found, rule_types.Number):
        return "number"
    if isinstance(found, rule_types.Record) or found == rule_types.GUID:
        return "id"
    return _KINDS.get(found, "none")


_KINDS: Final[dict[rule_types.RuleType, Kind]] = {
    rule_types.TEXT: "text",
    rule_types.BOOLEAN: "boolean",
    rule_types.DATE: "date",
    rule_types.DATETIME: "moment",
}


def storage_of(field: Field) -> TypeEngine[Any]:
    """Return the type that values compared with a field are bound with."""
    kind = kind_of(field)
    if kind == "number":
        column = field_type(field.type).columns(field)[0].type
        if isinstance(column, ScaledDecimal):
            return column
        return Double() if is_float(field) else BigInteger()
    if kind == "choice":
        return BigInteger()
    return _STORAGE.get(kind, Text())


_STORAGE: Final[dict[str, TypeEngine[Any]]] = {
    "text": Text(),
    "set": Text(),
    "boolean": Boolean(),
    "date": Date(),
    "moment": UtcDateTime(),
    "id": Uuid(as_uuid=True),
}


def is_float(field: Field) -> bool:
    """Say whether numbers of the field are kept as binary fractions."""
    found = field_type(field.type).rule_type(field)
    return isinstance(found, rule_types.Number) and found.kind == "float"


def keeps_hour(field: Field) -> bool:
    """Say whether the field's moments are the same hour in every zone."""
    return field.type == "datetime" and behavior(field) == "zone_independent"


def read(field: Field, value: Any, direction: Direction = "exact") -> Any:
    """Return a filter's value as it is compared with the field's column.

    `direction` says where a number or day between two values of the column goes.

    Raises:
        Refused: the value cannot be compared with such a field.
    """
    kind = kind_of(field)
    if isinstance(value, Ref):
        value = value.id
    found: Any
    match kind:
        case "text":
            return read_text(field, value)
        case "number":
            return _number(field, value, direction)
        case "choice" | "set":
            return _option(field, value)
        case "boolean":
            found = value if isinstance(value, bool) else _WORDS.get(str(value).lower())
        case "id":
            found = read_id(value)
        case "date":
            found = _day(value, direction)
        case "moment":
            found = read_moment(value)
        case _:
            found = None
    if found is None:
        raise unfit(field, value)
    return found


def read_text(field: Field, value: Any) -> str:
    """Return a text folded for comparison.

    Raises:
        Refused: it is no text, too long, or has a character no database keeps.
    """
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, (UUID, date)):
        value = str(value)
    if not isinstance(value, str):
        raise unfit(field, value)
    if len(value) > LONGEST_TEXT:
        raise Refused(
            f"The text to compare {field.name} with has {len(value)} characters; at "
            f"most {LONGEST_TEXT} are allowed.",
            code="value_too_long",
            target=field.name,
        )
    if bad_character(value):
        raise unfit(field, value)
    return fold(value)


def read_id(value: Any) -> UUID | None:
    """Return the id of a UUID or its text, `None` for anything else."""
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and len(value) <= 64:
        try:
            return UUID(value.rpartition(":")[2].strip())
        except ValueError:
            return None
    return None


def read_moment(value: Any) -> datetime | None:
    """Return a moment in UTC of an ISO text, a day or a date-time."""
    if isinstance(value, str):
        text = value.strip()
        if len(text) < 10 or text[4:5] != "-" or not text.isascii():
            return None
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            return None
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        return None
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None


def read_day(value: Any) -> date | None:
    """Return the day of an ISO text, a day or a moment (in UTC)."""
    return _day(value, "down")


def _day(value: Any, direction: Direction) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    moment = read_moment(value)
    if moment is None:
        return None
    day = moment.date()
    is_between = moment != datetime(day.year, day.month, day.day, tzinfo=UTC)
    if is_between and direction == "up" and day < date.max:
        return day + timedelta(days=1)
    return day


def read_whole(field: Field, value: Any) -> int:
    """Return the whole number that an operator such as last-x-days takes.

    Raises:
        Refused: it is none, or below zero.
    """
    try:
        found = int(str(value)) if not isinstance(value, bool) else -1
    except ValueError:
        found = -1
    if found < 0:
        raise Refused(
            f"{field.name} takes a whole number of 0 or more here, not {shown(value)}.",
            code="bad_value",
            target=field.name,
        )
    return min(found, 100_000)


def _number(field: Field, value: Any, direction: Direction) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise unfit(field, value)
    try:
        number = Decimal(str(value).strip()[:400])
    except InvalidOperation:
        raise unfit(field, value) from None
    if not number.is_finite():
        raise unfit(field, value)
    if is_float(field):
        return float(number)
    storage = storage_of(field)
    scale = storage.xrm_scale if isinstance(storage, ScaledDecimal) else 0
    if number.adjusted() > 40:
        whole, is_exact = (MOST if number > 0 else LEAST), False
    elif number.adjusted() < -60:
        sign = (number > 0) - (number < 0)
        whole, is_exact = (sign if direction == "up" and sign > 0 else 0), not sign
        whole = -1 if direction == "down" and sign < 0 else whole
    else:
        scaled = number.scaleb(scale, _WIDE)
        rounding = ROUND_CEILING if direction == "up" else ROUND_FLOOR
        whole = int(scaled.to_integral_value(rounding, _WIDE))
        is_exact = whole == scaled
    if direction == "exact" and not (is_exact and LEAST < whole <= MOST):
        whole = LEAST  # no column holds it, so it equals nothing
    whole = max(LEAST, min(whole, MOST))
    return Decimal(whole).scaleb(-scale, _WIDE) if scale else whole


def _option(field: Field, value: Any) -> int:
    if isinstance(value, bool):
        raise unfit(field, value)
    found = find_option(options_of(field), value)
    if found is not None:
        return found
    try:
        number = int(str(value).strip()[:40])
    except ValueError:
        raise unfit(field, value) from None
    return max(LEAST, min(number, MOST))


def unfit(field: Field, value: Any) -> Refused:
    """Return the error for a value that cannot be compared with a field."""
    words = {
        "text": "a text",
        "number": "a number",
        "choice": "one of its options, by number or label",
        "set": "numbers of its options",
        "boolean": "true or false",
        "id": "the id of a record",
        "date": "a date such as 2026-03-31",
        "moment": "a date and time such as 2026-03-31T14:30:00Z",
        "none": "no value at all",
    }
    return Refused(
        f"{field.name} is compared with {words[kind_of(field)]}, not {shown(value)}.",
        code="bad_value",
        target=field.name,
    )
