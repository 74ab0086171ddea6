"""Know the errors that a caller of the platform can meet: one tree, one shape.

Each has an HTTP `status`, a `code` (a stable word for programs), a message for a
person, a `target` (the field, record or setting it is about) and `details`. Nothing
here knows of Flask or of pages; `api/` and `web.py` turn these into answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Detail:
    """One fault within an error: field (None: the record), code and message."""

    field: str | None
    code: str
    message: str


class XrmError(Exception):
    """A request that cannot be done; the message says why and how to mend it."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        target: str | None = None,
        details: Sequence[Detail | tuple[str | None, str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.target = target
        self.details = tuple(
            found if isinstance(found, Detail) else Detail(*found) for found in details
        )


class Refused(XrmError):
    """What was asked is understood and not allowed by a rule, a state or a limit."""

    status = 400
    default_code = "refused"


class Invalid(XrmError):
    """The values do not fit; `details` has one item for each fault, all at once."""

    status = 400
    default_code = "invalid"


class NotSignedIn(XrmError):
    """Nobody is signed in, or the session or token has ended."""

    status = 401
    default_code = "not_signed_in"


class Forbidden(XrmError):
    """The person may not do this."""

    status = 403
    default_code = "forbidden"


class NotFound(XrmError):
    """There is no such thing, or this person may not know of it."""

    status = 404
    default_code = "not_found"


class Conflict(XrmError):
    """Somebody else's change stands in the way; look again and repeat."""

    status = 409
    default_code = "conflict"


class CatalogMoved(Conflict):
    """The definitions were published anew while this was being done; repeat it."""

    default_code = "catalog_moved"


class StaleVersion(XrmError):
    """The record was changed since it was read; `current` tells what it is now."""

    status = 412
    default_code = "stale_version"

    def __init__(
        self,
        message: str,
        *,
        current_version: int | None = None,
        current: Mapping[str, Any] | None = None,
        code: str | None = None,
        target: str | None = None,
        details: Sequence[Detail | tuple[str | None, str, str]] = (),
    ) -> None:
        super().__init__(message, code=code, target=target, details=details)
        self.current_version = current_version
        self.current = dict(current or {})


class TooLarge(XrmError):
    """The request, file or answer is beyond a limit."""

    status = 413
    default_code = "too_large"


class TooMany(XrmError):
    """Too many requests; `retry_after` is the number of seconds to wait."""

    status = 429
    default_code = "too_many"

    def __init__(
        self,
        message: str,
        *,
        retry_after: int = 60,
        code: str | None = None,
        target: str | None = None,
        details: Sequence[Detail | tuple[str | None, str, str]] = (),
    ) -> None:
        super().__init__(message, code=code, target=target, details=details)
        self.retry_after = retry_after


class Unavailable(XrmError):
    """The database or another service cannot answer now; try again in a moment."""

    status = 503
    default_code = "unavailable"


class UnreadableFile(Refused):
    """The file cannot be read as rows; the message says why and what to do."""

    def __init__(self, message: str, *, code: str = "unreadable_file") -> None:
        super().__init__(message, code=code)
