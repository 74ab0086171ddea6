"""Know the job that brings a solution's sample records, or takes them away again.

A few records at a step, so that nobody waits for the writer. Records that are there
already stay as they are. A lookup to a record that comes later is written in a second
pass. Records that others need by now are not taken away; they are reported.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from xrm.metadata.fields.field_type import Ref
from xrm.platform.automation.jobs import Fault, Job, JobKind, Next
from xrm.platform.database import solution_store
from xrm.platform.database.engine import Database
from xrm.platform.database.work import Work
from xrm.platform.errors import Forbidden, NotFound
from xrm.platform.records import service
from xrm.platform.records.presence import present
from xrm.platform.security.actors import SYSTEM
from xrm.platform.services.import_reports import reason
from xrm.rule_engine import core_names
from xrm.solutions.installed import find_installed, package_of
from xrm.solutions.records_files import (
    Records,
    read_records,
    record_key,
    values_of,
)
from xrm.solutions.records_load import load_links

CHUNK: Final = 50
TASK: Final = "solutions"
"""The task privilege of those who may bring and take sample records."""
KEPT: Final = frozenset(
    {core_names.USER, core_names.TEAM, core_names.UNIT, core_names.ROLE}
)
"""Entities whose sample records stay: others may stand on them."""

PAYLOAD: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "Whose sample records, and whether they come or go.",
    "required": ["solution", "deed"],
    "additionalProperties": False,
    "properties": {
        "solution": {"type": "string", "description": "The installed solution."},
        "deed": {"enum": ["add", "remove"], "description": "What to do."},
    },
}

Chunk = tuple[int, int]
"""The set of records, and the first of its rows."""


def sample_records(database: Database, name: str) -> Records:
    """Return the sample records of an installed solution.

    Raises:
        NotFound: it is not installed, or brings no samples.
    """
    solution = find_installed(solution_store.installation(database), name)
    source = package_of(database, solution)
    found = read_records(source, "samples") if source else Records()
    if not found.count:
        raise NotFound(f'The solution "{name}" brings no sample records.')
    return found


def has_samples(database: Database, name: str) -> bool:
    """Say whether an installed solution brings sample records."""
    solution = find_installed(solution_store.installation(database), name)
    source = package_of(database, solution)
    return source is not None and any(True for _ in source.under("samples"))


@dataclass(slots=True)
class Samples:
    """Does the steps of such jobs; remembers the files it read last."""

    database: Database
    _last: tuple[UUID, Records] | None = field(default=None)

    def take(self, work: Work, job: Job) -> Next:
        """Bring, complete, join or take away the next records."""
        if not (work.actor.is_system or TASK in work.actor.tasks):
            raise Forbidden(
                "Your roles do not let you change sample records. Ask a system "
                "administrator or customizer."
            )
        if self._last is None or self._last[0] != job.id:
            self._last = (
                job.id,
                sample_records(self.database, job.payload["solution"]),
            )
        records = self._last[1]
        own = replace(work, actor=SYSTEM)
        if job.payload["deed"] == "remove":
            return _remove(own, job, records)
        phase = job.position.get("phase", "add")
        return {"add": _add, "complete": _complete, "join": _join}[phase](
            own, job, records
        )


def _chunks(records: Records) -> list[Chunk]:
    return [
        (number, start)
        for number, found in enumerate(records.sets)
        for start in range(0, len(found.rows), CHUNK)
    ]


def _rows(
    work: Work, records: Records, places: Sequence[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], UUID, dict[str, Any], dict[str, Ref]]]:
    """Give key, values and lookups of rows, by set and number."""
    for number, row in places:
        found = records.sets[number]
        entity = work.catalog.entity(found.entity)
        key, values, lookups = values_of(entity, found.rows[row], work.now)
        refs = {name: Ref(*target) for name, target in lookups.items()}
        yield (number, row), key, values, refs


def _add(work: Work, job: Job, records: Records) -> Next:
    """Add the records of one chunk that are not there yet."""
    chunks = _chunks(records)
    at = job.position.get("chunk", 0)
    late: list[list[int]] = list(job.position.get("late", []))
    number, start = chunks[at]
    found = records.sets[number]
    entity = work.catalog.entity(found.entity)
    size = min(CHUNK, len(found.rows) - start)
    rows = list(_rows(work, records, [(number, start + n) for n in range(size)]))
    there = present(work, entity.name, [key for _, key, _, _ in rows])
    new = [row for row in rows if row[1] not in there]
    known = _present_targets(work, [ref for row in new for ref in row[3].values()])
    values = []
    for place, key, own, refs in new:
        now = {
            name: ref
            for name, ref in refs.items()
            if ref in known or entity.fields[name].is_required
        }
        values.append({**own, **now, entity.key: key})
        if len(now) < len(refs):
            late.append(list(place))
    outcomes = service.create_many(work, entity.name, values, on_error="report")
    faults = [
        Fault(job.done + n + 1, f"{found.file}: {reason(one.error)}")
        for n, one in enumerate(outcomes)
        if one.error is not None
    ]
    return _next(
        job,
        {"phase": "add", "chunk": at + 1, "late": late}
        if at + 1 < len(chunks)
        else {"phase": "complete", "late": late},
        records,
        size,
        added=len(values) - len(faults),
        faults=faults,
    )


def _present_targets(work: Work, refs: Sequence[Ref]) -> set[Ref]:
    wanted: dict[str, list[UUID]] = {}
    for ref in refs:
        wanted.setdefault(ref.entity, []).append(ref.id)
    return {
        Ref(entity, id_)
        for entity, ids in wanted.items()
        if entity in work.catalog.entities
        for id_ in present(work, entity, list(dict.fromkeys(ids)))
    }


def _complete(work: Work, job: Job, records: Records) -> Next:
    """Write the lookups that had to wait for their records."""
    late = [(number, row) for number, row in job.position.get("late", [])]
    by_entity: dict[str, list[tuple[UUID, Mapping[str, Any]]]] = {}
    for (number, _), key, _, refs in _rows(work, records, late[:CHUNK]):
        by_entity.setdefault(records.sets[number].entity, []).append((key, refs))
    for entity, rows in by_entity.items():
        service.update_many(work, entity, rows, on_error="report")
    left = [list(place) for place in late[CHUNK:]]
    return _next(
        job,
        {"phase": "complete", "late": left}
        if left
        else {"phase": "join", "link": 0}
        if records.links
        else None,
        records,
    )


def _join(work: Work, job: Job, records: Records) -> Next:
    """Join records over one N:N relationship."""
    at = job.position.get("link", 0)
    load_links(work, records.links[at])
    is_last = at + 1 == len(records.links)
    return _next(job, None if is_last else {"phase": "join", "link": at + 1}, records)


def _remove(work: Work, job: Job, records: Records) -> Next:
    """Take away the records of one chunk, the last chunk first."""
    chunks = _chunks(records)[::-1]
    at = job.position.get("chunk", 0)
    number, start = chunks[at]
    found = records.sets[number]
    rows = found.rows[start : start + CHUNK]
    outcomes = []
    if found.entity in work.catalog.entities and found.entity not in KEPT:
        keys = [record_key(found.entity, str(row["id"])) for row in rows]
        there = present(work, found.entity, keys)
        doomed = [key for key in reversed(keys) if key in there]
        outcomes = service.delete_many(work, found.entity, doomed, on_error="report")
    faults = [
        Fault(job.done + n + 1, f"{found.file}: {reason(one.error)}", one.id)
        for n, one in enumerate(outcomes)
        if one.error is not None
    ]
    return _next(
        job,
        {"chunk": at + 1} if at + 1 < len(chunks) else None,
        records,
        len(rows),
        removed=len(outcomes) - len(faults),
        faults=faults,
    )


def _next(
    job: Job,
    position: Mapping[str, Any] | None,
    records: Records,
    done: int = 0,
    *,
    faults: Sequence[Fault] = (),
    **counts: int,
) -> Next:
    result = dict(job.result)
    for word, number in (*counts.items(), ("refused", len(faults))):
        result[word] = int(result.get(word, 0)) + number
    return Next(
        position,
        done=job.done + done,
        of=records.count,
        result=result,
        faults=faults,
    )


def sample_kind(database: Database) -> JobKind:
    """Return the kind, for one worker or for those who queue such jobs."""
    return JobKind("samples", "Sample records", PAYLOAD, Samples(database).take)
