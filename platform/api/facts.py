"""Filter, select and find among lists of metadata: the small part of OData they take.

`LogicalName eq 'account' and not (IsPrivate eq true)`, `contains(SchemaName,'prop_')`.
Pure: works on mappings, knows nothing of the catalog.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from xrm.platform.api.addresses import QUALIFIER, literal
from xrm.platform.errors import Refused
from xrm.rule_engine.problems import did_you_mean

Fact = Mapping[str, Any]
Test = Callable[[Fact], bool]

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[()]|,|[^\s(),']+)")
_FUNCTIONS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
}
MOST_TOKENS = 2_000
DEEPEST = 50


def select(
    items: Iterable[Fact], names: str | None, *, known: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Return the items with the named facts only; the id and the type stay.

    `known` are names that other items of the kind have, so that they are no fault.

    Raises:
        Refused: no item has a fact of that name.
    """
    found = [dict(item) for item in items]
    if not names:
        return found
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    names_here = {*known, *(name for item in found for name in item)}
    for name in wanted:
        if found and name not in names_here:
            raise Refused(
                f'There is no property "{name[:80]}" here. '
                f"{did_you_mean(name, names_here) or ''}".strip(),
                code="unknown_property",
                target="$select",
            )
    kept = {*wanted, "MetadataId", "@odata.type"}
    return [{k: v for k, v in item.items() if k in kept} for item in found]


def keep(items: Iterable[Fact], condition: str | None) -> list[Fact]:
    """Return the items that fulfil a $filter.

    Raises:
        Refused: the condition cannot be read.
    """
    if not condition:
        return list(items)
    test = _Reader(condition).read()
    return [item for item in items if test(item)]


def one(items: Iterable[Fact], name: str, value: Any) -> Fact | None:
    """Return the item with this value; texts ignore case."""
    wanted = _comparable(value)
    return next((i for i in items if _comparable(i.get(name)) == wanted), None)


def _comparable(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, Mapping) and "Value" in value:
        return _comparable(value["Value"])
    return value


def _at(item: Fact, path: str) -> Any:
    """Return what a path such as `RequiredLevel/Value` leads to."""
    found: Any = item
    for step in path.split("/"):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


class _Reader:
    """Reads one condition: `or` of `and` of tests, with parentheses and `not`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens(text)
        self.place = 0
        self.depth = 0

    def read(self) -> Test:
        test = self._any()
        if self.place < len(self.tokens):
            raise self._fault(f'"{self.tokens[self.place]}" is not expected')
        return test

    def _tokens(self, text: str) -> list[str]:
        found: list[str] = []
        place = 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None:
                raise self._fault(f"column {place + 1} cannot be read")
            found.append(match.group(1))
            place = match.end()
            if len(found) > MOST_TOKENS:
                raise self._fault("it is too long")
        return found

    def _any(self) -> Test:
        tests = [self._all()]
        while self._take("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda i: any(t(i) for t in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda i: all(t(i) for t in tests)

    def _one(self) -> Test:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._fault(f"it is nested deeper than {DEEPEST} levels")
        try:
            return self._plain()
        finally:
            self.depth -= 1

    def _plain(self) -> Test:
        if self._take("not"):
            inner = self._one()
            return lambda item: not inner(item)
        if self._take("("):
            inner = self._any()
            self._expect(")")
            return inner
        name = self._next("a property")
        if name in _FUNCTIONS and self._take("("):
            return self._call(name)
        return self._compare(name)

    def _call(self, function: str) -> Test:
        name = self._next("a property")
        self._expect(",")
        part = str(_comparable(literal(self._next("a text"))))
        self._expect(")")
        holds = _FUNCTIONS[function]
        return lambda item: holds(str(_comparable(item.get(name)) or ""), part)

    def _compare(self, path: str) -> Test:
        operator = self._next("eq or ne")
        if operator not in ("eq", "ne"):
            raise self._fault(f'"{operator}" is no comparison; write eq or ne')
        text = self._next("a value")
        if text.startswith(QUALIFIER) and self._peek("'"):
            text = self._next("a value")  # an enumeration: its type before its value
        value = _comparable(literal(text))
        equal = operator == "eq"
        return lambda item: (_comparable(_at(item, path)) == value) is equal

    def _peek(self, start: str) -> bool:
        return self.place < len(self.tokens) and self.tokens[self.place].startswith(
            start
        )

    def _take(self, word: str) -> bool:
        if self.place < len(self.tokens) and self.tokens[self.place] == word:
            self.place += 1
            return True
        return False

    def _next(self, what: str) -> str:
        if self.place >= len(self.tokens):
            raise self._fault(f"it ends where {what} is expected")
        self.place += 1
        return self.tokens[self.place - 1]

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._fault(f'"{word}" is missing')

    def _fault(self, why: str) -> Refused:
        return Refused(
            f'The filter "{self.text[:200]}" cannot be read: {why}. '
            "Metadata takes eq, ne, contains, startswith, endswith, and, or, not.",
            code="bad_filter",
            target="$filter",
        )
