"""Know the routes of a person's own things: pins, recent records, what is due."""

from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, request

from xrm.metadata.apps import App
from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import Invalid, NotFound
from xrm.platform.services import preferences
from xrm.platform.services.preferences import Pinned
from xrm.platform.web import Right, is_not_modified, not_modified, right
from xrm.ui import due, shell, shortcuts
from xrm.ui.responses import fragment, local, page, redirect, wants_fragment
from xrm.ui.visit import Visit, visit

me_pages = Blueprint("me", __name__)


@me_pages.get("/me/shortcuts")
@right(Right.RECORDS)
def show() -> Response:
    """Show pinned and recent things, as a page or as parts of the navigation."""
    with visit() as seen:
        app = _app(seen)
        for part, make in (
            ("pinned", shortcuts.pinned),
            ("recent", shortcuts.recent_records),
        ):
            if wants_fragment(f"nav-{part}"):
                response = fragment("parts/shortcuts.html", entries=make(seen, app))
                response.headers["Cache-Control"] = "private, no-store"
                return response
        return page(
            "me/shortcuts.html",
            shell=seen.shell(title="Recent and pinned"),
            pins=shortcuts.pinned(seen, app),
            recent=shortcuts.recent_records(seen, app, 50),
            kept=preferences.pinned(seen.work),
        )


def _app(seen: Visit) -> App | None:
    mine = shell.apps_of(seen.work.catalog, seen.actor)
    wanted = request.args.get("app", "")
    return next((a for a in mine if a.name == wanted), mine[0] if mine else None)


@me_pages.get("/me/due")
@right(Right.RECORDS)
def show_due() -> Response:
    """Open what the person has to do, in their app."""
    with visit() as seen:
        app = _app(seen)
    return redirect(f"/app/{app.name}/{shell.MY_ACTIVITIES}" if app else "/")


@me_pages.get("/me/due/count")
@right(Right.RECORDS)
def count_due() -> Response:
    """Return how many activities are due, for the bell, which asks every minute."""
    with visit() as seen:
        found = due.of(seen)
    mark = f'W/"{found.count}-{found.late}"'
    if is_not_modified(mark):
        return not_modified(mark)
    response = jsonify(count=found.count, label=found.label)
    response.headers["ETag"] = mark
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@me_pages.post("/me/pins")
@right(Right.RECORDS)
def pin() -> Response:
    """Pin a page, or take its pin away."""
    is_wanted = request.form.get("pinned") == "1"
    wanted = _wanted()
    back = local(request.form.get("back"), wanted.href or "/me/shortcuts")
    try:
        with visit(write=True) as seen:
            if not is_wanted:
                preferences.unpin(seen.work, wanted)
            else:
                if wanted.ref is not None and not _is_seen(seen, wanted.ref):
                    raise NotFound("There is no such record, or you may not see it.")
                preferences.pin(seen.work, wanted)
        said = "Pinned. It stands in the navigation." if is_wanted else "Unpinned."
        flash(said, "green")
    except Invalid as fault:
        flash(fault.message, "yellow")
    return redirect(back)


def _wanted() -> Pinned:
    entity, id_ = request.form.get("entity", ""), request.form.get("id", "")
    if entity:
        try:
            return Pinned("record", ref=Ref(entity, UUID(id_)))
        except ValueError:
            raise NotFound("There is no such record.") from None
    href = request.form.get("href", "")
    return Pinned("page", request.form.get("label", "")[:200], local(href, ""))


def _is_seen(seen: Visit, ref: Ref) -> bool:
    return seen.title_of(ref.entity, ref.id) is not None
