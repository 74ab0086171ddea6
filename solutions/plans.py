"""Know what installing, changing or removing a solution would do, before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from xrm.metadata.catalog import Catalog, compose
from xrm.metadata.checks import check
from xrm.metadata.documents import Document
from xrm.metadata.schemas import schema_problems
from xrm.metadata.versions import version_key
from xrm.platform.database.publish import Prepared
from xrm.platform.database.solution_store import InstalledSolution
from xrm.rule_engine.problems import Problem, Severity
from xrm.solutions.layers import Conflict, MergedDocument
from xrm.solutions.package import Package
from xrm.solutions.records_files import NO_RECORDS, Records, record_problems

Action = Literal["install", "upgrade", "downgrade", "reinstall", "uninstall", "local"]


@dataclass(frozen=True, slots=True)
class SolutionPlan:
    """What would be done; with problems it cannot be applied."""

    action: Action
    name: str
    label: str
    version: str
    installed_version: str | None
    prepared: Prepared | None = None
    """`None` when there are problems."""
    package: Package | None = None
    seed: Records = NO_RECORDS
    samples: Records = NO_RECORDS
    conflicts: tuple[Conflict, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Return the problems that stand in the way."""
        return tuple(p for p in self.problems if p.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Return the problems that are only shown."""
        return tuple(p for p in self.problems if p.severity is Severity.WARNING)

    @property
    def heading(self) -> str:
        """Return what is planned in a line."""
        was = f" (installed {self.installed_version})" if self.installed_version else ""
        if self.action == "uninstall":
            return f"Plan to uninstall {self.name} {self.installed_version}"
        return f"Plan for {self.name} {self.version}{was}"


def action_for(version: str, installed: InstalledSolution | None) -> Action:
    """Return what bringing this version of a package is called."""
    if installed is None or not version:
        return "install"
    new, old = version_key(version), version_key(installed.version)
    if new == old:
        return "reinstall"
    return "upgrade" if new > old else "downgrade"


def dependents_problems(catalog: Catalog, name: str) -> list[Problem]:
    """Return which installed solutions need one, and so keep it from going."""
    return [
        Problem(
            "S032",
            f'"{other.name}" {other.version} needs "{name}" {other.requires[name]}.',
            None,
            f'Uninstall "{other.name}" first.',
        )
        for other in catalog.solutions.values()
        if name in other.requires and other.name != name
    ]


def definition_problems(
    merged: Sequence[MergedDocument],
    changed: Sequence[Document] | None = None,
    *,
    is_whole: bool = True,
) -> list[Problem]:
    """Return everything that is wrong with merged definitions.

    Args:
        merged: all definitions, as they would be in force.
        changed: limits the check of the form to documents of these kinds and keys.
        is_whole: whether all files could be read; otherwise what they refer to is
            not checked, because it may stand in the missing ones.
    """
    touched = None if changed is None else {(d.kind, d.key) for d in changed}
    problems = [
        problem
        for item in merged
        if touched is None or (item.document.kind, item.document.key) in touched
        for problem in schema_problems(item.document)
    ]
    if problems or not is_whole:
        return problems
    documents = [item.document for item in merged]
    return check(compose(documents), documents)


def records_problems(catalog: Catalog, *records: Records) -> list[Problem]:
    """Return where records that a package brings do not fit the definitions."""
    return [problem for found in records for problem in record_problems(found, catalog)]
