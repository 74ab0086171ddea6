"""Know how records are written within a publish: a work in its transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.engine import Connection

from xrm.platform.database.engine import Database
from xrm.platform.database.snapshots import Snapshot
from xrm.platform.database.work import Work
from xrm.platform.security.actors import SYSTEM


@dataclass(slots=True)
class PublishWork:
    """What a publish calls with the new tables in place; `finish` after its commit.

    The platform itself does the work. A publish may be tried several times; the last
    try counts.
    """

    database: Database
    now: datetime
    cause: str
    call: Callable[[Work], None]
    _work: Work | None = field(default=None, init=False)

    def __call__(self, connection: Connection, snapshot: Snapshot) -> None:
        """Write what is to be written; called by the publish."""
        self._work = Work(
            connection=connection,
            snapshot=snapshot,
            actor=SYSTEM,
            now=self.now,
            database=self.database,
            cause=self.cause,
        )
        self.call(self._work)

    def finish(self) -> None:
        """Do what was to follow the commit."""
        for call in self._work.after_commit if self._work else ():
            call()
