"""Know the doors: first page, sign-in and sign-out, choices of look, static files."""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, request

from xrm.platform.database.work import open_work
from xrm.platform.errors import NotFound, NotSignedIn, TooMany
from xrm.platform.security import sessions
from xrm.platform.security.actors import load_actor
from xrm.platform.services import preferences as preferences_of
from xrm.platform.web import (
    Right,
    clear_session_cookie,
    count_sign_in,
    get_server,
    open_request_work,
    request_credential,
    right,
    set_session_cookie,
)
from xrm.ui import shell, static_files
from xrm.ui.responses import (
    DENSITY_COOKIE,
    RAIL_COOKIE,
    THEME_COOKIE,
    THEMES,
    YEAR,
    local,
    page,
    redirect,
    remember,
)
from xrm.ui.visit import visit

doors = Blueprint("doors", __name__)


@doors.get("/static/<path:name>")
@right(Right.PUBLIC)
def static(name: str) -> Response:
    """Give a static file, compressed where the browser takes it."""
    found = static_files.files().get(name)
    if found is None:
        raise NotFound("There is no such file.")
    body = found.content
    compressed = found.compressed and "gzip" in request.headers.get(
        "Accept-Encoding", ""
    )
    if compressed and found.compressed:
        body = found.compressed
    response = Response(body, content_type=found.kind)
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    current = request.args.get("v") == found.mark
    response.headers["Cache-Control"] = (
        f"public, max-age={YEAR}, immutable" if current else "public, no-cache"
    )
    response.set_etag(found.mark)
    response.make_conditional(request)
    return response


@doors.get("/")
def home() -> Response:
    """Send a person to the first list of the first app."""
    with visit() as seen:
        start = preferences_of.get(seen.work, "start")
        if start:
            return redirect(local(start))
        address = shell.first_page(seen.work.catalog, seen.actor)
        if address is not None:
            return redirect(address)
        if shell.may_solutions(seen.actor):
            return redirect("/solutions")
        return page("nothing.html", shell=seen.shell())


@doors.get("/sign-in")
@right(Right.PUBLIC)
def sign_in_form() -> Response:
    """Show the sign-in form; who is signed in already goes on."""
    following = local(request.args.get("next"))
    if request_credential() is not None and _is_signed_in():
        return redirect(following)
    return page("sign_in.html", name="", fault="", following=following)


@doors.post("/sign-in")
@right(Right.PUBLIC)
def sign_in() -> Response:
    """Sign a person in, or say why not and keep the name."""
    server = get_server()
    name = request.form.get("name", "")
    following = local(request.form.get("next"))
    try:
        count_sign_in()
        made = sessions.sign_in(
            server.database,
            server.snapshots,
            name,
            request.form.get("password", ""),
            now=datetime.now(UTC),
            address=request.remote_addr,
            agent=request.headers.get("User-Agent", "")[:200],
        )
    except (NotSignedIn, TooMany) as fault:
        return page(
            "sign_in.html",
            status=fault.status,
            name=name[:200],
            fault=fault.message,
            following=following,
        )
    response = redirect(following)
    set_session_cookie(response, made.token)
    _bring_looks(response, made.user_id)
    return response


def _bring_looks(response: Response, user_id: UUID) -> None:
    """Let a browser look as the person who signs in has chosen."""
    server = get_server()
    with open_work(
        server.database,
        server.snapshots,
        lambda connection, snapshot: load_actor(connection, snapshot, user_id),
        write=False,
    ) as work:
        chosen = preferences_of.all_of(work)
    for key, cookie in (("theme", THEME_COOKIE), ("density", DENSITY_COOKIE)):
        if key in chosen:
            remember(response, cookie, str(chosen[key]))


@doors.post("/sign-out")
@right(Right.PUBLIC)
def sign_out() -> Response:
    """End the session here and on the server."""
    credential = request_credential()
    if credential is not None and credential.kind == "session":
        with open_request_work(write=True, anonymous=True) as work:
            sessions.sign_out(work, credential.secret)
    response = redirect("/sign-in")
    clear_session_cookie(response)
    return response


@doors.post("/preferences")
@right(Right.PUBLIC)
def preferences() -> Response:
    """Keep how this browser shows things: theme, narrow navigation."""
    back = local(request.referrer and _path_of(request.referrer))
    response = redirect(back)
    chosen = request.form.get("theme", "")
    if chosen in THEMES:
        remember(response, THEME_COOKIE, chosen)
        _keep_theme(chosen)
    rail = request.form.get("rail", "")
    if rail in ("0", "1"):
        remember(response, RAIL_COOKIE, rail)
    return response


def _keep_theme(theme: str) -> None:
    """Keep the theme of who is signed in; elsewhere it is this browser's only."""
    credential = request_credential()
    if credential is None or credential.kind != "session":
        return
    with suppress(NotSignedIn), open_request_work(write=True) as work:
        preferences_of.put(work, "theme", None if theme == "auto" else theme)


def _path_of(referrer: str) -> str:
    base = request.host_url
    return "/" + referrer[len(base) :] if referrer.startswith(base) else "/"


def _is_signed_in() -> bool:
    try:
        with open_request_work(write=False):
            return True
    except NotSignedIn:
        return False
