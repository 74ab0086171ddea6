"""Know which packages are installed, in which order of layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.catalog import Catalog
from xrm.metadata.documents import Document
from xrm.platform.database import catalog_store
from xrm.platform.database.engine import Database
from xrm.platform.database.system_tables import SOLUTION, SOLUTION_PACKAGE


@dataclass(frozen=True, slots=True)
class InstalledSolution:
    """An installed package; a higher position is a layer further up."""

    name: str
    version: str
    position: int
    installed_on: datetime
    installed_by: UUID | None = None

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "name": self.name,
            "version": self.version,
            "position": self.position,
            "installed_on": self.installed_on.isoformat(),
            "installed_by": None
            if self.installed_by is None
            else str(self.installed_by),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "InstalledSolution":
        """Read what `as_data` wrote."""
        by = data["installed_by"]
        return cls(
            data["name"],
            data["version"],
            data["position"],
            datetime.fromisoformat(data["installed_on"]),
            None if by is None else UUID(by),
        )


def installed(connection: Connection) -> list[InstalledSolution]:
    """Return the installed packages, the lowest layer first."""
    rows = connection.execute(sa.select(SOLUTION).order_by(SOLUTION.c.position))
    return [
        InstalledSolution(
            row.name, row.version, row.position, row.installed_on, row.installed_by
        )
        for row in rows
    ]


def save_installed(
    connection: Connection, solutions: Sequence[InstalledSolution]
) -> None:
    """Make these the installed packages."""
    connection.execute(sa.delete(SOLUTION))
    if solutions:
        connection.execute(
            sa.insert(SOLUTION),
            [
                {
                    "name": s.name,
                    "version": s.version,
                    "position": s.position,
                    "installed_on": s.installed_on,
                    "installed_by": s.installed_by,
                }
                for s in solutions
            ],
        )


@dataclass(frozen=True, slots=True)
class Installation:
    """What is installed at one version of the catalog."""

    catalog: Catalog
    solutions: tuple[InstalledSolution, ...]
    layers: Mapping[str, Sequence[Document]]

    def find(self, name: str) -> InstalledSolution | None:
        """Return an installed solution by name."""
        return next((s for s in self.solutions if s.name == name), None)


def installation(database: Database) -> Installation:
    """Return what is installed; all of it is of one version of the catalog."""
    while True:
        with database.reader.connect() as connection:
            catalog, state = catalog_store.load_catalog(connection)
            found = Installation(
                catalog, tuple(installed(connection)), catalog_store.layers(connection)
            )
            if catalog_store.catalog_state(connection).version == state.version:
                return found


def keep_package(
    connection: Connection, solution: InstalledSolution, content: bytes
) -> None:
    """Keep a package as it came, in the transaction that installs it."""
    connection.execute(
        sa.insert(SOLUTION_PACKAGE).values(
            solution=solution.name, installed_on=solution.installed_on, content=content
        )
    )


def kept_package(database: Database, solution: InstalledSolution) -> bytes | None:
    """Return an installed package as it came; None when it was not kept."""
    table = SOLUTION_PACKAGE.c
    wanted = sa.select(table.content).where(
        table.solution == solution.name, table.installed_on == solution.installed_on
    )
    with database.reader.connect() as connection:
        found: bytes | None = connection.scalar(wanted)
    return found
