"""Commands about solutions: plan, apply, install, remove, list, check, export, undo.

This room may not import `xrm.solutions`; `main.py` hands in an `Installer` with the
methods `plan_package`, `plan_uninstall`, `apply`, `undo` and `installed`.
"""

from pathlib import Path
from typing import Any

import click

from xrm.metadata.changes.plan import Plan as Changes
from xrm.metadata.changes.plan import make_plan
from xrm.platform.commands.program import (
    Commands,
    Program,
    json_option,
    progress,
    report,
    stop,
    table,
)

PLACE = click.Path(path_type=Path)


@click.group(cls=Commands)
def solution() -> None:
    """Plan, apply and undo changes of solutions.

    PATH is the folder or zip file of a solution, or the name of one that comes with
    the program (core, crm).
    """


@solution.command("plan")
@click.argument("path")
@json_option
@click.pass_obj
def solution_plan(program: Program, path: str, as_json: bool) -> None:
    """Show what bringing in PATH would change, and how many records it concerns.

    Nothing is changed.
    """
    plan = program.installer().plan_package(program.wiring["packaged"](path))
    show(plan, as_json, apply_with=f"xrm solution apply {path}")
    _stop_at(plan, as_json)


@solution.command("apply")
@click.argument("path")
@click.option("--samples", is_flag=True, help="Load the demonstration records too.")
@click.option("--yes", is_flag=True, help="Do not ask when values would be lost.")
@json_option
@click.pass_obj
def solution_apply(
    program: Program, path: str, samples: bool, yes: bool, as_json: bool
) -> None:
    """Put PATH in force: all of it or, when something is refused, nothing.

    Asks before values are lost; `xrm solution undo` takes it back.
    """
    installer = program.installer()
    plan = installer.plan_package(program.wiring["packaged"](path))
    carry_out(installer, plan, samples=samples, yes=yes, as_json=as_json)


for _name, _help in (
    ("install", "Install PATH; the same as apply for a solution that is new."),
    ("upgrade", "Bring an installed solution to the version in PATH."),
):
    solution.add_command(
        click.Command(
            _name,
            callback=solution_apply.callback,
            params=list(solution_apply.params),
            help=_help,
        )
    )


@solution.command("uninstall")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask when values would be lost.")
@click.option("--plan", "only_plan", is_flag=True, help="Only show what would happen.")
@json_option
@click.pass_obj
def solution_uninstall(
    program: Program, name: str, yes: bool, only_plan: bool, as_json: bool
) -> None:
    """Remove the solution NAME; its tables and columns go to a quarantine."""
    installer = program.installer()
    plan = installer.plan_uninstall(name)
    if only_plan:
        show(plan, as_json)
        _stop_at(plan, as_json)
        return
    carry_out(installer, plan, samples=False, yes=yes, as_json=as_json)


@solution.command("list")
@json_option
@click.pass_obj
def solution_list(program: Program, as_json: bool) -> None:
    """List the installed solutions, the lowest layer first."""
    found = program.installer().installed()
    data = [
        {"name": s.name, "version": s.version, "installed_on": s.installed_on}
        for s in found
    ]
    lines = [(s.name, s.version, f"{s.installed_on:%Y-%m-%d %H:%M}") for s in found]
    empty = "No solution is installed. Run: xrm init"
    report(
        as_json, data, table(("Name", "Version", "Since"), lines) if found else empty
    )


@solution.command("check")
@click.argument("path")
@json_option
@click.pass_obj
def solution_check(program: Program, path: str, as_json: bool) -> None:
    """Check every file of PATH and how it fits what is installed.

    Each problem is one line: file:line:column code message. Exit code 1 if any.
    """
    plan = program.installer().plan_package(program.wiring["packaged"](path))
    problems = [*plan.errors, *plan.warnings]
    report(as_json, {"problems": problems}, "\n".join(map(str, problems)))
    if plan.errors:
        stop("" if as_json else _counted(len(plan.errors), "problem"))
    if not as_json:
        click.echo(f"{plan.name}: no problems.")


@solution.command("export")
@click.argument("name")
@click.argument("target", type=PLACE)
@click.pass_obj
def solution_export(program: Program, name: str, target: Path) -> None:
    """Write the solution NAME to TARGET, a new folder or a .zip file.

    The name `local` gives what the organisation changed itself.
    """
    program.wiring["export"](program.database(), name, target)
    click.echo(f"{name} is written to {target}.")


@solution.command("undo")
@json_option
@click.pass_obj
def solution_undo(program: Program, as_json: bool) -> None:
    """Take back the last change of definitions: schema, definitions and values."""
    made = changes_of(program.installer().undo())
    report(as_json, {"undone": _lines(made)}, made.text("Undone the last change"))


def carry_out(
    installer: Any, plan: Any, *, samples: bool, yes: bool, as_json: bool
) -> None:
    """Show a plan, ask when values would be lost, and apply it."""
    if not as_json:
        show(plan, as_json)
    _stop_at(plan, as_json)
    prepared = plan.prepared
    if prepared.blocks:
        stop(
            "Nothing was changed.",
            [f"{i.entity}.{i.field}: {i.sentence}" for i in prepared.blocks],
        )
    lost = [impact for impact in prepared.impacts if impact.loses_data]
    if lost and not yes:
        if as_json:
            stop("Values would be lost. Look at the plan and repeat with --yes.")
        click.confirm("Values would be lost, as shown. Go on?", abort=True, err=True)
    with progress(f"{plan.action} {plan.name}") as done:
        version = installer.apply(
            plan, samples=samples, progress=lambda step, steps, what: done(step, steps)
        )
    report(
        as_json,
        {**_data(plan), "version": version},
        f"Done: {plan.action} of {plan.name}; definitions are of version {version}.",
    )


def changes_of(prepared: Any) -> Changes:
    """Return the operations of a prepared publish, with what they do to records."""
    return make_plan(prepared.old, prepared.new).with_impacts(prepared.impacts)


def show(plan: Any, as_json: bool, *, apply_with: str | None = None) -> None:
    """Print a plan."""
    if as_json:
        report(True, _data(plan), "")
        return
    parts = [f"  ! {conflict}" for conflict in plan.conflicts]
    parts += [str(warning) for warning in plan.warnings]
    if plan.prepared is not None:
        parts.insert(0, changes_of(plan.prepared).text(plan.heading, apply_with))
    if parts:
        click.echo("\n".join(parts))


def _data(plan: Any) -> dict[str, Any]:
    prepared = plan.prepared
    return {
        "name": plan.name,
        "action": plan.action,
        "from_version": plan.installed_version,
        "to_version": plan.version,
        "changes": _lines(changes_of(prepared)) if prepared else [],
        "impacts": list(prepared.impacts) if prepared else [],
        "conflicts": [str(conflict) for conflict in plan.conflicts],
        "problems": [*plan.errors, *plan.warnings],
    }


def _lines(made: Changes) -> list[dict[str, str]]:
    return [
        {"symbol": o.symbol, "kind": o.kind, "subject": o.subject, "detail": o.detail}
        for o in made.shown
    ]


def _stop_at(plan: Any, as_json: bool) -> None:
    if plan.errors:
        if as_json:
            stop("")
        stop(
            f"{_counted(len(plan.errors), 'problem')}; nothing was changed.",
            plan.errors,
        )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
