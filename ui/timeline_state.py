"""Know what a person asks of a timeline, as its address says it: kinds, text, page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

MOST_SKIPPED = 60
"""Events of one moment that a page remembers having shown."""
CHANGES = "changes"
"""The kind that is the record's own history."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of the past begins: a moment, and what of it was shown before."""

    moment: datetime
    shown: tuple[str, ...] = ()
    seq: int | None = None
    day: str = ""

    def text(self) -> str:
        """Return the cursor as it stands in an address."""
        seq = "" if self.seq is None else str(self.seq)
        return "~".join((self.moment.isoformat(), seq, self.day, *self.shown))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants to see of a timeline."""

    kinds: frozenset[str] = frozenset()
    text: str = ""
    mine: bool = False
    before: Cursor | None = None

    def wants(self, kind: str) -> bool:
        """Say whether a kind is to be shown."""
        if kind == CHANGES and self.text:
            return False
        return not self.kinds or kind in self.kinds

    def address(self, path: str, **more: str) -> str:
        """Return the address of the same question, with more parts."""
        parts: list[tuple[str, str]] = [("kind", kind) for kind in sorted(self.kinds)]
        if self.text:
            parts.append(("q", self.text))
        if self.mine:
            parts.append(("mine", "1"))
        parts += more.items()
        return f"{path}?{urlencode(parts)}" if parts else path


def asked_in(arguments: Any) -> Asked:
    """Return what an address asks for; what makes no sense is left out."""
    return Asked(
        kinds=frozenset(k[:63] for k in arguments.getlist("kind") if k)
        if hasattr(arguments, "getlist")
        else frozenset(),
        text=arguments.get("q", "").strip()[:200],
        mine=arguments.get("mine") == "1",
        before=_cursor(arguments.get("before", "")),
    )


def _cursor(text: str) -> Cursor | None:
    moment, _, rest = text.partition("~")
    seq, _, rest = rest.partition("~")
    day, _, shown = rest.partition("~")
    try:
        when = datetime.fromisoformat(moment)
        ids = tuple(str(UUID(one)) for one in shown.split("~") if one)
    except ValueError:
        return None
    if when.tzinfo is None:
        return None
    place = int(seq) if seq.isdigit() and len(seq) < 19 else None
    return Cursor(when, ids[:MOST_SKIPPED], place, day[:10])
