"""Know how far a change of solutions is that this server is applying.

The page that waits for it asks again and again; another process knows nothing of it and
says so by an empty answer, which leaves the bar as it is.
"""

from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

MOST = 100
"""How many changes are remembered; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps done, and steps in all."""

    done: int
    total: int


@dataclass(slots=True)
class Board:
    """The changes of one server on their way, by person and digest of the plan."""

    _found: dict[tuple[UUID, str], Progress] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, owner: UUID, digest: str, progress: Progress) -> None:
        """Say how far a change is."""
        with self._lock:
            self._found.pop((owner, digest), None)
            self._found[owner, digest] = progress
            while len(self._found) > MOST:
                self._found.pop(next(iter(self._found)))

    def forget(self, owner: UUID, digest: str) -> None:
        """Forget a change that has come to its end."""
        with self._lock:
            self._found.pop((owner, digest), None)

    def find(self, owner: UUID, digest: str) -> Progress | None:
        """Return how far a change is, `None` when none is on its way here."""
        return self._found.get((owner, digest))
