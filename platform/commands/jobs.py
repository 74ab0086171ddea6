"""The commands `jobs` and `worker`: look at background work, and do it.

The worker's engine is loaded by name when a worker is started: `xrm serve` and every
other command go without its memory and its time.
"""

import hashlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from filelock import FileLock, Timeout

from xrm.platform import logs
from xrm.platform.automation import jobs as background
from xrm.platform.automation.job_kinds import by_name
from xrm.platform.automation.steps import Steps
from xrm.platform.commands.program import (
    Commands,
    Program,
    json_option,
    report,
    stop,
    table,
)
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.settings import Settings

ENGINE = "xrm.platform.automation.engine"
MOST_WORKERS = 100
"""Workers of one folder of data."""


@click.group(cls=Commands, invoke_without_command=True)
@json_option
@click.pass_context
def jobs(ctx: click.Context, as_json: bool) -> None:
    """Show background jobs; repeat or cancel them."""
    if ctx.invoked_subcommand is None:
        _list(ctx.obj, as_json, ())


@jobs.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([str(state) for state in background.State]),
    help="Only jobs in this state; may be given several times.",
)
@json_option
@click.pass_obj
def list_(program: Program, states: tuple[str, ...], as_json: bool) -> None:
    """Show the jobs of everyone, the newest first."""
    _list(program, as_json, states)


def _list(program: Program, as_json: bool, states: tuple[str, ...]) -> None:
    wanted = tuple(map(background.State, states))
    with program.work("xrm jobs", write=False) as work:
        found = background.jobs_of(work, everyone=True, states=wanted)
    rows = [
        (
            one.id,
            one.state,
            "" if one.share is None else f"{one.share} %",
            f"{one.created_on:%Y-%m-%d %H:%M}",
            one.actor_name or "System",
            one.label + (f" — {one.problem}" if one.problem else ""),
        )
        for one in found
    ]
    headings = ("Job", "State", "Done", "Queued (UTC)", "By", "What")
    report(as_json, found, table(headings, rows) if rows else "There are no jobs.")


@jobs.command()
@click.argument("job", type=click.UUID)
@json_option
@click.pass_obj
def retry(program: Program, job: UUID, as_json: bool) -> None:
    """Let a failed or cancelled JOB go on where it ended."""
    with program.work("xrm jobs retry") as work:
        background.retry(work, job)
        row = background.job_of(work, job)
    report(as_json, row, f"“{row.label}” is queued again.")


@jobs.command()
@click.argument("job", type=click.UUID)
@json_option
@click.pass_obj
def cancel(program: Program, job: UUID, as_json: bool) -> None:
    """End a JOB; what it did until now stays done."""
    with program.work("xrm jobs cancel") as work:
        background.cancel(work, job)
        row = background.job_of(work, job)
    report(as_json, row, f"“{row.label}” is cancelled.")


@click.command()
@click.option(
    "--with-parent", is_flag=True, hidden=True, help="End with the starting process."
)
@click.pass_obj
def worker(program: Program, with_parent: bool) -> None:
    """Do background jobs until stopped with Ctrl+C or SIGTERM.

    `xrm serve` starts one by itself (XRM_SERVE_WORKER says whether). Run more of them
    on PostgreSQL, on machines that share the folder of the data.
    """
    database = program.database()
    settings = program.settings
    logs.configure(settings.log_format)
    kinds = by_name(program.wiring["job_kinds"](database))
    with _name(settings, database) as name:
        steps = Steps(
            open_database(settings.database_url, threads=settings.worker_threads + 2),
            Snapshots(database),
            kinds,
            settings.job_folder,
            worker=name,
        )
        _end_when_told(steps.stop, with_parent=with_parent)
        engine: Any = import_module(ENGINE)
        made = engine.Engine(steps, settings.jobs_url, settings.worker_threads)
        engine.Keeper(made, settings.job_days, _version()).keep()
        steps.database.dispose()


def _version() -> str:
    try:
        return version("openxrm")
    except PackageNotFoundError:
        return "unknown"


def _end_when_told(told: threading.Event, *, with_parent: bool) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    if with_parent:

        def wait() -> None:
            # It ends when the parent does, however that ends. A buffered read would
            # hold a lock that the interpreter asks for at its own end.
            while os.read(sys.stdin.fileno(), 1):
                pass
            told.set()

        threading.Thread(target=wait, daemon=True).start()


@contextmanager
def _name(settings: Settings, database: Database) -> Iterator[str]:
    """Give the worker a name that is its own, and the same after a restart."""
    host = socket.gethostname()[:60]
    if database.dialect == "sqlite":
        file = Path(database.url.database or "")
        lock = FileLock(file.with_name(file.name + ".worker"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            stop(
                f"Another worker already uses {file}; one is enough for SQLite. "
                "`xrm serve` starts it by itself."
            )
        with lock:
            yield f"{host}-1"
        return
    folder = settings.data_dir / "workers"
    folder.mkdir(parents=True, exist_ok=True)
    mark = hashlib.sha256(str(folder).encode()).hexdigest()[:4]
    for number in range(1, MOST_WORKERS + 1):
        lock = FileLock(folder / f"{number}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        with lock:
            yield f"{host}-{mark}-{number}"
        return
    stop(f"{MOST_WORKERS} workers already run on {folder}.")
