"""Read a JSON body within its budgets: size, depth, numbers, texts, keys given twice.

Numbers with a point become `Decimal`, so that money is never a float. Pure.
"""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from xrm.platform.errors import Refused, TooLarge

LARGEST_BODY = 10 * 1024 * 1024
DEEPEST = 100
LONGEST_NUMBER = 400


def load_json(body: bytes, *, largest: int = LARGEST_BODY) -> Any:
    """Return the value of a JSON text.

    Raises:
        Refused: it is no JSON, or JSON that no database could keep.
        TooLarge: it has more bytes than allowed.
    """
    if len(body) > largest:
        raise TooLarge(
            f"The body has {len(body):,} bytes; {largest:,} are allowed.",
            code="body_too_large",
        )
    if body.count(b"[") + body.count(b"{") > DEEPEST:
        _check_depth(body)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise _refused(
            f"The body is not UTF-8: byte {fault.start + 1} does not fit."
        ) from None
    if not text.strip():
        raise _refused("The body is empty; a JSON object is expected.")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as fault:
        raise _refused(
            f"The body is no JSON: line {fault.lineno}, column {fault.colno}: "
            f"{fault.msg}."
        ) from None
    except RecursionError:
        raise _too_deep() from None
    if "\\u" in text:
        _check_texts(value)
    elif "\x00" in text:
        raise _refused("The body contains a NUL character.")
    return value


def load_object(body: bytes, *, largest: int = LARGEST_BODY) -> dict[str, Any]:
    """Return the JSON object of a body.

    Raises:
        Refused: the body is no JSON object.
    """
    return as_object(load_json(body, largest=largest))


def as_object(value: Any) -> dict[str, Any]:
    """Return the value of a body, if it is a JSON object.

    Raises:
        Refused: it is another value.
    """
    if not isinstance(value, dict):
        raise _refused(
            f"The body is {_kind(value)}; a JSON object is expected, "
            'for example {"name": "Contoso"}.'
        )
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a number"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _refused(f'"{key}" is given twice in one object.', key)
            seen.add(key)
    return made


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise _refused(f"A number has {len(text):,} digits.")
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise _refused(f"A number has {len(text):,} digits.")
    try:
        number = Decimal(text)
    except InvalidOperation:  # the exponent itself is out of range
        number = Decimal("Infinity")
    if not number.is_finite() or (
        number and not -LONGEST_NUMBER < number.adjusted() < LONGEST_NUMBER
    ):
        raise _refused(f"The number {text} is out of every range.")
    return number


def _constant(word: str) -> NoReturn:
    raise _refused(f"{word} is no JSON value. Send null for no value.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs,
    parse_float=_decimal,
    parse_int=_integer,
    parse_constant=_constant,
)


def _check_depth(body: bytes) -> None:
    """Count open brackets outside texts, before the decoder recurses into them."""
    depth = 0
    quoted = escaped = False
    for byte in body:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in (0x5B, 0x7B):
            depth += 1
            if depth > DEEPEST:
                raise _too_deep()
        elif byte in (0x5D, 0x7D):
            depth -= 1


def _check_texts(value: Any) -> None:
    """Refuse lone surrogates and NUL, which escapes can bring in."""
    if isinstance(value, str):
        if "\x00" in value:
            raise _refused("A text contains the character \\u0000.")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _refused("A text contains half of a surrogate pair.") from None
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_texts(key)
            _check_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_texts(inner)


def _too_deep() -> Refused:
    return _refused(f"The body is nested deeper than {DEEPEST} levels.")


def _refused(message: str, target: str | None = None) -> Refused:
    return Refused(message, code="bad_json", target=target)
