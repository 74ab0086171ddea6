"""Know the checks of every kind and run them all."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from xrm.metadata.catalog import Catalog
from xrm.metadata.checks import (
    app_checks,
    chart_checks,
    choice_checks,
    collisions,
    dashboard_checks,
    entity_checks,
    form_checks,
    manifest_checks,
    relationship_checks,
    role_checks,
    rule_checks,
    view_checks,
)
from xrm.metadata.checks.circles import circle_problems
from xrm.metadata.checks.context import Context
from xrm.metadata.dependencies import Place
from xrm.metadata.documents import Document, Path
from xrm.metadata.scope import CatalogScope
from xrm.rule_engine import Problem, TypedExpression

CHECKS: Final[Mapping[str, Callable[[Context], None]]] = MappingProxyType(
    {
        "solution": manifest_checks.check,
        "choice": choice_checks.check,
        "entity": entity_checks.check,
        "relationship": relationship_checks.check,
        "form": form_checks.check,
        "view": view_checks.check,
        "chart": chart_checks.check,
        "dashboard": dashboard_checks.check,
        "app": app_checks.check,
        "role": role_checks.check,
        "rule": rule_checks.check,
    }
)


def check(catalog: Catalog, documents: Iterable[Document]) -> list[Problem]:
    """Return everything that is wrong with documents, sorted by file and line.

    `catalog` is composed of them (and of others that need no check again); the
    documents passed their schemas.
    """
    scope = CatalogScope(catalog)
    problems: list[Problem] = []
    computed: dict[Place, TypedExpression] = {}
    places: dict[Place, tuple[Document, Path]] = {}
    listed = list(documents)
    for document in listed:
        CHECKS[document.kind](
            Context(catalog, scope, document, problems, computed, places)
        )
    problems += collisions.problems(catalog, listed)
    problems += circle_problems(catalog, computed, places)
    return sorted(dict.fromkeys(problems), key=_order)


def _order(problem: Problem) -> tuple[str, int, int, str]:
    where = problem.where
    if where is None:
        return ("", 0, 0, problem.code)
    return (where.file, where.line, where.column, problem.code)
