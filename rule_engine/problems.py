"""Faults as data: what is wrong, where, and how to mend it.

The floor of all fault reporting. Knows nothing of the rule language, of metadata or of
databases, so every other module may build its messages here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class Severity(StrEnum):
    """How bad a problem is: an error stops the work, a warning is only shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a source text; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault reported to an author or user.

    The message is one or more full sentences; the hint says how to mend the fault.
    """

    code: str
    message: str
    where: Where | None = None
    hint: str | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        parts = (str(self.where) if self.where else None, self.code, self.message)
        return " ".join(part for part in (*parts, self.hint) if part)

    def render(self, source: str) -> str:
        """Return the problem followed by its line of `source` and a caret below it."""
        if self.where is None:
            return str(self)
        lines = source.splitlines()
        if not 1 <= self.where.line <= len(lines):
            return str(self)
        line = lines[self.where.line - 1]
        lead = line[: self.where.column - 1]
        indent = "".join("\t" if sign == "\t" else " " for sign in lead)
        return f"{self}\n  {line}\n  {indent}^"


class RuleError(Exception):
    """A rule text that cannot be used, with all its problems."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(word: str, options: Iterable[str]) -> str | None:
    """Return a question naming the nearest option, or `None` when nothing is near."""
    by_folded: dict[str, str] = {}
    for option in options:
        by_folded.setdefault(option.casefold(), option)
    near = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f'Did you mean "{by_folded[near[0]]}"?' if near else None
