"""Read the address of a resource: `accounts(…)/primarycontactid/$ref` into segments.

Pure: knows how OData writes keys and arguments, nothing of the catalog or of HTTP. The
text it takes is percent-decoded already, so a slash inside quotes belongs to the value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from uuid import UUID

from xrm.platform.api.splitting import split
from xrm.platform.errors import Refused

Literal = str | UUID | Decimal | int | bool | None
LONGEST = 32_768
MOST_SEGMENTS = 8
QUALIFIER = "Microsoft.Dynamics.CRM."


@dataclass(frozen=True, slots=True)
class Alias:
    """A value that stands in the query string: `@p1`."""

    name: str


Value = Literal | Alias
UNNAMED = ""
"""The name of the one argument that is written without a name."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of an address: a name, and its arguments where it has parentheses."""

    name: str
    arguments: Mapping[str, Value] | None = None

    @property
    def is_message(self) -> bool:
        """Return whether the name is qualified, as bound actions and functions are."""
        return self.name.startswith(QUALIFIER)

    @property
    def message(self) -> str:
        """Return the name without its qualifier."""
        return self.name.removeprefix(QUALIFIER)


def parse(address: str) -> tuple[Segment, ...]:
    """Return the segments of an address; none for the service root.

    Slashes at both ends are ignored: one client appends one to every link it follows.

    Raises:
        Refused: the address is not well formed; the message says where.
    """
    if len(address) > LONGEST:
        raise _refused(f"The address is longer than {LONGEST} characters.", address)
    segments = tuple(_segment(part, address) for part in split(address.strip("/"), "/"))
    if len(segments) > MOST_SEGMENTS:
        raise _refused(f"The address has more than {MOST_SEGMENTS} parts.", address)
    return segments


def literal(text: str) -> Value:
    """Return the value of a quoted text, GUID, number, true, false, null or @alias.

    Raises:
        Refused: it is none of these.
    """
    text = text.strip()
    if text.startswith("'"):
        if len(text) < 2 or not text.endswith("'"):
            raise _refused(f"The quote that opens in {text} is never closed.", text)
        inner = text[1:-1]
        if "'" in inner.replace("''", ""):
            raise _refused(
                f"{text} has a single quote inside. Write it twice: ''.", text
            )
        return inner.replace("''", "'")
    if text.startswith("@") and len(text) > 1:
        return Alias(text)
    if text in ("true", "false"):
        return text == "true"
    if text == "null":
        return None
    return _bare(text)


def _bare(text: str) -> Literal:
    plain = text.strip("{}")
    if len(plain) == 36 and plain.count("-") == 4:
        try:
            return UUID(plain)
        except ValueError:
            raise _refused(f'"{text}" is not a GUID.', text) from None
    digits = text.removeprefix("-")
    if digits.isdecimal() and digits.isascii() and len(digits) <= 38:
        return int(text)
    try:
        number = Decimal(text) if len(text) <= 60 and text.isascii() else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise _refused(
            f'"{text}" is no GUID and no number. Put texts into single quotes.', text
        )
    return number


def _segment(part: str, address: str) -> Segment:
    name, opened, rest = part.partition("(")
    if not name:
        raise _refused(f'The address "{address}" has an empty part.', address)
    if not opened:
        return Segment(name)
    if not rest.endswith(")"):
        raise _refused(f'The parenthesis after "{name}" is never closed.', name)
    inner = rest[:-1].strip()
    if not inner:
        return Segment(name, {})
    arguments: dict[str, Value] = {}
    for item in split(inner, ","):
        key, value = _argument(item)
        if key in arguments:
            raise _refused(f'"{key or inner}" is given twice.', key or name)
        arguments[key] = literal(value)
    if UNNAMED in arguments and len(arguments) > 1:
        raise _refused(
            f'"{inner}" mixes a value without a name and named ones. Name them all.',
            name,
        )
    return Segment(name, arguments)


def _argument(item: str) -> tuple[str, str]:
    if item.lstrip().startswith("'"):
        return UNNAMED, item
    key, equals, value = item.partition("=")
    return (key.strip(), value) if equals else (UNNAMED, item)


def _refused(message: str, target: str) -> Refused:
    return Refused(message, code="bad_address", target=target[:200])
