"""Know the formats of numbers that the platform gives: `OPP-{SEQNUM:5}-{RANDSTRING:4}`.

`{SEQNUM:n}` is the next number with at least n digits, `{RANDSTRING:n}` n random
capital letters and digits, `{DATETIMEUTC:yyyyMM}` the moment in UTC.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal

LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""The signs of random parts: none that is taken for another."""
_TIMES: Final = {
    "yyyy": "%Y",
    "yy": "%y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
}
_PART = re.compile(r"\{([^{}]*)\}|([^{}]+)|([{}])")
_TIME = re.compile(r"yyyy|yy|MM|dd|HH|hh|mm|ss|[-_./: ]")


class FormatProblem(ValueError):
    """A number format that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a format: `text` as it is, `length` of a number, or a time pattern."""

    kind: Literal["text", "sequence", "random", "time"]
    text: str = ""
    length: int = 0


@lru_cache(maxsize=512)
def parse_format(text: str) -> tuple[Part, ...]:
    """Return the parts of a number format.

    Raises:
        FormatProblem: a placeholder is unknown or malformed.
    """
    made: list[Part] = []
    for found in _PART.finditer(text):
        placeholder, literal, brace = found.groups()
        if brace:
            raise FormatProblem(f'"{brace}" has no counterpart.')
        made.append(Part("text", literal) if literal else _placeholder(placeholder))
    if sum(part.kind == "sequence" for part in made) != 1:
        raise FormatProblem("It needs exactly one {SEQNUM:n}.")
    return tuple(made)


def _placeholder(text: str) -> Part:
    name, _, argument = text.partition(":")
    if name == "SEQNUM":
        return Part("sequence", length=_length(name, argument, 16))
    if name == "RANDSTRING":
        return Part("random", length=_length(name, argument, 6))
    if name == "DATETIMEUTC":
        pieces = _TIME.findall(argument)
        if not argument or "".join(pieces) != argument:
            raise FormatProblem(
                f'"{argument}" is no pattern of a time; use yyyy, MM, dd, HH, mm, ss.'
            )
        return Part("time", "".join(_TIMES.get(piece, piece) for piece in pieces))
    raise FormatProblem(
        f'There is no placeholder "{text}"; use SEQNUM, RANDSTRING, DATETIMEUTC.'
    )


def _length(name: str, argument: str, most: int) -> int:
    if not argument.isascii() or not argument.isdigit() or len(argument) > 3:
        raise FormatProblem(f"{name} needs a length, such as {{{name}:4}}.")
    if not 1 <= int(argument) <= most:
        raise FormatProblem(f"{name} takes a length of 1 to {most}.")
    return int(argument)


def render(
    parts: tuple[Part, ...],
    sequence: int,
    now: datetime,
    random: Callable[[str], str],
) -> str:
    """Return a number: `random` chooses one sign of a text (`secrets.choice`)."""
    made = []
    for part in parts:
        if part.kind == "text":
            made.append(part.text)
        elif part.kind == "sequence":
            made.append(str(sequence).zfill(part.length))
        elif part.kind == "random":
            made.append("".join(random(LETTERS) for _ in range(part.length)))
        else:
            made.append(now.strftime(part.text))
    return "".join(made)
