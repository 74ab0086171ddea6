"""Know how a page answers: whole or as a fragment, and how it sends people elsewhere.

The same address gives a page or, asked by htmx for a known target, the fragment alone.
A redirect is always 303: the browser goes on with GET.
"""

import gzip
import secrets
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, get_flashed_messages, request, session
from flask_htmx import HTMX

from xrm.ui import templating

htmx = HTMX()

THEME_COOKIE, RAIL_COOKIE = "xrm_theme", "xrm_rail"
DENSITY_COOKIE = "xrm_density"
THEMES = ("light", "dark", "auto")
YEAR = 31_536_000
LEAST_PACKED = 1_000
"""Bytes from which on a page is compressed."""
LEVEL = 4
"""Of gzip: a third of the time of the best one, for a tenth more bytes."""
MOST_BLURRED = 100
FNAME = b"\x08"
"""The flag of a gzip head that says that a name follows."""


def redirect(address: str) -> Response:
    """Send the browser on; htmx is told to go there as a whole page."""
    if htmx:
        response = Response(status=HTTPStatus.NO_CONTENT)
        response.headers["HX-Redirect"] = address
        return response
    response = Response(status=HTTPStatus.SEE_OTHER)
    response.headers["Location"] = address
    return response


def local(address: str | None, otherwise: str = "/") -> str:
    """Return an address of this server, `otherwise` for one that leads elsewhere."""
    given = address or ""
    is_ours = given.startswith("/") and not given.startswith(("//", "/\\"))
    return given if is_ours and given.isprintable() else otherwise


def wants_fragment(target: str) -> bool:
    """Say whether htmx asks for what goes into the element with this id."""
    return bool(htmx) and not htmx.history_restore_request and htmx.target == target


def csrf_token() -> str:
    """Return the token that forms of this browser send back.

    Signing costs more than everything else around a page, and a signed token does not
    age, so the one of a browser's secret is kept.
    """
    secret = session.get("csrf_token")
    if secret is None:
        return _signed()
    return _kept(current_app.secret_key, secret)


@lru_cache(maxsize=2_048)
def _kept(key: str | bytes | None, secret: str) -> str:
    """Return the token of a browser's secret under the application's key."""
    return _signed()


def _signed() -> str:
    return str(current_app.jinja_env.globals["csrf_token"]())  # type: ignore[operator]  # put there by web.install


def theme() -> str:
    """Return the theme this browser asked for."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def density() -> str:
    """Return how much room between lines this browser asked for."""
    is_wide = request.cookies.get(DENSITY_COOKIE) == "comfortable"
    return "comfortable" if is_wide else "compact"


def is_rail() -> bool:
    """Say whether this browser shows the navigation as icons only."""
    return request.cookies.get(RAIL_COOKIE) == "1"


def page(template: str, /, *, status: int = HTTPStatus.OK, **values: Any) -> Response:
    """Answer with a whole page."""
    values.setdefault("said", get_flashed_messages(with_categories=True))
    token, look, rail = csrf_token(), theme(), is_rail()
    if "shell" in values:
        values["frame"] = templating.frame(values["shell"], look, rail, token)
    values.update(csrf=token, theme=look, rail=rail, density=density())
    return _html(templating.render(template, **values), status)


def fragment(
    template: str, /, *, status: int = HTTPStatus.OK, **values: Any
) -> Response:
    """Answer with a part of a page, which no cache keeps."""
    text = templating.render(template, csrf=csrf_token(), **values)
    response = _html(text, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _html(text: str, status: int) -> Response:
    content = text.encode()
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    is_packed = takes_gzip and len(content) >= LEAST_PACKED
    if is_packed:
        content = packed(content)
    response = Response(content, status, content_type="text/html; charset=utf-8")
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding, HX-Request, HX-Target, Cookie"
    return response


def packed(content: bytes) -> bytes:
    """Return a page compressed, its length blurred by a name of random length.

    Whoever watches the line and makes a browser ask again and again could else learn
    from the lengths what a page holds besides (BREACH). The session's cookie is not
    sent along with requests of other sites, which such an attack needs, too.

    Source: RFC 1952, 2.3 (FNAME); "Heal the Breach" (Palacios and others, 2022).
    """
    made = gzip.compress(content, LEVEL, mtime=0)
    name = b"x" * secrets.randbelow(MOST_BLURRED) + b"\0"
    return made[:3] + FNAME + made[4:10] + name + made[10:]


def remember(response: Response, name: str, value: str) -> Response:
    """Keep a choice of how things look in this browser."""
    response.set_cookie(name, value, max_age=YEAR, samesite="Lax", path="/")
    return response
