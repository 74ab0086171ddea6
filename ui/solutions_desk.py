"""Know what the solutions page needs of the room that installs them.

`ui/` may not import `xrm.solutions`; `main.py` hands these functions in and `desk()`
finds them again. The shapes here are those that the installer's values have.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

from flask import current_app

from xrm.platform.automation.jobs import JobKind
from xrm.platform.database.publish import Prepared, Progress
from xrm.platform.database.publish_history import Published
from xrm.platform.database.solution_store import InstalledSolution
from xrm.platform.errors import NotFound
from xrm.platform.security.actors import Actor
from xrm.rule_engine.problems import Problem
from xrm.ui.solutions_progress import Board

EXTENSION = "xrm.solutions_desk"
KEPT_UPLOADS = 20
"""How many uploaded packages wait for a decision; the oldest go first."""


class SolutionPlan(Protocol):
    """What a change of a solution would do."""

    @property
    def action(self) -> Any:
        """Return install, upgrade, downgrade, reinstall or uninstall."""

    @property
    def name(self) -> str:
        """Return the solution's name."""

    @property
    def label(self) -> str:
        """Return what people call it."""

    @property
    def version(self) -> str:
        """Return the version that is coming."""

    @property
    def installed_version(self) -> str | None:
        """Return the version there is, `None` for none."""

    @property
    def prepared(self) -> Prepared | None:
        """Return the publish, `None` when problems stand in its way."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Return what stands in the way."""

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Return what is only shown."""


@dataclass(frozen=True, slots=True)
class SolutionsDesk:
    """The functions of the installer, as `main.py` hands them in."""

    installed: Callable[[], Sequence[InstalledSolution]]
    publishes: Callable[[], Sequence[Published]]
    plan_archive: Callable[[bytes, str, Actor], SolutionPlan]
    plan_uninstall: Callable[[str, Actor], SolutionPlan]
    apply: Callable[[Any, Actor, Progress], int]
    undo: Callable[[Actor], Prepared]
    folder: Path
    """Where uploaded packages wait."""
    samples: JobKind
    """The job that brings sample records, or takes them away."""
    has_samples: Callable[[str, str], bool]
    """Says whether an installed solution (name, version) brings sample records."""
    board: Board = field(default_factory=Board)
    """The changes that are on their way."""

    def keep(self, content: bytes, owner: UUID) -> str:
        """Keep an uploaded package until its plan is applied; return its mark."""
        self.folder.mkdir(parents=True, exist_ok=True)
        waiting = sorted(self.folder.glob("*.zip"), key=lambda p: p.stat().st_mtime)
        for old in waiting[: max(0, len(waiting) - KEPT_UPLOADS + 1)]:
            old.unlink(missing_ok=True)
        mark = uuid4()
        self._file(mark, owner).write_bytes(content)
        return str(mark)

    def kept(self, mark: str, owner: UUID) -> bytes:
        """Return an uploaded package of this person.

        Raises:
            NotFound: it is not there (any more).
        """
        try:
            return self._file(UUID(mark), owner).read_bytes()
        except (ValueError, OSError):
            raise NotFound(
                "The uploaded package is no longer here. Upload it again.",
                code="upload_gone",
            ) from None

    def forget(self, mark: str, owner: UUID) -> None:
        """Throw an uploaded package away."""
        try:
            self._file(UUID(mark), owner).unlink(missing_ok=True)
        except ValueError:
            return

    def _file(self, mark: UUID, owner: UUID) -> Path:
        return self.folder / f"{owner.hex}-{mark.hex}.zip"


def desk() -> SolutionsDesk:
    """Return the desk of this application.

    Raises:
        NotFound: this server does not change solutions.
    """
    found = current_app.extensions.get(EXTENSION)
    if not isinstance(found, SolutionsDesk):
        raise NotFound("Solutions are not changed on this server.")
    return found
