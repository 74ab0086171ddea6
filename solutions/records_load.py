"""Know how a package's records get into the database, and out again.

They go through the record verbs as the platform's own work, so rules, formulas, totals
and history are what they would be for a person. Records that are there already stay as
they are. A lookup to a record that comes later is written once that one is there.
"""

from collections.abc import Container, Mapping
from typing import Any
from uuid import UUID

from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.work import Work
from xrm.platform.errors import Invalid, XrmError
from xrm.platform.records import service
from xrm.platform.records.presence import pairs, present
from xrm.rule_engine.problems import Problem, Where
from xrm.solutions.records_files import (
    LinkSet,
    Records,
    RecordSet,
    record_key,
    values_of,
)
from xrm.solutions.source import BadPackage


def load_records(work: Work, records: Records) -> int:
    """Add the records that are not there yet; return how many were added.

    Raises:
        BadPackage: a record is refused; the problem names file, line and reason.
    """
    added = 0
    coming = _keys(work, records)
    later: dict[str, list[tuple[UUID, dict[str, Any]]]] = {}
    for found in records.sets:
        added += _load_set(work, found, coming, later)
    for entity, rows in later.items():
        service.update_many(work, entity, rows)
    for link in records.links:
        load_links(work, link)
    return added


def remove_records(work: Work, records: Records, *, keep: Container[str] = ()) -> int:
    """Delete the records of these files, the last ones first; return how many.

    Records that others need stay, and those of the entities in `keep`.
    """
    gone = 0
    for found in reversed(records.sets):
        entity = work.catalog.entities.get(found.entity)
        if entity is None or entity.name in keep:
            continue
        keys = [record_key(entity.name, str(row["id"])) for row in found.rows]
        there = present(work, entity.name, keys)
        doomed = [key for key in reversed(keys) if key in there]
        outcomes = service.delete_many(work, entity.name, doomed, on_error="report")
        gone += sum(1 for outcome in outcomes if outcome.error is None)
    return gone


def _keys(work: Work, records: Records) -> set[tuple[str, UUID]]:
    """Return the records that these files will add: entity and key."""
    coming: set[tuple[str, UUID]] = set()
    for found in records.sets:
        keys = [record_key(found.entity, str(row["id"])) for row in found.rows]
        there = present(work, found.entity, keys)
        coming |= {(found.entity, key) for key in keys if key not in there}
    return coming


def _load_set(
    work: Work,
    found: RecordSet,
    coming: set[tuple[str, UUID]],
    later: dict[str, list[tuple[UUID, dict[str, Any]]]],
) -> int:
    entity = work.catalog.entity(found.entity)
    rows: list[Mapping[str, Any]] = []
    lines: list[int] = []
    keys: list[UUID] = []
    for row, line in zip(found.rows, found.lines, strict=True):
        key, values, lookups = values_of(entity, row, work.now)
        if (entity.name, key) not in coming:
            continue
        waiting: dict[str, Any] = {}
        for name, target in lookups.items():
            ref = Ref(*target)
            if target in coming and not entity.fields[name].is_required:
                waiting[name] = ref
            else:
                values[name] = ref
        if waiting:
            later.setdefault(entity.name, []).append((key, waiting))
        rows.append({**values, entity.key: key})
        lines.append(line)
        keys.append(key)
    outcomes = service.create_many(work, entity.name, rows, on_error="report")
    faults = [
        _refusal(found.file, line, outcome.error)
        for line, outcome in zip(lines, outcomes, strict=True)
        if outcome.error is not None
    ]
    if faults:
        raise BadPackage(faults)
    coming.difference_update((entity.name, key) for key in keys)
    return len(rows)


def load_links(work: Work, link: LinkSet) -> None:
    """Join the records of a file that are not joined yet."""
    known = pairs(work, link.relationship)
    for first, second in link.pairs:
        pair = (_linked(first), _linked(second))
        if pair not in known:
            service.associate(work, link.relationship, *pair)


def _linked(text: str) -> UUID:
    entity, _, label = text.partition(":")
    return record_key(entity, label)


def _refusal(file: str, line: int, error: XrmError) -> Problem:
    message = error.message
    if isinstance(error, Invalid) and error.details:
        message = " ".join(detail.message for detail in error.details)
    return Problem("S028", f"The record is refused: {message}", Where(file, line, 1))
