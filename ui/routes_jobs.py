"""Know the routes of background jobs: the list, cancel, repeat, files and reasons."""

import csv
import io
from collections.abc import Callable
from hashlib import sha256
from uuid import UUID

from flask import Blueprint, Response, flash, request, send_file

from xrm.platform.automation import jobs, workers
from xrm.platform.database.work import Work
from xrm.platform.errors import NotFound, Refused
from xrm.platform.services.csv_cells import guarded
from xrm.platform.web import Right, get_server, is_not_modified, not_modified, right
from xrm.ui import jobs_page
from xrm.ui.responses import fragment, page, redirect, wants_fragment
from xrm.ui.visit import visit

job_pages = Blueprint("jobs", __name__)


@job_pages.get("/jobs")
@right(Right.SIGNED_IN)
def show() -> Response:
    """Show the person's jobs, to administrators also everyone's."""
    everyone = request.args.get("all") == "1"
    with visit() as seen:
        made = jobs_page.build(
            jobs.jobs_of(seen.work, everyone=everyone),
            seen.reader,
            everyone=everyone,
            may_all=jobs.sees_all(seen.actor),
            workers=workers.backlog(seen.work.connection).workers,
            kept_days=get_server().settings.job_days,
        )
        if not wants_fragment("jobs"):
            frame = seen.shell(title="Background jobs", place="jobs")
            return page("jobs/page.html", shell=frame, jobs=made)
    mark = f'W/"{sha256(repr(made).encode()).hexdigest()[:20]}"'
    if is_not_modified(mark):
        return not_modified(mark)
    response = fragment("jobs/fragment.html", jobs=made)
    response.headers["ETag"] = mark
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@job_pages.post("/jobs/<uuid:run>/cancel")
@right(Right.SIGNED_IN)
def cancel(run: UUID) -> Response:
    """End a job; what it did until now stays done."""
    return _steer(run, jobs.cancel, "is cancelled. What it did until now stays done.")


@job_pages.post("/jobs/<uuid:run>/retry")
@right(Right.SIGNED_IN)
def retry(run: UUID) -> Response:
    """Let a job go on where it ended."""
    return _steer(run, jobs.retry, "goes on where it ended.")


def _steer(run: UUID, deed: Callable[[Work, UUID], None], told: str) -> Response:
    back = "/jobs?all=1" if request.form.get("all") == "1" else "/jobs"
    try:
        with visit(write=True) as seen:
            row = jobs.job_of(seen.work, run)
            deed(seen.work, run)
        flash(f"“{row.label}” {told}", "green")
    except Refused as fault:
        flash(fault.message, "yellow")
    return redirect(back)


@job_pages.get("/jobs/<uuid:run>/file")
@right(Right.SIGNED_IN)
def file(run: UUID) -> Response:
    """Give the file that a job made."""
    with visit() as seen:
        row = jobs.job_of(seen.work, run)
    name = str(row.result.get("file") or "")
    folder = get_server().settings.job_folder / str(run)
    place = folder / name
    if not name or place.parent != folder or not place.is_file():
        raise NotFound(
            "This job made no file, or it is no longer kept. Repeat the export.",
            code="no_file",
        )
    response = send_file(place, as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@job_pages.get("/jobs/<uuid:run>/faults.csv")
@right(Right.SIGNED_IN)
def faults(run: UUID) -> Response:
    """Give what a job could not do, a line for each, with the reason."""
    with visit() as seen:
        found = jobs.faults_of(seen.work, run)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Row", "Record", "Reason"])
    for one in found:
        writer.writerow([one.number, one.record or "", guarded(one.message)])
    response = Response(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=reasons.csv"
    response.headers["Cache-Control"] = "private, no-store"
    return response
