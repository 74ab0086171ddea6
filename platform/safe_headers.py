"""Know the headers that every answer carries, whoever made it, errors included.

They are added at the door of the server as they are, not through the framework, which
looks at each of them three times. An answer that says something else for itself keeps
it. The id of a request comes with its environment.
"""

from collections.abc import Callable, Iterable
from typing import Any

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
SECURITY_HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
ALWAYS = tuple(
    (name, name.lower(), value)
    for name, value in (*SECURITY_HEADERS, ("Cache-Control", "private, no-cache"))
)

REQUEST_ID = "xrm.request_id"
"""Key of the request's id in the WSGI environment."""
API_PATH = "/api/"
"""Where clients of Dataverse ask; they look for a request's id under its name there."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application."""


def with_safe_headers(application: Application) -> Application:
    """Return the application with these headers on all its answers."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            headers += [
                (name, value) for name, lower, value in ALWAYS if lower not in given
            ]
            request_id = environ.get(REQUEST_ID)
            if request_id is not None:
                headers.append(("X-Request-Id", request_id))
                if environ.get("PATH_INFO", "").startswith(API_PATH):
                    headers.append(("X-MS-Service-Request-Id", request_id))
            return start(status, headers, *more)

        return application(environ, begin)

    return answer
