"""Know what every definition shares: reading a mapping, freezing it, naming it.

A definition is what a solution declares, as a frozen dataclass. This module knows
nothing of files, layers or databases.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

Value = TypeVar("Value")

NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
"""What an entity, field or other name looks like."""


class UnknownName(KeyError):
    """Something was asked of the catalog by a name it does not have."""

    kind: str = "definition"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f'There is no {self.kind} "{self.name}".'


class UnknownEntity(UnknownName):
    """The catalog has no such entity."""

    kind = "entity"


class UnknownField(UnknownName):
    """The entity has no such field."""

    kind = "field"


def frozen(items: Mapping[str, Value] | None) -> Mapping[str, Value]:
    """Return a read-only copy of a mapping, in its order."""
    return MappingProxyType(dict(items or {}))


def words_of(name: str) -> str:
    """Return a label made of a name: `credit_limit` gives `Credit limit`."""
    return name.replace("_", " ").strip().capitalize()


def texts(value: Any) -> tuple[str, ...]:
    """Return one text or a list of texts as a tuple."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(str(item) for item in value)


def mappings(value: Iterable[Any] | None, key: str) -> Iterator[Mapping[str, Any]]:
    """Give each item of a list as a mapping; a plain value becomes `{key: value}`."""
    for item in value or ():
        yield item if isinstance(item, Mapping) else {key: item}
