"""The route of the Web API: one generic address, read into a `Call` and answered.

The body is read and parsed before a work is opened, so that a large one does not hold
SQLite's only writer.
"""

from functools import lru_cache

from flask import Blueprint, Response, g
from werkzeug.sansio.utils import get_current_url

from xrm.platform.api.addresses import parse
from xrm.platform.api.calls import Call, read_options
from xrm.platform.api.preferences import parse as parse_preferences
from xrm.platform.api.resources import resource
from xrm.platform.errors import NotFound
from xrm.platform.web import Right, get_request, open_request_work, right

VERSIONS = ("v9.0", "v9.1", "v9.2")
METHODS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]
WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})

data = Blueprint("data", __name__, url_prefix="/api/data")


@data.route(
    "/<version>/", defaults={"address": ""}, methods=METHODS, strict_slashes=False
)
@data.route("/<version>/<path:address>", methods=METHODS)
@right(Right.RECORDS)
def answer(version: str, address: str) -> Response:
    """Answer one request of the Web API."""
    call = read_call(version, address)
    with open_request_work(write=call.method in WRITES) as work:
        found = resource(work, call)
        g.operation = f"api.{found.name}"
        return found.answer(call)


@lru_cache(maxsize=64)
def root_of(scheme: str, host: str, version: str) -> str:
    """Return the absolute address of the service, as it shows in answers."""
    return f"{get_current_url(scheme, host)}api/data/{version}/"


def read_call(version: str, address: str) -> Call:
    """Return the request as a value.

    Raises:
        NotFound: this version of the API is not spoken here.
        Refused: the address, an option, a preference or the body cannot be read.
    """
    if version not in VERSIONS:
        raise NotFound(
            f'There is no version "{version[:20]}" of the API. '
            f"Use /api/data/{VERSIONS[-1]}/.",
            code="unknown_version",
            target=version[:20],
        )
    request = get_request()
    environ = request.environ  # each look through `headers` costs a little
    call = Call(
        method=request.method,
        segments=parse(address),
        options=read_options(request.query_string.decode("latin-1")),
        preferences=parse_preferences(environ.get("HTTP_PREFER")),
        root=root_of(request.scheme, request.host, version),
        if_match=environ.get("HTTP_IF_MATCH", "").strip(),
        if_none_match=environ.get("HTTP_IF_NONE_MATCH", "").strip(),
        raw_body=request.get_data() if request.method in WRITES else b"",
        content_type=environ.get("CONTENT_TYPE", ""),
    )
    call.read_body()
    return call
