"""Know what every command gets: settings, an opened database, and how to report.

`Program` is click's context object. `Wiring` holds what rooms above this one do; only
`main.py` may import those, so it hands their functions in.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, NoReturn, Protocol

import click
import orjson
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from sqlalchemy import exc

from xrm.metadata.definitions import UnknownName
from xrm.platform.database.engine import BadDatabaseUrl, Database, open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import current_version
from xrm.platform.database.work import Work, open_work
from xrm.platform.errors import XrmError
from xrm.platform.security.actors import SYSTEM
from xrm.platform.settings import BadSetting, Settings, load_settings
from xrm.rule_engine.problems import Problem, RuleError

DONE, REFUSED, WRONG_USAGE = 0, 1, 2


class Done(Protocol):
    """Tells a progress bar how many are done, and of how many."""

    def __call__(self, count: int, of: int | None = None) -> None:
        """Show it."""


NOT_INITIALISED = (
    "The database is not initialised: {place}. Run `xrm init` first, "
    "or `xrm demo` for a database with examples."
)


@dataclass(frozen=True, slots=True)
class Wiring:
    """Functions of the rooms above, by the name commands know them by."""

    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return self.functions[name]


@dataclass(slots=True)
class Program:
    """One call of `xrm`: its settings, and whether it reports as JSON."""

    wiring: Wiring = field(default_factory=Wiring)
    overrides: dict[str, Any] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _database: Database | None = None

    @property
    def settings(self) -> Settings:
        """Return the settings of the environment and the options before the command.

        Raises:
            click.UsageError: a setting cannot be read.
        """
        try:
            return load_settings(self.environ, **self.overrides)
        except BadSetting as fault:
            raise click.UsageError(str(fault)) from fault

    def database(self, *, initialised: bool = True) -> Database:
        """Return the database, opened once for this call.

        Raises:
            Stop: it has not been initialised, or cannot be reached.
        """
        if self._database is None:
            settings = self.settings
            try:
                self._database = open_database(
                    settings.database_url, threads=settings.threads
                )
            except (BadDatabaseUrl, OSError) as fault:
                stop(str(fault))
        if initialised:
            self._check_initialised(self._database)
        return self._database

    def _check_initialised(self, database: Database) -> None:
        try:
            with database.reader.connect() as connection:
                version = current_version(connection)
        except exc.SQLAlchemyError as fault:
            stop(
                f"The database cannot be used: {database.url.render_as_string()}. "
                f"{_first_line(fault)}"
            )
        if version == 0:
            stop(NOT_INITIALISED.format(place=database.url.render_as_string()))

    @contextmanager
    def work(self, cause: str, *, write: bool = True) -> Iterator[Work]:
        """Open a work of the platform itself; `cause` is what history shows."""
        database = self.database()
        with open_work(
            database, Snapshots(database), SYSTEM, write=write, cause=cause
        ) as work:
            yield work

    def installer(self) -> Any:
        """Return what installs solutions into the database."""
        return self.wiring["installer"](self.database())

    def close(self) -> None:
        """Close the database, if it was opened."""
        if self._database is not None:
            self._database.dispose()
            self._database = None


class Stop(click.ClickException):
    """The command was refused; the text is shown as it is and the exit code is 1."""

    exit_code = REFUSED

    def __init__(self, message: str, problems: Iterable[Any] = ()) -> None:
        super().__init__(message)
        self.problems = list(problems)

    def show(self, file: Any = None) -> None:
        """Print the problems, one a line, then the message."""
        for problem in self.problems:
            click.echo(str(problem), err=True)
        if self.message:
            click.echo(self.message, err=True)


def stop(message: str, problems: Iterable[Any] = ()) -> NoReturn:
    """End the command with exit code 1.

    Raises:
        Stop: always.
    """
    raise Stop(message, problems)


class Commands(click.Group):
    """A group whose commands end with exit code 1 and a message for a person."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what the platform refuses into a message."""
        try:
            return super().invoke(ctx)
        except XrmError as fault:
            problems = list(getattr(fault, "problems", ()))
            if problems:
                raise Stop("", problems) from fault
            if len(fault.details) > 1:
                problems = [
                    f"{d.field or '-'} {d.code} {d.message}" for d in fault.details
                ]
            raise Stop(fault.message, problems) from fault
        except RuleError as fault:
            raise Stop("", fault.problems) from fault
        except UnknownName as fault:
            raise Stop(str(fault)) from fault
        except exc.SQLAlchemyError as fault:
            raise Stop(f"The database refused: {_first_line(fault)}") from fault
        except BrokenPipeError:
            sys.stderr.close()
            return DONE


def _first_line(fault: Exception) -> str:
    original = getattr(fault, "orig", None) or fault
    return str(original).strip().partition("\n")[0]


_JSON = (
    orjson.OPT_INDENT_2
    | orjson.OPT_NON_STR_KEYS
    | orjson.OPT_UTC_Z
    | orjson.OPT_PASSTHROUGH_DATACLASS
)


def report(as_json: bool, data: Any, text: str) -> None:
    """Print a report: as JSON for programs, as text for people."""
    if as_json:
        click.echo(orjson.dumps(data, default=_plain, option=_JSON).decode())
    else:
        click.echo(text)


def _plain(value: Any) -> Any:
    if isinstance(value, Problem):
        where = value.where
        return {
            "code": value.code,
            "message": value.message,
            "file": where.file if where else None,
            "line": where.line if where else None,
            "column": where.column if where else None,
            "hint": value.hint,
            "severity": str(value.severity),
        }
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)


def table(headings: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    """Return rows as columns of text; the last column is not padded."""
    texts = [tuple("" if cell is None else str(cell) for cell in row) for row in rows]
    widths = [
        max(len(line[place]) for line in (headings, *texts))
        for place in range(len(headings))
    ]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in (headings, *texts)
    )


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Done]:
    """Show a progress bar on stderr; the given function is told how many are done.

    Where stderr is no terminal nothing is shown.
    """
    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(title, total=total)

        def done(count: int, of: int | None = None) -> None:
            bar.update(task, completed=count, total=of if of is not None else total)

        yield done


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Report as JSON, for programs."
)
"""The option of every command that reports."""
