"""Know what every check needs: the catalog, the document at hand, how to report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xrm.metadata.catalog import Catalog
from xrm.metadata.dependencies import Place
from xrm.metadata.document_tree import printable
from xrm.metadata.documents import Document, Path
from xrm.metadata.entities import Entity, Field
from xrm.metadata.scope import CatalogScope
from xrm.rule_engine import (
    Problem,
    RuleError,
    Severity,
    TypedExpression,
    check_expression,
    did_you_mean,
)
from xrm.rule_engine.types import BOOLEAN, RuleType


@dataclass(slots=True)
class Context:
    """The check of one document; `problems` and `computed` are shared by all."""

    catalog: Catalog
    scope: CatalogScope
    document: Document
    problems: list[Problem]
    computed: dict[Place, TypedExpression] = field(default_factory=dict)
    """Every formula and rollup that was found right, for the search for circles."""
    places: dict[Place, tuple[Document, Path]] = field(default_factory=dict)

    def report(
        self,
        code: str,
        message: str,
        path: Path,
        hint: str | None = None,
        *,
        key: bool = False,
        warning: bool = False,
    ) -> None:
        """Add a problem at a path of the document."""
        severity = Severity.WARNING if warning else Severity.ERROR
        where = self.document.where(path, key=key)
        said = printable(hint) if hint else None
        self.problems.append(Problem(code, printable(message), where, said, severity))

    def unknown(
        self, code: str, what: str, name: str, path: Path, known: Iterable[str]
    ) -> None:
        """Report a name that leads nowhere, with the nearest one that does."""
        names = list(known)
        hint = did_you_mean(name, names)
        if hint is None and names and len(names) <= 12:
            hint = f"There are: {', '.join(names)}."
        self.report(code, f'There is no {what} "{name}".', path, hint)

    def entity(self, name: str, path: Path, code: str = "V001") -> Entity | None:
        """Return an entity by name, or report that there is none."""
        found = self.catalog.entities.get(name)
        if found is None:
            self.unknown(code, "entity", name, path, self.catalog.entities)
        return found

    def field(
        self, entity: Entity, name: str, path: Path, code: str = "V002"
    ) -> Field | None:
        """Return a field of an entity, or report that there is none."""
        found = entity.fields.get(name)
        if found is None:
            what = f"field of {entity.name}"
            hint = did_you_mean(name, entity.fields)
            self.report(code, f'There is no {what} "{name}".', path, hint)
        return found

    def field_of_path(self, entity: Entity, text: str, path: Path) -> Field | None:
        """Return the last field of a path over lookups, or report where it breaks."""
        here = [entity]
        steps = text.split(".")
        for index, step in enumerate(steps):
            for owner in here:
                if step not in owner.fields:
                    self.field(owner, step, path)
                    return None
            found = here[0].fields[step]
            if index == len(steps) - 1:
                return found
            if not found.is_lookup:
                self.report(
                    "V002",
                    f'"{step}" of {here[0].name} is no lookup; '
                    f'the path "{text}" cannot go on.',
                    path,
                    f"End it with {'.'.join(steps[: index + 1])}.",
                )
                return None
            targets = [self.catalog.entities.get(t.entity) for t in found.targets]
            here = [target for target in targets if target is not None]
            if not here or len(here) != len(targets):
                return None  # a missing target is reported at its lookup
        return None

    def expression(
        self,
        text: str,
        entity: str,
        path: Path,
        expected: RuleType | None = None,
    ) -> TypedExpression | None:
        """Return a checked expression, or report everything that is wrong with it."""
        place = self.document.text_place(path)
        try:
            return check_expression(
                text, self.scope, entity, expected=expected, **place
            )
        except RuleError as error:
            self.problems.extend(error.problems)
            return None

    def filter(self, text: str | None, entity: str, path: Path) -> None:
        """Check a condition on records of a list."""
        if text is None:
            return
        found = self.expression(text, entity, path, BOOLEAN)
        if found and (found.references.uses_old or found.references.changed):
            self.report(
                "V004",
                "A filter cannot ask for the value before a write.",
                path,
                "Leave out old and changed().",
            )

    def roles(self, names: Iterable[str]) -> None:
        """Check that the roles of a form, view, app or dashboard exist."""
        for index, name in enumerate(names):
            if name not in self.catalog.roles:
                roles = self.catalog.roles
                self.unknown("V005", "role", name, ("roles", index), roles)

    def paths(self, key: str) -> Mapping[int, Path]:
        """Return the paths of the items under a key, which may hold a single text."""
        value = self.document.data.get(key)
        if isinstance(value, str) or value is None:
            return {0: (key,)}
        return {index: (key, index) for index in range(len(value))}
