"""The types of the rule language and the operators each of them takes.

A type is a frozen value. Field types of the metadata declare theirs as `rule_type`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

NumberKind = Literal["integer", "decimal", "currency", "float"]


@dataclass(frozen=True, slots=True)
class RuleType:
    """A type of the language; `str()` gives the word used in messages."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Number(RuleType):
    """A number: decimal in meaning, whatever its `kind` of storage."""

    kind: NumberKind = "decimal"


@dataclass(frozen=True, slots=True)
class Choice(RuleType):
    """One listed value; `options` maps every name and label to its number."""

    options: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"choice {self.name}"


@dataclass(frozen=True, slots=True)
class MultiChoice(RuleType):
    """A set of listed values; `options` as in `Choice`."""

    options: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"multichoice {self.name}"


@dataclass(frozen=True, slots=True)
class Record(RuleType):
    """A record of one of `entities`; its value is the record's id."""

    entities: tuple[str, ...]

    def __init__(self, entities: tuple[str, ...]) -> None:
        object.__setattr__(self, "name", "record")
        object.__setattr__(self, "entities", entities)

    def __str__(self) -> str:
        return " or ".join(self.entities) + " record"


@dataclass(frozen=True, slots=True)
class Collection(RuleType):
    """The child records of one record; only an aggregate can use it."""

    entity: str

    def __init__(self, entity: str) -> None:
        object.__setattr__(self, "name", "collection")
        object.__setattr__(self, "entity", entity)

    def __str__(self) -> str:
        return f"collection of {self.entity} records"


BOOLEAN = RuleType("truth value")
INTEGER = Number("number", "integer")
DECIMAL = Number("number", "decimal")
CURRENCY = Number("number", "currency")
FLOAT = Number("number", "float")
NUMBER = DECIMAL
TEXT = RuleType("text")
DATE = RuleType("date")
DATETIME = RuleType("date-time")
DURATION = RuleType("duration")
MONTHS = RuleType("duration in months")
GUID = RuleType("id")
EMPTY = RuleType("empty")

EQUALITY = ("=", "!=")
ORDER = ("<", "<=", ">", ">=")


def is_number(kind: RuleType) -> bool:
    """Say whether values of this type are numbers."""
    return isinstance(kind, Number)


def is_moment(kind: RuleType) -> bool:
    """Say whether values of this type are dates or date-times."""
    return kind in (DATE, DATETIME)


def operators(kind: RuleType) -> tuple[str, ...]:
    """Return the comparison operators that values of this type take."""
    if isinstance(kind, MultiChoice):
        return ("contains",)
    if isinstance(kind, (Choice, Record)) or kind in (BOOLEAN, GUID):
        return EQUALITY
    if kind == TEXT:
        return (*EQUALITY, *ORDER, "contains", "starts with", "ends with")
    if is_number(kind) or is_moment(kind) or kind == DURATION:
        return (*EQUALITY, *ORDER)
    return ()


def common(left: RuleType, right: RuleType) -> RuleType | None:
    """Return the one type that holds values of both, or `None`."""
    if left == EMPTY:
        return right
    if right == EMPTY or left == right:
        return left
    if is_number(left) and is_number(right):
        return DECIMAL
    if is_moment(left) and is_moment(right):
        return DATETIME
    if isinstance(left, Record) and isinstance(right, Record):
        more = tuple(e for e in right.entities if e not in left.entities)
        return Record(left.entities + more)
    if {type(left), type(right)} <= {Record} or GUID in (left, right):
        other = right if left == GUID else left
        return GUID if isinstance(other, Record) else None
    return None
