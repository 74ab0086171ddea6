"""Know what an operation is: a change as a value, in words, with what takes it back.

Applying one to a catalog is the business of `apply`, to tables that of the platform.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final, Literal

from xrm.metadata.changes.storage_facts import Dialect
from xrm.metadata.entities import LookupTarget

Symbol = Literal["+", "~", "-"]


class Operation(ABC):
    """One change: `symbol`, `kind` and `subject` make the beginning of its line."""

    __slots__ = ()

    @property
    @abstractmethod
    def symbol(self) -> Symbol:
        """Return + for something added, ~ for changed, - for removed."""

    @property
    @abstractmethod
    def kind(self) -> str:
        """Return what is changed: an entity, field, key, index, form and so on."""

    @property
    @abstractmethod
    def subject(self) -> str:
        """Return the name of what is changed: `opportunity.name`."""

    @property
    def detail(self) -> str:
        """Return what happens to it, in words; may be empty."""
        return ""

    @property
    def place(self) -> tuple[str, str | None]:
        """Return the entity and field it is about, as impacts name them."""
        return ("", None)

    @property
    def loses_data(self) -> bool:
        """Return whether it may take values out of the tables."""
        return False

    @property
    def is_consequence(self) -> bool:
        """Return whether it only follows from another one; plans do not print it."""
        return False

    @abstractmethod
    def reverse(self) -> "Operation":
        """Return the operation that takes it back."""

    def needs_rewrite(self, dialect: Dialect) -> bool:
        """Return whether every row of a table is written again."""
        return False

    def describe(self) -> str:
        """Return it in one line."""
        return f"{self.symbol} {self.kind} {self.subject} {self.detail}".rstrip()


_WORDS: Final = {"plural_label": "plural label", "set_name": "set name"}


def said_change(old: Any, new: Any) -> str:
    """Return which parts of a definition differ, short ones with both values."""
    parts = []
    for part in fields(new):
        before, after = getattr(old, part.name), getattr(new, part.name)
        if not part.compare or before == after:
            continue
        word = _WORDS.get(part.name, part.name.replace("_", " "))
        if part.name == "targets":
            parts.append(_said_targets(before, after))
        elif _is_short(before) and _is_short(after):
            parts.append(f"{word}: {_short(before)} → {_short(after)}")
        else:
            parts.append(word)
    return ", ".join(parts)


def _said_targets(old: Sequence[LookupTarget], new: Sequence[LookupTarget]) -> str:
    """Return which targets a lookup gains and loses, else that it behaves otherwise."""
    before, after = [t.entity for t in old], [t.entity for t in new]
    gained = [f"+ {name}" for name in after if name not in before]
    lost = [f"- {name}" for name in before if name not in after]
    return f"targets: {', '.join([*gained, *lost])}" if gained or lost else "behaviour"


def _is_short(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= 40 and "\n" not in value
    return value is None or isinstance(value, (bool, int))


def _short(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def reverse_all(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return the operations that take all of these back, last first."""
    return tuple(operation.reverse() for operation in reversed(operations))
