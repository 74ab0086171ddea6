"""Commands about the database itself: init, upgrade, doctor."""

from datetime import UTC, datetime

import click

from xrm.platform.automation.workers import CHECKS as JOB_CHECKS
from xrm.platform.commands.program import (
    Commands,
    Program,
    json_option,
    progress,
    report,
    stop,
    table,
)
from xrm.platform.database import search_publish
from xrm.platform.database.doctor import CHECKS, invariants
from xrm.platform.database.upgrades import upgrade as upgrade_tables
from xrm.platform.records.invariants import CHECKS as RECORD_CHECKS
from xrm.platform.services import stored_files
from xrm.platform.settings import SETTINGS, Settings


@click.command()
@click.option("--no-core", is_flag=True, help="Leave the core solution out.")
@click.pass_obj
def init(program: Program, no_core: bool) -> None:
    """Make an empty database ready: the platform's tables and the core solution.

    Running it again does no harm.
    """
    database = program.database(initialised=False)
    version = upgrade_tables(database)
    click.echo(f"Database {database.url.render_as_string()}, version {version}.")
    if not no_core:
        click.echo(program.wiring["install_core"](database))
    click.echo("Next: `xrm user add NAME --role ROLE`, then `xrm serve`.")


@click.command()
@click.pass_obj
def upgrade(program: Program) -> None:
    """Bring the platform's own tables to the version of this program."""
    version = upgrade_tables(program.database(initialised=False))
    click.echo(f"The platform's tables are of version {version}.")


@click.command()
@click.option(
    "--sweep", is_flag=True, help="Take away stored contents that no file names."
)
@json_option
@click.pass_obj
def doctor(program: Program, sweep: bool, as_json: bool) -> None:
    """Check the database's invariants and show the settings in force.

    Exit code 1 when something is wrong; each finding says what to do.
    """
    settings = program.settings
    shown = _settings(settings)
    if sweep:
        gone = stored_files.sweep(
            program.database(), settings.data_dir, datetime.now(UTC)
        )
        click.echo(f"{gone} stored contents are taken away.", err=as_json)
    findings = invariants(
        program.database(initialised=False),
        (
            *CHECKS,
            *RECORD_CHECKS,
            *JOB_CHECKS,
            *stored_files.checks(settings.data_dir),
        ),
    )
    data = {"settings": shown, "findings": findings}
    lines = [table(("Setting", "Value"), shown.items()), ""]
    lines += [f"{f.severity}: {f.message}" for f in findings]
    broken = [f for f in findings if f.severity == "fault"]
    lines.append(f"{len(broken)} faults." if broken else "All invariants hold.")
    report(as_json, data, "\n".join(lines))
    if broken:
        stop("")


def _settings(settings: Settings) -> dict[str, str]:
    """Return the settings by variable, secrets hidden."""
    shown = {}
    for setting in SETTINGS:
        value = getattr(settings, setting.name)
        if setting.secret and value:
            value = "(set)"
        shown[setting.variable] = str(value)
    return shown


@click.group("search", cls=Commands)
def search() -> None:
    """The index by which records are found by a part of their text."""


@search.command("rebuild")
@click.option("--entity", "entities", multiple=True, help="Only of this entity.")
@click.pass_obj
def rebuild(program: Program, entities: tuple[str, ...]) -> None:
    """Make the search index anew, from the records as they are.

    Needed only when `xrm doctor` says so. Writers wait meanwhile.
    """
    with program.work("search rebuild") as work:
        for name in entities:
            work.catalog.entity(name)
        with progress("Search index") as done:
            count = search_publish.rebuild(
                work.connection, work.snapshot, entities or None, done
            )
    click.echo(f"The search index of {count} entities is made anew.")
