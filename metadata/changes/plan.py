"""Know what a plan is: operations in order, what they do to records, and a digest.

The counts (`Impact`) are made by the platform, which can see the records.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol

from xrm.metadata.catalog import Catalog
from xrm.metadata.changes.diff import diff
from xrm.metadata.changes.operations import Operation


class ImpactLike(Protocol):
    """What one operation does to records; the platform has a class of its own."""

    @property
    def entity(self) -> str:
        """Return the entity concerned."""

    @property
    def field(self) -> str | None:
        """Return the field concerned, `None` when it is about the whole table."""

    @property
    def sentence(self) -> str:
        """Return it in words: `12 records have a value; kept in quarantine`."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What one operation does to records."""

    entity: str
    field: str | None
    kind: str
    count: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Operations ordered, the version of the catalog they start from, their digest."""

    operations: tuple[Operation, ...]
    base_version: int
    digest: str
    impacts: tuple[ImpactLike, ...] = ()

    @property
    def shown(self) -> tuple[Operation, ...]:
        """Return the operations that people see: none that only follows from others."""
        return tuple(o for o in self.operations if not o.is_consequence)

    @property
    def loses_data(self) -> bool:
        """Return whether an operation may take values out of the tables."""
        return any(operation.loses_data for operation in self.operations)

    def with_impacts(self, impacts: Iterable[ImpactLike]) -> "Plan":
        """Return the plan with the counts the platform made; the digest stays."""
        return replace(self, impacts=tuple(impacts))

    def lines(self) -> list[str]:
        """Return a line for each operation, with what happens to records."""
        rows = [
            (o.symbol, o.kind, o.subject, "; ".join(self._details(o)))
            for o in self.shown
        ]
        kinds = max((len(kind) for _, kind, _, _ in rows), default=0)
        subjects = max((len(s) for _, _, s, _ in rows if len(s) <= 48), default=0)
        made = [
            f"  {symbol} {kind:<{kinds}}   {subject:<{subjects}}   {detail}".rstrip()
            for symbol, kind, subject, detail in rows
        ]
        return [*made, *self._other_impacts()]

    def _details(self, operation: Operation) -> list[str]:
        found = [
            impact.sentence
            for impact in self.impacts
            if (impact.entity, impact.field) == operation.place
        ]
        said = [operation.detail] if operation.detail else []
        if operation.symbol == "-" and found:
            return found
        return [*said, *found]

    def _other_impacts(self) -> list[str]:
        """Return what happens to things that have no line of their own."""
        places = {operation.place for operation in self.shown}
        return [
            f"    {impact.entity}{'.' + impact.field if impact.field else ''}: "
            f"{impact.sentence}"
            for impact in self.impacts
            if (impact.entity, impact.field) not in places
        ]

    def summary(self) -> str:
        """Return how much is added, changed and removed, in words."""
        words = {"+": "added", "~": "changed", "-": "removed"}
        counts = dict.fromkeys(words, 0)
        for operation in self.shown:
            counts[operation.symbol] += 1
        said = [f"{counts[symbol]} {word}" for symbol, word in words.items()]
        return f"{', '.join(said)}." if self.shown else "Nothing to change."

    def text(self, heading: str = "Plan", apply_with: str | None = None) -> str:
        """Return the plan as it is printed."""
        end = self.summary()
        if apply_with and self.operations:
            end = f"{end} Apply with: {apply_with}"
        return "\n".join([heading, *self.lines(), end])


def make_plan(old: Catalog, new: Catalog) -> Plan:
    """Return the plan that makes `new` of `old`."""
    operations = diff(old, new)
    return Plan(operations, old.version, digest_of(operations, old.version))


def digest_of(operations: Sequence[Operation], base_version: int) -> str:
    """Return a fingerprint of operations and where they start: the same, always."""
    said = [base_version, *(_plain(operation) for operation in operations)]
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, with the names of dataclasses."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = {
            f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.compare
        }
        return {"": type(value).__name__, **parts}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)
