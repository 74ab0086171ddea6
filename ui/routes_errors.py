"""Know how errors are answered: a page in the shell, or a line for htmx."""

from urllib.parse import urlencode

from flask import Response, g, request

from xrm.platform.errors import NotSignedIn, XrmError
from xrm.ui import error_page as model
from xrm.ui.responses import fragment, htmx, local, page, redirect
from xrm.ui.visit import visit


def error_page(error: XrmError, status: int) -> Response:
    """Return the page of an error; who is not signed in goes to sign-in first."""
    if isinstance(error, NotSignedIn):
        return redirect(_sign_in())
    made = model.build(
        error,
        status,
        here=local(request.full_path.rstrip("?")),
        back=_came_from(),
        is_get=request.method == "GET",
        request_id=str(g.get("request_id", "")),
    )
    if htmx:
        response = fragment("parts/error_toast.html", status=status, error=made)
        response.headers["HX-Retarget"] = "#said"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    try:
        with visit() as seen:
            return page("error.html", status=status, shell=seen.shell(), error=made)
    except Exception:  # the page of an error must not fail with another one
        g.pop("actor", None)
        return page("error_bare.html", status=status, error=made)


def _sign_in() -> str:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    if wanted == "/":
        return "/sign-in"
    return f"/sign-in?{urlencode({'next': local(wanted)})}"


def _came_from() -> str:
    base = request.host_url
    referrer = request.referrer or ""
    path = "/" + referrer[len(base) :] if referrer.startswith(base) else "/"
    return "/" if path == request.full_path.rstrip("?") else local(path)
