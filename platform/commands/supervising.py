"""Keep a worker going beside the server: start it, start it again, end it.

The worker is a process of its own, so that its engine takes no memory from the server
and its work no time from requests. It ends with the server however that ends: its
standard input is a pipe that closes then.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic

import structlog

COMMAND = (sys.executable, "-P", "-m", "xrm.platform.main", "worker", "--with-parent")
FIRST_SECONDS = 1.5
"""Wait until the server answers: two processes that start at once are slower."""
PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds until a worker that died is started again."""
WELL_SECONDS = 120.0
"""After how long a worker that lived counts as sound."""
END_SECONDS = 12.0


class Supervisor:
    """Starts one worker again and again until told to end."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._log = structlog.get_logger("xrm.jobs")

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def end(self) -> None:
        """End the worker, by force if it does not end by itself."""
        self._over.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(END_SECONDS)

    def _watch(self) -> None:
        deaths, wait = 0, FIRST_SECONDS
        while not self._over.wait(wait):
            begun = monotonic()
            code = self._run()
            if self._over.is_set():
                return
            deaths = 0 if monotonic() - begun > WELL_SECONDS else deaths + 1
            wait = PAUSES[min(max(deaths - 1, 0), len(PAUSES) - 1)]
            self._log.warning("worker_died", code=code, again_in_seconds=wait)

    def _run(self) -> int:
        with subprocess.Popen(
            self._command, stdin=subprocess.PIPE, start_new_session=True
        ) as process:
            self._process = process
            if self._over.is_set():
                with suppress(ProcessLookupError):
                    process.terminate()
            return process.wait()


@contextmanager
def supervised_worker(wanted: bool) -> Iterator[None]:
    """Keep a worker going for the length of the block, if one is wanted."""
    if not wanted:
        yield
        return
    supervisor = Supervisor()
    supervisor.start()
    try:
        yield
    finally:
        supervisor.end()
