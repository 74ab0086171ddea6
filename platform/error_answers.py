"""Turn errors into the one shape: `{"error": {code, message, target, details}}`.

Pure: knows the Dataverse code of each of our codes (`CODES`), nothing of Flask. A code
that has no counterpart there is answered as it is.
"""

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import exc

from xrm.metadata.definitions import UnknownField, UnknownName
from xrm.platform.errors import (
    Conflict,
    Invalid,
    NotFound,
    Refused,
    TooMany,
    Unavailable,
    XrmError,
)

CODES: Mapping[str, str] = {
    "access_denied": "0x80048405",
    "attribute_unknown": "0x80041103",
    "bad_filter": "0x80060888",
    "conflict": "0x80060882",
    "delete_restricted": "0x80040227",
    "duplicate": "0x80040237",
    "duplicate_key": "0x80060892",
    "forbidden": "0x80040220",
    "invalid": "0x80040203",
    "invalid_state": "0x80040233",
    "invalid_transition": "0x8004F00E",
    "not_found": "0x80040217",
    "restricted": "0x80040227",
    "rule": "0x80040265",
    "rejected": "0x80040265",
    "stale_version": "0x80060882",
    "too_long": "0x80044331",
    "too_many": "0x80072322",
    "unexpected": "0x80040216",
    "unknown_entity": "0x80060888",
    "unknown_field": "0x80041103",
    "unknown_resource": "0x80060888",
    "unknown_set": "0x80060888",
}
"""Our code → the code that Dataverse clients know."""

HTTP_MESSAGES: Mapping[int, str] = {
    404: "There is nothing at this address. The API is at /api/data/v9.2/.",
    405: "This address does not take this method.",
    413: "The request body is larger than this server takes.",
    415: "The body must be JSON: send Content-Type: application/json.",
}
"""What people read for the errors that Flask itself finds."""

UNEXPECTED = (
    "The server met a fault of its own; nothing was changed. "
    "Tell your administrator the request id {request_id}."
)


def body(error: XrmError) -> bytes:
    """Return the JSON text that answers an error."""
    details: list[dict[str, Any]] = [
        {"code": d.code, "message": d.message, "target": d.field} for d in error.details
    ]
    shape = {
        "code": CODES.get(error.code, error.code),
        "message": error.message,
        "target": error.target,
        "details": details,
    }
    return orjson.dumps({"error": shape}, default=str)


def retry_after(error: XrmError) -> str | None:
    """Return the seconds after which the request may be repeated, if that helps."""
    if isinstance(error, TooMany):
        return str(error.retry_after)
    return "2" if isinstance(error, Unavailable) else None


def as_xrm_error(fault: Exception, request_id: str) -> XrmError:
    """Return what a caller may know of an exception; the rest goes to the log."""
    if isinstance(fault, XrmError):
        return fault
    if isinstance(fault, UnknownField):
        return Refused(str(fault), code="unknown_field", target=fault.name)
    if isinstance(fault, UnknownName):
        return NotFound(str(fault), code="unknown_entity", target=fault.name)
    if isinstance(fault, exc.OperationalError | exc.TimeoutError):
        logging.getLogger("xrm").error("database unavailable", exc_info=fault)
        return Unavailable(
            "The database is busy or cannot be reached. Try again in a moment."
        )
    if isinstance(fault, exc.IntegrityError):
        logging.getLogger("xrm").warning("refused by the database", exc_info=fault)
        return Conflict(
            "Another change came first: a value that must be unique is taken, or a "
            "record this one points to is gone. Read again and repeat."
        )
    if isinstance(fault, exc.DataError):
        logging.getLogger("xrm").error("a value did not fit", exc_info=fault)
        return Invalid("A value does not fit its column.")
    return _unexpected(fault, request_id)


class Unexpected(XrmError):
    """A fault of the server: a bug."""

    status = 500
    default_code = "unexpected"


def _unexpected(fault: Exception, request_id: str) -> XrmError:
    logging.getLogger("xrm").error(
        "unexpected fault in request %s", request_id, exc_info=fault
    )
    return Unexpected(UNEXPECTED.format(request_id=request_id))
