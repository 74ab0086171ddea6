"""Know the outbox: which steps wait, who is told of them, who has one for itself.

A step stands in the outbox from the transaction that asks for it until the one that
writes its result. `offer_on` says when a worker is told of it, and that a worker has it
for itself until then (`worker`). Nothing here does a step or knows what one is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, func, select, update

from xrm.platform.database.engine import Database
from xrm.platform.database.system_tables import OUTBOX, RUN

LEASE: Final = timedelta(seconds=60)
"""How long a worker has a step for itself before it is offered to others."""
FIRST_REPEAT, LAST_REPEAT = timedelta(seconds=30), timedelta(minutes=5)
"""After how long a step that nobody took is offered again, at first and at most."""
MOST_OFFERS: Final = 200
LOOKS, LOOK_SECONDS = 5, 0.02
"""How often, and how far apart, a step is looked at that somebody holds just now."""

Clock = Callable[[Connection], datetime]


def database_clock(connection: Connection) -> datetime:
    """Return the present time: PostgreSQL's, so that all workers have the same."""
    if connection.dialect.name == "postgresql":
        now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Offer:
    """A step that a worker is to be told of; `mark` is the same for the same offer."""

    mark: str
    run: UUID
    step: int


@dataclass(slots=True)
class Outbox:
    """The outbox of a database, as one worker sees it."""

    database: Database
    worker: str = field(default="worker", kw_only=True)
    clock: Clock = field(default=database_clock, kw_only=True)
    stop: Event = field(default_factory=Event, kw_only=True)
    """Set when the worker is to end: the step in hand is finished, no other begun."""
    in_hand: set[UUID] = field(default_factory=set, kw_only=True)
    """The outbox rows of the steps that this worker is doing."""

    def offers(self) -> list[Offer]:
        """Return the steps that are due and that this worker is to tell of now.

        They are marked before they are told of, so no two workers tell of one offer,
        and nobody has such a step for itself any more. A worker that dies in between
        has told nobody; the step is offered again.
        """
        with self.database.reader.connect() as connection:
            now = self.clock(connection)
            found = connection.execute(TO_OFFER, {"now": now}).all()
        if not found:
            return []
        with self.database.engine.begin() as connection:
            return [
                Offer(f"{row.id}-{row.offers}", row.run, row.step)
                for row in found
                if self._mark(connection, row, now)
            ]

    def _mark(self, connection: Connection, row: Any, now: datetime) -> bool:
        """Write that a step is offered; say whether this worker was the first."""
        wait = min(FIRST_REPEAT * 2 ** min(row.offers, 10), LAST_REPEAT)
        changed = connection.execute(
            update(OUTBOX)
            .where(
                OUTBOX.c.id == row.id,
                OUTBOX.c.offers == row.offers,
                OUTBOX.c.offer_on <= now,
            )
            .values(offers=OUTBOX.c.offers + 1, offer_on=now + wait, worker=None)
        )
        return changed.rowcount == 1

    def renew(self) -> None:
        """Keep the steps in hand for this worker, for those that take long.

        A step that writes holds its row anyway, and must not be waited for.
        """
        mine = list(self.in_hand)
        if mine:
            with self.database.engine.begin() as connection:
                until = self.clock(connection) + LEASE
                ends_soon = OUTBOX.c.offer_on < until - LEASE / 2
                free = (
                    select(OUTBOX.c.id)
                    .where(OUTBOX.c.id.in_(mine), ends_soon)
                    .with_for_update(skip_locked=True)
                )
                connection.execute(
                    update(OUTBOX).where(OUTBOX.c.id.in_(free)).values(offer_on=until)
                )

    def release(self, worker: str) -> None:
        """Offer at once what a worker had in hand that is no more."""
        with self.database.engine.begin() as connection:
            connection.execute(
                update(OUTBOX)
                .where(OUTBOX.c.worker == worker)
                .values(worker=None, offer_on=OUTBOX.c.due)
            )

    def offer_anew(self) -> None:
        """Offer again what was told and not taken: the engine may have lost it."""
        with self.database.engine.begin() as connection:
            now = self.clock(connection)
            connection.execute(
                update(OUTBOX)
                .where(
                    OUTBOX.c.worker.is_(None),
                    OUTBOX.c.due <= now,
                    OUTBOX.c.offer_on > now,
                )
                .values(offer_on=now)
            )

    def give_back(self, run: UUID) -> None:
        """Offer a step that this worker has for itself, and leaves, to all."""
        with self.database.engine.begin() as connection:
            now = self.clock(connection)
            connection.execute(
                update(OUTBOX)
                .where(
                    OUTBOX.c.run == run,
                    OUTBOX.c.worker == self.worker,
                    OUTBOX.c.tries == 0,
                    OUTBOX.c.offer_on > now,
                )
                .values(worker=None, offer_on=now)
            )

    def free(
        self, connection: Connection, asked: Select[Any], values: Mapping[str, Any]
    ) -> Any:
        """Return a row and hold it; `None` when there is none or it stays held.

        Others hold a row for a moment only, to mark it, or while they do its step.
        """
        held = HELD[asked]
        row = connection.execute(held, values).first()
        looks = 1
        while row is None and self._is_shared and looks < LOOKS:
            if connection.execute(asked, values).first() is None:
                return None
            self.stop.wait(LOOK_SECONDS)
            row = connection.execute(held, values).first()
            looks += 1
        return row

    @property
    def _is_shared(self) -> bool:
        """Say whether others may write at the same time."""
        return self.database.dialect == "postgresql"


TO_OFFER: Final = (
    select(OUTBOX.c.id, OUTBOX.c.run, OUTBOX.c.step, OUTBOX.c.offers)
    .where(OUTBOX.c.offer_on <= bindparam("now", type_=OUTBOX.c.offer_on.type))
    .order_by(OUTBOX.c.offer_on, OUTBOX.c.id)
    .limit(MOST_OFFERS)
)
DUE: Final = (
    select(
        OUTBOX.c.id.label("outbox"),
        OUTBOX.c.step,
        OUTBOX.c.offer_on,
        OUTBOX.c.tries,
        OUTBOX.c.worker,
        RUN.c.id.label("run"),
        RUN.c.step.label("run_step"),
        RUN.c.kind,
        RUN.c.label,
        RUN.c.actor,
        RUN.c.state,
        RUN.c.payload,
        RUN.c.position,
        RUN.c.done,
        RUN.c.result,
        RUN.c.created_on,
    )
    .join(RUN, RUN.c.id == OUTBOX.c.run)
    .where(
        OUTBOX.c.run == bindparam("run", type_=OUTBOX.c.run.type),
        OUTBOX.c.due <= bindparam("now", type_=OUTBOX.c.due.type),
    )
    .order_by(OUTBOX.c.due, OUTBOX.c.id)
    .limit(1)
)
ONE: Final = select(OUTBOX.c.id).where(
    OUTBOX.c.id == bindparam("outbox", type_=OUTBOX.c.id.type)
)
HELD: Final[Mapping[Select[Any], Select[Any]]] = {
    asked: asked.with_for_update(of=OUTBOX, skip_locked=True) for asked in (DUE, ONE)
}
"""The same questions, their row held until the commit."""
