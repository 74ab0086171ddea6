"""Carry offers to workers by the durable engine DBOS, and keep a worker going.

The only module that imports the engine: it costs 26 MB and 0.2 s, which a web server
must not pay, so the command `worker` loads it by name.

What is to be done stands in the outbox, so the engine's own database may be lost at any
time: it is filled again. On SQLite it is a file of its own (`xrm.jobs.db`): in one file
with ours it would lock itself out. There is one generic workflow, `run_step`; no
process of a person is Python code, so a new version of the program strands nothing.
Timers stay in the outbox until they are due: then a clock that is set anew moves them,
too.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final
from uuid import UUID

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowSerializationFormat

from xrm.platform.automation import workers
from xrm.platform.automation.outbox import Offer
from xrm.platform.automation.steps import Steps

QUEUE: Final = "xrm_jobs"
SCHEMA: Final = "xrm_jobs"
"""Where the engine's tables are on PostgreSQL."""
VERSION: Final = "1"
"""The engine's "application version" never changes: any worker does any step."""

TICK, BEAT, RECOVER, TIDY = 0.25, 5.0, 20.0, 3_600.0
"""Seconds between looks at the outbox, signs of life, recoveries, and clean-ups."""
POLL: Final = 0.2
"""Seconds between looks of the engine at its queue."""
KEPT_RESULTS: Final = timedelta(hours=1)
MOST_TROUBLE: Final = 15.0
"""Seconds of faults in a row after which the engine is started anew."""
END_SECONDS: Final = 8
"""How long a worker that is told to end waits for the steps in its hands."""


class EngineLost(Exception):
    """The engine takes no offers: its database is gone. Start it anew."""


@dataclass(slots=True)
class Engine:
    """The engine of one worker process; there can be only one in a process."""

    steps: Steps
    url: str
    """The engine's own database."""
    threads: int
    log: Any = field(default_factory=lambda: structlog.get_logger("xrm.jobs"))
    _workflow: Callable[[str, int], None] | None = None

    def start(self) -> None:
        """Start it; what this worker had in hand when it ended is done first."""
        logging.getLogger("dbos").setLevel(logging.ERROR)
        config: DBOSConfig = {
            "name": "openxrm",
            "system_database_url": self.url,
            "dbos_system_schema": SCHEMA,
            "application_version": VERSION,
            "executor_id": self.steps.worker,
            "max_executor_threads": self.threads + 4,
            "sys_db_pool_size": self.threads + 4,
            "use_listen_notify": False,
            "log_level": "ERROR",
            "scheduler_polling_interval_sec": 3_600.0,
            "notification_listener_polling_interval_sec": 2.0,
        }
        DBOS(config=config)
        steps, log = self.steps, self.log

        @DBOS.workflow(
            name="run_step", serialization_type=WorkflowSerializationFormat.PORTABLE
        )
        def run_step(run: str, step: int) -> None:
            try:
                steps.run(UUID(run))
            except Exception as fault:
                # the outbox still has the step: it is offered again
                log.warning("step_not_taken", run=run, step=step, fault=str(fault))

        self._workflow = run_step
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self.threads,
            polling_interval_sec=POLL,
            on_conflict="always_update",
        )

    def end(self, seconds: int = 0) -> None:
        """Stop it; steps in hand have some seconds to finish."""
        with suppress(Exception):  # it may have lost its database
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=seconds)

    def tell(self, offers: Sequence[Offer]) -> None:
        """Hand offers over; the same one twice does nothing."""
        assert self._workflow is not None
        for one in offers:
            with SetWorkflowID(one.mark):
                DBOS.enqueue_workflow(QUEUE, self._workflow, str(one.run), one.step)

    def recover(self, dead: Sequence[str]) -> None:
        """Let the living do what dead workers had in hand."""
        for worker in dead:
            self.steps.release(worker)
        if dead:
            # the engine's only way to recover for others; its vendor's own service
            # calls the same
            DBOS._recover_pending_workflows(list(dead))

    def tidy(self) -> None:
        """Forget the engine's own records of what is over."""
        before = (datetime.now(UTC) - KEPT_RESULTS).isoformat()
        while found := DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"],
            completed_before=before,
            limit=500,
            load_input=False,
            load_output=False,
        ):
            DBOS.delete_workflows([one.workflow_id for one in found])


@dataclass(slots=True)
class Keeper:
    """The main thread of a worker: looks, tells, lives, recovers, cleans up."""

    engine: Engine
    days: int
    """How long ended jobs are kept."""
    version: str
    _last: dict[str, float] = field(default_factory=dict)

    def keep(self) -> None:
        """Work until the worker is told to end."""
        steps = self.engine.steps
        while not steps.stop.is_set():
            try:
                with self._running():
                    self._look_until_trouble()
            except Exception as fault:
                self.engine.log.error("engine_failed", fault=str(fault)[:500])
                steps.stop.wait(2)
        with suppress(Exception):  # the database may be gone
            steps.release(steps.worker)
            workers.end(steps.database, steps.worker, steps.clock)

    @contextmanager
    def _running(self) -> Iterator[None]:
        steps = self.engine.steps
        workers.begin(steps.database, steps.worker, self.version, steps.clock)
        steps.release(steps.worker)
        steps.offer_anew()
        try:
            self.engine.start()
            yield
        finally:
            self.engine.end(END_SECONDS if steps.stop.is_set() else 0)

    def _look_until_trouble(self) -> None:
        """Look again and again; return when faults do not end, to start anew."""
        steps, well = self.engine.steps, monotonic()
        while not steps.stop.wait(TICK):
            try:
                self._look()
                well = monotonic()
            except EngineLost as fault:
                self.engine.log.error("engine_lost", fault=str(fault)[:500])
                steps.stop.wait(1)
                return
            except Exception as fault:
                self.engine.log.warning("worker_trouble", fault=str(fault)[:500])
                if monotonic() - well > MOST_TROUBLE:
                    return

    def _look(self) -> None:
        steps = self.engine.steps
        offers = steps.offers()
        if offers:
            try:
                self.engine.tell(offers)
            except Exception as fault:
                raise EngineLost(str(fault)) from fault
        if self._is_time("beat", BEAT):
            workers.beat(steps.database, steps.worker, self.version, steps.clock)
            steps.renew()
        if self._is_time("recover", RECOVER):
            dead = workers.silent(steps.database, steps.worker, steps.clock)
            self.engine.recover(dead)
        if self._is_time("tidy", TIDY):
            workers.forget_old(steps.database, steps.folder, self.days, steps.clock)
            self.engine.tidy()

    def _is_time(self, what: str, seconds: float) -> bool:
        now = monotonic()
        if now - self._last.get(what, -seconds) < seconds:
            return False
        self._last[what] = now
        return True
