"""Know how solutions are installed, upgraded, removed, and how that is taken back.

Every one of these is a plan first (`plan_package`, `plan_uninstall`, `plan_local`):
problems all at once, what changes, how many records are at stake. `apply` puts it in
force in one transaction: tables, definitions, the package's records, the roles.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from xrm.metadata.documents import Document
from xrm.platform.database import publish, solution_store
from xrm.platform.database.engine import Database
from xrm.platform.database.publish import Prepared, Progress
from xrm.platform.database.publish_work import PublishWork
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.solution_store import Installation, InstalledSolution
from xrm.platform.database.work import Work
from xrm.platform.errors import Conflict
from xrm.platform.records.derived import compute_fields, readers_of
from xrm.platform.records.mirror import rebuild
from xrm.platform.security.actors import SYSTEM, Actor
from xrm.rule_engine import core_names
from xrm.rule_engine.problems import Problem
from xrm.solutions.archives import read_source, write_archive
from xrm.solutions.installed import find_installed, installed_layers, package_of
from xrm.solutions.layer_changes import (
    conflicts_with,
    documents_of,
    with_layer,
    without_layer,
)
from xrm.solutions.layers import LOCAL, Layer, MergedDocument, merge
from xrm.solutions.package import read_package
from xrm.solutions.plans import (
    SolutionPlan,
    action_for,
    definition_problems,
    dependents_problems,
    records_problems,
)
from xrm.solutions.records_files import NO_RECORDS, read_records
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
        found = solution_store.installation(self.database)
        layers = installed_layers(found)
        name = package.name
        old = found.find(name)
        version = package.manifest.version if package.manifest else ""
        seed = read_records(package.source, "seed")
        samples = read_records(package.source, "samples")
        problems = [*package.problems, *seed.problems, *samples.problems]
        if name == LOCAL:
            problems.append(Problem("S034", f'A solution cannot be called "{LOCAL}".'))
        merged = merge(with_layer(layers, Layer(name, package.documents)))
        problems += definition_problems(
            merged, package.documents, is_whole=not package.problems
        )
        plan = SolutionPlan(
            action=action_for(version, old),
            name=name,
            label=package.manifest.label if package.manifest else name,
            version=version,
            installed_version=None if old is None else old.version,
            package=package,
            seed=seed,
            samples=samples,
            conflicts=conflicts_with(layers, name, package.documents),
            problems=tuple(problems),
        )
        if plan.errors:
            return plan
        made = InstalledSolution(
            name,
            version,
            old.position
            if old
            else 1 + max([0, *(s.position for s in found.solutions)]),
            self.clock(),
            None if self.actor.is_system else self.actor.user_id,
        )
        others = [solution for solution in found.solutions if solution.name != name]
        plan = self._prepared(
            plan,
            found,
            merged,
            {name: package.documents},
            sorted([*others, made], key=lambda solution: solution.position),
        )
        assert plan.prepared is not None
        faults = records_problems(plan.prepared.new, seed, samples)
        if not faults:
            return plan
        return replace(plan, prepared=None, problems=(*plan.problems, *faults))

    def plan_uninstall(self, name: str) -> SolutionPlan:
        """Return what removing a solution would do.

        Raises:
            NotFound: it is not installed.
        """
        found = solution_store.installation(self.database)
        solution = find_installed(found, name)
        source = package_of(self.database, solution)
        problems = dependents_problems(found.catalog, name)
        if name == CORE:
            problems.append(
                Problem("S035", "Everything stands on core; it cannot be removed.")
            )
        layers = installed_layers(found)
        kept = without_layer(layers, name)
        merged = merge(kept)
        if not problems:
            problems += definition_problems(merged)
        manifest = found.catalog.solutions.get(name)
        plan = SolutionPlan(
            action="uninstall",
            name=name,
            label=manifest.label if manifest else name,
            version="",
            installed_version=solution.version,
            seed=read_records(source, "seed") if source else NO_RECORDS,
            samples=read_records(source, "samples") if source else NO_RECORDS,
            problems=tuple(problems),
        )
        if plan.errors:
            return plan
        changed: dict[str, Sequence[Document]] = {name: ()}
        own = documents_of(kept, LOCAL)
        if own != documents_of(layers, LOCAL):
            changed[LOCAL] = own
        others = [solution for solution in found.solutions if solution.name != name]
        return self._prepared(plan, found, merged, changed, others)

    def plan_local(self, documents: Sequence[Document]) -> SolutionPlan:
        """Return what making these the organisation's own changes would do."""
        found = solution_store.installation(self.database)
        own = Layer(LOCAL, tuple(documents))
        merged = merge(with_layer(installed_layers(found), own))
        plan = SolutionPlan(
            action="local",
            name=LOCAL,
            label="Own changes",
            version="",
            installed_version=None,
            problems=tuple(definition_problems(merged, documents)),
        )
        if plan.errors:
            return plan
        return self._prepared(plan, found, merged, {LOCAL: own.documents}, None)

    def local_documents(self) -> tuple[Document, ...]:
        """Return the organisation's own changes."""
        found = solution_store.installation(self.database)
        return documents_of(installed_layers(found), LOCAL)

    def _prepared(
        self,
        plan: SolutionPlan,
        found: Installation,
        merged: Sequence[MergedDocument],
        layers: Mapping[str, Sequence[Document]],
        solutions: Sequence[InstalledSolution] | None,
    ) -> SolutionPlan:
        """Return the plan with the publish that carries it out.

        Raises:
            Conflict: somebody published since the layers were read.
        """
        prepared = publish.prepare(
            self.database,
            [item.document for item in merged],
            layers=layers,
            solutions=solutions,
            snapshots=self.snapshots,
        )
        if prepared.base_version != found.catalog.version:
            raise Conflict(
                "The definitions were published anew at this moment. Repeat it.",
                code="catalog_moved",
            )
        return replace(plan, prepared=prepared)

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

        prepared, package = plan.prepared, plan.package

        def records(work: Work) -> None:
            if package is None:
                remove_records(work, plan.samples, keep=PEOPLE)
                remove_records(work, plan.seed, keep=PEOPLE)
                _settle(work, prepared)
                return
            _keep(work, plan)
            _settle(work, prepared)
            load_records(work, plan.seed)
            if samples:
                load_records(work, plan.samples)

        cause = f"{plan.action} {plan.name} {plan.version}".strip()
        return self._publish(prepared, cause, records, progress)

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
        prepared = publish.prepare_undo(self.database, self.snapshots)
        cause = f"undo of publish {prepared.undoes}"
        self._publish(prepared, cause, partial(_settle, prepared=prepared))
        return prepared

    def _publish(
        self,
        prepared: Prepared,
        cause: str,
        records: Callable[[Work], None],
        progress: Progress | None = None,
    ) -> int:
        """Apply a publish and, in its transaction, what becomes of the records."""
        now = self.clock()
        then = PublishWork(self.database, now, cause, records)
        version = publish.apply(
            self.database,
            prepared,
            actor=self.actor,
            summary=cause,
            now=now,
            snapshots=self.snapshots,
            then=then,
            progress=progress,
        )
        then.finish()
        return version

    def installed(self) -> list[InstalledSolution]:
        """Return the installed solutions, the lowest layer first."""
        return list(solution_store.installation(self.database).solutions)


def _settle(work: Work, prepared: Prepared) -> None:
    """Let the records follow the new definitions.

    Roles, the list of all activities, computed values.
    """
    mirror_roles(work)
    fields = {name: set(found) for name, found in prepared.computed_anew.items()}
    for listed in rebuild(work, prepared.touched):
        for entity, name in readers_of(work, listed):
            fields.setdefault(entity, set()).add(name)
    compute_fields(work, fields)


def _keep(work: Work, plan: SolutionPlan) -> None:
    """Keep the package as it came, so that it can be exported."""
    assert plan.package is not None
    assert plan.prepared is not None
    for solution in plan.prepared.solutions or ():
        if solution.name == plan.name:
            content = write_archive(list(plan.package.source.files.items()))
            solution_store.keep_package(work.connection, solution, content)
