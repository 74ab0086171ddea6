"""Know what every request gets: id, credential, work, headers, errors, measures.

`install(app, server)` puts it on a Flask application; pages and API use the functions
below. A route says who may ask with `@right(...)`; one that says nothing is for people
who are signed in. What they may do with records is decided by `security/`, not here.

    with open_request_work(write=False) as work:    # the actor is work.actor
        ...
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID, uuid4

import structlog
from flask import Flask, Request, Response, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.engine import Connection
from werkzeug.exceptions import HTTPException

from xrm.platform import error_answers
from xrm.platform.database.catalog_store import CatalogState
from xrm.platform.database.engine import Database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.work import Work, open_work
from xrm.platform.errors import NotSignedIn, Refused, TooMany, XrmError
from xrm.platform.measures import Measures
from xrm.platform.safe_headers import API_PATH, REQUEST_ID, with_safe_headers
from xrm.platform.security.actors import SYSTEM, Actor
from xrm.platform.security.sessions import actor_of_session, find_session
from xrm.platform.security.tokens import actor_of_token, find_token
from xrm.platform.settings import Settings

SESSION_COOKIE = "xrm_session"
"""The person's server-side session; `xrm_state` beside it holds the CSRF secret."""
SIGN_IN_ATTEMPTS = 10
"""Sign-in attempts a minute from one address, before 429."""
COUNTING_STEP, MOST_UNCOUNTED = 100, 10_000
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

View = TypeVar("View", bound=Callable[..., Any])
ErrorPage = Callable[[XrmError, int], Response]


class Right(StrEnum):
    """Who may ask for a route at all."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    RECORDS = "records"
    """Signed in; which records is decided by roles, for each one."""


@dataclass(slots=True)
class Server:
    """What one application holds for all its requests."""

    settings: Settings
    database: Database
    snapshots: Snapshots
    measures: Measures = field(default_factory=Measures)
    csrf: CSRFProtect = field(default_factory=CSRFProtect)
    error_page: ErrorPage | None = None
    """Shows an error as a page; `ui/` has it."""
    above: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    """Functions of rooms that pages may not import, by name: `installer`, `export`."""
    limiter: FixedWindowRateLimiter = field(
        default_factory=lambda: FixedWindowRateLimiter(MemoryStorage())
    )
    """Counts in this process; behind several processes each one counts for itself."""

    log: Any = field(default_factory=lambda: structlog.get_logger("xrm").bind())
    _uncounted: dict[str, int] = field(default_factory=dict)
    """Requests of a credential that the limiter does not know of yet."""

    def count_request(self, who: str) -> None:
        """Count a request of a credential.

        The limiter starts a thread at each of its counts, so it is told in steps.

        Raises:
            TooMany: there were too many of them.
        """
        most = self.settings.rate_limit
        step = max(1, min(COUNTING_STEP, most // 100))
        seen = self._uncounted.get(who, 0) + 1
        if seen < step:
            if len(self._uncounted) > MOST_UNCOUNTED:
                self._uncounted.clear()
            self._uncounted[who] = seen
            return
        self._uncounted.pop(who, None)
        self.hit(RateLimitItemPerSecond(most, 300), "requests", who, cost=step)

    def hit(self, limit: RateLimitItem, *who: str, cost: int = 1) -> None:
        """Count attempts.

        Raises:
            TooMany: there were too many of them.
        """
        if self.limiter.hit(limit, *who, cost=cost):
            return
        ends = self.limiter.get_window_stats(limit, *who).reset_time
        wait = max(1, round(ends - time.time()))
        raise TooMany(
            f"Too many requests. Try again in {wait} seconds.", retry_after=wait
        )


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request says about who sent it: a bearer token or a session."""

    kind: str
    secret: str


def right(needed: Right) -> Callable[[View], View]:
    """Declare who may ask for a route."""

    def declare(view: View) -> View:
        view.xrm_right = needed  # type: ignore[attr-defined]  # read by declared_right
        return view

    return declare


def declared_right(view: Callable[..., Any] | None) -> Right | None:
    """Return the right a route declares."""
    return getattr(view, "xrm_right", None)


def install(app: Flask, server: Server) -> None:
    """Put what every request gets on an application."""
    settings = server.settings
    app.extensions["xrm"] = server
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.request_bytes,
        SESSION_COOKIE_NAME="xrm_state",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.url_map.merge_slashes = False
    app.session_interface = Sessions()
    app.wsgi_app = with_safe_headers(app.wsgi_app)  # type: ignore[method-assign,assignment]  # WSGI
    server.csrf.init_app(app)
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(Exception, answer_error)


def get_server() -> Server:
    """Return what the application of this request holds."""
    server: Server = current_app.extensions["xrm"]
    return server


def get_database() -> Database:
    """Return the application's database."""
    return get_server().database


@contextmanager
def open_request_work(*, write: bool, anonymous: bool = False) -> Iterator[Work]:
    """Open the work of this request; readers say `write=False`.

    `anonymous` works without a credential, as nobody who may do anything but what the
    caller does itself (sign-in).

    Raises:
        NotSignedIn: no credential, or one that has ended.
    """
    server, asked, context = get_server(), get_request(), g._get_current_object()
    credential = request_credential()
    if credential is None and not anonymous:
        raise NotSignedIn("Sign in first, or send a token: Authorization: Bearer …")
    known = None if credential is None or anonymous else _Known(credential)
    with open_work(
        server.database,
        server.snapshots,
        SYSTEM,
        write=write,
        cause=f"{asked.method} {asked.path}",
        request_id=context.request_id,
        read_state=known.read if known is not None else None,
    ) as work:
        if known is not None:
            work.actor = context.actor = known.actor(work, server.settings)
        yield work


class _Known:
    """What the database has of a credential; it comes with the catalog's state."""

    def __init__(self, credential: Credential) -> None:
        self._secret = credential.secret
        self._is_token = credential.kind == "token"
        self._row: Any = None

    def read(self, connection: Connection) -> CatalogState:
        """Read both with one statement."""
        find = find_token if self._is_token else find_session
        state, self._row = find(connection, self._secret)
        return state

    def actor(self, work: Work, settings: Settings) -> Actor:
        """Return who the credential stands for, as of the state that was read."""
        if self._is_token:
            return actor_of_token(work, self._secret, self._row)
        idle = settings.session_idle_minutes
        return actor_of_session(work, self._secret, idle_minutes=idle, kept=self._row)


def request_credential() -> Credential | None:
    """Return the credential of this request; a token wins over a cookie."""
    found: Credential | None = (
        g.credential if "credential" in g else _read_credential(get_request())
    )
    return found


def _read_credential(asked: Request) -> Credential | None:
    header = asked.environ.get("HTTP_AUTHORIZATION", "")
    scheme, _, secret = header.partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        return Credential("token", secret.strip())
    cookie = asked.cookies.get(SESSION_COOKIE)
    return Credential("session", cookie) if cookie else None


def set_session_cookie(response: Response, token: str) -> None:
    """Give the browser a session; it ends with the browser or on the server.

    The CSRF secret changes with it, so that none from before the sign-in is of use.
    """
    session.clear()
    response.set_cookie(
        SESSION_COOKIE,
        token,
        httponly=True,
        secure=get_server().settings.secure_cookies,
        samesite="Lax",
        path="/",
    )


def clear_session_cookie(response: Response) -> None:
    """Take the session and the CSRF secret from the browser."""
    session.clear()
    response.delete_cookie(SESSION_COOKIE, path="/", samesite="Lax", httponly=True)


def count_sign_in() -> None:
    """Count a sign-in attempt of this address.

    Raises:
        TooMany: there were too many in a minute.
    """
    limit = RateLimitItemPerMinute(SIGN_IN_ATTEMPTS)
    get_server().hit(limit, "sign-in", request.remote_addr or "")


def is_not_modified(etag: str) -> bool:
    """Return whether the caller has this version already (weak comparison)."""
    given = request.headers.get("If-None-Match", "")
    if not given or given == "null":
        return False
    bare = etag.removeprefix("W/")
    return any(
        one.strip().removeprefix("W/") in (bare, "*") for one in given.split(",")
    )


def not_modified(etag: str) -> Response:
    """Return the answer 304 for this version."""
    response = Response(status=HTTPStatus.NOT_MODIFIED)
    response.headers["ETag"] = etag
    return response


def answer_error(fault: Exception) -> Response:
    """Return an error as JSON or as a page, whatever the caller reads."""
    request_id = str(g.get("request_id", ""))
    allow: str | None = None
    if isinstance(fault, HTTPException):
        error, status, allow = _of_http(fault)
    else:
        error = error_answers.as_xrm_error(fault, request_id)
        status = error.status
        allow = ", ".join(getattr(error, "allowed", ())) or None
    page = get_server().error_page
    if page is not None and wants_page():
        response = page(error, status)
    else:
        response = Response(
            error_answers.body(error), status, content_type="application/json"
        )
    if status == HTTPStatus.UNAUTHORIZED and not wants_page():
        response.headers["WWW-Authenticate"] = "Bearer"
    wait = error_answers.retry_after(error)
    if wait is not None:
        response.headers["Retry-After"] = wait
    if allow:
        response.headers["Allow"] = allow
    return response


def _of_http(fault: HTTPException) -> tuple[XrmError, int, str | None]:
    status = fault.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if isinstance(fault, CSRFError):
        message = (
            f"{fault.description} Load the page again and repeat; programs send a "
            "token instead: Authorization: Bearer …"
        )
        return Refused(message, code="csrf"), status, None
    code = HTTPStatus(status).name.lower()
    message = error_answers.HTTP_MESSAGES.get(status) or fault.description or code
    allow = getattr(fault, "valid_methods", None)
    if allow:
        message += f" Allowed here: {', '.join(sorted(allow))}."
    return (
        XrmError(message, code=code, target=request.path[:200]),
        status,
        ", ".join(sorted(allow)) if allow else None,
    )


def is_api() -> bool:
    """Return whether the request is for the API."""
    return request.path.startswith(API_PATH)


def wants_page() -> bool:
    """Return whether the answer is for a person's browser."""
    if is_api():
        return False
    if "HX-Request" in request.headers:
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "text/html"


def _begin() -> None:
    asked = get_request()
    context = g._get_current_object()
    context.started = time.perf_counter()
    context.request_id = _request_id(asked)
    asked.environ[REQUEST_ID] = str(context.request_id)
    endpoint = asked.endpoint
    needed = declared_right(current_app.view_functions.get(endpoint or ""))
    credential = context.credential = _read_credential(asked)
    if needed is Right.PUBLIC or (endpoint or "").endswith("static"):
        _protect(credential)
        return
    if credential is None and endpoint is not None:
        raise NotSignedIn("Sign in first, or send a token: Authorization: Bearer …")
    if credential is not None:
        get_server().count_request(credential.secret[:24])
    _protect(credential)


def get_request() -> Request:
    """Return the request itself: each look through the proxy costs a little."""
    # typed as what the proxy stands for
    found: Request = request._get_current_object()  # type: ignore[attr-defined]
    return found


def _request_id(asked: Request) -> UUID:
    """Return the caller's id of this request, if it sent one, or a new one."""
    for header in ("HTTP_X_REQUEST_ID", "HTTP_X_MS_CLIENT_REQUEST_ID"):
        given = asked.environ.get(header, "")
        if 32 <= len(given) <= 38:
            try:
                return UUID(given)
            except ValueError:
                continue
    return uuid4()


def _protect(credential: Credential | None) -> None:
    """Ask for a CSRF token where the browser adds the credential by itself."""
    if request.method in SAFE_METHODS or request.endpoint is None:
        return
    if credential is not None and credential.kind == "token":
        return
    get_server().csrf.protect()


def _finish(response: Response) -> Response:
    asked, context, server = get_request(), g._get_current_object(), get_server()
    if server.settings.base_url.startswith("https:"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    now = time.perf_counter()
    spent = now - context.get("started", now)
    route = context.get("operation") or asked.endpoint or "none"
    server.measures.count(asked.method, route, response.status_code, spent)
    actor: Actor | None = context.get("actor")
    server.log.info(
        "request",
        method=asked.method,
        path=asked.path,
        status=response.status_code,
        ms=round(spent * 1000, 2),
        user=actor.name if actor else None,
        request_id=asked.environ.get(REQUEST_ID, ""),
    )
    return response


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookie, which is not looked at where none was sent."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return what the cookie holds; without one, an empty session."""
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)
