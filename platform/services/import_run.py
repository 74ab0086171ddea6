"""Know how an import is done: rows through the pipeline, a reason per refused row.

An import is one transaction: it is there as a whole or not at all. A row that was taken
by an earlier import of the same entity (by identity or key) is not taken again.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from sqlalchemy import insert, select, update

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import ValueProblem
from xrm.platform.database.ready import Ready
from xrm.platform.database.system_tables import IMPORT, IMPORT_ROW
from xrm.platform.database.work import Work
from xrm.platform.errors import NotFound, Refused
from xrm.platform.records import service
from xrm.platform.services.import_files import Source
from xrm.platform.services.import_lookups import (
    SOURCE,
    Resolver,
    resolvers,
)
from xrm.platform.services.import_mapping import ImportMap, Lookup
from xrm.platform.services.import_pairs import connect_rows
from xrm.platform.services.import_reports import (
    Progress,
    Report,
    Result,
    RowResult,
    reason,
)
from xrm.platform.services.import_rows import (
    RowReader,
    parents_first,
    reading_of,
)
from xrm.platform.services.import_trees import Row

BATCH: Final = 1000


class _DryRun(Exception):  # no error: it ends a savepoint
    pass


def run_import(
    work: Work,
    source: Source,
    mapping: ImportMap,
    *,
    file: str,
    content: bytes = b"",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import the rows of a file in the work's transaction.

    A dry run does the same and takes it back. `progress` is called with the number of
    rows that are done.

    Raises:
        Forbidden: the actor may not create records of the entity.
    """
    report = _report(source, mapping, file, dry_run)
    try:
        with work.connection.begin_nested():
            _carry_out(work, source, mapping, report, content, progress)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return report


@dataclass(frozen=True, slots=True)
class Wanted:
    """One import that is to be done: rows, how to read them, where they came from."""

    source: Source
    mapping: ImportMap
    file: str
    content: bytes = b""


def try_imports(
    work: Work, wanted: Sequence[Wanted], progress: Progress | None = None
) -> list[Report]:
    """Do several imports and take all of them back together.

    So a file may refer to the records of a file before it, as in earnest.

    Raises:
        Forbidden: the actor may not create records of an entity.
    """
    reports = []
    try:
        with work.connection.begin_nested():
            for one in wanted:
                report = _report(one.source, one.mapping, one.file, dry_run=True)
                _carry_out(work, one.source, one.mapping, report, one.content, progress)
                reports.append(report)
            raise _DryRun
    except _DryRun:
        pass
    return reports


def _report(source: Source, mapping: ImportMap, file: str, dry_run: bool) -> Report:
    return Report(
        id=uuid4(),
        entity=mapping.entity,
        file=file,
        detected=source.detected.describe(),
        dry_run=dry_run,
    )


def _carry_out(
    work: Work,
    source: Source,
    mapping: ImportMap,
    report: Report,
    content: bytes,
    progress: Progress | None,
) -> None:
    begin_import(work, report, mapping, content)
    if mapping.relationship:
        connect_rows(work, source, mapping, report, progress)
    else:
        _Run(work, source, mapping, report, progress).take_all()
    keep_rows(work, report)
    keep_counts(work, report.id, report.counts, is_over=True)
    report.results.sort(key=lambda result: result.row)


def take_part(
    work: Work,
    source: Source,
    mapping: ImportMap,
    report: Report,
    part: Sequence[tuple[int, Row]],
    seen: dict[str, int],
) -> None:
    """Import some rows of a file in the work's transaction, for imports in parts.

    `seen` has the identities of the rows before and gets those of this part.
    """
    taking = _Run(work, source, mapping, report, None)
    taking.seen = seen
    taking._take(list(part))
    keep_rows(work, report)


def begin_import(
    work: Work, report: Report, mapping: ImportMap, content: bytes
) -> None:
    """Write that an import begins."""
    work.connection.execute(
        insert(IMPORT).values(
            id=report.id,
            entity=mapping.entity,
            file=report.file,
            sha256=hashlib.sha256(content).hexdigest(),
            mapping=orjson.dumps(
                {
                    "relationship": mapping.relationship,
                    "fields": {f.field: list(f.columns) for f in mapping.fields},
                }
            ).decode(),
            actor=None if work.actor.is_system else work.actor.user_id,
            started_on=work.now,
            counts="{}",
        )
    )


def keep_rows(work: Work, report: Report) -> None:
    """Write what became of the rows of a report."""
    if report.results:
        rows = [
            {
                "import": report.id,
                "row": result.row,
                "outcome": result.outcome,
                "record": result.record,
                "source": result.source,
                "message": result.message or None,
            }
            for result in report.results
        ]
        statement = Ready(insert(IMPORT_ROW).inline(), tuple(rows[0]), copies=True)
        statement.change_many(work.connection, rows)


def keep_counts(
    work: Work, import_id: UUID, counts: Mapping[str, int], *, is_over: bool
) -> None:
    """Write the number of rows by outcome, and whether the import is over."""
    values: dict[str, Any] = {"counts": orjson.dumps(dict(counts)).decode()}
    if is_over:
        values["finished_on"] = work.now
    work.connection.execute(
        update(IMPORT).where(IMPORT.c.id == import_id).values(values)
    )


class _Run:
    """One import into one entity."""

    def __init__(
        self,
        work: Work,
        source: Source,
        mapping: ImportMap,
        report: Report,
        progress: Progress | None,
    ) -> None:
        self.work = work
        self.source = source
        self.mapping = mapping
        self.report = report
        self.progress = progress or (lambda done: None)
        self.entity: Entity = work.catalog.entity(mapping.entity)
        reading = reading_of(source, mapping, self.entity)
        report.notes.extend(reading.describe())
        lookups = {f.field: f.lookup for f in mapping.fields if f.lookup}
        self.reader = RowReader(mapping, self.entity, reading, resolvers(work, lookups))
        self.known = Resolver(work, Lookup(mapping.entity, SOURCE))
        self.seen: dict[str, int] = {}
        self.key = self._key_of_identity()
        self.done = 0

    def _key_of_identity(self) -> Resolver | None:
        """Return a resolver by key when the identity columns fill one of the keys."""
        by_columns = {f.columns: f.field for f in self.mapping.fields if not f.lookup}
        fields = tuple(by_columns.get((c,), "") for c in self.mapping.identity)
        if all(fields) and fields in set(self.entity.keys.values()):
            return Resolver(self.work, Lookup(self.entity.name, fields))
        return None

    def take_all(self) -> None:
        """Take every row, parents first."""
        if any(
            f.lookup and f.lookup.entity == self.entity.name
            for f in self.mapping.fields
        ):
            rows = list(self.source.rows())
            for level in parents_first(rows, self.reader, self.entity.name):
                self._take_in_batches(level)
        else:
            self._take_in_batches(self.source.rows())

    def _take_in_batches(
        self, rows: Sequence[tuple[int, Row]] | Iterator[tuple[int, Row]]
    ) -> None:
        batch: list[tuple[int, Row]] = []
        for item in rows:
            batch.append(item)
            if len(batch) == BATCH:
                self._take(batch)
                batch = []
        if batch:
            self._take(batch)

    def _take(self, batch: list[tuple[int, Row]]) -> None:
        new: list[tuple[int, str | None, dict[str, Any]]] = []
        old: list[tuple[int, str | None, UUID, dict[str, Any]]] = []
        pairs = [pair for _, row in batch for pair in self._safe_keys(row)]
        by_id: dict[int, Resolver] = {}
        wanted: dict[int, list[Any]] = {}
        for resolver, key in pairs:
            by_id[id(resolver)] = resolver
            wanted.setdefault(id(resolver), []).append(key)
        for number, found in wanted.items():
            by_id[number].learn(found)
        identities = [self._safe_identity(row) for _, row in batch]
        self.known.learn([(i,) for i in identities if i is not None])
        if self.key is not None:
            self.key.learn(
                [tuple(i.split("\x1f")) for i in identities if i is not None]
            )
        for (number, row), identity in zip(batch, identities, strict=True):
            values, faults = self.reader.values(row)
            if faults:
                message = "; ".join(f"{name}: {text}" for name, text in faults)
                self._note(number, "refused", source=identity, message=message)
                continue
            existing = self._existing(identity)
            if identity is not None and identity in self.seen:
                self._note(
                    number,
                    "skipped",
                    message=f"The same record stands in row {self.seen[identity]}.",
                )
                continue
            if identity is not None:
                self.seen[identity] = number
            if existing is None:
                new.append((number, identity, values))
            elif self.mapping.existing == "update":
                old.append((number, identity, existing, values))
            else:
                self._note(number, "skipped", existing, message="It is there already.")
        self._create(new)
        self._update(old)
        self.done += len(batch)
        self.progress(self.done)

    def _safe_keys(self, row: Row) -> list[Any]:
        try:
            return list(self.reader.keys(row))
        except ValueProblem:
            return []

    def _safe_identity(self, row: Row) -> str | None:
        try:
            return self.reader.identity(row)
        except ValueProblem:
            return None

    def _existing(self, identity: str | None) -> UUID | None:
        if identity is None:
            return None
        ids = self.known.found.get((identity,)) or []
        if not ids and self.key is not None:
            ids = self.key.found.get(tuple(identity.split("\x1f"))) or []
        return ids[0] if ids else None

    def _create(self, rows: list[tuple[int, str | None, dict[str, Any]]]) -> None:
        if not rows:
            return
        outcomes = service.create_many(
            self.work,
            self.entity.name,
            [values for _, _, values in rows],
            on_error="report",
        )
        made: dict[str, UUID] = {}
        for (number, identity, _), outcome in zip(rows, outcomes, strict=True):
            if outcome.error is None:
                if identity is not None and outcome.id is not None:
                    made[identity] = outcome.id
                self._note(number, "added", outcome.id, identity)
            else:
                self._note(
                    number, "refused", source=identity, message=reason(outcome.error)
                )
        self._show_new(made)

    def _show_new(self, made: Mapping[str, UUID]) -> None:
        """Let look-ups into this entity see the records just made."""
        for resolver in self.reader.resolvers.values():
            if resolver.lookup.entity != self.entity.name:
                continue
            if resolver.lookup.by == SOURCE:
                resolver.found.update({(key,): [id_] for key, id_ in made.items()})
            else:
                resolver.found.clear()

    def _update(self, rows: list[tuple[int, str | None, UUID, dict[str, Any]]]) -> None:
        if not rows:
            return
        outcomes = service.update_many(
            self.work,
            self.entity.name,
            [(id_, values) for _, _, id_, values in rows],
            on_error="report",
        )
        for (number, identity, id_, _), outcome in zip(rows, outcomes, strict=True):
            if outcome.error is None:
                self._note(number, "updated", id_, identity)
            else:
                self._note(
                    number, "refused", source=identity, message=reason(outcome.error)
                )

    def _note(
        self,
        row: int,
        outcome: Result,
        record: UUID | None = None,
        source: str | None = None,
        message: str = "",
    ) -> None:
        self.report.results.append(RowResult(row, outcome, record, source, message))


def undo_import(work: Work, import_id: UUID) -> Mapping[str, int]:
    """Delete what an import added, through the pipeline, the last row first.

    Records that it updated keep their new values; the history of each has the old ones.

    Raises:
        NotFound: there is no such import.
        Refused: it was undone before, or a record cannot be deleted.
    """
    row = work.connection.execute(
        select(IMPORT.c.entity, IMPORT.c.undone_on, IMPORT.c.mapping).where(
            IMPORT.c.id == import_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no import {import_id}.")
    if row.undone_on is not None:
        raise Refused("This import was undone before.", code="undone_before")
    if orjson.loads(row.mapping).get("relationship"):
        raise Refused(
            "This import connected records and made none; take the connections back "
            "on the records' lists.",
            code="nothing_to_undo",
        )
    added = (
        work.connection.execute(
            select(IMPORT_ROW.c.record)
            .where(
                IMPORT_ROW.c["import"] == import_id,
                IMPORT_ROW.c.outcome == "added",
                IMPORT_ROW.c.record.is_not(None),
            )
            .order_by(IMPORT_ROW.c.row.desc())
        )
        .scalars()
        .all()
    )
    work.cause = f"undo of import {import_id}"
    service.delete_many(work, row.entity, list(added))
    work.connection.execute(
        update(IMPORT).where(IMPORT.c.id == import_id).values(undone_on=work.now)
    )
    return {"deleted": len(added)}
