"""Know how versions compare, and what a condition on a version asks."""

import re

_PART = re.compile(r"\s*(>=|<=|>|<|==|=|!=)\s*(\d+(?:\.\d+)*)\s*")

Version = tuple[int, ...]


def parse_version(text: str) -> Version:
    """Return the numbers of a version; zeros at the end do not count.

    Raises:
        ValueError: the text is no version.
    """
    numbers = [int(part) for part in text.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def satisfies(version: str, condition: str) -> bool:
    """Say whether a version meets a condition such as `>=1.0, <2`; `*` takes any.

    Raises:
        ValueError: the condition cannot be read.
    """
    if condition.strip() in ("*", ""):
        return True
    have = parse_version(version)
    return all(_holds(have, part) for part in condition.split(",") if part.strip())


def _holds(have: Version, part: str) -> bool:
    found = _PART.fullmatch(part)
    if found is None:
        message = f'"{part.strip()}" is no condition on a version.'
        raise ValueError(message)
    sign, wanted = found[1], parse_version(found[2])
    if sign == ">=":
        return have >= wanted
    if sign == "<=":
        return have <= wanted
    if sign == ">":
        return have > wanted
    if sign == "<":
        return have < wanted
    return (have == wanted) == (sign != "!=")
