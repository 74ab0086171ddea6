"""Know what an import says of itself: an outcome for each row, and the sums of them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from xrm.platform.errors import XrmError

Result = Literal["added", "updated", "skipped", "refused"]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row; `message` says why it was skipped or refused."""

    row: int
    outcome: Result
    record: UUID | None = None
    source: str | None = None
    message: str = ""


@dataclass(slots=True)
class Report:
    """What an import did, or would do."""

    id: UUID
    entity: str
    file: str
    detected: str
    notes: list[str] = field(default_factory=list)
    results: list[RowResult] = field(default_factory=list)
    dry_run: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of rows by outcome."""
        found = Counter(result.outcome for result in self.results)
        return {
            name: found[name] for name in ("added", "updated", "skipped", "refused")
        }

    @property
    def refused(self) -> list[RowResult]:
        """Return the refused rows."""
        return [r for r in self.results if r.outcome == "refused"]

    def reasons(self) -> list[tuple[str, int]]:
        """Return each reason with its number of rows, the most frequent first."""
        return Counter(r.message for r in self.refused).most_common()


def reason(error: XrmError) -> str:
    """Return why a record was refused, field by field, in one line."""
    if error.details:
        return "; ".join(
            f"{d.field}: {d.message}" if d.field else d.message for d in error.details
        )
    return error.message
