"""Know the routes of solutions: what is installed, plans, apply, remove, undo."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from flask import Blueprint, Response, flash, request

from xrm.platform.errors import Conflict, Forbidden, Refused, XrmError
from xrm.platform.web import Right, right
from xrm.rule_engine.problems import Problem
from xrm.ui import shell, solutions_page
from xrm.ui.decision_page import Decision
from xrm.ui.responses import fragment, page, redirect, wants_fragment
from xrm.ui.solutions_desk import SolutionPlan, SolutionsDesk, desk
from xrm.ui.solutions_progress import Progress
from xrm.ui.visit import Visit, visit

solution_pages = Blueprint("solutions", __name__)


@contextmanager
def customizing(*, write: bool = False) -> Iterator[Visit]:
    """Open a visit of somebody who may change solutions.

    Raises:
        Forbidden: this person may not.
    """
    with visit(write=write) as seen:
        if not shell.may_solutions(seen.actor):
            raise Forbidden(
                "Your roles do not let you see or change solutions. Ask a system "
                "administrator or customizer."
            )
        yield seen


@solution_pages.get("/solutions")
@right(Right.SIGNED_IN)
def installed() -> Response:
    """Show what is installed and what was published."""
    with customizing() as seen:
        return _list(seen, desk())


@solution_pages.post("/solutions/plan")
@right(Right.SIGNED_IN)
def plan() -> Response:
    """Show what an uploaded package would change; nothing is changed yet."""
    upload = request.files.get("package")
    content = upload.read() if upload is not None else b""
    with customizing() as seen:
        at = desk()
        if not content:
            return _list(seen, at, "Choose the zip file of a solution first.")
        name = (upload.filename if upload else "") or "package.zip"
        try:
            made = at.plan_archive(content, name[:200], seen.actor)
        except XrmError as fault:
            problems: tuple[Problem, ...] = getattr(fault, "problems", ())
            return _list(seen, at, "This package cannot be used.", problems, fault)
        mark = at.keep(content, seen.actor.user_id) if not made.errors else ""
        return _show(seen, made, mark=mark)


@solution_pages.get("/solutions/uninstall/<name>")
@right(Right.SIGNED_IN)
def plan_uninstall(name: str) -> Response:
    """Show what removing a solution would do."""
    with customizing() as seen:
        made = desk().plan_uninstall(name, seen.actor)
        return _show(seen, made, uninstall=name)


@solution_pages.post("/solutions/apply")
@right(Right.SIGNED_IN)
def apply() -> Response:
    """Put a plan in force, if it is still the one that was shown."""
    mark, name = request.form.get("mark", ""), request.form.get("uninstall", "")
    with customizing() as seen:
        actor = seen.actor
    at = desk()
    made: SolutionPlan
    if name:
        made = at.plan_uninstall(name, actor)
    else:
        made = at.plan_archive(at.kept(mark, actor.user_id), "package.zip", actor)
    digest = request.form.get("digest", "")
    is_same = made.prepared is not None and made.prepared.digest == digest
    if made.errors or not is_same:
        flash(
            "The definitions were changed since this plan was made. Nothing was "
            "applied; this is the new plan.",
            "yellow",
        )
        with customizing() as seen:
            return _show(
                seen, made, mark=mark, uninstall=name, status=HTTPStatus.CONFLICT
            )
    if made.prepared and made.prepared.plan.loses_data and not request.form.get("seen"):
        with customizing() as seen:
            flash("Say that you have seen what is lost, then apply.", "yellow")
            return _show(
                seen, made, mark=mark, uninstall=name, status=HTTPStatus.BAD_REQUEST
            )
    try:
        at.apply(
            made,
            actor,
            lambda done, total, _: at.board.note(
                actor.user_id, digest, Progress(done, total)
            ),
        )
    except (Refused, Conflict) as fault:
        flash(f"Nothing was changed. {fault.message}", "red")
        return redirect("/solutions")
    finally:
        at.board.forget(actor.user_id, digest)
    if mark:
        at.forget(mark, actor.user_id)
    flash(solutions_page.done_words(made), "green")
    return redirect("/solutions")


@solution_pages.get("/solutions/progress/<digest>")
@right(Right.SIGNED_IN)
def progress(digest: str) -> Response:
    """Show how far this person's change is; 204 when none is on its way here."""
    with customizing() as seen:
        found = desk().board.find(seen.actor.user_id, digest)
    if found is None:
        return Response(status=HTTPStatus.NO_CONTENT)
    return fragment("solutions/progress.html", progress=found)


@solution_pages.get("/solutions/undo")
@right(Right.SIGNED_IN)
def ask_undo() -> Response:
    """Ask whether the last publish shall be undone."""
    with customizing() as seen:
        at = desk()
        made = solutions_page.build(
            seen.work.catalog, at.installed(), at.publishes(), seen.reader
        )
        asked = Decision(
            title="Undo the last publish?",
            text=f"“{made.undo}” is taken back: definitions, tables, the values that "
            "went to quarantine. What was entered into new fields goes there."
            if made.undo
            else "There is nothing to undo.",
            action="/solutions/undo",
            button="Undo",
            back="/solutions",
            danger=True,
        )
        if wants_fragment("dialog"):
            return fragment("parts/decision.html", ask=asked)
        return page("decision.html", shell=seen.shell(place="solutions"), ask=asked)


@solution_pages.post("/solutions/undo")
@right(Right.SIGNED_IN)
def undo() -> Response:
    """Undo the last publish."""
    with customizing() as seen:
        actor = seen.actor
    try:
        desk().undo(actor)
    except XrmError as fault:
        flash(f"Nothing was undone. {fault.message}", "red")
        return redirect("/solutions")
    flash("The last publish is undone.", "green")
    return redirect("/solutions")


def _list(
    seen: Visit,
    at: SolutionsDesk,
    fault: str = "",
    problems: tuple[Problem, ...] = (),
    error: XrmError | None = None,
) -> Response:
    made = solutions_page.build(
        seen.work.catalog,
        at.installed(),
        at.publishes(),
        seen.reader,
        at.has_samples,
    )
    troubles = tuple(map(solutions_page.trouble, problems))
    if error is not None and not troubles:
        fault = f"{fault} {error.message}"
    return page(
        "solutions/list.html",
        status=HTTPStatus.BAD_REQUEST if fault else HTTPStatus.OK,
        shell=seen.shell(title="Solutions", place="solutions"),
        solutions=made,
        fault=fault,
        problems=troubles,
    )


def _show(
    seen: Visit,
    made: SolutionPlan,
    *,
    mark: str = "",
    uninstall: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    return page(
        "solutions/plan.html",
        status=status,
        shell=seen.shell(title="Solutions", place="solutions"),
        plan=solutions_page.plan_page(made, mark=mark, uninstall=uninstall),
    )
