"""The roof: wires every room of the house and is imported by none.

`create_app(settings)` gives the Flask application, `application()` the same for a
server process, `cli` is the command `xrm`. The rooms of `platform/`:

    settings.py     settings, read once; one documented table
    errors.py       the one tree of errors, with status and code
    error_answers.py  how an error is told to a caller
    logs.py, measures.py  how the server speaks of itself
    database/       engines, unit of work, tables of the catalog, publish
    query/          Query, a value; its compiler to SQL; OData and views to it
    records/        the verbs (create, update, …): rules, values, store, history
    security/       actors, sign-in, tokens; the one access predicate
    automation/     triggers and their statements
    services/       import, people, and other things that use the verbs
    api/            the Web API: addresses, bodies, answers, metadata, health
    web.py          what every request gets: credential, work, headers, errors
    commands/       the command line, one module per group of commands

Only this module knows `xrm.solutions` and `xrm.ui`: what commands and pages need of
them is handed in (`Wiring`, `Server.above`).
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
from flask import Flask

from xrm.platform import logs, web
from xrm.platform.api import blueprints
from xrm.platform.automation.jobs import JobKind
from xrm.platform.commands import database as database_commands
from xrm.platform.commands import demo as demo_commands
from xrm.platform.commands import imports, jobs, people, records, serving
from xrm.platform.commands import solutions as solution_commands
from xrm.platform.commands.described import described
from xrm.platform.commands.program import Commands, Program, Wiring
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.publish_history import Published, history
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.security.actors import SYSTEM, Actor
from xrm.platform.settings import Settings, load_settings
from xrm.solutions.archives import read_archive
from xrm.solutions.codes import CODES as PACKAGE_CODES
from xrm.solutions.demo import demo_password, prepare_demo
from xrm.solutions.exporter import export, write_export
from xrm.solutions.installer import CORE, Installer, packaged
from xrm.solutions.sample_job import has_samples, sample_kind
from xrm.ui import (
    EXTENSION,
    HELP_EXTENSION,
    HelpDesk,
    SolutionsDesk,
    error_page,
    ui_blueprint,
)

HERE = Path(__file__).parent
SECRET_LENGTH = 32


class Application(Flask):
    """Flask without a look, at each call, whether a function is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function: there are no coroutines here."""
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application; without settings, those of the environment."""
    settings = _with_secret(settings or load_settings(os.environ))
    database = open_database(
        settings.database_url,
        threads=settings.threads,
        statement_timeout=settings.statement_timeout,
    )
    app = Application("xrm", root_path=str(HERE), static_folder=None)
    server = web.Server(
        settings,
        database,
        Snapshots(database),
        error_page=error_page,
        above={"installer": Installer, "packaged": packaged, "export": export},
    )
    web.install(app, server)
    app.extensions[EXTENSION] = _solutions_desk(server)
    app.extensions[HELP_EXTENSION] = HelpDesk(
        lambda: list(described(cli)), PACKAGE_CODES
    )
    for blueprint in (*blueprints(), ui_blueprint()):
        app.register_blueprint(blueprint)
    return app


def _solutions_desk(server: web.Server) -> SolutionsDesk:
    """Return the installer as the solutions page knows it."""
    database, snapshots = server.database, server.snapshots

    def installer(actor: Actor = SYSTEM) -> Installer:
        return Installer(database, snapshots, actor)

    def publishes() -> list[Published]:
        with database.reader.connect() as connection:
            return history(connection, limit=20)

    return SolutionsDesk(
        installed=lambda: installer().installed(),
        publishes=publishes,
        plan_archive=lambda content, name, actor: installer(actor).plan_package(
            read_archive(content, name)
        ),
        plan_uninstall=lambda name, actor: installer(actor).plan_uninstall(name),
        apply=lambda plan, actor, report: installer(actor).apply(plan, progress=report),
        undo=lambda actor: installer(actor).undo(),
        folder=server.settings.data_dir / "uploads",
        samples=sample_kind(database),
        has_samples=lru_cache(maxsize=64)(
            lambda name, version: has_samples(database, name)
        ),
    )


def application() -> Flask:
    """Return the application of one server process; granian calls it."""
    settings = load_settings(os.environ)
    logs.configure(settings.log_format)
    return create_app(settings)


def _with_secret(settings: Settings) -> Settings:
    """Return settings with a secret key: the given one, or the one kept on disk."""
    if settings.secret_key:
        return settings
    return replace(settings, secret_key=_kept_secret(settings.data_dir))


def _kept_secret(folder: Path) -> str:
    """Return the key in `<data>/secret_key`; the first process makes it."""
    file = folder / "secret_key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text("utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(secrets.token_hex(SECRET_LENGTH))
    return file.read_text("utf-8").strip()


def _install_core(database: Database) -> str:
    """Install the core solution where it is missing; return what to tell."""
    installer = Installer(database)
    if any(solution.name == CORE for solution in installer.installed()):
        return "The core solution is installed already."
    plan = installer.install(packaged(CORE))
    return f"The core solution {plan.version} is installed."


def _export(database: Database, name: str, target: Path) -> None:
    write_export(export(database, name), target)


def _prepare_demo(
    settings: Settings, database: Database, scale: int, progress: Any
) -> Any:
    """Make the demonstration; its password is the same at every start."""
    known = _with_secret(settings)
    password = demo_password(known.demo_password, known.secret_key)
    snapshots = Snapshots(database)
    return prepare_demo(database, snapshots, password, scale=scale, progress=progress)


def _job_kinds(database: Database) -> list[JobKind]:
    """Return the kinds of jobs that need rooms above the platform's."""
    return [sample_kind(database)]


WIRING = Wiring(
    {
        "installer": Installer,
        "packaged": packaged,
        "install_core": _install_core,
        "export": _export,
        "demo": _prepare_demo,
        "job_kinds": _job_kinds,
    }
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", "data_dir", metavar="DIR", help="Folder of the data.")
@click.option("--database", "database_url", metavar="URL", help="Database to use.")
@click.version_option(package_name="openxrm", prog_name="xrm")
@click.pass_context
def cli(ctx: click.Context, data_dir: str | None, database_url: str | None) -> None:
    """OpenXRM: declare entities, screens and rules as files, and run them at once.

    \b
    Start here:
      xrm demo               a database with examples, served on 127.0.0.1:8000
      xrm init               make an empty database ready
      xrm solution plan DIR  see what a solution would change

    Exit codes: 0 done, 1 refused (problems are printed), 2 wrong usage.
    """  # noqa: D301  (\b keeps click from wrapping the list)
    overrides = {"data_dir": data_dir, "database_url": database_url}
    program = Program(WIRING, overrides)
    ctx.obj = program
    ctx.call_on_close(program.close)


for _command in (
    demo_commands.demo,
    database_commands.init,
    serving.serve,
    database_commands.upgrade,
    database_commands.doctor,
    database_commands.search,
    solution_commands.solution,
    people.user,
    people.token,
    people.role,
    imports.import_,
    imports.import_undo,
    jobs.jobs,
    jobs.worker,
    records.export,
    records.audit,
):
    cli.add_command(_command)

if __name__ == "__main__":
    cli()
