"""Make the page of background jobs: what runs, how far it is, what may be done.

Pure: of the jobs that were read, and how their reader reads.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from xrm.platform.automation.jobs import OPEN, JobRow, State
from xrm.ui.reading import Reader, ago, exact_moment, plural

HUES: Final = {
    State.QUEUED: "gray",
    State.RUNNING: "blue",
    State.WAITING: "yellow",
    State.DONE: "green",
    State.FAILED: "red",
    State.CANCELLED: "gray",
}
WORDS: Final = {state: state.capitalize() for state in State}
UNITS: Final = ("bytes", "kB", "MB", "GB")


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job."""

    id: str
    label: str
    state: str
    hue: str
    runs: bool
    bar: bool
    done: int | None
    """Percent, `None` where nobody knows."""
    words: str
    problem: str
    who: str
    when: str
    exact: str
    cancel: str = ""
    retry: str = ""
    file: str = ""
    file_words: str = ""
    faults: str = ""
    faults_words: str = ""


@dataclass(frozen=True, slots=True)
class JobsPage:
    """The list of jobs, and where to see others'."""

    lines: tuple[JobLine, ...]
    address: str
    everyone: bool
    other: str
    """The address of everyone's jobs, or of the own ones; empty where not allowed."""
    polls: bool
    """Whether something runs, so that the page asks again by itself."""
    idle: bool
    """Whether something waits and there is no worker to do it."""


def build(
    rows: Iterable[JobRow],
    reader: Reader,
    *,
    everyone: bool,
    may_all: bool,
    workers: int,
    kept_days: int,
) -> JobsPage:
    """Return the page."""
    lines = tuple(_line(row, reader, everyone, kept_days) for row in rows)
    runs = any(line.runs for line in lines)
    other = "" if not may_all else "/jobs" if everyone else "/jobs?all=1"
    return JobsPage(
        lines,
        "/jobs?all=1" if everyone else "/jobs",
        everyone,
        other,
        polls=runs,
        idle=runs and workers == 0,
    )


def _line(row: JobRow, reader: Reader, everyone: bool, kept_days: int) -> JobLine:
    runs = row.state in OPEN
    base = f"/jobs/{row.id}"
    moment = row.finished_on or row.started_on or row.created_on
    file, size = row.result.get("file"), row.result.get("bytes")
    refused = int(row.result.get("refused", 0))
    return JobLine(
        id=str(row.id),
        label=row.label,
        state=WORDS[row.state],
        hue="yellow" if refused and row.state == State.DONE else HUES[row.state],
        runs=runs,
        bar=row.state == State.RUNNING or bool(row.done and runs),
        done=row.share if runs else None,
        words=_words(row),
        problem=row.problem,
        who=(row.actor_name or "System") if everyone else "",
        when=ago(moment, reader),
        exact=exact_moment(moment, reader),
        cancel=f"{base}/cancel" if runs else "",
        retry=f"{base}/retry" if row.state in (State.FAILED, State.CANCELLED) else "",
        file=f"{base}/file" if file and row.state == State.DONE else "",
        file_words=f"{size_words(int(size or 0))}, kept {kept_days} days",
        faults=f"{base}/faults.csv" if refused else "",
        faults_words=plural(refused, "reason", "reasons"),
    )


def _words(row: JobRow) -> str:
    """Return how far a job is, in words."""
    if row.state == State.QUEUED:
        return "Waits for its turn"
    parts = []
    if row.of:
        parts.append(f"{row.done:,} of {row.of:,}")
    elif row.done:
        parts.append(f"{row.done:,} done")
    if row.state in OPEN and row.words:
        parts.append(row.words)
    for key, word in COUNTS:
        number = row.result.get(key)
        if number:
            parts.append(f"{number:,} {word}")
    return " · ".join(parts)


COUNTS: Final = (
    ("changed", "changed"),
    ("added", "added"),
    ("updated", "updated"),
    ("removed", "removed"),
    ("skipped", "skipped"),
    ("refused", "refused"),
)
"""What results of jobs may count, and the word for it."""


def size_words(size: int) -> str:
    """Return the size of a file as people say it."""
    number, unit = float(size), 0
    while number >= 1_000 and unit < len(UNITS) - 1:
        number, unit = number / 1_000, unit + 1
    return (
        f"{number:,.0f} {UNITS[unit]}" if unit == 0 else f"{number:,.1f} {UNITS[unit]}"
    )
