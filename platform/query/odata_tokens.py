"""Cut an OData filter into tokens, each with its place; nothing is understood yet."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from xrm.platform.errors import Refused

LONGEST: Final = 32_768
MOST_TOKENS: Final = 12_000

TokenKind = Literal["name", "value", "sign", "alias", "end"]

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<guid>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![\w-]))
    | (?P<moment>\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?
        (?:[Zz]|[+-]\d\d:\d\d)?(?!\w))
    | (?P<date>\d{4}-\d\d-\d\d(?![\w-]))
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?[dDfFlLmM]?(?!\w))
    | (?P<text>'(?:[^']|'')*')
    | (?P<json>"(?:[^"\\]|\\.)*")
    | (?P<alias>@\w+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
    | (?P<sign>[(),/:=\[\]*])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `value` is what a literal stands for."""

    kind: TokenKind
    text: str
    at: int
    value: Any = None


@dataclass(frozen=True, slots=True)
class Source:
    """A text with the name of its option, for messages."""

    option: str
    text: str

    def fault(self, message: str, at: int, code: str = "bad_filter") -> Refused:
        """Return an error that shows the place."""
        before = self.text[max(0, at - 20) : at]
        after = self.text[at : at + 20]
        shown = f"{before}▸{after}" if self.text else ""
        return Refused(
            f"{self.option}, position {at + 1}: {message} Here: {_clean(shown)}",
            code=code,
            target=self.option,
        )


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text)


def tokens(source: Source) -> list[Token]:
    """Return the tokens of a text, an `end` last.

    Raises:
        Refused: it is too long, or has a sign that no token begins with.
    """
    text = source.text
    if len(text) > LONGEST:
        raise source.fault(f"The text is longer than {LONGEST} characters.", LONGEST)
    found: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise source.fault(_unreadable(text[at]), at)
        kind = match.lastgroup or ""
        start = match.start(kind)
        found.append(_token(source, kind, match.group(kind), start))
        if len(found) > MOST_TOKENS:
            raise source.fault("The filter has too many parts.", start)
        at = match.end()
    found.append(Token("end", "", len(text)))
    return found


def _unreadable(sign: str) -> str:
    if sign in "'\"":
        return "A text begins here and does not end; close it with the same quote."
    return f'"{_clean(sign)}" cannot stand here.'


def _token(source: Source, kind: str, text: str, at: int) -> Token:
    try:
        match kind:
            case "guid":
                return Token("value", text, at, UUID(text))
            case "moment":
                return Token("value", text, at, _moment(text))
            case "date":
                return Token("value", text, at, date.fromisoformat(text))
            case "number":
                return Token("value", text, at, _number(text))
            case "text":
                return Token("value", text, at, text[1:-1].replace("''", "'"))
            case "json":
                # Microsoft's builder doubles single quotes in JSON strings too.
                plain = re.sub(r"\\(.)", r"\1", text[1:-1])
                return Token("value", text, at, plain.replace("''", "'"))
            case "alias":
                return Token("alias", text, at)
            case "name":
                if text in ("null", "true", "false"):
                    value = {"null": None, "true": True, "false": False}[text]
                    return Token("value", text, at, value)
                return Token("name", text, at)
    except (ValueError, ArithmeticError):
        raise source.fault(f'"{text[:40]}" is no {kind} there is.', at) from None
    return Token("sign", text, at)


def _moment(text: str) -> datetime:
    head, dot, rest = text.upper().partition(".")
    if dot:
        digits = re.match(r"\d+", rest)
        kept = digits.group()[:6] if digits else ""
        head += "." + kept.ljust(6, "0") + rest[len(digits.group()) if digits else 0 :]
    return datetime.fromisoformat(head.replace("Z", "+00:00"))


def _number(text: str) -> int | Decimal:
    plain = text.rstrip("dDfFlLmM")
    if re.fullmatch(r"[+-]?\d{1,400}", plain):
        return int(plain)
    return Decimal(plain)
