"""Know what a verb carries from step to step: the change of a record, and a batch.

A verb is a tuple of steps; a step is a function of a `Batch`. One record is a batch of
one, so N records together take the same steps as each of them alone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from uuid import UUID

from xrm.platform.database.work import Work
from xrm.platform.errors import XrmError
from xrm.platform.records.layout import Layout

Verb = Literal[
    "create", "update", "delete", "assign", "set_state", "associate", "disassociate"
]
Values: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PartyChange:
    """What becomes of the parties of one field: those that come, rows that go."""

    field: str
    come: list[Any]
    go: list[UUID]


@dataclass(slots=True)
class Change:
    """One record on its way through a verb.

    `raw` is what the caller sent, `given` the same parsed. `before` and `after` hold
    the stored values of all fields by name (lookups as `Ref`); `before` is `None` for a
    new record, `after` for a deleted one stays as it was.
    """

    id: UUID
    raw: Mapping[str, Any] = field(default_factory=dict)
    given: Values = field(default_factory=dict)
    before: Values | None = None
    after: Values = field(default_factory=dict)
    if_version: int | None = None
    place: int = 0
    """Its place in the caller's list."""
    parties: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """Who takes part, for the fields of parties that were sent."""
    party_changes: list[PartyChange] = field(default_factory=list)
    """What becomes of the rows of parties; empty when they stay as they are."""

    def restart(self) -> None:
        """Forget what the steps made of it; it will take them again."""
        self.given, self.before, self.after = {}, None, {}
        self.party_changes = []

    def was(self, name: str) -> Any:
        """Return the value before the change, `None` for a new record."""
        return None if self.before is None else self.before.get(name)

    def changed(self) -> Iterator[str]:
        """Give the names of the fields whose value differs."""
        before = self.before
        if before is None:
            yield from (name for name, value in self.after.items() if value is not None)
            return
        for name, value in self.after.items():
            if before.get(name) != value:
                yield name

    def has_changed(self, name: str) -> bool:
        """Say whether the value of a field differs."""
        return bool(self.was(name) != self.after.get(name))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record of a bulk verb."""

    id: UUID | None
    created: bool = False
    version: int | None = None
    error: XrmError | None = None


@dataclass(slots=True)
class Batch:
    """Changes of one entity that take the steps of one verb together.

    A `trusted` batch is made by the platform itself (cascades, rollups): rights,
    read-only fields and read-only states do not stand in its way; rules and history do
    their work.
    """

    work: Work
    layout: Layout
    verb: Verb
    changes: list[Change]
    trusted: bool = False
    reports: bool = False
    """Whether a refused change leaves the batch instead of ending it."""
    gone: list[tuple[Change, XrmError]] = field(default_factory=list)
    """The changes that left the batch, and why."""
    cause: str = ""
    """Why, for history: empty when the work's own cause is all there is to say."""

    @property
    def entity(self) -> str:
        """Return the name of the entity."""
        return self.layout.entity.name

    def refuse(self, change: Change, error: XrmError) -> None:
        """End the batch with an error, or note it when the caller wants a report."""
        if not self.reports:
            raise error
        self.gone.append((change, error))

    def drop_refused(self) -> None:
        """Go on without the refused changes."""
        if self.gone:
            left = {id(change) for change, _ in self.gone}
            self.changes = [c for c in self.changes if id(c) not in left]


Step: TypeAlias = Callable[[Batch], None]
