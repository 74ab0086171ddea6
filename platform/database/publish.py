"""Know how definitions are put in force: all or nothing, in one transaction.

    prepared = prepare(database, documents, layers={"crm": documents})
    ...                                  # show prepared.plan.text()
    version = apply(database, prepared, actor=actor, snapshots=snapshots)

`prepare` reads and counts, it changes nothing. `apply` refuses if somebody published
since (Conflict, with their name), makes the tables, saves the documents, raises the
version and commits; a publish by one process is in force at the next request of every
other. `undo_last` puts back what the last publish replaced: schema, documents and
values.

Checks of the documents (schemas, references) come before and are metadata's work.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.catalog import Catalog, compose
from xrm.metadata.changes import Plan, diff, digest_of, make_plan, reverse_all
from xrm.metadata.documents import Document
from xrm.metadata.family import type_code_of
from xrm.platform.database import (
    catalog_store,
    publish_history,
    search_publish,
    solution_store,
)
from xrm.platform.database.computed_fields import computed_anew
from xrm.platform.database.ddl import perform, site
from xrm.platform.database.engine import Database, is_busy, patiently
from xrm.platform.database.impacts import Impact, impacts
from xrm.platform.database.links import cut_lost_links
from xrm.platform.database.publish_history import Before, Published
from xrm.platform.database.quarantine import Quarantine
from xrm.platform.database.schema_changes import (
    Renames,
    SchemaChange,
)
from xrm.platform.database.schema_diff import renames_of, schema_changes
from xrm.platform.database.sequences import follow_names
from xrm.platform.database.snapshots import Snapshot, Snapshots
from xrm.platform.database.solution_store import InstalledSolution
from xrm.platform.database.undo import kept_fields
from xrm.platform.database.work import CATALOG_LOCK
from xrm.platform.errors import Conflict, NotFound, Refused, Unavailable

if TYPE_CHECKING:
    from xrm.platform.security.actors import Actor

Then = Callable[[Connection, Snapshot], None]
"""What an installer does in the publish's transaction, with the new tables in place."""
Progress = Callable[[int, int, str], None]
"""Told after each step: steps done, steps in all, what was done."""

LOCK_TIMEOUT = "3s"
LOCK_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Prepared:
    """A publish that is ready to be applied, and what it would do."""

    plan: Plan
    """The operations in words, with what they do to records."""
    old: Catalog
    new: Catalog
    documents: tuple[Document, ...]
    """The merged documents that will be in force."""
    layers: Mapping[str, Sequence[Document]]
    """The layers that are replaced; an empty one is removed."""
    solutions: Sequence[InstalledSolution] | None
    """The installed packages afterwards; None leaves them as they are."""
    renames: Renames
    changes: tuple[SchemaChange, ...]
    impacts: tuple[Impact, ...]
    undoes: int | None = None

    @property
    def base_version(self) -> int:
        """Return the version of the catalog that the plan starts from."""
        return self.plan.base_version

    @property
    def digest(self) -> str:
        """Return the plan's fingerprint: equal plans have equal ones."""
        return self.plan.digest

    @property
    def computed_anew(self) -> dict[str, frozenset[str]]:
        """Return the kept formulas and rollups that `then` has to compute."""
        return computed_anew(self.plan.operations)

    @property
    def touched(self) -> frozenset[str]:
        """Return the entities whose tables, or whose numbers, change."""
        places = {operation.place[0] for operation in self.plan.operations}
        renumbered = {
            entity.name
            for entity in self.new.activities
            if (before := self.old.entities.get(entity.name)) is not None
            and type_code_of(before) != type_code_of(entity)
        }
        return frozenset(places | renumbered)

    @property
    def blocks(self) -> tuple[Impact, ...]:
        """Return what stands in the way of applying it."""
        return tuple(impact for impact in self.impacts if impact.blocks)


def prepare(
    database: Database,
    documents: Iterable[Document],
    *,
    layers: Mapping[str, Sequence[Document]] | None = None,
    solutions: Sequence[InstalledSolution] | None = None,
    snapshots: Snapshots | None = None,
) -> Prepared:
    """Return what putting these merged documents in force would do; nothing is changed.

    Args:
        database: where.
        documents: all merged documents, of every layer.
        layers: the documents of each layer that changes; an empty layer is removed.
        solutions: the installed packages afterwards, None for no change.
        snapshots: this process's snapshots; with them the catalog in force need not be
            read and composed.
    """
    with database.reader.connect() as connection, patiently(database, connection):
        old = _in_force(connection, snapshots)
        merged = tuple(documents)
        new = compose(merged, old.version + 1, reuse=old)
        plan = make_plan(old, new)
        change = (plan, renames_of(plan.operations))
        return _prepared(
            connection, database, old, new, merged, layers or {}, solutions, change
        )


def _in_force(connection: Connection, snapshots: Snapshots | None) -> Catalog:
    if snapshots is not None:
        return snapshots.current(connection).catalog
    return catalog_store.load_catalog(connection)[0]


def _prepared(
    connection: Connection,
    database: Database,
    old: Catalog,
    new: Catalog,
    documents: tuple[Document, ...],
    layers: Mapping[str, Sequence[Document]],
    solutions: Sequence[InstalledSolution] | None,
    change: tuple[Plan, Renames],
    undoes: int | None = None,
) -> Prepared:
    plan, renames = change
    changes = schema_changes(old, new, renames, database.dialect)
    counted = impacts(connection, new, changes, database.dialect)
    return Prepared(
        plan=plan.with_impacts(counted),
        old=old,
        new=new,
        documents=documents,
        layers=layers,
        solutions=solutions,
        renames=renames,
        changes=changes,
        impacts=counted,
        undoes=undoes,
    )


def prepare_undo(database: Database, snapshots: Snapshots | None = None) -> Prepared:
    """Return what undoing the last publish would do.

    Publishes are undone from the newest on; an undo is not undone.

    Raises:
        NotFound: there is nothing to undo.
    """
    with database.reader.connect() as connection, patiently(database, connection):
        last = publish_history.last_to_undo(connection)
        if last is None:
            raise NotFound("There is no publish to undo.")
        before = publish_history.before(connection, last.version)
        old = _in_force(connection, snapshots)
        rows = catalog_store.effective_rows(connection)
        for key, row in before.effective.items():
            if row is None:
                rows.pop(key, None)
            else:
                rows[key] = row
        documents = catalog_store.documents_of(rows)
        new = compose(documents, old.version + 1, reuse=old)
        operations = reverse_all(diff(new, old))
        plan = Plan(operations, old.version, digest_of(operations, old.version))
        return _prepared(
            connection,
            database,
            old,
            new,
            documents,
            {layer: d or () for layer, d in before.layers.items()},
            before.solutions,
            (plan, before.renames.reversed()),
            last.version,
        )


def apply(
    database: Database,
    prepared: Prepared,
    *,
    actor: "Actor | None" = None,
    summary: str = "",
    now: datetime | None = None,
    snapshots: Snapshots | None = None,
    then: Then | None = None,
    progress: Progress | None = None,
) -> int:
    """Put a prepared publish in force; return the catalog's new version.

    Args:
        database: where.
        prepared: what `prepare` or `prepare_undo` returned.
        actor: who publishes; their name stands in the history of publishes.
        summary: what for, in a few words (`crm 1.1.0`).
        now: the moment, the present by default.
        snapshots: this process's snapshots, which get the new one at once.
        then: called in the same transaction after the tables are made; an exception
            undoes everything. A package's records come in here.
        progress: told after each step.

    Raises:
        Conflict: somebody published since `prepare`; the message says who and what.
        Refused: the records break a unique key.
        Unavailable: the tables stayed in use by others too long.
    """
    if prepared.blocks:
        raise Refused(
            " ".join(f"{i.entity}: {i.sentence}." for i in prepared.blocks),
            code="breaks_key",
        )
    publisher = _Publisher(
        database, prepared, actor, summary, now or datetime.now(UTC), then, progress
    )
    snapshot = publisher.run_until_free()
    if snapshots is not None:
        snapshots.put(snapshot)
    return snapshot.version


def undo_last(
    database: Database,
    *,
    actor: "Actor | None" = None,
    now: datetime | None = None,
    snapshots: Snapshots | None = None,
    then: Then | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Undo the last publish: schema, definitions and values; return what was done.

    Raises:
        NotFound: there is nothing to undo.
        Conflict: somebody published in the meantime.
    """
    prepared = prepare_undo(database, snapshots)
    apply(
        database,
        prepared,
        actor=actor,
        summary=f"undo of publish {prepared.undoes}",
        now=now,
        snapshots=snapshots,
        then=then,
        progress=progress,
    )
    return prepared


def publish_documents(
    database: Database,
    layer: str,
    documents: Sequence[Document],
    *,
    snapshots: Snapshots | None = None,
    actor: "Actor | None" = None,
    then: Then | None = None,
) -> int:
    """Put the documents of one layer in force, without merging; return the version.

    The other layers' documents stay, a document of the same key is replaced whole. For
    tests and tools; packages and local changes go through the solutions' installer.
    """
    with database.reader.connect() as connection:
        gone = {
            (d.kind, d.key) for d in catalog_store.layer_documents(connection, layer)
        }
        come = {(d.kind, d.key) for d in documents}
        kept = [
            d
            for d in catalog_store.effective_documents(connection)
            if (d.kind, d.key) not in gone | come
        ]
    prepared = prepare(
        database, [*kept, *documents], layers={layer: documents}, snapshots=snapshots
    )
    return apply(
        database,
        prepared,
        actor=actor,
        summary=layer,
        snapshots=snapshots,
        then=then,
    )


@dataclass(slots=True)
class _Publisher:
    """One publish on its way."""

    database: Database
    prepared: Prepared
    actor: "Actor | None"
    summary: str
    now: datetime
    then: Then | None
    progress: Progress | None
    _done: int = field(default=0)

    def run_until_free(self) -> Snapshot:
        """Publish; where tables are in use by others, try again a few times."""
        for attempt in range(1, LOCK_ATTEMPTS + 1):
            self._done = 0
            try:
                with self._transaction() as connection:
                    return self._run(connection)
            except sa.exc.IntegrityError as fault:
                raise _broken_key(fault) from fault
            except sa.exc.DBAPIError as fault:
                if not is_busy(fault):
                    raise
                if attempt == LOCK_ATTEMPTS:
                    raise Unavailable(
                        "The tables stayed in use by others; nothing was changed. "
                        "Try again in a moment."
                    ) from fault
                time.sleep(0.05 * attempt)
        raise AssertionError("the last attempt returned or raised")

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self.database.engine.begin()

    def _run(self, connection: Connection) -> Snapshot:
        prepared = self.prepared
        self._hold_catalog(connection)
        self._refuse_if_moved(connection)
        version = prepared.base_version + 1
        quarantine = Quarantine(
            connection,
            self.database.dialect,
            version,
            undoes=prepared.undoes,
            kept_as=prepared.renames.reversed().entities if prepared.undoes else {},
        )
        values = []
        if prepared.undoes is not None:
            values = kept_fields(
                connection,
                prepared.undoes,
                prepared.old,
                prepared.new,
                prepared.renames,
                self.database.dialect,
            )
        for kept in values:
            quarantine.mark_unchanged(*kept.now)
        search_publish.step_aside(connection, prepared.old, prepared.changes)
        at = site(connection, self.database.dialect, quarantine)
        for change in prepared.changes:
            perform(change, at)
            self._step(type(change).__name__)
        for kept in values:
            quarantine.restore_values(*kept.then, kept.now.field)
        new = Snapshot(replace(prepared.new, version=version), self.database.dialect)
        cut_lost_links(connection, new.tables, quarantine.came_back)
        follow_names(connection, prepared.renames)
        filled = quarantine.came_back | {kept.then.table for kept in values}
        search_publish.follow(
            connection, new, prepared.changes, prepared.renames, filled
        )
        before = self._save(connection)
        published = Published(
            version=version,
            at=self.now,
            actor=None if self.actor is None else self.actor.user_id,
            actor_name="" if self.actor is None else self.actor.name,
            summary=self.summary,
            lines=tuple(prepared.plan.lines()),
            undone_by=None,
            undoes=prepared.undoes,
        )
        publish_history.record(connection, published, before)
        catalog_store.set_version(connection, version)
        if self.then is not None:
            self.then(connection, new)
            self._step("records")
        return new

    def _save(self, connection: Connection) -> Before:
        """Save documents and packages; return what they replaced."""
        prepared = self.prepared
        old_layers: dict[str, Sequence[Document] | None] = {}
        for layer, documents in prepared.layers.items():
            old = catalog_store.layer_documents(connection, layer)
            old_layers[layer] = old or None
            catalog_store.save_layer(connection, layer, documents)
        replaced = catalog_store.save_effective(connection, prepared.documents)
        solutions = None
        if prepared.solutions is not None:
            solutions = solution_store.installed(connection)
            solution_store.save_installed(connection, prepared.solutions)
        self._step("documents")
        return Before(replaced, old_layers, solutions, prepared.renames)

    def _hold_catalog(self, connection: Connection) -> None:
        """Wait until no writer is at work, and let none in before the commit."""
        if self.database.dialect == "postgresql":
            local = sa.func.set_config("lock_timeout", LOCK_TIMEOUT, True)
            connection.execute(sa.select(local))
            lock = sa.func.pg_advisory_xact_lock(CATALOG_LOCK)
            connection.execute(sa.select(lock))

    def _refuse_if_moved(self, connection: Connection) -> None:
        version = catalog_store.catalog_state(connection).version
        if version == self.prepared.base_version:
            return
        what = [
            f"{p.actor_name or 'somebody'} published {p.summary or 'a change'} "
            f"at {p.at:%Y-%m-%d %H:%M} UTC (version {p.version})"
            for p in publish_history.since(connection, self.prepared.base_version)
        ]
        raise Conflict(
            f"The definitions are at version {version} now; this plan was made for "
            f"version {self.prepared.base_version}. In the meantime "
            f"{'; '.join(what) or 'they were replaced'}. Make the plan again.",
            code="catalog_moved",
        )

    def _step(self, what: str) -> None:
        self._done += 1
        if self.progress is not None:
            total = len(self.prepared.changes) + 1 + (self.then is not None)
            self.progress(self._done, total, what)


def _broken_key(fault: sa.exc.IntegrityError) -> Refused:
    diagnosis = getattr(fault.orig, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or str(fault.orig)
    return Refused(
        f"The records break a unique key ({name}); nothing was changed. Make their "
        "values unique first.",
        code="breaks_key",
    )
