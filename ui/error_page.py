"""Know how an error reads on a page: what happened, what is kept, what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from xrm.platform.errors import XrmError

TITLES: Mapping[int, tuple[str, str, str]] = {
    400: ("This cannot be done", "alert-circle", "yellow"),
    401: ("Sign in first", "lock", "gray"),
    403: ("You may not do this", "lock", "gray"),
    404: ("Nothing is here", "search", "gray"),
    405: ("This address does something else", "alert-circle", "gray"),
    409: ("Somebody else came first", "git-merge", "yellow"),
    412: ("The record was changed meanwhile", "git-merge", "yellow"),
    413: ("That is too much at once", "alert-triangle", "yellow"),
    429: ("Too many requests", "hourglass", "yellow"),
    500: ("The server met a fault of its own", "alert-triangle", "red"),
    503: ("Not available at the moment", "hourglass", "yellow"),
}
"""Status → title, icon and hue."""


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """What an error page shows."""

    title: str
    message: str
    icon: str
    hue: str
    code: str
    details: tuple[str, ...]
    again: str
    again_label: str
    request_id: str = ""


def build(
    error: XrmError, status: int, *, here: str, back: str, is_get: bool, request_id: str
) -> ErrorModel:
    """Return the page of an error.

    `here` is the address that failed, `back` the one the person came from.
    """
    title, icon, hue = TITLES.get(status, TITLES[400 if status < 500 else 500])
    retries = is_get and status in (409, 412, 429, 500, 503)
    details = tuple(
        detail.message for detail in error.details if detail.message != error.message
    )
    message = error.message
    if status == 404 and error.code == "not_found" and "API" in message:
        message = "There is no page at this address. The link may be old or mistyped."
    return ErrorModel(
        title=title,
        message=message,
        icon=icon,
        hue=hue,
        code=error.code,
        details=details,
        again=here if retries else back,
        again_label="Try again" if retries else "Go back",
        request_id=request_id,
    )
