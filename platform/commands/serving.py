"""The command `serve`: granian around the application.

SQLite has one writer, so one process serves it, and a lock beside the file keeps a
second server away. PostgreSQL gets a process per core.
"""

import ctypes
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from filelock import FileLock, Timeout
from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

from xrm.platform.commands.program import Program, stop
from xrm.platform.commands.supervising import supervised_worker
from xrm.platform.database.engine import Database
from xrm.platform.settings import Settings

TARGET = "xrm.platform.main:application"
PORT = 8000
_ARENA_MAX = -8
"""M_ARENA_MAX of glibc's mallopt."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address.")
@click.option("--port", default=PORT, show_default=True, help="Port.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Processes; 1 on SQLite, otherwise as many as cores.",
)
@click.pass_obj
def serve(program: Program, host: str, port: int, workers: int | None) -> None:
    """Serve the screens and the API until stopped with Ctrl+C or SIGTERM."""
    database = program.database()
    run_server(program.settings, database, host=host, port=port, workers=workers)


def run_server(
    settings: Settings,
    database: Database,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    workers: int | None = None,
) -> None:
    """Serve until a signal ends it.

    Raises:
        Stop: another server has this SQLite file, or the workers do not fit it.
    """
    if database.dialect == "sqlite" and (workers or 1) > 1:
        stop(
            f"SQLite has one writer; {workers} workers would stand in each other's "
            "way. Leave --workers out, or use PostgreSQL."
        )
    processes = workers or (
        1 if database.dialect == "sqlite" else len(os.sched_getaffinity(0))
    )
    database.dispose()
    _hand_on(settings, host, port)
    with _alone(database), supervised_worker(settings.serve_worker):
        click.echo(f"OpenXRM at http://{host}:{port}/ — stop with Ctrl+C")
        # The server processes are forked: what the collector never looks at stays
        # shared with them, and no request waits while it looks at all the modules.
        gc.freeze()
        _share_one_arena()
        server = Server(
            TARGET,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            loop=Loops.auto,
            workers=processes,
            blocking_threads=settings.threads,
            factory=True,
            respawn_failed_workers=True,
            workers_kill_timeout=10,
            backlog=1024,
            log_access=False,
            log_level=LogLevels.warning,
        )
        server.serve()


def _share_one_arena() -> None:
    """Let all threads of a server process take memory from one place, with glibc.

    Python lets one thread at a time allocate, so arenas of their own gain nothing, and
    each keeps what its thread once needed: a tenth of the memory of a server.
    """
    mallopt = (
        getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    )
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


def _hand_on(settings: Settings, host: str, port: int) -> None:
    """Put the settings where the worker processes read them."""
    os.environ["XRM_DATA_DIR"] = str(settings.data_dir)
    os.environ["XRM_DATABASE_URL"] = settings.database_url
    os.environ.setdefault("XRM_BASE_URL", f"http://{host}:{port}")


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Hold the lock of a SQLite file; PostgreSQL needs none."""
    if database.dialect != "sqlite" or not database.url.database:
        yield
        return
    file = Path(database.url.database)
    lock = FileLock(file.with_name(file.name + ".server"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        stop(
            f"Another server already uses {file}. Stop it first, or give this one "
            "its own folder: xrm --data DIR serve."
        )
    try:
        yield
    finally:
        lock.release()
