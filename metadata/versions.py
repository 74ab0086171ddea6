"""Know versions of solutions and conditions on them: `>=1.0, <2`."""

import re
from collections.abc import Callable, Mapping
from typing import Final

_PART = re.compile(r"(>=|<=|==|!=|>|<|=)\s*(\d+(?:\.\d+)*)")
_TESTS: Final[Mapping[str, Callable[[int], bool]]] = {
    ">=": lambda order: order >= 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    "<": lambda order: order < 0,
    "=": lambda order: order == 0,
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
}


def version_key(text: str) -> tuple[int, ...]:
    """Return a version as numbers that compare: `1.0` and `1.0.0` are the same."""
    numbers = [int(part) for part in text.split(".") if part.isdigit()]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def satisfies(version: str, condition: str) -> bool:
    """Say whether a version meets a condition; `*` is met by every one."""
    if condition.strip() == "*":
        return True
    own = version_key(version)
    for sign, text in _PART.findall(condition):
        other = version_key(text)
        if not _TESTS[sign]((own > other) - (own < other)):
            return False
    return True
