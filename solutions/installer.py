"""Know how solutions are installed, upgraded, removed, and how that is taken back.

Every one of these is a plan first (`plan_package`, `plan_uninstall`, `plan_local`):
problems all at once, what changes, how many records are at stake. `apply` puts it in
force in one transaction: tables, definitions, the package's records, the roles.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import Connection

from xrm.metadata.catalog import Catalog
from xrm.metadata.documents import Document
from xrm.platform import core_names
from xrm.platform.database import publish, solution_store
from xrm.platform.database.catalog_store import load_catalog
from xrm.platform.database.engine import Database
from xrm.platform.database.publish import Prepared, Progress
from xrm.platform.database.snapshots import Snapshot, Snapshots
from xrm.platform.database.solution_store import InstalledSolution
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused
from xrm.platform.security.actors import SYSTEM, Actor
from xrm.rule_engine.problems import Problem
from xrm.solutions.archives import read_source
from xrm.solutions.installed import (
    find_installed,
    installed_layers,
    keep_package,
    kept_package,
)
from xrm.solutions.layers import LOCAL, Conflict, Layer, conflicts, merge
from xrm.solutions.package import Package, read_package
from xrm.solutions.plans import (
    SolutionPlan,
    action_for,
    definition_problems,
    dependents_problems,
    manifest_of,
    records_problems,
)
from xrm.solutions.records_files import Records, read_records
from xrm.solutions.records_load import load_records, remove_records
from xrm.solutions.role_records import mirror_roles
from xrm.solutions.source import BadPackage, Source

CORE = "core"
PEOPLE = frozenset({core_names.USER, core_names.TEAM, core_names.UNIT, core_names.ROLE})
"""Entities whose records stay when the solution goes that brought them."""
HERE = Path(__file__).parent
Clock = Callable[[], datetime]


def packaged(name: str) -> Path:
    """Return the folder of a package that comes with the program, else the path."""
    own = HERE / name
    return own if own.is_dir() and name.isidentifier() else Path(name)


@dataclass(frozen=True, slots=True)
class Installer:
    """Installs into one database; `snapshots` are those of this process, if any."""

    database: Database
    snapshots: Snapshots | None = None
    actor: Actor = SYSTEM
    clock: Clock = lambda: datetime.now(UTC)

    # Plans

    def plan_package(self, source: Source | Path) -> SolutionPlan:
        """Return what bringing a package (new, newer or older) would do.

        Raises:
            BadPackage: the source itself cannot be read.
        """
        read = read_source(source) if isinstance(source, Path) else source
        package = read_package(read)
        with self.database.reader.connect() as connection:
            layers = installed_layers(connection)
            installed = solution_store.installed(connection)
            catalog, _ = load_catalog(connection)
        if package.manifest is None:
            problems = package.problems or tuple(definition_problems(_alone(package)))
            return SolutionPlan(
                "install", package.name, package.name, "", None, None, package,
                problems=problems,
            )  # fmt: skip
        return self._plan_package(package, layers, installed, catalog)

    def _plan_package(
        self,
        package: Package,
        layers: Sequence[Layer],
        installed: Sequence[InstalledSolution],
        catalog: Catalog,
    ) -> SolutionPlan:
        manifest = manifest_of(package)
        old = next((s for s in installed if s.name == manifest.name), None)
        seed = read_records(package.source, "seed")
        samples = read_records(package.source, "samples")
        new_layers = _with_layer(layers, Layer(manifest.name, package.documents))
        problems = [
            *package.problems,
            *seed.problems,
            *samples.problems,
        ]
        if manifest.name == LOCAL:
            problems.append(
                Problem("S034", f'A solution cannot be called "{LOCAL}".', None)
            )
        merged = merge(new_layers)
        if not package.problems:
            problems += definition_problems(merged, changed=package.documents)
        plan = SolutionPlan(
            action_for(manifest.version, old),
            manifest.name,
            manifest.label,
            manifest.version,
            None if old is None else old.version,
            None,
            package,
            seed,
            samples,
            conflicts=_conflicts(layers, manifest.name, package.documents),
            problems=tuple(problems),
        )
        if plan.errors:
            return plan
        when = self.clock()
        made = InstalledSolution(
            manifest.name,
            manifest.version,
            old.position
            if old
            else 1 + max((s.position for s in installed), default=0),
            when,
            None if self.actor.is_system else self.actor.user_id,
        )
        prepared = publish.prepare(
            self.database,
            [item.document for item in merged],
            layers={manifest.name: package.documents},
            solutions=sorted(
                [*(s for s in installed if s.name != made.name), made],
                key=lambda s: s.position,
            ),
        )
        faults = records_problems(prepared.new, seed, samples)
        return replace(
            plan,
            prepared=None if faults else prepared,
            problems=(*plan.problems, *faults),
        )

    def plan_uninstall(self, name: str) -> SolutionPlan:
        """Return what removing a solution would do.

        Raises:
            NotFound: it is not installed.
        """
        with self.database.reader.connect() as connection:
            layers = installed_layers(connection)
            installed = solution_store.installed(connection)
            catalog, _ = load_catalog(connection)
            solution = find_installed(installed, name)
            source = kept_package(connection, solution)
        problems = dependents_problems(catalog, name)
        if name == CORE:
            problems.append(
                Problem("S035", "Everything stands on core; it cannot be removed.")
            )
        kept = [layer for layer in layers if layer.name != name]
        local = _still_fitting(kept)
        changed = {name: (), **({LOCAL: local} if local is not None else {})}
        kept = [
            Layer(LOCAL, tuple(local)) if layer.name == LOCAL and local is not None
            else layer
            for layer in kept
        ]  # fmt: skip
        merged = merge(kept)
        if not problems:
            problems += definition_problems(merged)
        package = read_package(source) if source else None
        plan = SolutionPlan(
            "uninstall",
            name,
            catalog.solutions[name].label if name in catalog.solutions else name,
            "",
            solution.version,
            None,
            package,
            read_records(source, "seed") if source else Records(),
            read_records(source, "samples") if source else Records(),
            problems=tuple(problems),
        )
        if plan.errors:
            return plan
        prepared = publish.prepare(
            self.database,
            [item.document for item in merged],
            layers=changed,
            solutions=[s for s in installed if s.name != name],
        )
        return replace(plan, prepared=prepared)

    def plan_local(self, documents: Sequence[Document]) -> SolutionPlan:
        """Return what making these the organisation's own changes would do."""
        with self.database.reader.connect() as connection:
            layers = installed_layers(connection)
        merged = merge(_with_layer(layers, Layer(LOCAL, tuple(documents))))
        plan = SolutionPlan(
            "local", LOCAL, "Own changes", "", None, None,
            problems=tuple(definition_problems(merged, changed=documents)),
        )  # fmt: skip
        if plan.errors:
            return plan
        prepared = publish.prepare(
            self.database,
            [item.document for item in merged],
            layers={LOCAL: tuple(documents)},
        )
        return replace(plan, prepared=prepared)

    def local_documents(self) -> tuple[Document, ...]:
        """Return the organisation's own changes."""
        with self.database.reader.connect() as connection:
            layers = installed_layers(connection)
        return next((la.documents for la in layers if la.name == LOCAL), ())

    # Deeds

    def apply(
        self,
        plan: SolutionPlan,
        *,
        samples: bool = False,
        progress: Progress | None = None,
    ) -> int:
        """Put a plan in force; return the catalog's new version.

        `samples` loads the package's demonstration records as well.

        Raises:
            BadPackage: the plan has problems, or a record of the package is refused.
            Conflict: somebody published since the plan was made.
            Refused: records break a unique key.
        """
        if plan.errors or plan.prepared is None:
            raise BadPackage(plan.errors)
        works: list[Work] = []

        def then(connection: Connection, snapshot: Snapshot) -> None:
            work = self._work(connection, snapshot, f"{plan.action} of {plan.name}")
            works.append(work)
            if plan.action == "uninstall":
                remove_records(work, plan.samples, keep=PEOPLE)
                remove_records(work, plan.seed, keep=PEOPLE)
            mirror_roles(work)
            if plan.package is not None and plan.action != "uninstall":
                _keep(connection, plan)
                load_records(work, plan.seed)
                if samples:
                    load_records(work, plan.samples)

        version = publish.apply(
            self.database,
            plan.prepared,
            actor=self.actor,
            summary=f"{plan.action} {plan.name} {plan.version}".strip(),
            now=self.clock(),
            snapshots=self.snapshots,
            then=then,
            progress=progress,
        )
        _finish(works)
        return version

    def install(self, source: Source | Path, *, samples: bool = False) -> SolutionPlan:
        """Install or change a package at once; return what was done."""
        plan = self.plan_package(source)
        self.apply(plan, samples=samples)
        return plan

    def uninstall(self, name: str) -> SolutionPlan:
        """Remove a solution at once; return what was done."""
        plan = self.plan_uninstall(name)
        self.apply(plan)
        return plan

    def undo(self) -> Prepared:
        """Undo the last publish; return what was done.

        Raises:
            NotFound: there is nothing to undo.
        """
        works: list[Work] = []

        def then(connection: Connection, snapshot: Snapshot) -> None:
            work = self._work(connection, snapshot, "undo of a publish")
            works.append(work)
            mirror_roles(work)

        prepared = publish.undo_last(
            self.database,
            actor=self.actor,
            now=self.clock(),
            snapshots=self.snapshots,
            then=then,
        )
        _finish(works)
        return prepared

    def installed(self) -> list[InstalledSolution]:
        """Return the installed solutions, the lowest layer first."""
        with self.database.reader.connect() as connection:
            return solution_store.installed(connection)

    def _work(self, connection: Connection, snapshot: Snapshot, cause: str) -> Work:
        return Work(
            connection=connection,
            snapshot=snapshot,
            actor=SYSTEM,
            now=self.clock(),
            database=self.database,
            cause=cause,
        )


def _keep(connection: Connection, plan: SolutionPlan) -> None:
    assert plan.package is not None
    assert plan.prepared is not None
    for solution in plan.prepared.solutions or ():
        if solution.name == plan.name:
            source = Source(plan.name, plan.package.source.files)
            keep_package(connection, source, solution.installed_on)


def _finish(works: Sequence[Work]) -> None:
    """Do what was to follow the commit; of several attempts the last one counts."""
    for call in works[-1].after_commit if works else ():
        call()


def _alone(package: Package) -> tuple[()]:
    """Return nothing: a package without a manifest cannot be merged."""
    return ()


def _with_layer(layers: Sequence[Layer], layer: Layer) -> list[Layer]:
    """Return the layers with one replaced, or added below the organisation's own."""
    if any(known.name == layer.name for known in layers):
        return [layer if known.name == layer.name else known for known in layers]
    if layer.name == LOCAL:
        return [*layers, layer]
    local = [known for known in layers if known.name == LOCAL]
    return [*(known for known in layers if known.name != LOCAL), layer, *local]


def _conflicts(
    layers: Sequence[Layer], name: str, comes: Sequence[Document]
) -> tuple[Conflict, ...]:
    by_name: Mapping[str, Layer] = {layer.name: layer for layer in layers}
    if name not in by_name or LOCAL not in by_name:
        return ()
    return tuple(conflicts(by_name[name].documents, comes, by_name[LOCAL].documents))


def _still_fitting(layers: Sequence[Layer]) -> list[Document] | None:
    """Return the own changes that still fit once a layer is gone; None for all."""
    known = {
        (d.kind, d.key) for layer in layers if layer.name != LOCAL
        for d in layer.documents
    }  # fmt: skip
    entities = {key for kind, key in known if kind == "entity"}
    local = next((layer.documents for layer in layers if layer.name == LOCAL), ())
    own = {d.key for d in local if d.kind == "entity" and _is_whole(d)}
    kept = [
        d
        for d in local
        if (
            (d.kind, d.key) in known
            or (d.kind == "entity" and d.key in own)
            or (d.kind != "entity" and d.data.get("entity") in {None, *entities, *own})
        )
    ]
    return None if len(kept) == len(local) else kept


def _is_whole(document: Document) -> bool:
    """Say whether an entity's document declares it, not only changes it."""
    fields = document.data.get("fields") or {}
    return "set_name" in document.data or bool(
        fields and all("type" in f for f in fields.values() if isinstance(f, dict))
    )


__all__ = ["CORE", "Installer", "Refused", "packaged"]
