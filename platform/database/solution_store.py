"""Know which packages are installed, in which order of layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.platform.database.system_tables import SOLUTION


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
