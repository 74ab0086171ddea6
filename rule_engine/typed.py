"""What the checker hands out: a checked expression, a checked rule.

Both carry the typed tree, the text they came from and what they read and write.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from xrm.rule_engine.references import References, collect
from xrm.rule_engine.typed_nodes import (
    Event,
    Set,
    Statement,
    Typed,
    expressions,
    statements,
)
from xrm.rule_engine.types import RuleType


@dataclass(frozen=True)
class TypedExpression:
    """A checked expression of an entity."""

    root: Typed
    entity: str
    text: str = ""

    @property
    def type(self) -> RuleType:
        """The type of its value."""
        return self.root.type

    @cached_property
    def references(self) -> References:
        """What it reads."""
        return collect([self.root])


@dataclass(frozen=True)
class TypedRule:
    """A checked rule; `body` holds its condition too, as an `If`."""

    entity: str
    timing: str
    events: tuple[Event, ...]
    body: tuple[Statement, ...]
    text: str = ""

    @cached_property
    def reads(self) -> References:
        """What its conditions and values read."""
        return collect(list(expressions(self.body)))

    @cached_property
    def writes(self) -> frozenset[str]:
        """The fields it sets."""
        return frozenset(s.field for s in statements(self.body) if isinstance(s, Set))

    @cached_property
    def operations(self) -> frozenset[str]:
        """The operations that start it, whatever they change."""
        return frozenset(e.operation for e in self.events if e.operation != "change")

    @cached_property
    def watched(self) -> frozenset[str]:
        """The fields whose change starts it."""
        return frozenset(
            name for e in self.events if e.operation == "change" for name in e.fields
        )

    def fires(self, operation: str, changed: Collection[str]) -> bool:
        """Say whether an operation starts the rule.

        `changed` are the fields that an update changes, or that a new record fills.
        """
        if operation in self.operations:
            return True
        writes = operation in ("create", "update")
        return writes and not self.watched.isdisjoint(changed)
