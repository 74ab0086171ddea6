"""What a function is: name, signature, sentence, example, and both its meanings.

SQLite calls the Python meaning itself; PostgreSQL gets the SQL body as the function
`xrm_<name>`. So the two compilers only ever name a function.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xrm.rule_engine import core_names
from xrm.rule_engine.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    DURATION,
    EMPTY,
    GUID,
    INTEGER,
    MONTHS,
    TEXT,
    Record,
    RuleType,
)

ANY = RuleType("any value")
SAME = RuleType("the same type")
FIELD = RuleType("a field's name")
WORDS: Mapping[str, RuleType] = {
    "text": TEXT,
    "number": DECIMAL,
    "whole": INTEGER,
    "boolean": BOOLEAN,
    "date": DATE,
    "datetime": DATETIME,
    "duration": DURATION,
    "months": MONTHS,
    "id": GUID,
    "any": ANY,
    "same": SAME,
    "field": FIELD,
    "user": Record((core_names.USER,)),
    "unit": Record((core_names.UNIT,)),
    "empty": EMPTY,
}
SQL_TYPES: Mapping[RuleType, str] = {
    TEXT: "text",
    DECIMAL: "numeric",
    INTEGER: "numeric",
    BOOLEAN: "boolean",
    DATE: "date",
    DATETIME: "timestamptz",
    DURATION: "bigint",
    MONTHS: "numeric",
}
_SIGNATURE = re.compile(r"(\w+)\((.*)\) -> (\w+)")
_PARAMETER = re.compile(r"(\w+): (\w+)(?: = (\S+))?(\.\.\.)?")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `default` fills in for an argument left out."""

    name: str
    type: RuleType
    default: int | str | None = None
    repeats: bool = False


@dataclass(frozen=True, eq=False)
class Function:
    """One function of the language.

    `signature` reads `round(value: number, digits: whole = 0) -> number`; the last
    parameter may repeat (`more: text...`). `python` gets no empty argument and
    `postgresql` (`$1` …) likewise, unless `takes_empty`. A repeated parameter is
    folded in pairs: `f(a, b, c)` is `f(f(a, b), c)`, so it must be associative. `fact`
    names what the surroundings know (`now`, `today`, …) and then stands for both
    meanings. A function with neither is rewritten by the checker.
    """

    signature: str
    sentence: str
    example: str
    gives: Any
    python: Callable[..., Any] | None = None
    postgresql: str | None = None
    takes_empty: bool = False
    fact: str | None = None
    family: str = ""
    variant: str = ""
    language: str = "sql"

    @cached_property
    def _parts(self) -> tuple[str, str, str]:
        found = _SIGNATURE.fullmatch(self.signature)
        assert found, self.signature
        return found.group(1), found.group(2), found.group(3)

    @cached_property
    def name(self) -> str:
        """The name in a rule text."""
        return self._parts[0]

    @cached_property
    def sql_name(self) -> str:
        """The name in both databases."""
        return f"xrm_{self.name}{self.variant}"

    @cached_property
    def result(self) -> RuleType:
        """The type of the value given."""
        return WORDS[self._parts[2]]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in order."""
        found = []
        for text in filter(None, self._parts[1].split(", ")):
            part = _PARAMETER.fullmatch(text)
            assert part, self.signature
            name, word, default, dots = part.groups()
            value = int(default) if default and default.isdigit() else default
            if isinstance(value, str):
                value = value.strip('"').replace("_", " ")
            found.append(Parameter(name, WORDS[word], value, bool(dots)))
        return tuple(found)

    @property
    def is_called(self) -> bool:
        """Say whether both databases have it as a function."""
        return self.postgresql is not None

    def definition(self) -> str:
        """Return the statement that creates the function on PostgreSQL."""
        types = ", ".join(SQL_TYPES[parameter.type] for parameter in self.parameters)
        result = SQL_TYPES[self.result]
        body = self.postgresql or ""
        if self.language == "sql":
            body = f"nullif({body}, '')" if self.result == TEXT else body
            body = f"SELECT ({body})::{result}"
        strict = "" if self.takes_empty else " STRICT"
        return (
            f"CREATE OR REPLACE FUNCTION {self.sql_name}({types}) RETURNS {result} "
            f"LANGUAGE {self.language} IMMUTABLE{strict} PARALLEL SAFE "
            f"AS $xrm$ {body} $xrm$"
        )
