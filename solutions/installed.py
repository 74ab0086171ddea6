"""Know what is installed: the layers in their order, and the packages as they came."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.platform.database import catalog_store, solution_store
from xrm.platform.database.solution_store import InstalledSolution
from xrm.platform.database.system_tables import SOLUTION_PACKAGE
from xrm.platform.errors import NotFound
from xrm.rule_engine.problems import did_you_mean
from xrm.solutions.archives import read_archive, write_archive
from xrm.solutions.layers import LOCAL, Layer
from xrm.solutions.source import Source


def installed_layers(connection: Connection) -> list[Layer]:
    """Return the layers from below to above; the organisation's own comes last."""
    documents = catalog_store.layers(connection)
    names = [solution.name for solution in solution_store.installed(connection)]
    return [
        Layer(name, tuple(documents.get(name, ())))
        for name in [*names, LOCAL]
        if name in documents
    ]


def find_installed(
    solutions: Sequence[InstalledSolution], name: str
) -> InstalledSolution:
    """Return an installed solution by name.

    Raises:
        NotFound: it is not installed.
    """
    for solution in solutions:
        if solution.name == name:
            return solution
    names = [solution.name for solution in solutions]
    hint = did_you_mean(name, names) or f"Installed: {', '.join(names) or 'nothing'}."
    raise NotFound(f'The solution "{name}" is not installed. {hint}')


def keep_package(connection: Connection, source: Source, when: datetime) -> None:
    """Keep the files of a package that is being installed."""
    connection.execute(
        sa.insert(SOLUTION_PACKAGE).values(
            solution=source.name,
            installed_on=when,
            content=write_archive(list(source.files.items())),
        )
    )


def kept_package(connection: Connection, solution: InstalledSolution) -> Source | None:
    """Return an installed package as it came; `None` when its files were not kept."""
    content = connection.scalar(
        sa.select(SOLUTION_PACKAGE.c.content).where(
            SOLUTION_PACKAGE.c.solution == solution.name,
            SOLUTION_PACKAGE.c.installed_on == solution.installed_on,
        )
    )
    if content is None:
        return None
    return read_archive(content, f"{solution.name}.zip")
